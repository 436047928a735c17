"""Recipes: ways to build and train the networks of a bundle."""
