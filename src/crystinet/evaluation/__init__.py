"""Row 5: how often the union is right, on simulated and on measured patterns."""
