"""A bundle and its rivals on the same patterns: cases, rivals, and the table of both."""
