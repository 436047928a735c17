"""Compounds that nobody made, for types with few known ones."""
