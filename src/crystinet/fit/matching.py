"""Which lines make which peak, and the metric that follows from all peaks together."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, median_of, read_only_floats
from crystinet.core.diffraction import (
    d_from_two_theta,
    dispersion_deg,
    inverse_d_squared_slope,
    two_theta_of,
)
from crystinet.core.radiation import Radiation
from crystinet.patterns.peaks import Peaks

# Lines within so many degrees of a peak are looked at, in one pass after the other.
_WINDOWS_DEG = (0.45, 0.3, 0.2, 0.15)
#: A displacement of the specimen is expected to move lines by so many degrees at most, times
#: cos(theta): one standard deviation.
USUAL_SHIFT_DEG = 0.12
#: Standard deviation of the place of a peak, degrees, and that part of its width.
_PLACE_DEG, _PLACE_WIDTHS = 0.01, 0.08
# Free elements of the metric change by about this part from what the search found.
_LOOSE = 0.05
# Residuals beyond so many times their median are turned down (Tukey's biweight).
_OUTLIER = 6.0
# Lines this weak, beside a peak, do not explain it.
_LEAST_INTENSITY = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Indexed:
    """Metric that puts the lines on the peaks.

    Attributes
    ----------
    elements, covariance
        Free elements of the reciprocal metric, (m,), and their covariance, (m, m).
    shift_deg
        Displacement of the specimen: 2theta is too high by this times cos(theta).
    rms_deg
        Of the places of the peaks used, degrees.
    used
        Their number.
    """

    elements: FloatArray
    covariance: FloatArray
    shift_deg: float
    rms_deg: float
    used: int

    @property
    def scatter_deg(self) -> float:
        """Standard deviation of the place of a peak, from rms and degrees of freedom, degrees.

        Infinite where as many elements are free, with the displacement, as peaks are used.
        """
        left = self.used - len(self.elements) - 1
        return self.rms_deg * math.sqrt(self.used / left) if left > 0 else math.inf


def index_peaks(
    peaks: Peaks,
    design: FloatArray,
    intensity: FloatArray,
    elements: FloatArray,
    *,
    wavelength_angstrom: float,
    radiation: Radiation,
) -> Indexed | None:
    r"""Fit a reciprocal metric to peaks, starting from one that is nearly right.

    Every peak belongs to the lines in a window around it, the nearer and stronger the more, so
    that lines that overlap share a peak. Then :math:`1/d^2 = h G^* h` is linear in the metric,
    and :math:`1/d^2_{obs} = h G^* h + z \cos\theta\, \partial(1/d^2)/\partial(2\theta)` in the
    displacement z too. Solved by weighted least squares, again with a narrower window; peaks that
    do not fit lose their weight.

    Parameters
    ----------
    peaks
        Of the pattern.
    design
        Shape (p, m): ``design @ elements`` is 1/d^2 of each line.
    intensity
        Shape (p,), the largest 1.
    elements
        Shape (m,), where to start.
    wavelength_angstrom
        Of the axis.
    radiation
        Of the pattern; K-alpha2 moves the tops of peaks.

    Returns
    -------
    None where fewer peaks have lines than the metric has elements, and one for the displacement.
    """
    strong = intensity > _LEAST_INTENSITY
    design, intensity = design[strong], intensity[strong]
    shift = 0.0
    theta = 0.5 * np.radians(peaks.two_theta_deg)
    place = peaks.two_theta_deg - doublet_shift_deg(peaks.two_theta_deg, peaks.width_deg, radiation)
    observed = d_from_two_theta(place, wavelength_angstrom) ** -2.0
    slope = inverse_d_squared_slope(peaks.two_theta_deg, wavelength_angstrom)
    sigma = np.hypot(_PLACE_DEG, _PLACE_WIDTHS * peaks.width_deg)
    cosine = np.cos(theta)
    covariance = np.zeros((len(elements), len(elements)))
    rms, used = np.inf, np.zeros(len(peaks), np.bool_)
    for window in _WINDOWS_DEG:
        calculated = two_theta_of(design @ elements, wavelength_angstrom)
        calculated = calculated + shift * np.cos(0.5 * np.radians(calculated))
        rows, share = _rows(place, calculated, design, intensity, window)
        used = share > _LEAST_INTENSITY
        if used.sum() < len(elements) + 1:
            return None
        trust = np.sqrt(np.clip(np.minimum(share, peaks.height)[used], 0.02, 0.5))
        matrix = np.column_stack([rows[used], (slope * cosine)[used]])
        place_used, slope_used = observed[used], slope[used]
        start = np.append(elements, 0.0)
        loose = np.append(_LOOSE * np.abs(elements).max() * np.ones(len(elements)), USUAL_SHIFT_DEG)
        plain = trust / (slope_used * sigma)
        weight = plain
        for _ in range(2):
            solution, covariance = _solve(matrix, place_used, weight, start, loose)
            residual = (place_used - matrix @ solution) / slope_used
            kept = _tukey(residual)
            weight = plain * kept
        elements, shift = solution[:-1], float(solution[-1])
        good = kept > 0.0
        squared = trust[good] ** 2
        rms = math.sqrt(float((residual[good] ** 2 * squared).sum() / squared.sum()))
        n_good = int(good.sum())
        if n_good < len(elements) + 1:
            return None
    scatter = max(1.0, (rms / sigma) ** 2)
    return Indexed(elements, scatter * covariance[:-1, :-1], shift, rms, n_good)


def _rows(
    place: FloatArray,
    calculated: FloatArray,
    design: FloatArray,
    intensity: FloatArray,
    window: float,
) -> tuple[FloatArray, FloatArray]:
    """Mean row of the design of the lines at each peak, (n, m), and their intensity, (n,)."""
    distance = place[:, None] - calculated
    near: BoolArray = np.abs(distance) < window  # False for NaN
    weight = np.zeros_like(distance)
    _, line = np.nonzero(near)
    weight[near] = intensity[line] * np.exp(-0.5 * (distance[near] / (0.4 * window)) ** 2)
    share = weight.sum(axis=1)
    return (weight @ design) / np.maximum(share, 1e-30)[:, None], share


def _solve(
    matrix: FloatArray, observed: FloatArray, weight: FloatArray, start: FloatArray,
    loose: FloatArray,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Weighted least squares that stays near ``start`` where nothing is measured."""
    weighted = matrix * weight[:, None]
    normal = weighted.T @ weighted + np.diag(loose**-2.0)
    covariance: FloatArray = np.linalg.inv(normal).astype(np.float64)
    step = covariance @ (weighted.T @ ((observed - matrix @ start) * weight))
    return start + step, covariance


