"""How numbers are written in a table: what separates them, and which sign is the decimal one."""

import csv
import re
from dataclasses import dataclass

# Blanks that do not break a line, and apostrophes: between groups of three digits, never between
# columns.
_GROUP_SIGNS = "\u00a0\u2007\u2009\u202f'\u2019"
_GROUPED = re.compile(rf"(?<![\d.,])\d{{1,3}}(?:[{_GROUP_SIGNS}]\d{{3}})+(?!\d)")
_GROUPED_FIELD = re.compile(rf"[-+]?[1-9]\d{{0,2}}(?:[ {_GROUP_SIGNS}]\d{{3}})+(?:[.,]\d*)?")
# "1.139", "1.139,00", "1,139.5": what the signs are, the other numbers of the column tell.
_GROUPED_BY_SIGNS = re.compile(r"[-+]?[1-9]\d{0,2}(?:(?:\.\d{3})+(?:,\d*)?|(?:,\d{3})+(?:\.\d*)?)")
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

    def is_row(self, line: str, *, complete: bool = True) -> bool:
        """Whether the line begins with two numbers; the second may be missing if not complete."""
        fields = self.fields(line)[:2]
        if len(fields) < 2 or not is_number(self.plain(fields[0])):
            return False
        second = fields[1].strip()
        if is_number(self.plain(second)) or _GROUPED_BY_SIGNS.fullmatch(second):
            return True
        return not complete and second.lower() in MISSING


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
    return _ungroup(text) if _GROUPED_FIELD.fullmatch(text) else text


def split_fields(line: str, separator: str | None) -> list[str]:
    """Fields between separators; those within quotes belong to their field."""
    if separator is None and (not line.isascii() or "'" in line):
        line = _GROUPED.sub(lambda found: _ungroup(found[0]), line)
    if '"' not in line:
        return line.split(separator)
    if separator is None:
        return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', line)]
    try:
        return next(csv.reader([line.strip("\r\n")], delimiter=separator, skipinitialspace=True))
    except (csv.Error, StopIteration):
        return line.split(separator)


def _ungroup(text: str) -> str:
    return re.sub(rf"[ {_GROUP_SIGNS}]", "", text)


def groups_of(fields: list[str]) -> str:
    """Digits of a number that was cut at its blanks or commas ("1 139"), else nothing.

    Parameters
    ----------
    fields
        From the number on.
    """
    fields = [text.strip() for text in fields]
    cut = len(fields) > 1 and all(len(text) == 3 and text.isdecimal() for text in fields[1:])
    return "".join(fields) if cut and re.fullmatch(r"[-+]?[1-9]\d{0,2}", fields[0]) else ""


def dialect_of(line: str) -> Dialect | None:
    """The first dialect in which the line begins with two numbers, or with one and a blank."""
    dialects = _OF_QUOTED if '"' in line else _DIALECTS
    for complete in (True, False):
        for dialect in dialects:
            if dialect.is_row(line, complete=complete):
                return dialect
    return None
