"""Row 4: whole-pattern fit of a candidate and a starting model for Rietveld refinement.

Empty so far: the row is reserved so that the import rules hold from the start.
"""
