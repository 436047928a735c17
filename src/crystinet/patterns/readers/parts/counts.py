"""Counts at equal steps, listed without their angles: what several text formats have in common."""

import math
from array import array
from collections.abc import Iterable

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import UnreadableFileError

NumberedLine = tuple[int, str]

# No diffractometer steps wider or goes further.
_WIDEST_STEP_DEG = 10.0
_FURTHEST_DEG = 360.0
# More cannot be a scan, and would take too much memory.
_MOST_COUNTS = 5_000_000
_CUT_OFF = "The file was cut off or is damaged; copy or export it again."


def to_float(text: str, *, of: str) -> float:
    """Convert a number with a decimal point or comma.

    Raises
    ------
    UnreadableFileError
        Naming what ``of`` should have been.
    """
    try:
        return float(text.strip().replace(",", "."))
    except ValueError as error:
        raise UnreadableFileError(
            f"{of} is {text.strip()[:40]!r}, not a number.", hint="Copy or export the file again."
        ) from error


def read_counts(lines: Iterable[NumberedLine], *, decimal_comma: bool = False) -> FloatArray:
    """Read numbers with blanks or commas between them, any number of them a line; shape (n,).

    Parameters
    ----------
    lines
        With their numbers in the file, for messages.
    decimal_comma
        Commas are decimal signs and stand within numbers.

    Raises
    ------
    UnreadableFileError
        Naming the first line that holds something else, or at more than five million counts.
    """
    counts = array("d")
    for number, line in lines:
        try:
            counts.extend(map(float, line.replace(",", "." if decimal_comma else " ").split()))
        except ValueError as error:
            raise UnreadableFileError(
                f"Line {number} holds {line.strip()[:60]!r} where counts should stand.",
                hint="Copy or export the file again.",
            ) from error
        if len(counts) > _MOST_COUNTS:
            raise UnreadableFileError(
                f"There are more than {_MOST_COUNTS} counts at line {number}.",
                hint="Give the measurement that you need a file of its own.",
            )
    return np.frombuffer(counts)


def points_between(start: float, stop: float, step: float, *, what: str) -> int:
    """Number of points from ``start`` to ``stop``, degrees, both included.

    Raises
    ------
    UnreadableFileError
        If no diffractometer measures so.
    """
    check_steps(start, step, what=what)
    if not (math.isfinite(stop) and abs(stop) <= _FURTHEST_DEG and stop > start):
        raise UnreadableFileError(
            f"{what} goes from {start:g} to {stop:g} degrees in steps of {step:g}.", hint=_CUT_OFF
        )
    return round((stop - start) / step) + 1


def stepped_axis(start: float, step: float, *, n: int, what: str) -> FloatArray:
    """Angles of ``n`` equal steps, degrees; shape (n,).

    Raises
    ------
    UnreadableFileError
        If there are none, or no diffractometer goes there.
    """
    check_steps(start, step, what=what)
    if n < 1 or start + (n - 1) * step > _FURTHEST_DEG:
        raise UnreadableFileError(
            f"{what} has {n} points from {start:g} degrees on in steps of {step:g}.", hint=_CUT_OFF
        )
    return start + step * np.arange(n, dtype=np.float64)


def check_steps(start: float, step: float, *, what: str) -> None:
    """Refuse a first angle and a step, degrees, that no diffractometer has."""
    if not (abs(start) <= _FURTHEST_DEG and 0.0 < step <= _WIDEST_STEP_DEG):  # NaN is not
        raise UnreadableFileError(
            f"{what} starts at {start:g} degrees with steps of {step:g}.", hint=_CUT_OFF
        )


def check_complete(found: int, *, announced: int, what: str, tolerance: int = 0) -> None:
    """Refuse a list of counts of another length than its header says.

    Parameters
    ----------
    found, announced
        Numbers of points.
    what
        What is read, for the message.
    tolerance
        Points that rounded ends and steps can make more or less.
    """
    if abs(found - announced) > tolerance:
        raise UnreadableFileError(
            f"{what} announces {announced} points; there are {found}.", hint=_CUT_OFF
        )
