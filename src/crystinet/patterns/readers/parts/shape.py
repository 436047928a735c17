"""What the numbers of a table without names look like."""

from collections.abc import Sequence

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError
from crystinet.patterns.readers.parts.columns import Columns
from crystinet.patterns.readers.parts.dialect import is_number

# Fewer rows do not show what is counted and what is measured.
_LEAST_ROWS = 20


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
