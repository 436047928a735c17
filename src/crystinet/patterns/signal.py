"""Background, noise, smoothing and scales of one intensity curve: arrays in, arrays out.

Measured patterns and simulated training patterns go through these same functions, so that what
the chain leaves behind (a slightly low background, clipped noise) looks alike in both.
"""

import math
from functools import lru_cache

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, median_of, read_only_floats
from crystinet.core.errors import InvalidPatternError
from crystinet.patterns.airpls import airpls
from crystinet.patterns.config import PreprocessingConfig

# A stiff curve needs some points to be defined; below this the lowest one is the background.
FEWEST_BINS = 8
# What remains of a straight line after the background is rounding error, not a peak.
ROUNDING = 1e-7
# Standard deviation of normal noise from its median absolute deviation, 1 / Phi^-1(3/4).
_SIGMA_PER_MAD = 1.482602218505602
# Counts are whole in so many points; those of several counts show how they scatter, if they are
# enough. The median of the squares would be 0.45.
_WHOLE, _SOME_COUNTS, _ENOUGH_POINTS, _LEAST_SCATTER = 0.99, 5.0, 20, 0.15


def estimate_background(
    intensity: FloatArray, *, step_deg: float, config: PreprocessingConfig
) -> FloatArray:
    r"""Background by adaptive iteratively reweighted penalised least squares (airPLS).

    The curve is averaged over bins (peaks are much narrower than the background's features, so
    nothing is lost and the fit is some five times cheaper), fitted, and interpolated back. The
    penalty follows from the period :math:`P` at which a Whittaker smoother of second order with
    equal weights lets half of a cosine through, :math:`\lambda = (P / 2 \pi h)^4` for bins of
    width :math:`h` (long-wave limit), so that its meaning does not depend on the step.

    Parameters
    ----------
    intensity
        Shape (n,), finite, any scale and sign.
    step_deg
        Distance of two points, degrees 2theta.
    config
        ``background_*`` settings.

    Returns
    -------
    Background, shape (n,), finite.

    Notes
    -----
    Source: Zhang, Chen & Liang, Analyst 135 (2010) 1138. Whittaker's frequency response: Eilers,
    Anal. Chem. 75 (2003) 3631. Deviation: the least intensity is subtracted before the fit, because
    airPLS stops relative to the total and a constant offset would stop it too early.
    """
    n = len(intensity)
    width = max(1, round(config.background_bin_deg / step_deg))
    starts = np.arange(0, n, width)
    floor = float(intensity.min())
    if len(starts) < FEWEST_BINS:
        return np.full(n, floor)
    counts = np.diff(np.append(starts, n))
    means = np.add.reduceat(intensity - floor, starts) / counts
    if means.max() <= 0.0:
        return np.full(n, floor)
    fitted = airpls(
        means / means.max(),
        penalty=stiffness(width * step_deg, config),
        max_iterations=config.background_max_iterations,
        tolerance=config.background_tolerance,
    )
    background = _interpolate_to_the_ends(fitted, centres=starts + (counts - 1) / 2.0, n=n)
    scaled: FloatArray = floor + means.max() * background
    return scaled


def stiffness(bin_deg: float, config: PreprocessingConfig) -> float:
    """Penalty of the background's second differences for bins of ``bin_deg``."""
    return (config.background_period_deg / (2.0 * math.pi * bin_deg)) ** 4


def _interpolate_to_the_ends(values: FloatArray, *, centres: FloatArray, n: int) -> FloatArray:
    """Interpolate linearly to the points 0..n-1, straight on beyond the outermost centres."""
    x = np.arange(n, dtype=np.float64)
    curve: FloatArray = np.interp(x, centres, values)
    for end, inner, outside in ((0, 1, x < centres[0]), (-1, -2, x > centres[-1])):
        slope = (values[inner] - values[end]) / (centres[inner] - centres[end])
        curve[outside] += slope * (x[outside] - centres[end])
    return curve


def smooth(intensity: FloatArray, *, step_deg: float, config: PreprocessingConfig) -> FloatArray:
    """Savitzky-Golay smoothing with a window given in degrees.

    Parameters
    ----------
    intensity
        Shape (n,).
    step_deg
        Distance of two points, degrees 2theta.
    config
        ``smoothing_*`` settings.

    Returns
    -------
    Shape (n,). Where the window holds no more points than the polynomial has coefficients, the
    polynomial passes through all of them and the curve comes back unchanged.

    Notes
    -----
    Source: Savitzky & Golay, Anal. Chem. 36 (1964) 1627; the ends are continued by their last
    value. `scipy.signal` has the same filter, but importing it takes longer than an
    identification, and it fits the coefficients anew in every call.
    """
    half = half_window(step_deg, config)
    window = 2 * half + 1
    if window <= config.smoothing_order + 1 or window > len(intensity):
        return intensity.copy()
    coefficients = smoothing_coefficients(half, config.smoothing_order)
    return np.convolve(np.pad(intensity, half, mode="edge"), coefficients, mode="valid")


def half_window(step_deg: float, config: PreprocessingConfig) -> int:
    """Points on either side of the middle of the smoothing window."""
    return int(config.smoothing_window_deg / step_deg / 2.0 + 1e-6)


@lru_cache(maxsize=16)
def smoothing_coefficients(half: int, order: int) -> FloatArray:
    """Weights of the points in the value at the middle of a fitted polynomial, (2 half + 1,)."""
    powers = np.vander(np.arange(-half, half + 1, dtype=np.float64), order + 1, increasing=True)
    return read_only_floats(np.linalg.pinv(powers)[0])


