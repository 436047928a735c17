"""Search for the lattice whose lines have the largest overlap with a pattern."""

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.fit.metric import MetricForm
from crystinet.lines.overlap import Overlap

#: Edges are searched within this part of those of the model.
LARGEST_CHANGE = 0.16

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
    """Free elements of the metric with the largest overlap, shape (m,)."""
    logs = np.arange(-LARGEST_CHANGE, LARGEST_CHANGE, 1e-3)
    scaled = start * np.exp(-2.0 * logs)[:, None]
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
    start: FloatArray, design: FloatArray, overlap: Overlap, intensity: FloatArray
) -> FloatArray:
    """Factor of the whole reciprocal metric with the largest overlap, shape (1,)."""
    factors = np.exp(-2.0 * np.arange(-LARGEST_CHANGE, LARGEST_CHANGE, 5e-4))
    lines = design @ start
    value = overlap.of(factors[:, None] * lines, intensity, blur_deg=_STAGES[-1][0])
    best: FloatArray = factors[value.argmax()][None]
    return best
