"""Row 1: crystal structures, symmetry, the catalogue of structure types and assignment."""
