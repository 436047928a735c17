"""Row 0: work over several processes, or over the workers of a cluster."""
