"""What the numbers of a table without names look like."""

from collections.abc import Sequence

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.readers.parts.columns import Columns
from crystinet.patterns.readers.parts.dialect import is_number
from crystinet.patterns.readers.parts.quantities import Quantity

# Fewer rows do not show what is counted and what is measured.
_LEAST_ROWS = 20
# As many rows are no pattern.
_FEW_ROWS = 3
# Steps are alike to this part, in all but this share of a scan.
_LIKE_STEPS, _UNEQUAL = 0.2, 0.3
# An axis of equal steps in 2theta is looked at in so many parts; unequal and equal ones differ by
# these shares.
_COARSE_STEPS, _UNEVEN, _EVEN = 40, 0.1, 0.02
# An angle and at least so many counts.
_LEAST_COUNTS = 5


def is_numbered(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first column only numbers the rows, and the second is the axis.

    Parameters
    ----------
    rows
        Fields of the first rows.
    """
    rows = [row for row in rows if len(row) > 2 and all(map(is_number, row[:2]))]
    if len(rows) < _LEAST_ROWS or any("." in row[0] for row in rows):
        return False
    first, second = np.array([[float(field) for field in row[:2]] for row in rows]).T
    steps = np.diff(second)
    return bool((np.diff(first) == 1.0).all() and first[0] in (0.0, 1.0) and (steps > 0.0).all())


def check_is_no_list_of_counts(rows: Sequence[Sequence[str]], columns: Columns) -> None:
    """Refuse a table without names whose columns can be counts that follow each other.

    Parameters
    ----------
    rows
        Fields of the first rows.
    columns
        What was found.

    Raises
    ------
    UnreadableFileError
        With both readings.
    """
    width = len(rows[0])
    if columns.named or width < _LEAST_COUNTS or len(rows) < _LEAST_ROWS:
        return
    whole = [row for row in rows if len(row) == width and all(map(is_number, row))]
    if len(whole) < _LEAST_ROWS:
        return
    numbers = np.array([[float(field) for field in row] for row in whole])
    levels = np.median(numbers[:, 1:], axis=0)
    # What has no axis at all is refused for that.
    is_axis = (np.diff(numbers[:, 0]) > 0.0).all()
    if not is_axis or not levels.min() > 0.0 or levels.max() > 2.0 * levels.min():
        return
    raise UnreadableFileError(
        f"A row has an angle and {width - 1} numbers alike: they may be the counts at that angle "
        f"and the {width - 2} after it, or {width - 1} patterns beside each other.",
        hint="Keep two columns, 2theta and intensity, or name the columns.",
    )


def check_has_decimal_points(rows: Sequence[Sequence[str]], line: str) -> None:
    """Refuse rows whose commas can be decimal signs as well as stand between columns.

    Parameters
    ----------
    rows
        Fields of the first rows, separated at commas.
    line
        One of them, for the message.

    Raises
    ------
    UnreadableFileError
        With both readings.
    """
    whole = [row for row in rows if len(row) in (3, 4)]
    if len(whole) < max(_LEAST_ROWS, len(rows)) or '"' in line:
        return
    if not all(field.strip().isdecimal() for row in whole for field in row):
        return
    angles = [int(row[0]) for row in whole]
    if len(set(angles)) > len(angles) / 2:
        return
    first, second = line.strip().split(",")[:2]
    raise UnreadableFileError(
        f"The row {line.strip()[:40]!r} may begin with 2theta {first}.{second} (decimal commas), "
        f"or with {first} and the intensity {second}.",
        hint="Separate the columns with semicolons, or write decimal points.",
    )


def check_is_not_swapped(x: FloatArray, y: FloatArray, columns: Columns) -> None:
    """Refuse a table without names whose second column is the axis.

    Parameters
    ----------
    x, y
        Shape (n,), what was taken as axis and intensity.
    columns
        Where they stood.

    Raises
    ------
    InvalidPatternError
        Saying what the table looks like.
    """
    if columns.named or len(x) < _LEAST_ROWS:
        return
    rises, falls = (np.diff(x) > 0.0).all(), (np.diff(x) < 0.0).all()
    if not (rises or falls) and (np.diff(y) > 0.0).all() and 0.0 <= y[0] and y[-1] <= 180.0:
        raise InvalidPatternError(
            f"The columns look swapped: the second rises from {y[0]:g} to {y[-1]:g} as 2theta "
            "does, the first does not.",
            hint='Write 2theta first, or name the columns "intensity" and "2theta".',
        )


def check_is_no_list_of_peaks(x: FloatArray, columns: Columns) -> None:
    """Refuse a table with columns of widths or indices and no steps.

    Parameters
    ----------
    x
        Shape (n,), the axis.
    columns
        What was found.

    Raises
    ------
    InvalidPatternError
        Saying what the table looks like.
    """
    if not columns.peaks or len(x) < 2:
        return
    steps = np.abs(np.diff(x))
    if (np.abs(steps - np.median(steps)) > _LIKE_STEPS * np.median(steps)).mean() > _UNEQUAL:
        raise InvalidPatternError(
            f"The table is a list of {len(x)} peaks or reflections, not a measured pattern.",
            hint="Give the measured profile point by point.",
        )


def check_is_not_transposed(rows: Sequence[Sequence[str]]) -> None:
    """Refuse two or three long rows, which hold the axis and intensities each.

    Parameters
    ----------
    rows
        Fields of all rows, if they are few.

    Raises
    ------
    UnreadableFileError
        Saying what the table looks like.
    """
    if rows and len(rows) <= _FEW_ROWS and min(map(len, rows)) >= _LEAST_ROWS:
        raise UnreadableFileError(
            f"The table has {len(rows)} rows of {len(rows[0])} numbers: rows and columns look "
            "swapped.",
            hint="Write each point on a line of its own: 2theta, then the intensity.",
        )


def check_is_no_other_axis(x: FloatArray, columns: Columns, radiation: Radiation | None) -> None:
    """Refuse an axis without a name that is d or Q by its steps, which are equal in 2theta.

    Parameters
    ----------
    x
        Shape (n,), what was taken as 2theta.
    columns
        What was found.
    radiation
        Of the file or the user; None tries Cu K-alpha.

    Raises
    ------
    InvalidPatternError
        Saying what the table looks like.
    """
    if columns.named or columns.axis is not Quantity.TWO_THETA or len(x) < _COARSE_STEPS**2 / 10:
        return
    some = x[:: len(x) // _COARSE_STEPS]
    if not (some > 0.0).all() or _unevenness(some) < _UNEVEN:
        return
    wavelength = (radiation or Radiation.of_anode("Cu")).wavelength_angstrom
    for what, inverse_d in (
        ("d in angstrom", 1.0 / some),
        ("Q in 1/angstrom", some / (2.0 * np.pi)),
        ("Q in 1/nm", some / (20.0 * np.pi)),
    ):
        sine = 0.5 * wavelength * inverse_d
        if sine.max() < 1.0 and _unevenness(np.arcsin(sine)) < _EVEN:
            raise InvalidPatternError(
                f"The first column goes from {x[0]:g} to {x[-1]:g} in steps that would be equal in "
                f"2theta if it were {what}.",
                hint='Name the column: "d", "Q (1/angstrom)", "Q (1/nm)" or, if it is, "2theta".',
            )


def _unevenness(x: FloatArray) -> float:
    """How far steps differ, as a share of the usual one."""
    steps = np.abs(np.diff(x))
    return float(np.ptp(steps) / max(float(np.median(steps)), 1e-300))


def without_count(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The table without a first row that only says how many rows there are.

    Parameters
    ----------
    x, y
        Shape (n,), axis and intensity.
    """
    counts_rest = len(x) > _LEAST_ROWS and x[0] == len(x) - 1 and x[0] > 180.0 >= x[1:].max()
    return (x[1:], y[1:]) if counts_rest else (x, y)
