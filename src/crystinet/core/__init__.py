"""Row 0: what everything uses and what imports nothing of ours: errors, notes, cell, files."""
