"""Indexing: the lattice of an unknown compound from the places of its lines alone."""
