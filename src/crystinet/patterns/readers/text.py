"""Reader of two columns and more in text: xy, xye, csv, tsv, dat, txt, prn, chi."""

import math
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import two_theta_from_d
from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.columns import (
    Columns,
    Dialect,
    Quantity,
    dialect_of,
    find_columns,
    is_number,
)
from crystinet.patterns.readers.header import find_radiation
from crystinet.patterns.readers.lines import looks_like_text, open_text
from crystinet.patterns.readers.scan import pattern_from_scan

_COMMENT = ("#", "!", ";", "'", "%", "*", "/", '"', "_")
# As many rows of the same form in sequence are the table; before it, numbers belong to the header.
_FIRST_ROWS = 3
# Relative spread of the wavelengths that 2theta and d give in the first rows, due to rounding.
_SAME_LINE = 0.01
# No d and no Q is beyond these, in any of their units.
_LEAST_AXIS, _MOST_AXIS = 1e-6, 1e6
# Formats that are text with numbers, but no table of 2theta and intensity.
_OTHER_FORMATS = re.compile(
    rb"\A(\xef\xbb\xbf)?\s*<|^\s*data_\S|^_COUNTS\b|^_CPS\b|^RawScan\b|^\*RAS_", re.MULTILINE
)

NumberedLine = tuple[int, str]


class TextReader:
    """Two columns of text, with comments, a header and further columns."""

    name = "two-column text"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """Text that is no other known format."""
        return looks_like_text(head) and not _OTHER_FORMATS.search(head)

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the one table of the file; see `PatternReader.read`."""
        lines = open_text(data)
        start = _find_table(lines)
        columns = find_columns(
            start.header, dialect=start.dialect, n_fields=len(start.dialect.split(start.rows[0][1]))
        )
        radiation = radiation or find_radiation(start.header) or _radiation_of_d(start, columns)
        numbered = enumerate(lines, start=start.lines_read + 1)
        x, intensity = _read_rows(chain(start.rows, numbered), start.dialect, columns)
        lost: tuple[str, ...] = ()
        if columns.axis is not Quantity.TWO_THETA:
            x, intensity, lost = _to_two_theta(x, intensity, columns, radiation)
        return [
            pattern_from_scan(
                x,
                intensity,
                radiation=radiation,
                name=name,
                warnings=(*columns.warnings, *lost),
            )
        ]


@dataclass(frozen=True, slots=True)
class _Start:
    """The header of a table, and its first rows with their line numbers."""

    header: list[str]
    rows: list[NumberedLine]
    dialect: Dialect
    lines_read: int


def _find_table(lines: Iterable[str]) -> _Start:
    """Read up to the first rows that follow each other in the same form."""
    header: list[str] = []
    rows: list[NumberedLine] = []
    dialect: Dialect | None = None
    width = number = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if rows and dialect and dialect.is_row(line) and len(dialect.split(line)) == width:
            rows.append((number, line))
            if len(rows) == _FIRST_ROWS:
                break
            continue
        header += [row for _, row in rows]  # a false start, such as "5.0 90.0 0.02"
        rows, dialect = [], None if _is_comment(line) else dialect_of(line)
        if dialect:
            rows, width = [(number, line)], len(dialect.split(line))
        else:
            header.append(line)
    if not rows or dialect is None:
        raise UnreadableFileError(
            f"There is no table of numbers in the text ({number} lines).",
            hint="Each line must hold 2theta in degrees and the intensity, as in: 10.02 153",
        )
    return _Start(header, rows, dialect, number)


def _read_rows(
    rows: Iterable[NumberedLine], dialect: Dialect, columns: Columns
) -> tuple[FloatArray, FloatArray]:
    """Axis and intensity of all rows; text may follow the table, but not interrupt it."""
    x, y = array("d"), array("d")
    remaining = iter(rows)
    for number, line in remaining:
        fields = dialect.split(line)
        try:
            here, value = float(fields[columns.x]), float(fields[columns.y])
        except (ValueError, IndexError):
            if not line.strip() or _is_comment(line):
                continue
            if _begins_with_number(line):
                _refuse_row(number, line)
            _check_is_footer((number, line), remaining, dialect)
            break
        if not (math.isfinite(here) and math.isfinite(value)):
            raise InvalidPatternError(
                f"Line {number} is not finite: {line.strip()[:60]!r}.",
                hint="Remove or repair the points that are NaN or infinite.",
            )
        x.append(here)
        y.append(value)
    return np.frombuffer(x), np.frombuffer(y)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(_COMMENT)


def _begins_with_number(line: str) -> bool:
    fields = re.split(r"[\s,;]+", line.strip())
    return is_number(fields[0])


def _refuse_row(number: int, line: str) -> NoReturn:
    raise UnreadableFileError(
        f"Line {number} does not hold two numbers where the lines before do: "
        f"{line.strip()[:60]!r}.",
        hint="Complete or remove that line. Counts without their angles cannot be read.",
    )


def _check_is_footer(
    text: NumberedLine, remaining: Iterator[NumberedLine], dialect: Dialect
) -> None:
    for number, line in remaining:
        if dialect.is_row(line):
            raise UnreadableFileError(
                f"Line {text[0]} interrupts the numbers, which go on in line {number}: "
                f"{text[1].strip()[:60]!r}.",
                hint="Give each scan a file of its own, and put # before comments.",
            )


def _radiation_of_d(start: _Start, columns: Columns) -> Radiation | None:
    """Wavelength by Bragg's law where a file gives both 2theta and d; None where it does not."""
    if columns.d is None:
        return None
    rows = [start.dialect.split(line) for _, line in start.rows]
    if not all(is_number(row[column]) for row in rows for column in (columns.x, columns.d)):
        return None
    two_theta, d_angstrom = np.array(
        [[float(row[columns.x]), float(row[columns.d])] for row in rows]
    ).T
    wavelengths = 2.0 * d_angstrom * np.sin(np.radians(two_theta) / 2.0)
    if np.ptp(wavelengths) > _SAME_LINE * wavelengths.max():
        return None  # the column is something else
    return Radiation.of_wavelength(float(np.median(wavelengths)))


def _to_two_theta(
    axis: FloatArray, intensity: FloatArray, columns: Columns, radiation: Radiation | None
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Convert d or Q to degrees 2theta; points beyond the reach of the wavelength are dropped."""
    if axis.min() < _LEAST_AXIS or axis.max() > _MOST_AXIS:
        raise InvalidPatternError(
            f"The column of {columns.axis} goes from {axis.min():g} to {axis.max():g}.",
            hint=f"{columns.axis} must be positive; remove the points that cannot be right.",
        )
    unit = 10.0 if columns.per_nm else 1.0
    d_angstrom = axis * unit if columns.axis is Quantity.D else 2.0 * np.pi * unit / axis
    wavelength = (radiation or Radiation.of_anode("Cu")).wavelength_angstrom
    two_theta = two_theta_from_d(d_angstrom, wavelength)
    reached = np.isfinite(two_theta)
    warnings = [f"2theta was calculated from {columns.axis}."]
    if not reached.all():
        warnings.append(
            f"{np.count_nonzero(~reached)} points lie beyond the reach of {wavelength:.5g} "
            "angstrom and were left out."
        )
    if columns.axis is Quantity.D:  # rises where 2theta falls
        two_theta, intensity, reached = two_theta[::-1], intensity[::-1], reached[::-1]
    return two_theta[reached], intensity[reached], tuple(warnings)
