"""The numbers of a table of text, row by row."""

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.notes import NO_NOTES, Note
from crystinet.patterns.readers.parts.columns import Columns
from crystinet.patterns.readers.parts.counts import NumberedLine, check_complete
from crystinet.patterns.readers.parts.dialect import MISSING, Dialect, groups_of, is_number
from crystinet.patterns.readers.parts.scans import measured_points
from crystinet.patterns.readers.parts.thousands import numbers_of_column

_COMMENT = ("#", "!", ";", "'", "%", "*", "/", '"', "_")
_NO_VALUE = "nan"


def is_comment(line: str) -> bool:
    """Whether a line begins with a sign that programs put before comments."""
    return line.lstrip().startswith(_COMMENT)


@dataclass(slots=True)
class _Read:
    """What was read so far; intensities as they are written."""

    axis: "array[float]" = field(default_factory=lambda: array("d"))
    seconds: "array[float]" = field(default_factory=lambda: array("d"))
    intensity: list[str] = field(default_factory=list)
    sign: str = ""
    widths: set[int] = field(default_factory=set)
    grouped: dict[int, str] = field(default_factory=dict)
    wide: int = 0
    first_width: int = 0
    narrow: NumberedLine | None = None
    words: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table holds.

    Attributes
    ----------
    axis, intensity
        Shape (n,).
    notes
        What the user should know.
    words
        Comments between the rows, and text behind them.
    """

    axis: FloatArray
    intensity: FloatArray
    notes: tuple[Note, ...] = NO_NOTES
    words: tuple[str, ...] = ()


def read_rows(
    rows: Iterable[NumberedLine],
    dialect: Dialect,
    columns: Columns,
    *,
    name: str,
    announced: int | None = None,
) -> Rows:
    """Read all rows; text may follow the table, not interrupt it.

    Points without an intensity are left out, with a note.

    Parameters
    ----------
    rows
        Lines of the table and what follows, with their numbers.
    dialect, columns
        How the rows are written, and what stands where.
    name
        Of the file, for messages.
    announced
        How many rows the header announces, if it does.

    Raises
    ------
    UnreadableFileError
        Naming the row that holds something else, or numbers that can mean two things.
    InvalidPatternError
        If a number is not finite, or there is no intensity.
    """
    read = _Read()
    remaining = iter(rows)
    for number, line in remaining:
        fields = dialect.fields(line)
        try:
            here = _to_float(fields[columns.x], dialect)
            text = _intensity_text(fields[columns.y], dialect)
            seconds = 0.0
            if columns.time is not None:
                seconds = _seconds(fields[columns.time], text, dialect)
        except (ValueError, IndexError):
            if not line.strip() or is_comment(line):
                read.words.append(line)
                continue
            if _begins_with_number(line, dialect):
                _refuse_row(number, line)
            read.words += [line, *_footer((number, line), remaining, dialect)]
            break
        if not math.isfinite(here) or "inf" in text.lower():
            raise InvalidPatternError(
                f"Line {number} is not finite: {line.strip()[:60]!r}.",
                hint="Remove or repair the points that are NaN or infinite.",
            )
        read.sign = read.sign or _sign_of(fields[columns.x])
        _note_width(read, fields, columns, dialect)
        if len(fields) == 2 and read.narrow is None:
            read.narrow = (number, line)
        read.axis.append(here)
        read.intensity.append(text)
        read.seconds.append(seconds)
    if announced is not None:
        check_complete(len(read.axis), announced=announced, what=name)
    return _finished(read, timed=columns.time is not None)


def measured_rows(
    x: FloatArray, y: FloatArray, seconds: FloatArray | None, *, words: Sequence[str] = ()
) -> Rows:
    """The rows with an intensity, NaN where there is none, as if all were counted equally long.

    Parameters
    ----------
    x, y, seconds
        Shape (n,); counting times where there are any.
    words
        Text among the rows.
    """
    x, y, notes = measured_points(x, y, seconds, what="The table")
    return Rows(x, y, notes, tuple(words))


def _finished(read: _Read, *, timed: bool) -> Rows:
    groups = _groups(read)
    if read.narrow and read.widths == {2, 3} and read.first_width == 3 and not groups:
        raise UnreadableFileError(
            f"Line {read.narrow[0]} has two numbers where others have three: "
            f"{read.narrow[1].strip()[:60]!r}. Either the intensity is missing, or its deviation.",
            hint="Complete or remove that line.",
        )
    for index, text in groups.items():
        read.intensity[index] = text
    y = numbers_of_column(read.intensity, axis_sign=read.sign)
    seconds = np.frombuffer(read.seconds) if timed else None
    return measured_rows(np.frombuffer(read.axis), y, seconds, words=read.words)


def _to_float(text: str, dialect: Dialect) -> float:
    try:
        return float(text)
    except ValueError:
        return float(dialect.plain(text))


def _intensity_text(text: str, dialect: Dialect) -> str:
    """The number as it is written, without what is no part of it; "nan" where there is none."""
    if is_number(text):
        return text
    if text.strip().lower() in MISSING:
        return _NO_VALUE
    plain = Dialect(dialect.separator).plain(text)
    if not re.fullmatch(r"\s*[-+]?[\d.,]*\d[\d.,]*(?:[eE][-+]?\d+)?\s*", plain):
        raise ValueError
    return plain


def _seconds(text: str, intensity: str, dialect: Dialect) -> float:
    """Counting time of a point; a blank one where there is no intensity either is 0."""
    if intensity == _NO_VALUE and text.strip().lower() in MISSING:
        return 0.0
    return _to_float(text, dialect)


def _sign_of(text: str) -> str:
    return "," if "," in text else "." if "." in text else ""


def _note_width(read: _Read, fields: list[str], columns: Columns, dialect: Dialect) -> None:
    """Keep count of rows that are wider than others because of "1 139" or "1,139"."""
    if dialect.separator not in (None, ","):
        return
    read.first_width = read.first_width or len(fields)
    read.widths.add(len(fields))
    behind = fields[columns.y + 1 :]
    if not behind:
        return
    read.wide += 1
    if text := groups_of(fields[columns.y :]):
        read.grouped[len(read.intensity)] = text


def _groups(read: _Read) -> dict[int, str]:
    """Rows whose intensity was cut at the signs between its thousands.

    They are wider than the others, or all have three digits behind the blank, with leading zeros.
    """
    if not read.grouped or len(read.grouped) != read.wide:
        return {}
    if len(read.widths) > 1 and len(read.grouped) < len(read.intensity):
        return read.grouped
    padded = any(text[-3] == "0" for text in read.grouped.values())
    return read.grouped if padded else {}


def _begins_with_number(line: str, dialect: Dialect) -> bool:
    fields = re.split(r"[\s,;]+", line.strip().lstrip('"'))
    return is_number(dialect.plain(fields[0].rstrip('"')))


def _refuse_row(number: int, line: str) -> NoReturn:
    raise UnreadableFileError(
        f"Line {number} does not hold two numbers where the lines before do: "
        f"{line.strip()[:60]!r}.",
        hint="Complete or remove that line. Counts without their angles cannot be read.",
    )


def _footer(
    text: NumberedLine, remaining: Iterator[NumberedLine], dialect: Dialect
) -> Iterator[str]:
    """Lines behind the table, none of which may be a row."""
    for number, line in remaining:
        if dialect.is_row(line):
            raise UnreadableFileError(
                f"Line {text[0]} interrupts the numbers, which go on in line {number}: "
                f"{text[1].strip()[:60]!r}.",
                hint="Give each scan a file of its own, and put # before comments.",
            )
        yield line
