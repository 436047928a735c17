"""Data sets of reflections for training, their splits and cards."""
