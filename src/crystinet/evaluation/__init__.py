"""Row 6: how often a model is right, on simulated and on measured patterns."""
