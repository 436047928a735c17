"""How numbers are written in a table: what separates them, and which sign is the decimal one."""

import csv
import re
from dataclasses import dataclass

# Blanks that do not break a line, and apostrophes: between groups of three digits, never between
# columns.
_GROUP_SIGNS = "\u00a0\u2007\u2009\u202f'\u2019"
_GROUPED = re.compile(rf"(?<![\d.,])\d{{1,3}}(?:[{_GROUP_SIGNS}]\d{{3}})+(?!\d)")
_GROUPED_BY_BLANKS = re.compile(r"[-+]?[1-9]\d{0,2}(?: \d{3})+(?:[.,]\d*)?")
_MINUS = str.maketrans(dict.fromkeys("\u2212\u2013\ufe63\uff0d", "-"))
_FORTRAN_EXPONENT = re.compile(r"(?<=[\d.])[dD](?=[-+]?\d+$)")
_DEVIATION = re.compile(r"(?<=[\d.])\(\d+\)$")
#: What programs write where there is no value.
MISSING = frozenset(("", "nan", "na", "n/a", "#n/a", "#nv", "null", "none", "-", "--", "---", "?"))


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way to write rows of numbers; ``separator`` None stands for any white space."""

    separator: str | None
    decimal_comma: bool = False

    def fields(self, line: str) -> list[str]:
        """Fields of a row as they are written, without quotes."""
        return split_fields(line, self.separator)

    def split(self, line: str) -> list[str]:
        """Fields of a row, ready for ``float``."""
        return [self.plain(field) for field in self.fields(line)]

    def plain(self, field: str) -> str:
        """One field, ready for ``float`` if it is a number.

        Signs between groups of three digits that cannot be anything else are removed (blanks,
        apostrophes); so are standard deviations in brackets. Exponents of Fortran and the minus
        sign of typesetters become those of ``float``.
        """
        if self.decimal_comma:
            field = field.replace(",", ".")
        return field if is_number(field) else plain_number(field)

    def is_row(self, line: str) -> bool:
        """Whether the line begins with at least two numbers."""
        fields = self.fields(line)[:2]
        return len(fields) >= 2 and all(is_number(self.plain(field)) for field in fields)


# The order decides: "5,02 100,3" is tried as comma-separated before its commas count as decimal
# signs, and fails because "02 100" is no number; "5,100" is two numbers.
_DIALECTS = (
    Dialect(";"),
    Dialect(";", decimal_comma=True),
    Dialect("\t"),
    Dialect("\t", decimal_comma=True),
    Dialect(None),
    Dialect(","),
    Dialect(None, decimal_comma=True),
)
# Only quotes tell the two meanings of these commas apart.
_OF_QUOTED = (*_DIALECTS, Dialect(",", decimal_comma=True))


def is_number(text: str) -> bool:
    """Whether ``float`` reads it, and it is no word with digits such as "10_5"."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def plain_number(text: str) -> str:
    """A number in the spellings that ``float`` does not know, as ``float`` knows it."""
    text = _DEVIATION.sub("", text.strip().translate(_MINUS))
    text = _FORTRAN_EXPONENT.sub("e", text)
    if _GROUPED_BY_BLANKS.fullmatch(text):
        return text.replace(" ", "")
    return text


def split_fields(line: str, separator: str | None) -> list[str]:
    """Fields between separators; those within quotes belong to their field."""
    if not line.isascii() or "'" in line:
        line = _GROUPED.sub(_ungrouped, line)
    if '"' not in line:
        return line.split(separator)
    if separator is None:
        return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', line)]
    try:
        return next(csv.reader([line.strip("\r\n")], delimiter=separator, skipinitialspace=True))
    except (csv.Error, StopIteration):
        return line.split(separator)


def _ungrouped(found: re.Match[str]) -> str:
    return re.sub(rf"[{_GROUP_SIGNS}]", "", found[0])


def dialect_of(line: str) -> Dialect | None:
    """The first dialect in which the line begins with two numbers."""
    dialects = _OF_QUOTED if '"' in line else _DIALECTS
    return next((dialect for dialect in dialects if dialect.is_row(line)), None)
