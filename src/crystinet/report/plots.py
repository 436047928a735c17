"""Pictures of patterns; needs matplotlib."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crystinet.core.errors import ConfigError
from crystinet.core.extras import need_extra
from crystinet.core.files import check_place, whole_file
from crystinet.patterns.pattern import Pattern

if TYPE_CHECKING:
    from crystinet.training.plan import GroupPlan

_SIZE_INCHES = (8.0, 3.5)
_MAP_INCHES = (15.0, 10.0)


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
