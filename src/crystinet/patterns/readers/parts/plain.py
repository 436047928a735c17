"""Tables in the plainest spelling, which most files have: read at once, ten times as fast."""

from collections.abc import Iterable, Sequence

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.patterns.readers.parts.columns import Columns
from crystinet.patterns.readers.parts.dialect import Dialect, groups_of, is_number
from crystinet.patterns.readers.parts.thousands import are_groups

# Fewer rows do not show how all numbers are written, and are read soon in any way.
_LEAST_ROWS = 20


def plain_table(
    lines: Iterable[str], first: Sequence[str], dialect: Dialect, columns: Columns
) -> FloatArray | None:
    """All numbers of a table whose rows are alike and can be read in one way only.

    Parameters
    ----------
    lines
        The table to its end, which is that of the file.
    first
        The first of these lines, which show how numbers are written.
    dialect, columns
        How the rows are written, and what stands where.

    Returns
    -------
    Shape (rows, fields), or None for every other table: `read_rows` finds out what it means.
    """
    rows = [dialect.fields(line) for line in first if line.strip()]
    if len(rows) < _LEAST_ROWS or len(set(map(len, rows))) > 1 or len(rows[0]) <= columns.y:
        return None
    if not all(is_number(dialect.plain(field)) for row in rows for field in row):
        return None
    if dialect.separator in (None, ",") and all(groups_of(row[columns.y :]) for row in rows):
        return None
    decimal, other = (",", ".") if dialect.decimal_comma else (".", ",")
    signed = [row[columns.y] for row in rows if decimal in row[columns.y]]
    if signed and are_groups(signed, decimal):
        return None
    if dialect.decimal_comma:
        lines = list(lines)
        if any(other in line for line in lines):
            return None
        lines = (line.replace(",", ".") for line in lines)
    try:
        # It refuses rows of another width, words and all spellings but that of `float`.
        table: FloatArray = np.loadtxt(lines, comments=None, delimiter=dialect.separator, ndmin=2)
    except ValueError:
        return None
    counts = table[:, columns.y]
    if not np.isfinite(table).all() or not (signed or (counts == np.rint(counts)).all()):
        return None
    return table
