"""The preprocessing of `signal`, compiled, for many simulated patterns at once.

Training removes the background of thousands of patterns a second with the very algorithm that
measured patterns go through; the tests hold the two together. It needs numba (the ``train`` extra).
"""

import math

import numpy as np
from numba import njit

from crystinet.core.arrays import BoolArray, Float32Array, FloatArray, IntArray
from crystinet.patterns.config import PreprocessingConfig
from crystinet.patterns.signal import (
    FEWEST_BINS,
    ROUNDING,
    half_window,
    smoothing_coefficients,
    stiffness,
)


def prepare_rows(
    intensity: Float32Array,
    *,
    first: IntArray,
    last: IntArray,
    step_deg: float,
    config: PreprocessingConfig,
) -> tuple[Float32Array, BoolArray]:
    """Background, smoothing and normalisation of every row, as `prepare_simulated` does for one.

    Parameters
    ----------
    intensity
        Shape (b, n), on a uniform axis of step ``step_deg`` (degrees 2theta).
    first, last
        Shape (b,): the measured part of row i is ``first[i]:last[i]``.

    Returns
    -------
    The patterns, (b, n), 0 to 1 and 0 outside the measured part, and which of them show anything
    above the background, (b,); the others are all zero.
    """
    width = max(1, round(config.background_bin_deg / step_deg))
    half = half_window(step_deg, config)
    out = np.zeros(intensity.shape, dtype=np.float32)
    visible = _prepare_rows(
        np.ascontiguousarray(intensity, dtype=np.float32),
        np.asarray(first, dtype=np.int64),
        np.asarray(last, dtype=np.int64),
        width,
        stiffness(width * step_deg, config),
        config.background_max_iterations,
        config.background_tolerance,
        smoothing_coefficients(half, config.smoothing_order).copy(),
        2 * half > config.smoothing_order,
        out,
    )
    return out, visible


@njit(cache=True, nogil=True)
def _prepare_rows(
    intensity: Float32Array,
    first: IntArray,
    last: IntArray,
    width: int,
    penalty: float,
    max_iterations: int,
    tolerance: float,
    coefficients: FloatArray,
    smoothed: bool,
    out: Float32Array,
) -> BoolArray:
    visible = np.zeros(len(intensity), dtype=np.bool_)
    for row in range(len(intensity)):
        curve = intensity[row, first[row] : last[row]].astype(np.float64)
        if not len(curve):
            continue
        above = curve - _background(curve, width, penalty, max_iterations, tolerance)
        if smoothed and len(coefficients) <= len(above):
            above = _smoothed(above, coefficients)
        highest = above.max()
        if highest <= ROUNDING * np.abs(curve).max():
            continue
        visible[row] = True
        for i in range(len(above)):
            out[row, first[row] + i] = max(above[i], 0.0) / highest
    return visible


@njit(cache=True, nogil=True)
def _background(
    curve: FloatArray, width: int, penalty: float, max_iterations: int, tolerance: float
) -> FloatArray:
    n = len(curve)
    bins = (n + width - 1) // width
    floor = curve.min()
    means = np.zeros(bins)
    for b in range(bins):
        stop = min(n, (b + 1) * width)
        for i in range(b * width, stop):
            means[b] += curve[i] - floor
        means[b] /= stop - b * width
    top = means.max()
    if bins < FEWEST_BINS or top <= 0.0:
        return np.full(n, floor)
    fitted = _airpls(means / top, penalty, max_iterations, tolerance)
    background = np.empty(n)
    last_centre = (bins - 1) * width + (n - (bins - 1) * width - 1) / 2.0
    for i in range(n):
        left = min(max((2 * i - width + 1) // (2 * width), 0), bins - 2)
        centre = left * width + (width - 1) / 2.0
        right = last_centre if left == bins - 2 else centre + width
        share = (i - centre) / (right - centre)
        background[i] = floor + top * (fitted[left] + share * (fitted[left + 1] - fitted[left]))
    return background


@njit(cache=True, nogil=True)
def _airpls(
    intensity: FloatArray, penalty: float, max_iterations: int, tolerance: float
) -> FloatArray:
    n = len(intensity)
    total = np.abs(intensity).sum()
    weights = np.ones(n)
    curve = intensity
    for iteration in range(1, max_iterations + 2):
        curve = _whittaker(intensity, weights, penalty)
        missing, below = 0.0, 0
        for i in range(n):
            if curve[i] > intensity[i]:
                missing += curve[i] - intensity[i]
                below += 1
        if below < 2 or missing < tolerance * total:
            break
        rate = min(float(iteration), 50.0) / missing
        for i in range(n):
            deficit = curve[i] - intensity[i]
            weights[i] = math.exp(rate * deficit) if deficit > 0.0 else 0.0
    return curve


@njit(cache=True, nogil=True)
def _whittaker(y: FloatArray, weights: FloatArray, penalty: float) -> FloatArray:
    """Solve (W + penalty D'D) z = W y by the L D L' factors of its five bands."""
    n = len(y)
    inverse, lower, lowest, z = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    # What row i takes from the two rows above: entries of L, of L D, and of z.
    lower_1 = lowest_1 = lowest_2 = beside_1 = z_1 = z_2 = 0.0
    for i in range(n):
        edge = min(i, n - 1 - i)
        diagonal = 6.0 if edge > 1 else (5.0 if edge == 1 else 1.0)
        next_to_it = 0.0 if i == n - 1 else (-2.0 if i == 0 or i == n - 2 else -4.0)
        pivot = weights[i] + penalty * (diagonal - lowest_2) - lower_1 * beside_1
        value = weights[i] * y[i] - lower_1 * z_1 - lowest_2 * z_2
        beside = penalty * (next_to_it - (lower_1 if i > 0 else 0.0))
        if i == n - 1:
            beside = 0.0
        inverse[i] = 1.0 / pivot
        z_2, z_1 = z_1, value
        lowest_2, lowest_1 = lowest_1, (penalty * inverse[i] if i < n - 2 else 0.0)
        lower_1, beside_1 = beside * inverse[i], beside
        z[i], lower[i], lowest[i] = value, lower_1, lowest_1
    z_1 = z_2 = 0.0
    for i in range(n - 1, -1, -1):
        z_2, z_1 = z_1, z[i] * inverse[i] - lower[i] * z_1 - lowest[i] * z_2
        z[i] = z_1
    return z


@njit(cache=True, nogil=True)
def _smoothed(curve: FloatArray, coefficients: FloatArray) -> FloatArray:
    n, half = len(curve), len(coefficients) // 2
    result = np.zeros(n)
    for i in range(n):
        if half <= i < n - half:
            for k in range(len(coefficients)):
                result[i] += coefficients[k] * curve[i + k - half]
        else:
            for k in range(len(coefficients)):
                result[i] += coefficients[k] * curve[min(max(i + k - half, 0), n - 1)]
    return result
