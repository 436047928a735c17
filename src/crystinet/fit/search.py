"""Search for the lattice whose lines have the largest overlap with a pattern."""

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.core.metric import MetricForm
from crystinet.lines.overlap import Overlap

# The scale that the cosine found is right to this part, in the logarithm.
_NEAR = 0.03
# Steps of the search: blur of the pattern in degrees, spread of the logarithms of edges and of the
# cosines of angles that is tried.
_STAGES = ((0.6, 0.015), (0.35, 0.006), (0.2, 0.002))
_SAMPLES, _ROUNDS = 160, 3


def search_metric(
    start: FloatArray,
    design: FloatArray,
    form: MetricForm,
    overlap: Overlap,
    intensity: FloatArray,
) -> FloatArray:
    """Free elements of the metric with the largest overlap near ``start``, shape (m,)."""
    scaled = start * np.exp(-2.0 * np.arange(-_NEAR, _NEAR, 1e-3))[:, None]
    best: FloatArray = scaled[
        overlap.of(scaled @ design.T, intensity, blur_deg=_STAGES[0][0]).argmax()
    ]
    rng = np.random.default_rng(0)
    diagonal = np.array(form.diagonal)
    for blur, spread in _STAGES:
        for _ in range(_ROUNDS if len(form) > 1 else 1):
            tried = _around(best, diagonal, spread, rng)
            value = overlap.of(tried @ design.T, intensity, blur_deg=blur)
            best = tried[value.argmax()]
            spread *= 0.6
    return best


def _around(
    elements: FloatArray, diagonal: BoolArray, spread: float, rng: np.random.Generator
) -> FloatArray:
    """Metrics near one, the first of them itself, shape (s, m)."""
    n, m = _SAMPLES, len(elements)
    common = rng.normal(0.0, spread, (n, 1))
    own = rng.normal(0.0, spread, (n, m))
    common[0], own[0] = 0.0, 0.0
    factor = np.exp(-2.0 * (common + own * (diagonal.sum() > 1 or ~diagonal)))
    tried: FloatArray = elements * factor
    if not diagonal.all():  # cosines of reciprocal angles change by an amount, not by a factor
        middle = np.exp(np.log(elements[diagonal]).mean())
        tried[:, ~diagonal] = (
            elements[~diagonal] * np.exp(-2.0 * common) + middle * own[:, ~diagonal]
        )
    return tried


def search_scale(
    inverse_d_squared: FloatArray, overlap: Overlap, intensity: FloatArray
) -> tuple[float, float]:
    """Scale of the edges near 1 with the largest overlap, and this overlap.

    Parameters
    ----------
    inverse_d_squared, intensity
        Of the lines at scale 1, shape (p,).
    overlap
        The pattern.
    """
    scales = np.exp(np.arange(-_NEAR, _NEAR, 5e-4))
    value = overlap.of(
        scales[:, None] ** -2.0 * inverse_d_squared, intensity, blur_deg=_STAGES[-1][0]
    )
    best = int(value.argmax())
    return float(scales[best]), float(value[best])
