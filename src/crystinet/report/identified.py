"""Picture of an identified pattern: before and after its preparation, with known lines."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import (
    d_from_two_theta,
    lorentz_polarisation_of_d,
    two_theta_from_d,
)
from crystinet.core.notes import NoteCode, find_note
from crystinet.core.plain import in_percent
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.signal import scale_intensity
from crystinet.report.plots import label_axes, make_figure, save_figure

if TYPE_CHECKING:
    from crystinet.fit.placement import Placement
    from crystinet.model.identification import Identification
    from crystinet.patterns.sample import Sample

_SIZE_INCHES = (9.0, 7.0)
# Known lines go down from zero as far as this, below a pattern that is 1 high; weaker ones than
# this share of the strongest are not drawn.
_LONGEST, _WEAKEST = 0.6, 0.01
_BOTTOM, _TOP = -1.0, 1.08
# So many lines have their indices, if they are so far apart, as a share of the axis.
_MOST_INDICES, _APART = 14, 0.018
# What is not seen is shaded from this share of the measured range on.
_SHADED = 0.01
# Of a compound, characters.
_LONGEST_NAME = 48
# Lines closer than this are one, degrees.
_SAME_LINE_DEG = 0.03


def plot_identification(
    sample: "Sample",
    answer: "Identification",
    path: Path,
    *,
    placement: "Placement | None",
    lines_of: str = "",
) -> None:
    """Draw a pattern before and after its preparation, with the lines of a type.

    Above, the pattern as measured, the background that is subtracted (drawn no lower than the
    lowest intensity), and the spikes and the direct beam that are taken out. Below, over the same
    angles, what the networks see, and downwards the lines of the known compound of the type that
    fits best, with the cell that it has on this sample, and their indices.

    Parameters
    ----------
    sample
        The pattern as measured and as prepared.
    answer
        What the model said about it.
    path
        The picture; its suffix names the format.
    placement
        How the lines of the type lie on the sample; None where none fits.
    lines_of
        The type; the best candidate's unless given.

    Raises
    ------
    MissingExtraError, ConfigError, FileMissingError
        As `crystinet.report.plots.plot_pattern`.
    """
    figure = make_figure(path, _SIZE_INCHES)
    above, below = figure.subplots(2, 1, sharex=True)
    pattern, wavelength = sample.raw, sample.wavelength_angstrom
    _draw_measured(above, sample)
    above.set_title(answer.name, fontsize="medium", parse_math=False)

    seen = scale_intensity(sample.prepared.intensity, knee=sample.config.intensity_knee)
    x, y = _curve(replace(sample.prepared, intensity=seen))
    angles = _measured(x, sample)
    below.plot(angles, y, linewidth=0.8, color="black", label="prepared")
    _draw_lines(below, sample, placement, within=angles[np.isfinite(y)][[0, -1]])
    below.set_ylim(_BOTTOM, _TOP)
    below.set_yticks(np.linspace(0.0, 1.0, 6))
    below.axhline(0.0, color="tab:gray", linewidth=0.5)
    title = f"Lines of {lines_of or answer.candidates[0].type}. {_named(answer)}"
    if placement is not None:
        title += f"; edges x {placement.scale:.3f} of the type's reference"
    label_axes(below, wavelength, "relative intensity", title=title)
    above.set_xlim(*pattern.measured_range_deg)
    _shade_unseen(below, sample, angles[np.isfinite(y)])
    for axes, place in ((above, "upper right"), (below, "lower right")):
        legend = axes.legend(fontsize="small", loc=place, ncols=4)
        legend.set_in_layout(False)  # a long name must not make the axes narrow
    save_figure(figure, path)


def _named(answer: "Identification") -> str:
    """The answer in a few words."""
    named, chance = answer.named
    sure = "" if chance is None else f", {in_percent(chance)}"
    return f"Answer: {answer.standing}, {named}{sure}"


def _shade_unseen(axes: Any, sample: "Sample", seen: FloatArray) -> None:
    """Shade what was measured and lies outside the range of the networks."""
    first, last = sample.raw.measured_range_deg
    label = "not seen by the networks"
    for start, stop in ((first, float(seen[0])), (float(seen[-1]), last)):
        if stop - start > _SHADED * (last - first):
            axes.axvspan(start, stop, color="tab:gray", alpha=0.15, linewidth=0, label=label)
            label = "_again"


def _draw_measured(axes: Any, sample: "Sample") -> None:
    """The pattern as measured, and what is taken out of it."""
    pattern, spiky = sample.raw, sample.spikes
    x, y = _curve(pattern)
    lowest = float(np.nanmin(y))
    axes.plot(x, y, linewidth=0.8, label="as measured")
    below_x, below_y = _curve(sample.background)
    axes.plot(below_x, np.maximum(below_y, lowest), linewidth=1.0, label="background")
    if spiky.any():
        points = (pattern.two_theta_deg[spiky], pattern.intensity[spiky])
        axes.plot(*points, "x", color="tab:red", label="spikes, removed")
    axes.set_yscale("function", functions=(_signed_root, _signed_square))
    highest = _mark_direct_beam(axes, pattern, sample.prepared) or float(np.nanmax(y))
    low, high = _signed_root(np.array([lowest, highest]))
    low, high = low - 0.05 * (high - low), high + 0.15 * (high - low)
    limits = _signed_square(np.array([max(low, 0.0) if lowest >= 0.0 else low, high]))
    axes.set_ylim(*limits)
    axes.set_ylabel("intensity, square-root scale")


def _mark_direct_beam(axes: Any, pattern: Pattern, prepared: Pattern) -> float | None:
    """Shade the direct beam, if it was masked; the highest intensity behind it."""
    if not find_note(prepared.notes, NoteCode.DIRECT_BEAM_MASKED):
        return None
    kept_from = np.array([prepared.measured_range_deg[0]])
    d_angstrom = d_from_two_theta(kept_from, prepared.radiation.wavelength_angstrom)
    end = float(two_theta_from_d(d_angstrom, pattern.radiation.wavelength_angstrom)[0])
    start = pattern.measured_range_deg[0]
    axes.axvspan(start, end, color="tab:gray", alpha=0.3, label="direct beam, masked")
    behind = pattern.intensity[pattern.mask & (pattern.two_theta_deg >= end)]
    return float(behind.max())


def _draw_lines(
    axes: Any, sample: "Sample", placement: "Placement | None", *, within: FloatArray
) -> None:
    """Draw the lines of the best fitting known compound downwards from zero, or say why not."""
    if placement is None:
        axes.plot([], [], label="no lines of a known compound of the type fit")
        return
    angles, height, labels = _lines(sample, placement, within=within)
    if not len(angles):
        axes.plot([], [], label="no line of a known compound of the type lies here")
        return
    axes.vlines(
        angles,
        -_LONGEST * height,
        0.0,
        color="tab:red",
        linewidth=1.0,
        label=f"lines of {placement.lines.name[:_LONGEST_NAME]}, stretched",
    )
    low, high = sample.raw.measured_range_deg
    labelled: list[float] = []
    for i in np.argsort(-height, kind="stable"):
        apart = all(abs(angles[i] - other) >= _APART * (high - low) for other in labelled)
        if apart and len(labelled) < _MOST_INDICES:
            labelled.append(float(angles[i]))
            axes.text(
                angles[i],
                -_LONGEST * height[i] - 0.02,
                labels[i],
                rotation="vertical",
                ha="center",
                va="top",
                fontsize=7,
                color="tab:red",
            )


def _lines(
    sample: "Sample", placement: "Placement", *, within: FloatArray
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Angles as measured, heights on the scale of the networks, and indices of lines in range."""
    known, wavelength = placement.lines, sample.wavelength_angstrom
    d = placement.lines_cell.d_spacing(known.hkl)
    angles = two_theta_from_d(d, wavelength)
    strength = known.strength * lorentz_polarisation_of_d(d, wavelength)
    low, high = within
    inside = np.flatnonzero((angles >= low) & (angles <= high))  # False for NaN
    inside = inside[np.argsort(angles[inside], kind="stable")]
    merged: list[tuple[float, float, str]] = []
    for group in np.split(inside, 1 + np.flatnonzero(np.diff(angles[inside]) > _SAME_LINE_DEG)):
        if len(group):
            first = group[strength[group].argmax()]
            total = float(strength[group].sum())
            merged.append((float(angles[first]), total, _indices(known.hkl[first])))
    highest = max((total for _, total, _ in merged), default=1.0)
    kept = [line for line in merged if line[1] >= _WEAKEST * highest]
    relative = np.array([total / highest for _, total, _ in kept])
    return (
        np.array([angle for angle, _, _ in kept]),
        scale_intensity(relative, knee=sample.config.intensity_knee),
        [text for _, _, text in kept],
    )


def _indices(hkl: Any) -> str:
    """Hkl as people write it: 110, 1 -1 0, 10 0 2."""
    numbers = [int(index) for index in hkl]
    joint = "" if all(0 <= n <= 9 for n in numbers) else " "
    return joint.join(map(str, numbers))


def _measured(two_theta_deg: FloatArray, sample: "Sample") -> FloatArray:
    """Angles of the networks' grid for the wavelength of the measurement."""
    from crystinet.model.sensitivity import measured_angles

    return measured_angles(
        two_theta_deg, grid=sample.grid, wavelength_angstrom=sample.wavelength_angstrom
    )


def _curve(pattern: Pattern) -> tuple[FloatArray, FloatArray]:
    """2theta and intensity, with a hole where nothing was measured, (n,) each."""
    return pattern.two_theta_deg, np.where(pattern.mask, pattern.intensity, np.nan)


def _signed_root(intensity: FloatArray) -> FloatArray:
    root: FloatArray = np.sign(intensity) * np.sqrt(np.abs(intensity))
    return root


def _signed_square(root: FloatArray) -> FloatArray:
    square: FloatArray = np.sign(root) * root**2
    return square
