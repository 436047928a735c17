"""Pictures of patterns; needs matplotlib."""

from pathlib import Path

from crystinet.core.errors import ConfigError, FileMissingError, MissingExtraError
from crystinet.patterns.pattern import Pattern

_SIZE_INCHES = (8.0, 3.5)


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
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError(
            "Drawing needs matplotlib, which is not installed.",
            hint='Install it: pip install "crystinet[report]".',
        ) from error
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    formats = figure.canvas.get_supported_filetypes()
    if path.suffix.lstrip(".").lower() not in formats:
        raise ConfigError(
            f"{path.name!r} names no picture format.", hint=f"End it with .{', .'.join(formats)}."
        )
    axes = figure.add_subplot()
    axes.plot(pattern.two_theta_deg, pattern.intensity, linewidth=0.8)
    axes.set_xlim(*pattern.measured_range_deg)
    axes.set_xlabel(f"2θ / degrees (λ = {pattern.radiation.wavelength_angstrom:.5g} Å)")
    axes.set_ylabel("intensity")
    axes.set_title(pattern.name, fontsize="medium", parse_math=False)
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise FileMissingError(
            f"Cannot write {path}: {error.strerror}.",
            hint="Name a file in a folder that exists and that you may write to.",
        ) from error
