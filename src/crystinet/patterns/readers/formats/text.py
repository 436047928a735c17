"""Reader of two columns and more in text: xy, xye, csv, tsv, dat, txt, prn, chi."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import ClassVar

import numpy as np

from crystinet.core.diffraction import wavelength_of
from crystinet.core.errors import UnreadableFileError
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
from crystinet.patterns.readers.parts.counts import NumberedLine
from crystinet.patterns.readers.parts.described import header_metadata
from crystinet.patterns.readers.parts.dialect import Dialect, dialect_of, groups_of, is_number
from crystinet.patterns.readers.parts.header import find_radiation, radiation_of_number
from crystinet.patterns.readers.parts.lines import has_mark, looks_like_text, text_lines
from crystinet.patterns.readers.parts.plain import plain_table
from crystinet.patterns.readers.parts.probe import refuse_neutrons
from crystinet.patterns.readers.parts.rows import Rows, is_comment, measured_rows, read_rows
from crystinet.patterns.readers.parts.scan import pattern_from_scan, split_scans
from crystinet.patterns.readers.parts.shape import (
    check_has_decimal_points,
    check_is_no_list_of_counts,
    check_is_no_list_of_peaks,
    check_is_no_other_axis,
    check_is_not_swapped,
    check_is_not_transposed,
    is_numbered,
    without_count,
)

# As many rows of the same form in sequence are the table; before it, numbers belong to the header.
_FIRST_ROWS = 3
# So many more show whether the first column only numbers the rows.
_SEEN_ROWS = 40
# It begins before this line, if there is one.
_MOST_HEADER_LINES = 100_000
# Relative spread of the wavelengths that 2theta and d give in the first rows, due to rounding.
_SAME_LINE = 0.01
# Formats that look like text, but are no table of 2theta and intensity.
_OTHER_BEGINNING = re.compile(rb"\x89PNG|%PDF|(\xef\xbb\xbf)?\s*<")
_OTHER_LINE = re.compile(
    rb"^\s*data_\S|^_COUNTS\b|^_CPS\b|^RawScan\b|^\*RAS_",
    re.MULTILINE,
)
_OTHER_WORDS = (b"data_", b"_COUNTS", b"_CPS", b"RawScan", b"*RAS_")


@dataclass(frozen=True, slots=True)
class TextReader:
    """Two columns of text, with comments, a header and further columns.

    Also what programs call chi (Fit2D, pyFAI), RIETAN's GENERAL and the text of RRUFF. Several
    scans over the same range, one below the other, are several patterns.

    Attributes
    ----------
    column
        Name or number, from 1, of the column with the intensity; None decides by the names.
    """

    column: str | None = None
    name: ClassVar[str] = "two-column text"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """Text that is no other known format."""
        return (
            looks_like_text(head)
            and not _OTHER_BEGINNING.match(head)
            and not has_mark(head, _OTHER_LINE, *_OTHER_WORDS)
        )

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the scans in the one table of the file; see `PatternReader.read`."""
        lines = text_lines(data)
        start = _find_table(lines)
        refuse_neutrons(start.header, name=name)
        ahead = [*start.rows, *islice(enumerate(lines, start.lines_read + 1), _SEEN_ROWS)]
        columns = _columns(start, ahead, wanted=self.column)
        # A byte of its own in every encoding: where all stand in the header, none is looked for.
        marks = data.count(b"#") > sum(line.count("#") for line in start.header)
        rows = _plain_rows(start, columns, [line for _, line in ahead], lines, marks=marks)
        if rows is None:  # from its first row on, with care
            numbered = islice(enumerate(text_lines(data), 1), start.rows[0][0] - 1, None)
            announced = announced_points(start.header)
            rows = read_rows(numbered, start.dialect, columns, name=name, announced=announced)
        refuse_neutrons(rows.words, name=name)
        radiation = (
            radiation
            or find_radiation((*start.header, *rows.words))
            or radiation_of_number(start.header)
            or _radiation_of_d(start, columns)
        )
        x, intensity = without_count(rows.axis, rows.intensity)
        check_is_not_swapped(x, intensity, columns)
        check_is_no_list_of_peaks(x, columns)
        check_is_no_other_axis(x, columns, radiation)
        x, intensity, converted = to_two_theta(
            x,
            intensity,
            quantity=columns.axis,
            radiation=radiation,
            per_nm=columns.per_nm,
            radians=columns.radians,
        )
        notes = (*columns.notes, *rows.notes, *converted, *_cut_off(start.header, data))
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


