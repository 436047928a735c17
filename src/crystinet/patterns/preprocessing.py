"""The preprocessing chain: from a measured pattern to the grid that the networks see.

Order: wavelength conversion, resampling, background, smoothing, normalisation. The background
comes after the conversion for two reasons. Its stiffness, a period in degrees, then has one
meaning for every radiation, because the same reflections lie at the same angles and equally far
apart; and a simulated pattern, which exists on the grid only, can go through the very same steps.
The correction of the conversion is a smooth factor, so a smooth background stays one.
"""

from dataclasses import replace

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.core.diffraction import d_from_two_theta, lorentz_polarisation, two_theta_from_d
from crystinet.core.errors import InvalidPatternError
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.patterns.config import PreprocessingConfig
from crystinet.patterns.pattern import ASSUMED_RADIATION, Pattern
from crystinet.patterns.signal import (
    count_peaks,
    estimate_background,
    estimate_noise,
    normalise,
    remove_background_and_smooth,
    scale_intensity,
    smooth,
)

#: Warning of a pattern without a line: nobody can identify it.
NO_PEAKS = "No line of a crystal stands out of noise and background."
#: Warning of a pattern with one line: it has a d-spacing, but no structure type.
ONE_PEAK = "Only one line stands out of noise and background: too few to tell types apart."

__all__ = [
    "NO_PEAKS",
    "ONE_PEAK",
    "check_measured",
    "convert_wavelength",
    "estimate_background",
    "estimate_noise",
    "normalise",
    "prepare_simulated",
    "preprocess",
    "resample",
    "scale_intensity",
    "smooth",
]

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
        gap = max(config.gap_steps * float(np.median(steps)), config.gap_deg)
        on_point = np.minimum(np.abs(axis - x[after - 1]), np.abs(axis - x[after])) <= slack
        mask = (axis >= x[0] - slack) & (axis <= x[-1] + slack)
        mask &= (steps[after - 1] <= gap) | on_point
        fine = steps[after - 1] <= grid.step_deg
        intensity = np.where(fine, _bin_means(x, y, axis, grid.step_deg), np.interp(axis, x, y))
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
    left = np.clip(axis - step_deg / 2.0, edges[0], edges[-1])
    right = np.clip(axis + step_deg / 2.0, edges[0], edges[-1])
    width = np.maximum(right - left, 1e-9)  # 0 outside the range, where the mask is False
    means: FloatArray = (np.interp(right, edges, area) - np.interp(left, edges, area)) / width
    return means


def prepare_simulated(
    intensity: FloatArray,
    mask: BoolArray,
    *,
    grid: TwoThetaGrid = DEFAULT_GRID,
    config: PreprocessingConfig = PreprocessingConfig(),  # noqa: B008 (frozen)
) -> FloatArray:
    """Background, smoothing and normalisation of a curve that is on the grid already.

    Parameters
    ----------
    intensity, mask
        Shape (grid.n_points,): a simulated pattern with background and noise, True where it
        counts as measured.

    Returns
    -------
    Shape (grid.n_points,), 0 to 1 on a linear scale, 0 outside the mask.

    Raises
    ------
    InvalidPatternError
        If nothing stands above the background.
    """
    residue = remove_background_and_smooth(
        intensity, mask=mask, step_deg=grid.step_deg, config=config
    )
    return normalise(residue, mask=mask)


def check_measured(pattern: Pattern, *, config: PreprocessingConfig) -> None:
    """Refuse a pattern that nothing could be read from.

    Raises
    ------
    InvalidPatternError
        If 2theta leaves 0 to 180 degrees, or the measured points are too few, span too short a
        range, or have no signal.
    """
    x, y = pattern.two_theta_deg[pattern.mask], pattern.intensity[pattern.mask]
    if len(x) < config.minimum_points:
        raise InvalidPatternError(
            f"{len(x)} measured points; at least {config.minimum_points} are needed.",
            hint="Give the measured profile point by point, not a list of peaks.",
        )
    if x[0] < 0.0 or x[-1] > 180.0:
        raise InvalidPatternError(
            f"2theta goes from {x[0]:g} to {x[-1]:g}, outside 0 to 180 degrees.",
            hint="The first column must be 2theta in degrees (not channels, d or time of flight).",
        )
    if x[-1] - x[0] < config.minimum_span_deg:
        raise InvalidPatternError(
            f"The pattern spans {x[-1] - x[0]:.3g} degrees 2theta ({x[0]:g} to {x[-1]:g}); "
            f"at least {config.minimum_span_deg:g} are needed.",
            hint="Measure a wider range, and check that the first column is 2theta in degrees.",
        )
    if y.max() <= 0.0 or y.max() == y.min():
        what = "never positive" if y.max() <= 0.0 else f"{y[0]:g} at every point"
        raise InvalidPatternError(
            f"There is no signal: the intensity is {what}.",
            hint="Check that the second column of the file is the measured intensity.",
        )


