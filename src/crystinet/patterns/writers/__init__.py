"""Row 1: patterns written to files, one format a module."""
