"""The default recipe: networks on shared first stages."""
