"""Row 5: what physics says about a candidate: known compounds like the sample, its lattice."""
