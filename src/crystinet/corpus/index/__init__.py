"""The index of known compounds that identification searches."""