def _columns(start: "_Start", ahead: Sequence[NumberedLine], *, wanted: str | None) -> Columns:
    """Columns by their names, behind a column that only numbers the rows."""
    rows = [start.dialect.split(line) for _, line in ahead]
    check_is_not_transposed(rows)
    n_fields = min(map(len, rows[:_FIRST_ROWS]))
    if start.dialect.separator == ",":
        check_has_decimal_points(rows, start.rows[0][1])
    found = find_columns(start.header, dialect=start.dialect, n_fields=n_fields, wanted=wanted)
    if wanted is not None:
        numbered = found.x == 0 and found.y > 1 and is_numbered(rows)
        return replace(found, x=1) if numbered else found
    if found.named or n_fields <= 2 or not is_numbered(rows):
        check_is_no_list_of_counts(rows, found)
        return found
    # Some programs write no name above the numbers of the rows.
    behind = find_columns(start.header, dialect=start.dialect, n_fields=n_fields - 1)
    return behind.moved_by_one()


def _plain_rows(
    start: "_Start", columns: Columns, ahead: Sequence[str], lines: Iterable[str], *, marks: bool
) -> Rows | None:
    """The rows of a table that is written plainly to the end of the file, else None.

    ``marks`` says whether there may be comments in it.
    """
    words: list[str] = []
    lines = chain(ahead, lines)
    if marks and columns.x == 0:  # else "#" may stand where others have the number of the row
        lines = _without_comments(lines, words)
    table = plain_table(lines, ahead, start.dialect, columns)
    announced = announced_points(start.header)
    if table is None or announced not in (None, len(table)):
        return None
    seconds = None if columns.time is None else table[:, columns.time]
    return measured_rows(table[:, columns.x], table[:, columns.y], seconds, words=words)


def _without_comments(lines: Iterable[str], words: list[str]) -> Iterator[str]:
    """The lines that are no comments; those that are go to ``words``."""
    for line in lines:
        if "#" in line and line.lstrip().startswith("#"):
            words.append(line)
        else:
            yield line


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
    widths: frozenset[int] = frozenset()
    number = 0
    for number, line in enumerate(lines, start=1):
        if number > _MOST_HEADER_LINES:
            rows = []
            break
        if not line.strip():
            continue
        if (
            rows
            and dialect
            and dialect.is_row(line, complete=False)
            and (widths & _widths(line, dialect))
        ):
            rows.append((number, line))
            if len(rows) == _FIRST_ROWS:
                break
            continue
        header += [row for _, row in rows]  # a false start, such as "5.0 90.0 0.02"
        rows, dialect = [], _dialect(line)
        if dialect:
            rows, widths = [(number, line)], _widths(line, dialect)
        else:
            header.append(line)
    if not rows or dialect is None:
        raise UnreadableFileError(
            f"There is no table of numbers in the text ({number} lines).",
            hint="Each line must hold 2theta in degrees and the intensity, as in: 10.02 153",
        )
    return _Start(header, rows, dialect, number)


def _widths(line: str, dialect: Dialect) -> frozenset[int]:
    """Number of fields, and that of one whose number was cut at its blanks: "1 139"."""
    fields = dialect.fields(line)
    cut = dialect.separator in (None, ",") and groups_of(fields[1:])
    return frozenset((len(fields), 2 if cut else len(fields)))


def _dialect(line: str) -> Dialect | None:
    """How a row is written; None for comments. A quote opens comments, and quoted numbers."""
    if is_comment(line) and not line.lstrip().startswith('"'):
        return None
    return dialect_of(line)


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
