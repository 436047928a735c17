"""Pictures of patterns; needs matplotlib."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import ConfigError, UnknownTypeError
from crystinet.core.extras import need_extra
from crystinet.core.files import check_place, whole_file
from crystinet.core.notes import NoteCode, find_note
from crystinet.patterns.pattern import Pattern

if TYPE_CHECKING:
    from crystinet.fit.placement import Placement
    from crystinet.model.identification import Identification
    from crystinet.patterns.sample import Sample
    from crystinet.training.plan import GroupPlan

_SIZE_INCHES = (8.0, 3.5)
_TALL_INCHES = (9.0, 6.5)
_MAP_INCHES = (15.0, 10.0)
_LEAST_PERCENT = 1.0  # of the strongest reference line; weaker ones are not drawn
_TICK_HEIGHT = 0.12  # of the strongest reference line, below a pattern that is 1 high


def plot_pattern(pattern: Pattern, path: Path) -> None:
    """Draw a pattern into a picture file; its suffix names the format.

    Raises
    ------
    MissingExtraError
        Where matplotlib is not installed.
    ConfigError
        Where it cannot write the format.
    FileMissingError
        Where the folder does not exist or refuses the file.
    """
    figure = make_figure(path, _SIZE_INCHES)
    axes = figure.add_subplot()
    axes.plot(pattern.two_theta_deg, pattern.intensity, linewidth=0.8)
    axes.set_xlim(*pattern.measured_range_deg)
    label_axes(axes, pattern.radiation.wavelength_angstrom, "intensity", title=pattern.name)
    save_figure(figure, path)


def check_picture(path: Path) -> None:
    """Refuse a picture that cannot be drawn, before the work for it is done.

    Raises
    ------
    MissingExtraError, ConfigError, FileMissingError
        As `plot_pattern`.
    """
    make_figure(path, _SIZE_INCHES)
    check_place(path)


def plot_identification(
    sample: "Sample",
    answer: "Identification",
    path: Path,
    *,
    placement: "Placement | None",
) -> None:
    """Draw a pattern before and after its preparation, with the lines of the best candidate.

    Above, the pattern as measured, the background that is subtracted, and the spikes and the direct
    beam that are taken out. Below, what the networks see, and the lines of the reference structure
    of the best candidate's type with the cell that they have on this sample.

    Parameters
    ----------
    sample
        The pattern as measured and as prepared.
    answer
        What the model said about it.
    path
        The picture; its suffix names the format.
    placement
        How the lines of the best candidate's type lie on the sample; None where none fits.

    Raises
    ------
    MissingExtraError, ConfigError, FileMissingError
        As `plot_pattern`.
    """
    from crystinet.patterns.signal import scale_intensity

    pattern, prepared, spiky = sample.raw, sample.prepared, sample.spikes
    figure = make_figure(path, _TALL_INCHES)
    above, below = figure.subplots(2, 1)

    above.plot(*_curve(pattern), linewidth=0.8, label="as measured")
    above.plot(*_curve(sample.background), linewidth=1.0, label="background")
    if spiky.any():
        points = (pattern.two_theta_deg[spiky], pattern.intensity[spiky])
        above.plot(*points, "x", color="tab:red", label="spikes, removed")
    _mark_direct_beam(above, pattern, prepared)
    above.set_xlim(*pattern.measured_range_deg)
    above.set_yscale("function", functions=(_signed_root, _signed_square))
    text = "intensity, square-root scale"
    label_axes(above, pattern.radiation.wavelength_angstrom, text, title=answer.name)

    best = answer.candidates[0]
    seen = replace(
        prepared, intensity=scale_intensity(prepared.intensity, knee=sample.config.intensity_knee)
    )
    below.plot(*_curve(seen), linewidth=0.8, color="black", label="prepared")
    below.set_xlim(*prepared.measured_range_deg)
    _draw_reference(below, sample, best.type, placement)
    title = f"{best.type}, probability {best.probability:.2f}, verdict: {answer.verdict}"
    label_axes(
        below, sample.grid.wavelength_angstrom, "intensity, as the networks see it", title=title
    )
    for axes in (above, below):
        axes.legend(fontsize="small", loc="upper right")
    save_figure(figure, path)


def plot_group_map(plan: "GroupPlan", path: Path) -> None:
    """Draw the map of the types of a plan, coloured by group.

    Raises
    ------
    MissingExtraError, ConfigError, FileMissingError
        As `plot_pattern`; ConfigError also where the plan has no places.
    """
    from crystinet.report.group_map import draw_map

    if not all(kind.place for kind in plan.types):
        raise ConfigError("The plan has no map.", hint="Make it with `crystinet group`.")
    figure = make_figure(path, _MAP_INCHES)
    draw_map(figure, plan)
    save_figure(figure, path)


def _mark_direct_beam(axes: Any, pattern: Pattern, prepared: Pattern) -> None:
    """Shade the direct beam, if it was masked, and leave the height of the picture to the lines."""
    from crystinet.core.diffraction import d_from_two_theta, two_theta_from_d

    if not find_note(prepared.notes, NoteCode.DIRECT_BEAM_MASKED):
        return
    kept_from = np.array([prepared.measured_range_deg[0]])
    d_angstrom = d_from_two_theta(kept_from, prepared.radiation.wavelength_angstrom)
    end = float(two_theta_from_d(d_angstrom, pattern.radiation.wavelength_angstrom)[0])
    start = pattern.measured_range_deg[0]
    axes.axvspan(start, end, color="tab:gray", alpha=0.3, label="direct beam, masked")
    behind = pattern.intensity[pattern.mask & (pattern.two_theta_deg >= end)]
    axes.set_ylim(min(0.0, float(behind.min())), 1.1 * float(behind.max()))


def _draw_reference(
    axes: Any, sample: "Sample", type_name: str, placement: "Placement | None"
) -> None:
    """Draw the lines of the type's reference structure downwards from zero, or say why not."""
    from crystinet.crystals.catalogue import load_catalogue
    from crystinet.fit.placement import placed_lines

    try:
        reference = load_catalogue().by_name(type_name).reference
    except UnknownTypeError:  # a bundle may have types that the catalogue does not define
        axes.plot([], [], label="no reference structure of this type in the catalogue")
        return
    if placement is None:
        axes.plot([], [], label="no line of the reference structure fits")
        return
    lines = placed_lines(reference, placement, grid=sample.grid)
    shown = lines.intensity >= _LEAST_PERCENT
    axes.vlines(
        lines.two_theta_deg[shown],
        -_TICK_HEIGHT * np.sqrt(lines.intensity[shown] / 100.0) - 0.02,
        -0.02,
        color="tab:red",
        linewidth=0.8,
        label=f"reference {reference.name or type_name}, edges x {placement.scale:.3f}",
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


def label_axes(axes: Any, wavelength_angstrom: float, intensity: str, *, title: str) -> None:
    """Name the axes of a pattern, and give them a title."""
    axes.set_xlabel(f"2θ / degrees (λ = {wavelength_angstrom:.5g} Å)")
    axes.set_ylabel(intensity)
    axes.set_title(title, fontsize="medium", parse_math=False)


def make_figure(path: Path, size_inches: tuple[float, float]) -> Any:
    """Make an empty figure, if matplotlib is there and writes such files."""
    need_extra("report", "matplotlib", what="Drawing")
    from matplotlib.figure import Figure

    figure = Figure(figsize=size_inches, layout="constrained")
    formats = figure.canvas.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in formats:
        raise ConfigError(
            f"{path.name!r} names no picture format.", hint=f"End it with .{', .'.join(formats)}."
        )
    return figure


def save_figure(figure: Any, path: Path) -> None:
    """Write a figure, whole or not at all; FileMissingError where the folder refuses the file."""
    with whole_file(path) as temporary, warnings.catch_warnings():
        # A name in a script that the font lacks is drawn as boxes; the picture is good.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(temporary, dpi=150)
