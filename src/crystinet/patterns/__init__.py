"""Row 1: powder patterns, their file formats and their preprocessing."""
