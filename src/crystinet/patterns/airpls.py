"""Background by adaptive iteratively reweighted penalised least squares (airPLS).

pybaselines has the same algorithm and is the reference in the tests; importing it takes longer
than everything else in an identification together (docs/adr/0006-own-airpls.md).
"""

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.patterns.banded import solve_banded

_LARGEST_EXPONENT = 50.0  # of the iteration in the weights; more adds nothing but overflow


def airpls(
    intensity: FloatArray, *, penalty: float, max_iterations: int, tolerance: float
) -> FloatArray:
    r"""Smooth curve below the peaks of ``intensity``, shape (n,), n of at least 3.

    Minimises :math:`\sum_i w_i (y_i - z_i)^2 + \lambda \sum_i (\Delta^2 z_i)^2` again and again
    with :math:`w_i = 0` above the curve and
    :math:`w_i = \exp(t\,|y_i - z_i| / \sum_{y_j < z_j} |y_j - z_j|)` below it in iteration t.
    Source: Zhang, Chen & Liang, Analyst 135 (2010) 1138, with the weights as in the authors'
    program (they are misprinted in the paper).

    It stops when the points below the curve hold less than ``tolerance`` of the total, when fewer
    than two points are below it, or after ``max_iterations`` reweightings.
    """
    roughness = penalty * _second_difference_bands(len(intensity))
    total = float(np.abs(intensity).sum())
    weights = np.ones_like(intensity)
    curve = intensity
    for iteration in range(1, max_iterations + 2):
        bands = roughness.copy()
        bands[0] += weights
        curve = solve_banded(bands, weights * intensity)
        deficit = np.maximum(curve - intensity, 0.0)
        below = deficit > 0.0
        missing = float(deficit.sum())
        if np.count_nonzero(below) < 2 or missing < tolerance * total:
            break
        exponent = min(iteration, _LARGEST_EXPONENT) * deficit / missing
        weights = np.where(below, np.exp(exponent), 0.0)
    return curve


def _second_difference_bands(n: int) -> FloatArray:
    """Lower bands of D'D for the second differences D, shape (3, n), as LAPACK wants them."""
    bands = np.zeros((3, n))
    for offset, products in ((0, (1.0, 4.0, 1.0)), (1, (-2.0, -2.0)), (2, (1.0,))):
        for start, product in enumerate(products):
            bands[offset, start : start + n - 2] += product
    return bands
