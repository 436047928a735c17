"""Row 2: powder patterns of crystal structures, with NumPy alone."""
