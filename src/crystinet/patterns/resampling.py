"""From the axis and wavelength of a measurement to those of the grid."""

from dataclasses import replace

import numpy as np

from crystinet.core.arrays import FloatArray, median_of
from crystinet.core.diffraction import d_from_two_theta, lorentz_polarisation, two_theta_from_d
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.patterns.config import PreprocessingConfig
from crystinet.patterns.pattern import Pattern

# Closer wavelengths than this, relative, are the same line (0.001 degree at 110 degrees 2theta).
_SAME_WAVELENGTH = 1e-5


def convert_wavelength(pattern: Pattern, *, to_angstrom: float) -> Pattern:
    """Show the pattern as another wavelength would have measured it.

    Every point keeps its d and moves to the angle that Bragg's law gives it; points that the new
    wavelength cannot reach (d < lambda / 2) are dropped. Intensities are multiplied by the ratio
    of the Lorentz-polarisation factors at the new and the old angle, so that they compare with
    patterns measured there. Only the strongest line is mapped: a K-alpha doublet keeps its
    relative distance and moves along. Absorption, slits and the polarisation of monochromators
    and synchrotrons are not corrected; they change slowly with angle.

    Parameters
    ----------
    pattern
        With its radiation.
    to_angstrom
        The new wavelength of the strongest line, angstrom.

    Returns
    -------
    The converted pattern with a step that says so, or ``pattern`` itself where the wavelength
    is the same.
    """
    of_angstrom = pattern.radiation.wavelength_angstrom
    if abs(to_angstrom - of_angstrom) <= _SAME_WAVELENGTH * of_angstrom:
        return pattern
    ratio = to_angstrom / of_angstrom
    radiation = Radiation(
        tuple(line * ratio for line in pattern.radiation.wavelengths_angstrom),
        pattern.radiation.weights,
        pattern.radiation.assumed,
    )
    old = pattern.two_theta_deg
    kept = (old > 0.0) & (old < 180.0)  # the direct and the reflected beam have no d
    new = np.full(len(old), np.nan)
    new[kept] = two_theta_from_d(d_from_two_theta(old[kept], of_angstrom), to_angstrom)
    kept &= new < 180.0  # False for NaN too
    factor = lorentz_polarisation(new[kept]) / lorentz_polarisation(old[kept])
    return replace(
        pattern,
        two_theta_deg=new[kept],
        intensity=pattern.intensity[kept] * factor,
        mask=pattern.mask[kept],
        radiation=radiation,
        steps=(
            *pattern.steps,
            f"wavelength {of_angstrom:.5f} -> {to_angstrom:.5f} angstrom through d, intensity "
            "by the ratio of Lorentz-polarisation factors",
        ),
    )


def resample(
    pattern: Pattern,
    grid: TwoThetaGrid = DEFAULT_GRID,
    *,
    config: PreprocessingConfig = PreprocessingConfig(),  # noqa: B008 (frozen)
) -> Pattern:
    """Bring a pattern onto a uniform grid.

    Where the source is finer than the grid, each grid point gets the mean over its bin, which
    conserves the area of peaks and keeps their noise from aliasing; where it is coarser, linear
    interpolation. Points outside the measured range and in gaps are 0 with a False mask.

    Parameters
    ----------
    pattern
        Any axis; its wavelength should be the grid's already.
    grid
        The axis to go to.
    config
        ``gap_*`` settings.

    Returns
    -------
    The pattern on ``grid.two_theta_deg``, shape (grid.n_points,).
    """
    intensity, mask = np.zeros(grid.n_points), np.zeros(grid.n_points, dtype=np.bool_)
    x, y = pattern.two_theta_deg[pattern.mask], pattern.intensity[pattern.mask]
    if len(x) >= 2:
        axis, steps = grid.two_theta_deg, np.diff(x)
        slack = 1e-6 * grid.step_deg  # the ends of a grid written with few digits
        after = np.clip(np.searchsorted(x, axis - slack), 1, len(x) - 1)
        gap = max(config.gap_steps * median_of(steps), config.gap_deg)
        mask = (axis >= x[0] - slack) & (axis <= x[-1] + slack)
        if (steps > gap).any():
            on_point = np.minimum(np.abs(axis - x[after - 1]), np.abs(axis - x[after])) <= slack
            mask &= (steps[after - 1] <= gap) | on_point
        fine = steps[after - 1] <= grid.step_deg
        intensity = _bin_means(x, y, axis, grid.step_deg) if fine.any() else np.interp(axis, x, y)
        if fine.any() and not fine.all():
            intensity = np.where(fine, intensity, np.interp(axis, x, y))
        intensity = np.where(mask, intensity, 0.0)
    text = f"resampled to {grid.start_deg:g}-{grid.stop_deg:g} deg, step {grid.step_deg:g} deg"
    return replace(
        pattern,
        two_theta_deg=grid.two_theta_deg,
        intensity=intensity,
        mask=mask,
        steps=(*pattern.steps, text),
    )


def _bin_means(x: FloatArray, y: FloatArray, axis: FloatArray, step_deg: float) -> FloatArray:
    """Mean over each bin of ``axis`` of the histogram whose bars meet between the points ``x``."""
    middles = (x[1:] + x[:-1]) / 2.0
    edges = np.concatenate(([1.5 * x[0] - 0.5 * x[1]], middles, [1.5 * x[-1] - 0.5 * x[-2]]))
    area = np.concatenate(([0.0], np.cumsum(y * np.diff(edges))))
    ends = np.append(axis, axis[-1] + step_deg) - step_deg / 2.0
    ends = np.minimum(np.maximum(ends, edges[0]), edges[-1])
    width = np.maximum(np.diff(ends), 1e-9)  # 0 outside the range, where the mask is False
    means: FloatArray = np.diff(np.interp(ends, edges, area)) / width
    return means
