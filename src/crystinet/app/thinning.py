"""Curves with fewer points that look the same: for pages and for agents."""

from itertools import pairwise

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray


def thinned(intensity: FloatArray, points: int) -> IntArray:
    """Numbers of the points that are kept of a curve: the ends, and of each part both extremes.

    No line of a pattern is lost, however narrow it is.

    Parameters
    ----------
    intensity
        Of the curve, (n,).
    points
        So many are kept at most, 4 or more; all where there are no more.

    Returns
    -------
    Rising numbers, (m,).
    """
    n = len(intensity)
    if n <= points:
        return np.arange(n)
    edges = np.linspace(0, n, max(points - 2, 2) // 2 + 1).astype(np.int64)
    kept = {0, n - 1}
    for first, last in pairwise(edges):
        part = intensity[first:last]
        kept |= {int(first + part.argmin()), int(first + part.argmax())}
    return np.array(sorted(kept), dtype=np.int64)
