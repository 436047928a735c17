"""The preprocessing chain: from a measured pattern to the grid that the networks see.

Order: spikes, wavelength conversion, resampling, direct beam, background, smoothing, K-alpha2,
normalisation. Spikes are looked for on the axis as measured, where they are narrowest
(`crystinet.patterns.despike`); the direct beam is masked only where it dwarfs every line
(`crystinet.patterns.direct_beam`); K-alpha2 concerns only tubes whose doublet is much wider than
copper's (`crystinet.patterns.k_alpha2`).

The background comes after the conversion for two reasons. Its stiffness, a period in degrees, then
has one meaning for every radiation, because the same reflections lie at the same angles and equally
far apart; and a simulated pattern, which exists on the grid only, can go through the very same
steps. The correction of the conversion is a smooth factor, so a smooth background stays one.
"""

import math
from dataclasses import replace

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.core.errors import InvalidPatternError
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.notes import Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.config import PreprocessingConfig
from crystinet.patterns.despike import remove_spikes
from crystinet.patterns.direct_beam import mask_direct_beam
from crystinet.patterns.k_alpha2 import strip_wide_doublet
from crystinet.patterns.pattern import ASSUMED_WAVELENGTH, Pattern
from crystinet.patterns.peaks import count_peaks
from crystinet.patterns.resampling import convert_wavelength, resample
from crystinet.patterns.signal import (
    estimate_background,
    estimate_noise,
    normalise,
    remove_background_and_smooth,
    scale_intensity,
    smooth,
    split_background,
)

# Without a line nobody can identify a pattern; one line has a d-spacing, but no structure type.
_NO_PEAKS = Note(NoteCode.NO_PEAKS, "No line of a crystal stands out of noise and background.")
_ONE_PEAK = Note(
    NoteCode.ONE_PEAK,
    "Only one line stands out of noise and background: too few to tell types apart.",
)

__all__ = [
    "check_measured",
    "convert_wavelength",
    "estimate_background",
    "estimate_noise",
    "normalise",
    "prepare_simulated",
    "preprocess",
    "remove_spikes",
    "resample",
    "scale_intensity",
    "smooth",
]


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
    grid
        Of the curve, degrees 2theta.
    config
        How it is prepared; a bundle knows how its networks want it.

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