def _tukey(residual: FloatArray) -> FloatArray:
    scale = _OUTLIER * max(0.01, 1.4826 * median_of(np.abs(residual)))
    weight: FloatArray = np.clip(1.0 - (residual / scale) ** 2, 0.0, None)
    return weight


def doublet_shift_deg(
    two_theta_deg: FloatArray, width_deg: float, radiation: Radiation
) -> FloatArray:
    """How far the top of a peak lies above its K-alpha1 line, degrees.

    A third of the distance of the doublet where the two lines are one peak, nothing where they
    are apart.

    Parameters
    ----------
    two_theta_deg
        Shape (n,).
    width_deg
        Full width at half height of one line.
    radiation
        Lines of the pattern; those other than K-alpha1 and K-alpha2 are no doublet.
    """
    if len(radiation.wavelengths_angstrom) != 2 or width_deg <= 0.0:
        return np.zeros_like(two_theta_deg)
    alpha1, alpha2 = radiation.wavelengths_angstrom
    distance = dispersion_deg(two_theta_deg, alpha2 / alpha1 - 1.0)
    ratios, tops = _tops(radiation.weights[1])
    return width_deg * np.interp(distance / width_deg, ratios, tops)


@lru_cache(maxsize=4)
def _tops(weight: float) -> tuple[FloatArray, FloatArray]:
    """Top of two equal lines of width 1, the second weaker, by their distance."""
    x = np.linspace(-0.2, 1.0, 1201)

    def line(at: FloatArray) -> FloatArray:
        gauss: FloatArray = np.exp(-4.0 * np.log(2.0) * at**2)
        return 0.5 * gauss + 0.5 / (1.0 + 4.0 * at**2)

    ratios = np.linspace(0.0, 3.0, 61)
    tops = x[np.array([np.argmax(line(x) + weight * line(x - r)) for r in ratios])]
    return read_only_floats(ratios), read_only_floats(tops)
