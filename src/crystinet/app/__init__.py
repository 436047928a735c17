"""Row 6: the use cases, and the command line that offers them."""