def estimate_noise(intensity: FloatArray) -> float:
    r"""Estimate the standard deviation of the point-to-point noise, in the unit of ``intensity``.

    :math:`\sigma = 1.4826\,\mathrm{median}|y_{i-1} - 2 y_i + y_{i+1}| / \sqrt 6`: second
    differences remove the smooth curve, the median ignores the few points on peaks. It serves
    for the signal-to-noise warning and nothing else.

    Parameters
    ----------
    intensity
        Shape (n,), n at least 3, as measured: interpolated points would look free of noise.
    """
    second = np.diff(intensity, n=2)
    return _SIGMA_PER_MAD * median_of(np.abs(second)) / math.sqrt(6.0)


def normalise(intensity: FloatArray, *, mask: BoolArray) -> FloatArray:
    """Clip below zero, set to zero outside the mask, and scale the maximum to 1.

    Parameters
    ----------
    intensity, mask
        Shape (n,), intensity above background and True where it was measured.

    Raises
    ------
    InvalidPatternError
        If no measured point is above zero.
    """
    kept = np.where(mask, np.maximum(intensity, 0.0), 0.0)
    highest = float(kept.max(initial=0.0))
    if highest <= 0.0:
        raise InvalidPatternError(
            "No intensity stands above the background.",
            hint="Check that the second column of the file is the measured intensity.",
        )
    return kept / highest


def scale_intensity(intensity: FloatArray, *, knee: float) -> FloatArray:
    r"""Magnify weak peaks: :math:`\ln(1 + y/k) / \ln(1 + 1/k)`, which keeps 0 and 1.

    Parameters
    ----------
    intensity
        Any shape, 0 to 1.
    knee
        :math:`k`, the share of the maximum at which the scale turns from linear to logarithmic.

    Notes
    -----
    A square root does the same for weak peaks, but its slope is infinite at 0: it lifts a residue
    of 0.0001 to 0.01. Here the slope at 0 is finite, ``1 / (k ln(1 + 1/k))``, about 13 for
    ``k = 0.02``, so noise and background residues stay in proportion.
    """
    scaled: FloatArray = np.log1p(intensity / knee) / math.log1p(1.0 / knee)
    return scaled


def remove_background_and_smooth(
    intensity: FloatArray, *, mask: BoolArray, step_deg: float, config: PreprocessingConfig
) -> FloatArray:
    """What `split_background` leaves of the pattern, shape (n,)."""
    return split_background(intensity, mask=mask, step_deg=step_deg, config=config)[0]


def split_background(
    intensity: FloatArray, *, mask: BoolArray, step_deg: float, config: PreprocessingConfig
) -> tuple[FloatArray, FloatArray]:
    """Subtract the background of the measured part and smooth the rest.

    Gaps inside the measured range are bridged by straight lines for the fit only.

    Parameters
    ----------
    intensity, mask
        Shape (n,), on a uniform axis of step ``step_deg`` (degrees 2theta).

    Returns
    -------
    What is left, 0 outside the mask, and the background, 0 before the first and after the last
    measured point; shape (n,) each.

    Raises
    ------
    InvalidPatternError
        If nothing was measured, or nothing stands above the background.
    """
    part, curve = _measured_part(intensity, mask)
    background = estimate_background(curve, step_deg=step_deg, config=config)
    residue = smooth(curve - background, step_deg=step_deg, config=config)
    if residue.max() <= ROUNDING * np.abs(curve).max():
        raise InvalidPatternError(
            "The intensity is a straight line: there is no peak in it.",
            hint="Check that the second column of the file is the measured intensity.",
        )
    result, below = np.zeros((2, len(intensity)))
    result[part] = np.where(mask[part], residue, 0.0)
    below[part] = background
    return result, below


def _measured_part(intensity: FloatArray, mask: BoolArray) -> tuple[slice, FloatArray]:
    """From the first to the last measured point, and the curve there with its gaps bridged."""
    measured = np.flatnonzero(mask)
    if not len(measured):
        raise InvalidPatternError(
            "No point of the pattern lies on the grid.",
            hint="Check the 2theta range and the wavelength.",
        )
    part = slice(int(measured[0]), int(measured[-1]) + 1)
    if len(measured) == part.stop - part.start:
        return part, intensity[part]
    return part, np.interp(np.arange(part.start, part.stop), measured, intensity[measured])


def count_of(intensity: FloatArray) -> float:
    r"""What one count is in counted intensities, scaled or not; 0 where they are no counts.

    They are multiples of one step, and scatter as counts do: of the squared second differences
    over :math:`6\,c\,y`, with the step c, half are below 0.45. Rounded numbers scatter less.

    Parameters
    ----------
    intensity
        Shape (n,), n at least 3, as measured.
    """
    steps = np.diff(np.unique(intensity))
    if not len(steps):
        return 0.0
    step = float(steps.min())
    counts = intensity / step
    whole = np.abs(counts - np.rint(counts)) < 1e-3
    here = counts[1:-1]
    some = here >= _SOME_COUNTS
    if whole.mean() < _WHOLE or np.count_nonzero(some) < _ENOUGH_POINTS:
        return 0.0
    scatter = np.diff(counts, n=2)[some] ** 2 / (6.0 * here[some])
    return step if np.median(scatter) > _LEAST_SCATTER else 0.0
