"""Row 2: peaks of a pattern, and lines laid on it."""
