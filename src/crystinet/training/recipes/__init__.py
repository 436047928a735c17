"""Recipes: ways to build and train a union of networks."""
