"""Reader of two columns and more in text: xy, xye, csv, tsv, dat, txt, prn, chi."""

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import wavelength_of
from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.notes import Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.axes import to_two_theta
from crystinet.patterns.readers.parts.columns import (
    Columns,
    announced_points,
    find_columns,
)
from crystinet.patterns.readers.parts.counts import NumberedLine, check_complete
from crystinet.patterns.readers.parts.described import header_metadata
from crystinet.patterns.readers.parts.dialect import Dialect, dialect_of, is_number
from crystinet.patterns.readers.parts.header import find_radiation, lines_of_words
from crystinet.patterns.readers.parts.lines import looks_like_text, text_lines
from crystinet.patterns.readers.parts.probe import refuse_neutrons
from crystinet.patterns.readers.parts.scan import pattern_from_scan, split_scans
from crystinet.patterns.readers.parts.scans import to_common_time

_COMMENT = ("#", "!", ";", "'", "%", "*", "/", '"', "_")
# As many rows of the same form in sequence are the table; before it, numbers belong to the header.
_FIRST_ROWS = 3
# It begins before this line, if there is one.
_MOST_HEADER_LINES = 100_000
# Relative spread of the wavelengths that 2theta and d give in the first rows, due to rounding.
_SAME_LINE = 0.01
# Formats that look like text, but are no table of 2theta and intensity.
_OTHER_FORMATS = re.compile(
    rb"\A\x89PNG|\A%PDF|\A(\xef\xbb\xbf)?\s*<|^\s*data_\S"
    rb"|^_COUNTS\b|^_CPS\b|^RawScan\b|^\*RAS_",
    re.MULTILINE,
)


class TextReader:
    """Two columns of text, with comments, a header and further columns.

    Also what programs call chi (Fit2D, pyFAI), RIETAN's GENERAL and the text of RRUFF. Several
    scans over the same range, one below the other, are several patterns.
    """

    name = "two-column text"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """Text that is no other known format."""
        return looks_like_text(head) and not _OTHER_FORMATS.search(head)

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the scans in the one table of the file; see `PatternReader.read`."""
        lines = text_lines(data)
        start = _find_table(lines)
        refuse_neutrons(start.header, name=name)
        columns = find_columns(
            start.header, dialect=start.dialect, n_fields=len(start.dialect.split(start.rows[0][1]))
        )
        radiation = (
            radiation
            or find_radiation(start.header)
            or _radiation_of_d(start, columns)
            or find_radiation(lines_of_words(text_lines(data)))  # behind the table too
        )
        numbered = enumerate(lines, start=start.lines_read + 1)
        x, intensity, timed = _read_rows(chain(start.rows, numbered), start.dialect, columns)
        if (announced := announced_points(start.header)) is not None:
            check_complete(len(x), announced=announced, what=name)
        x, intensity, converted = to_two_theta(
            x,
            intensity,
            quantity=columns.axis,
            radiation=radiation,
            per_nm=columns.per_nm,
            radians=columns.radians,
        )
        notes = (*columns.notes, *timed, *converted, *_cut_off(start.header, data))
        metadata = _metadata(start.header)
        bounds = split_scans(x)
        return [
            pattern_from_scan(
                x[begin:end],
                intensity[begin:end],
                radiation=radiation,
                name=name if len(bounds) == 1 else f"{name} [{number}]",
                notes=notes,
                metadata=metadata,
            )
            for number, (begin, end) in enumerate(bounds, start=1)
        ]


def _cut_off(header: Iterable[str], data: bytes) -> tuple[Note, ...]:
    """Note of a file from RRUFF without the line that ends all of them."""
    rruff = any(line.startswith("##RRUFFID") for line in header)
    if rruff and b"##END" not in data[-1000:]:
        text = "The last line of RRUFF's files, ##END=, is missing: the file may be cut off."
        return (Note(NoteCode.PERHAPS_CUT_OFF, text),)
    return ()


def _metadata(header: Sequence[str]) -> Metadata:
    """What the header says. RRUFF's ``##NAMES`` is the mineral; files of chi begin with a title."""
    words = [line.strip() for line in header]
    if any(word.startswith("##RRUFFID") for word in words):
        return header_metadata(words, format="RRUFF text")
    if words[:1] == ["GENERAL"]:
        return Metadata.of(format="RIETAN GENERAL")
    if announced_points(header) is not None:
        return header_metadata(words, format="chi", title=words[-4] if len(words) > 3 else "")
    return header_metadata(words, format="text with columns")


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
        if number > _MOST_HEADER_LINES:
            rows = []
            break
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
) -> tuple[FloatArray, FloatArray, tuple[Note, ...]]:
    """Axis, intensity and notes of all rows; text may follow the table, not interrupt it."""
    x, y, seconds = array("d"), array("d"), array("d")
    remaining = iter(rows)
    for number, line in remaining:
        fields = dialect.split(line)
        try:
            here, value = float(fields[columns.x]), float(fields[columns.y])
            if columns.time is not None:
                seconds.append(float(fields[columns.time]))
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
    if columns.time is None:
        return np.frombuffer(x), np.frombuffer(y), ()
    scaled, notes = to_common_time(np.frombuffer(y), np.frombuffer(seconds))
    return np.frombuffer(x), scaled, notes


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
    wavelengths = wavelength_of(d_angstrom, two_theta)
    if np.ptp(wavelengths) > _SAME_LINE * wavelengths.max():
        return None  # the column is something else
    return Radiation.of_wavelength(float(np.median(wavelengths)))
