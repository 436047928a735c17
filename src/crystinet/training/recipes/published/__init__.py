"""The published recipe: separate networks."""
