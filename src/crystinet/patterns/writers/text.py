"""Patterns as text in columns: what nearly every program of the field opens."""

from collections.abc import Iterator

import numpy as np

from crystinet.core.notes import NoteCode, find_note
from crystinet.patterns.pattern import Pattern


def xy_text(pattern: Pattern) -> str:
    """Two columns, 2theta in degrees and intensity; only points that were measured.

    Each number has the shortest form that is read back exactly. A comment names the wavelength,
    unless it was assumed.
    """
    points = zip(*_measured(pattern), strict=True)
    return _text(pattern, "# 2theta_deg intensity", (f"{x!r} {y!r}" for x, y in points))


def xye_text(pattern: Pattern) -> str:
    """Three columns: as `xy_text`, with the standard uncertainty of counts, their square root.

    The uncertainty of less than one count is 1. Where intensities are no counts (a maximum of 100,
    counts a second), it is that of neither: the comment says what it was made from.
    """
    x, y = _measured(pattern)
    esd = np.sqrt(np.maximum(np.asarray(y), 1.0)).tolist()
    rows = (f"{x!r} {y!r} {e:.6g}" for x, y, e in zip(x, y, esd, strict=True))
    return _text(pattern, "# 2theta_deg intensity esd_from_counting", rows)


def wavelength_is_known(pattern: Pattern) -> bool:
    """Whether the wavelength is that of the measurement, not one that was assumed."""
    return not pattern.radiation.assumed and not find_note(
        pattern.notes, NoteCode.ASSUMED_WAVELENGTH
    )


def _measured(pattern: Pattern) -> tuple[list[float], list[float]]:
    return pattern.two_theta_deg[pattern.mask].tolist(), pattern.intensity[pattern.mask].tolist()


def _text(pattern: Pattern, columns: str, rows: Iterator[str]) -> str:
    name = " ".join(pattern.name.split())
    head = [f"# {name}"] if name else []
    if wavelength_is_known(pattern):
        head.append(f"# wavelength = {pattern.radiation.wavelength_angstrom!r} angstrom")
    return "\n".join([*head, columns, *rows]) + "\n"