# Q in 1/angstrom that a tube or a synchrotron reaches; as angles, they would be next to the beam.
_MOST_Q = 15.0
_LIKE_Q = (
    "The numbers look like Q in 1/angstrom: name the column Q. If they are 2theta of a "
    "synchrotron, give the wavelength; else measure a wider range."
)


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
            hint="Give the measured profile point by point, not a list of peaks."
            if pattern.mask.all()
            else "Choose a wider range.",
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
            hint=_LIKE_Q
            if pattern.radiation.assumed and 0.05 <= x[0] and x[-1] <= _MOST_Q
            else "Measure a wider range, and check that the first column is 2theta in degrees.",
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
    despike: bool = True,
    mask_beam: bool = True,
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
    despike
        Remove spikes of one or two points first, see `remove_spikes`. No other pattern changes, so
        this needs no training.
    mask_beam
        Mask the direct beam where the range begins with it, see `mask_direct_beam`; the same holds.

    Returns
    -------
    The pattern on the grid: intensity 0 to 1 (linear), mask, steps and notes.

    Raises
    ------
    InvalidPatternError
        See `check_measured`; also if less than ``config.minimum_span_deg`` is left on the grid.
    """
    return prepare(pattern, grid=grid, config=config, despike=despike, mask_beam=mask_beam)[0]


def prepare(
    pattern: Pattern,
    *,
    grid: TwoThetaGrid,
    config: PreprocessingConfig,
    despike: bool = True,
    mask_beam: bool = True,
) -> tuple[Pattern, Pattern]:
    """As `preprocess`; and the background that was subtracted, as measured but on the grid."""
    check_measured(pattern, config=config)
    if despike:
        pattern = remove_spikes(pattern)
    converted = convert_wavelength(pattern, to_angstrom=grid.wavelength_angstrom)
    raw = resample(converted, grid, config=config)
    if mask_beam:
        measured_angstrom = pattern.radiation.wavelength_angstrom
        raw = mask_direct_beam(raw, grid=grid, measured_angstrom=measured_angstrom)
    low, high = raw.measured_range_deg
    if not high - low >= config.minimum_span_deg:  # NaN where nothing is left
        left = f"{high - low:.3g}" if high >= low else "0"
        raise InvalidPatternError(
            f"Only {left} degrees of the pattern lie in {grid.start_deg:g} to {grid.stop_deg:g} "
            f"degrees 2theta of {grid.wavelength_angstrom:.4f} angstrom; at least "
            f"{config.minimum_span_deg:g} are needed.",
            hint=f"Check the wavelength, {pattern.radiation.wavelength_angstrom:g} angstrom.",
        )
    residue, curve = split_background(
        raw.intensity, mask=raw.mask, step_deg=grid.step_deg, config=config
    )
    below = replace(raw, intensity=curve, steps=pattern.steps)
    stripped = strip_wide_doublet(residue, mask=raw.mask, grid=grid, radiation=raw.radiation)
    if stripped is not None:
        residue = stripped
        raw = replace(raw, radiation=_strongest(raw.radiation))
    noise = estimate_noise(converted.intensity[converted.mask])
    ready = replace(
        raw,
        intensity=normalise(residue, mask=raw.mask),
        steps=(*raw.steps, *_describe(config, stripped=stripped is not None)),
    )
    signal_to_noise = float(residue.max()) / noise if noise > 0.0 else math.inf
    notes = _with_new(raw.notes, _find_faults(ready, signal_to_noise, config))
    return replace(ready, notes=notes), below


def _strongest(radiation: Radiation) -> Radiation:
    return Radiation(radiation.wavelengths_angstrom[:1], assumed=radiation.assumed)


def _describe(config: PreprocessingConfig, *, stripped: bool) -> tuple[str, ...]:
    return (
        f"background by airPLS, bins {config.background_bin_deg:g} deg, "
        f"period {config.background_period_deg:g} deg",
        f"smoothed by Savitzky-Golay, window {config.smoothing_window_deg:g} deg, "
        f"order {config.smoothing_order}",
        *(["K-alpha2 subtracted"] if stripped else []),
        "clipped below 0, maximum scaled to 1",
    )


def _find_faults(
    prepared: Pattern, signal_to_noise: float, config: PreprocessingConfig
) -> tuple[Note, ...]:
    """Say what weakens an identification although the pattern can be used."""
    faults = []
    n_peaks = count_peaks(prepared, noise=1.0 / signal_to_noise, enough=2)
    if n_peaks < 2:
        faults.append(_ONE_PEAK if n_peaks else _NO_PEAKS)
    if prepared.radiation.assumed:
        faults.append(ASSUMED_WAVELENGTH)
    low, high = prepared.measured_range_deg
    if high - low < config.short_span_deg:
        text = (
            f"Short range: only {low:.4g} to {high:.4g} degrees 2theta (as Cu K-alpha) were "
            "measured; similar types may be told apart only outside it."
        )
        faults.append(Note(NoteCode.SHORT_RANGE, text))
    if signal_to_noise < config.low_signal_to_noise:
        text = (
            f"Low signal: the strongest peak is {signal_to_noise:.2g} times the noise; "
            "measure longer for a sure answer."
        )
        faults.append(Note(NoteCode.LOW_SIGNAL, text))
    return tuple(faults)


def _with_new(old: tuple[Note, ...], new: tuple[Note, ...]) -> tuple[Note, ...]:
    said = {note.code for note in old}
    return (*old, *(note for note in new if note.code not in said))