def preprocess(
    pattern: Pattern,
    *,
    grid: TwoThetaGrid = DEFAULT_GRID,
    config: PreprocessingConfig = PreprocessingConfig(),  # noqa: B008 (frozen)
) -> Pattern:
    """Run the whole chain on a measured pattern.

    Parameters
    ----------
    pattern
        As measured.
    grid
        The axis and wavelength that the networks see.
    config
        Settings; the ones that the networks were trained with.

    Returns
    -------
    The pattern on the grid: intensity 0 to 1 (linear), mask, steps and warnings.

    Raises
    ------
    InvalidPatternError
        See `check_measured`; also if less than ``config.minimum_span_deg`` is left on the grid.
    """
    check_measured(pattern, config=config)
    converted = convert_wavelength(pattern, to_angstrom=grid.wavelength_angstrom)
    raw = resample(converted, grid, config=config)
    low, high = raw.measured_range_deg
    if not high - low >= config.minimum_span_deg:  # NaN where nothing is left
        left = f"{high - low:.3g}" if high >= low else "0"
        raise InvalidPatternError(
            f"Only {left} degrees of the pattern lie in {grid.start_deg:g} to {grid.stop_deg:g} "
            f"degrees 2theta of {grid.wavelength_angstrom:.4f} angstrom; at least "
            f"{config.minimum_span_deg:g} are needed.",
            hint=f"Check the wavelength, {pattern.radiation.wavelength_angstrom:g} angstrom.",
        )
    residue = remove_background_and_smooth(
        raw.intensity, mask=raw.mask, step_deg=grid.step_deg, config=config
    )
    noise = estimate_noise(converted.intensity[converted.mask])
    return replace(
        raw,
        intensity=normalise(residue, mask=raw.mask),
        steps=(*raw.steps, *_describe(config)),
        warnings=_with_new(
            pattern.warnings, _find_faults(raw, residue, noise, grid.step_deg, config)
        ),
    )


def _describe(config: PreprocessingConfig) -> tuple[str, ...]:
    return (
        f"background by airPLS, bins {config.background_bin_deg:g} deg, "
        f"period {config.background_period_deg:g} deg",
        f"smoothed by Savitzky-Golay, window {config.smoothing_window_deg:g} deg, "
        f"order {config.smoothing_order}",
        "clipped below 0, maximum scaled to 1",
    )


def _find_faults(
    raw: Pattern, residue: FloatArray, noise: float, step_deg: float, config: PreprocessingConfig
) -> tuple[str, ...]:
    """Say what weakens an identification although the pattern can be used."""
    faults = []
    peak = float(residue.max())
    n_peaks = count_peaks(residue, noise=noise, step_deg=step_deg)
    if n_peaks < 2:
        faults.append(ONE_PEAK if n_peaks else NO_PEAKS)
    if raw.radiation.assumed:
        faults.append(ASSUMED_RADIATION)
    low, high = raw.measured_range_deg
    if high - low < config.short_span_deg:
        faults.append(
            f"Short range: only {low:.4g} to {high:.4g} degrees 2theta (as Cu K-alpha) were "
            "measured; similar types may be told apart only outside it."
        )
    if peak < config.low_signal_to_noise * noise:
        faults.append(
            f"Low signal: the strongest peak is {peak / noise:.2g} times the noise; "
            "measure longer for a sure answer."
        )
    return tuple(faults)


def _with_new(old: tuple[str, ...], new: tuple[str, ...]) -> tuple[str, ...]:
    return (*old, *(text for text in new if text not in old))
