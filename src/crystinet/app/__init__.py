"""Row 8: the use cases, all of them, for every front end."""
