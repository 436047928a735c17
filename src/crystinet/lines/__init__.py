"""Row 2: lines and patterns laid on a pattern, over scales of the lattice."""
