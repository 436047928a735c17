"""How lines and a pattern agree: what of each the other leaves out."""

import math

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, median_of
from crystinet.core.diffraction import dispersion_deg, two_theta_of
from crystinet.lines.overlap import Overlap
from crystinet.patterns.sample import Sample

# A line is in the pattern where that has this part of the line's height, both relative to their
# strongest: texture and other atoms may change lines by so much.
_THERE = 0.1
# Wavelength of K-alpha relative to that of K-beta, nearly the same for the anodes in use (Cu 1.107,
# Co 1.104, Mo 1.122: Bearden, Rev. Mod. Phys. 39 (1967) 78), and how high K-beta may be.
_ALPHA_OVER_BETA, _BETA_HEIGHT = 1.107, 0.25
# Background and noise leave so much of the maximum, and twice the median of the pattern.
_RESIDUE = 0.01


def agreement(
    inverse_d_squared: FloatArray,
    intensity: FloatArray,
    *,
    sample: Sample,
    overlap: Overlap,
    shift_deg: float = 0.0,
) -> tuple[float, float]:
    """Shares of the pattern's intensity under lines, and of the lines' intensity in the pattern.

    Parameters
    ----------
    inverse_d_squared, intensity
        Of the lines, shape (p,).
    sample, overlap
        The pattern.
    shift_deg
        Displacement of the specimen.
    """
    prepared = sample.prepared
    axis, mask = prepared.two_theta_deg, prepared.mask
    place = places(inverse_d_squared, overlap.wavelength_angstrom, shift_deg=shift_deg)
    inside = (place > axis[0]) & (place < axis[-1])  # False for NaN
    place, intensity = place[inside], intensity[inside]
    width = reach_deg(sample)
    under = mask & under_lines(place, sample)
    residue = _RESIDUE + 2.0 * median_of(prepared.intensity[mask])
    above = np.where(mask, np.maximum(prepared.intensity - residue, 0.0), 0.0)
    total = float(above.sum())
    reach = max(1, round(0.5 * width / overlap.step_deg))
    near = np.searchsorted(axis, place)[:, None] + np.arange(-reach, reach + 1)
    near = np.clip(near, 0, len(axis) - 1)
    highest = np.where(mask[near], prepared.intensity[near], 0.0).max(axis=1)
    measured = mask[near].all(axis=1)
    weight = intensity * measured
    there = weight * (highest > _THERE * intensity)
    return (
        float(above[under].sum()) / total if total > 0.0 else 0.0,
        float(there.sum() / weight.sum()) if weight.any() else 0.0,
    )


def strongest_beyond(
    inverse_d_squared: FloatArray,
    *,
    sample: Sample,
    wavelength_angstrom: float,
    shift_deg: float = 0.0,
) -> tuple[float, float]:
    """The highest peak that lies under no line: its height, 0 to 1, and 2theta in degrees.

    Parameters
    ----------
    inverse_d_squared
        1/d^2 of the lines, shape (p,).
    sample
        The pattern.
    wavelength_angstrom
        Of its axis.
    shift_deg
        Displacement of the specimen.
    """
    axis, peaks = sample.prepared.two_theta_deg, sample.peaks
    place = places(inverse_d_squared, wavelength_angstrom, shift_deg=shift_deg)
    covered = under_lines(place, sample)
    at = np.clip(np.searchsorted(axis, peaks.two_theta_deg), 0, len(axis) - 1)
    beyond = np.where(covered[at] | k_beta_peaks(sample), 0.0, peaks.height)
    if not len(beyond):
        return 0.0, math.nan
    highest = int(np.argmax(beyond))
    return float(beyond[highest]), float(peaks.two_theta_deg[highest])


def places(
    inverse_d_squared: FloatArray, wavelength_angstrom: float, *, shift_deg: float
) -> FloatArray:
    """2theta of lines, degrees, with a displacement of the specimen; NaN beyond the reach."""
    place = two_theta_of(inverse_d_squared, wavelength_angstrom)
    return place + shift_deg * np.cos(0.5 * np.radians(place))


def reach_deg(sample: Sample) -> float:
    """How far from a line a peak is still that line's, degrees: a usual peak's width."""
    return max(sample.peaks.width_deg, 0.1)


def under_lines(place: FloatArray, sample: Sample) -> BoolArray:
    """Points of the prepared pattern that lie within a peak's width of a line.

    Parameters
    ----------
    place
        2theta of the lines, degrees; those outside the axis, and NaN, cover nothing.
    sample
        The pattern.
    """
    prepared, width = sample.prepared, reach_deg(sample)
    lines = prepared.radiation.wavelengths_angstrom
    tail = np.zeros_like(place)
    if len(lines) == 2:  # K-alpha2
        tail = dispersion_deg(place, lines[1] / lines[0] - 1.0)
    axis = prepared.two_theta_deg
    inside = (place > axis[0]) & (place < axis[-1])  # False for NaN
    place, tail = place[inside], tail[inside]
    changes = np.zeros(len(axis) + 1)
    np.add.at(changes, np.searchsorted(axis, place - width), 1.0)
    np.add.at(changes, np.searchsorted(axis, place + width + tail), -1.0)
    covered: BoolArray = np.cumsum(changes)[:-1] > 0.0
    return covered


def k_beta_peaks(sample: Sample) -> BoolArray:
    """Peaks that may be the K-beta line of a peak that is far higher, (n,)."""
    peaks = sample.peaks
    sine = np.sin(0.5 * np.radians(peaks.two_theta_deg)) * _ALPHA_OVER_BETA
    parent = 2.0 * np.degrees(np.arcsin(np.minimum(sine, 1.0)))
    near = np.abs(parent[:, None] - peaks.two_theta_deg) < reach_deg(sample)
    found: BoolArray = np.any(near & (peaks.height > peaks.height[:, None] / _BETA_HEIGHT), axis=1)
    return np.asarray(found)
