"""Row 0: errors, grid, radiation and arrays, used by everything and importing nothing of ours."""
