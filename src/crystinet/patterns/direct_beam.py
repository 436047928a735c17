"""The direct beam at the low-angle end of a range: masked where it dwarfs every line.

A range that begins in the direct beam, or in what passes beside the beam stop, begins with a fall
that is far higher than any line and too steep for the background to follow. What remains of it
would count as the strongest line. What was measured there cannot be told from the beam, so it is
masked, never set to zero.

Like the removal of spikes, this mends defects and leaves every other pattern as it is; its settings
are constants of this module, and no network has to be trained with it.
"""

from dataclasses import replace

import numpy as np

from crystinet.core.arrays import FloatArray, median_of
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.notes import Note, NoteCode
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.signal import estimate_noise

#: The beam stands above the end of its fall by this many times the strongest line behind it.
BEAM_HEIGHT = 1.0
#: It has fallen to half within so many degrees, as measured; scattering by air takes longer.
HALF_WIDTH_DEG = 1.0
#: No more than this is masked, degrees of the grid.
REACH_DEG = 8.0
#: Masked until the fall has come down to this part of the strongest line.
REST = 0.1

# Means over bins: the fall ends where one of them rises by `REST` of a line, and by so many
# standard deviations of its noise.
_BIN_DEG = 0.1
_SIGMA = 5.0
# Lines are looked for in at least so many bins behind the fall.
_FEWEST_BINS = 50


def mask_direct_beam(pattern: Pattern, *, grid: TwoThetaGrid, measured_angstrom: float) -> Pattern:
    """Mask the direct beam, if the measured range begins with it.

    Parameters
    ----------
    pattern
        On ``grid``, background not removed.
    grid
        The axis.
    measured_angstrom
        The wavelength of the measurement. The beam is as wide for each, so the conversion to the
        wavelength of the grid has stretched it.

    Returns
    -------
    The pattern with a smaller mask, a step and a note that name the angles (of the grid), or
    ``pattern`` itself.
    """
    measured = np.flatnonzero(pattern.mask)
    stretch = max(1.0, grid.wavelength_angstrom / measured_angstrom)
    end = beam_end(pattern.intensity[measured], step_deg=grid.step_deg, stretch=stretch)
    if not end:
        return pattern
    mask, intensity = pattern.mask.copy(), pattern.intensity.copy()
    mask[measured[:end]] = False
    intensity[measured[:end]] = 0.0
    first, last = pattern.two_theta_deg[measured[[0, end]]]
    where = f"{first:.2f} to {last:.2f} deg"
    text = f"The range begins in the direct beam: {where} 2theta (as Cu K-alpha) were left out."
    return replace(
        pattern,
        intensity=intensity,
        mask=mask,
        steps=(*pattern.steps, f"direct beam masked, {where}"),
        notes=(*pattern.notes, Note(NoteCode.DIRECT_BEAM_MASKED, text)),
    )


def beam_end(intensity: FloatArray, *, step_deg: float, stretch: float = 1.0) -> int:
    """Number of points at the begin of a range that belong to the direct beam; 0 without one.

    Parameters
    ----------
    intensity
        Shape (n,), the measured points in order.
    step_deg
        Distance of the points, degrees.
    stretch
        How much wider the beam is on this axis than it was measured.
    """
    width = max(1, round(_BIN_DEG / step_deg))
    bins = intensity[: len(intensity) // width * width].reshape(-1, width).mean(axis=1)
    reach = round(REACH_DEG / _BIN_DEG)
    if len(bins) < reach + _FEWEST_BINS:
        return 0
    behind = intensity[reach * width :]
    line = float(behind.max() - median_of(behind))
    fall = bins[: reach + 1]
    tolerance = max(REST * line, _SIGMA * estimate_noise(behind) / np.sqrt(width))
    rises = fall > np.minimum.accumulate(fall) + tolerance
    bottom = int(fall[: int(np.argmax(rises)) if rises.any() else None].argmin())
    excess = fall[: bottom + 1] - fall[bottom]
    half = int(np.argmax(excess < 0.5 * excess[0])) * _BIN_DEG  # 0 where nothing falls
    if not excess[0] > BEAM_HEIGHT * line or not 0.0 < half <= HALF_WIDTH_DEG * stretch:
        return 0
    return (int(np.argmax(excess <= REST * line)) or bottom) * width
