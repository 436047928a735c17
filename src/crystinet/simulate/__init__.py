"""Row 2: from a crystal structure to reflections, profiles and augmented patterns."""
