"""The whole-pattern fit: the lattice, then the structure, then both together."""
