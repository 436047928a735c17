"""Fast rendering of many lines on a uniform axis, for training; cost hardly grows with the lines.

Lines are split between neighbouring grid points and between a few width classes, each class is
convolved with its profile by FFT. Against the direct sum of `profiles` the largest deviation is a
few percent of the strongest point for lines three steps wide, less for wider ones, and the area is
exact: enough for training patterns, not for refinement.
"""

import numpy as np
from scipy import fft

from crystinet.core.arrays import FloatArray

_PADDING = 1.25  # of the axis, so that tails do not wrap around into it
_REACH = 0.05  # lines this share of the padded axis outside of it still lend their tails


def render_peaks(
    *,
    two_theta_deg: FloatArray,
    area: FloatArray,
    fwhm_deg: FloatArray,
    lorentz_fraction: float,
    start_deg: float,
    step_deg: float,
    n_points: int,
    n_classes: int = 6,
) -> FloatArray:
    """Sum of pseudo-Voigt profiles of the given areas on a uniform axis.

    Parameters
    ----------
    two_theta_deg, area, fwhm_deg
        Shape (p,): centres, areas and full widths at half maximum.
    lorentz_fraction
        Pseudo-Voigt mixing, 0 Gauss to 1 Lorentz.
    start_deg, step_deg, n_points
        The axis.
    n_classes
        Widths are interpolated between so many classes.

    Returns
    -------
    Intensity in area per degree, shape (n_points,), non-negative.
    """
    padded = fft.next_fast_len(int(n_points * _PADDING), real=True)
    place = (two_theta_deg - start_deg) / step_deg
    near = (place > -_REACH * padded) & (place < n_points + _REACH * padded)
    if not near.any():
        return np.zeros(n_points)
    place, area, fwhm = place[near], area[near], fwhm_deg[near]
    widths = np.geomspace(fwhm.min(), fwhm.max() * 1.0001, n_classes)
    lower = np.clip(np.searchsorted(widths, fwhm, side="right") - 1, 0, n_classes - 2)
    wider = np.clip((fwhm - widths[lower]) / (widths[lower + 1] - widths[lower]), 0.0, 1.0)
    left = np.floor(place).astype(np.int64)
    right = place - left
    index = [(lower + k) * padded + (left + i) % padded for k in (0, 1) for i in (0, 1)]
    weight = [area * u * t for u in (1.0 - wider, wider) for t in (1.0 - right, right)]
    deltas = np.bincount(
        np.concatenate(index), np.concatenate(weight), minlength=n_classes * padded
    ).reshape(n_classes, padded)
    spectrum = fft.rfft(deltas, axis=1)
    frequency = 2.0 * np.pi * np.arange(spectrum.shape[1]) / (padded * step_deg)
    argument = widths[:, None] * frequency
    # Fourier transforms of a Gaussian and a Lorentzian of unit area and full width w:
    # exp(-(w q)^2 / (16 ln 2)) and exp(-w q / 2).
    transform = (1.0 - lorentz_fraction) * np.exp(-(argument**2) / (16.0 * np.log(2.0)))
    transform += lorentz_fraction * np.exp(-argument / 2.0)
    curve = fft.irfft((spectrum * transform).sum(axis=0), padded)[:n_points] / step_deg
    positive: FloatArray = np.maximum(curve, 0.0)
    return positive
