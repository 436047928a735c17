"""How numbers are written in a table (separator, decimal sign) and which column is what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.notes import Note, NoteCode


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way to write rows of numbers; ``separator`` None stands for any white space."""

    separator: str | None
    decimal_comma: bool = False

    def split(self, line: str) -> list[str]:
        """Fields of a row, ready for ``float``."""
        if self.decimal_comma:
            line = line.replace(",", ".")
        return line.split(self.separator)

    def is_row(self, line: str) -> bool:
        """Whether the line begins with at least two numbers."""
        if self.decimal_comma:
            line = line.replace(",", ".")
        fields = line.split(self.separator, 2)
        return len(fields) >= 2 and is_number(fields[0]) and is_number(fields[1])


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


def is_number(text: str) -> bool:
    """Whether ``float`` reads it, and it is no word with digits such as "10_5"."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def dialect_of(line: str) -> Dialect | None:
    """The first dialect in which the line begins with two numbers."""
    return next((dialect for dialect in _DIALECTS if dialect.is_row(line)), None)


class Quantity(StrEnum):
    """What a column holds."""

    TWO_THETA = "2theta"
    THETA = "theta"
    D = "d"
    Q = "Q"
    INTENSITY = "intensity"
    TIME = "counting time"
    OTHER_AXIS = "another axis"


# What can become 2theta, the best first.
_AXES = (Quantity.TWO_THETA, Quantity.D, Quantity.Q)
_ANY_AXIS = frozenset((*_AXES, Quantity.THETA, Quantity.OTHER_AXIS))
# Columns that stand together only in tables over two or three coordinates.
_MAPS = (frozenset("xyz"), frozenset(("chi", "phi")), frozenset(("psi", "phi")),
         frozenset(("alpha", "beta")))  # fmt: skip
# Names of columns stand in one of the last lines before the numbers.
_HEADER_LINES = 5
# A line of its own that names the axis, as in .chi files: "Q (Inverse Angstrom)".
_LABEL = re.compile(r"[^=:(\[]+[(\[][^=:]*[)\]]\W*$")
_SIGNS = "#!;'%*/_ \t"

# Matched in this order against a name without blanks, brackets and signs.
_NAMES = (
    (Quantity.TWO_THETA, r"(2|two)(theta|θ|th)|^tth|^t?theta2|^angle|^pos|^deg"),
    (Quantity.THETA, r"^(theta|θ|th|omega)(deg|$)"),
    (Quantity.D, r"^d(spacings?|values?|hkl)?(å|a|ang|angstroms?|nm)?$"),
    (Quantity.Q, r"^q($|å|a|nm|1/|/|value|vector|space|inv)|^momentumtransfer|^scatteringvector"),
    (Quantity.OTHER_AXIS, r"^(tof|timeofflight|energy|ev|kev|channel)"),
    (Quantity.TIME, r"^(time|seconds?)(per|/)?(step|point)|^(step|count|counting|exposure)time"),
    # Not the calculated curve, the background or the standard deviation of one.
    (
        Quantity.INTENSITY,
        r"^(?!.*(cal|back|bkg|diff|err|esd|sigma|std|weight))"
        r".*(intens|^int$|count|cps|obs|meas|^exp|^i$|^y$|^yi$|^lin|signal|imp)",
    ),
)


def quantity_of(name: str) -> Quantity | None:
    """What a column of this name holds; None if the name says nothing."""
    plain = _plain(name)
    return next((quantity for quantity, form in _NAMES if re.search(form, plain)), None)


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-^*.:\[\](){}°\"'#]", "", name[:200].lower())


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the axis and the intensity stand in a row.

    Attributes
    ----------
    x, y
        Index of the column, from 0.
    axis
        What ``x`` holds: TWO_THETA, D or Q.
    per_nm
        The axis is d in nanometres or Q in 1 / nanometre instead of angstrom.
    d
        Index of a column that gives d beside 2theta, if there is one.
    time
        Index of a column with the counting time of each point, if there is one.
    notes
        What had to be guessed.
    """

    x: int = 0
    y: int = 1
    axis: Quantity = Quantity.TWO_THETA
    per_nm: bool = False
    d: int | None = None
    time: int | None = None
    notes: tuple[Note, ...] = ()


def find_columns(header: Sequence[str], *, dialect: Dialect, n_fields: int) -> Columns:
    """Find the columns by their names in the last lines of the header.

    Without names, the first column is 2theta and the second the intensity.

    Parameters
    ----------
    header
        Lines before the numbers.
    dialect, n_fields
        How the rows are written, and how many fields each has.

    Raises
    ------
    UnreadableFileError
        If the axis is something else than an angle, d or Q, or cannot be told.
    InvalidPatternError
        If the table is a pole figure or a map.
    """
    for line in reversed(header[-_HEADER_LINES:]):
        text = line.strip().lstrip(_SIGNS)
        names = _names_in(text, dialect, n_fields)
        kinds = [quantity_of(name) for name in names]
        if line is header[-1]:  # further up, "alpha beta gamma" may be words of a comment
            _check_is_no_map(names)
        if _are_names(names, kinds, dialect):
            return _by_names(names, kinds)
        if _LABEL.match(text) and (axis := quantity_of(text)) in _AXES:
            return Columns(axis=axis, per_nm=_is_per_nm(text))
    if n_fields > 3 and header and len(_names_in(header[-1], dialect, n_fields)) == n_fields:
        raise UnreadableFileError(
            f"Which of the {n_fields} columns are 2theta and intensity? The header says "
            f"{header[-1].strip()[:80]!r}.",
            hint='Keep two columns, or name them "2theta" and "intensity".',
        )
    if n_fields > 3:
        text = f"Of {n_fields} columns without names, the first two were read."
        return Columns(notes=(Note(NoteCode.COLUMNS_GUESSED, text),))
    return Columns()


def announced_points(header: Sequence[str]) -> int | None:
    """Number of points that the header announces; None where it does not.

    RIETAN's GENERAL has it in its second line, files of chi in the last of four: title, axis,
    intensity, number.
    """
    general = [line.strip() for line in header[:2]]
    if len(general) == 2 and general[0] == "GENERAL":
        words = general[1].split()
    elif len(header) > 2 and _LABEL.match(header[-3].strip()[:200]) and quantity_of(header[-3]):
        words = header[-1].split()
    else:
        return None
    return int(words[0]) if words and words[0].isdecimal() and len(words[0]) < 10 else None


def _check_is_no_map(names: Sequence[str]) -> None:
    plain = {_plain(name) for name in names}
    found = next((coordinates for coordinates in _MAPS if coordinates <= plain), None)
    if found:
        raise InvalidPatternError(
            f"The columns are {', '.join(name.strip() for name in names)[:80]}: a pole figure or "
            f"a map over {', '.join(sorted(found))}, not a powder pattern.",
            hint="Measure intensity against 2theta.",
        )


def _is_per_nm(name: str) -> bool:
    return "nm" in name.lower() or "nanomet" in name.lower()


def _names_in(line: str, dialect: Dialect, n_fields: int) -> list[str]:
    """Fields of a header line if there is one for each column, else none."""
    text = re.sub(r"\b(2|two)[\s*-]+(?=theta|θ|th\b)", "2", line, flags=re.IGNORECASE)
    for separator in (dialect.separator, ",", ";", "\t", None):
        names = text.strip("\r\n").split(separator)
        if len(names) == n_fields:
            return names
    return []


def _are_names(names: Sequence[str], kinds: Sequence[Quantity | None], dialect: Dialect) -> bool:
    """Whether the words are names of columns and not a sentence of the same length."""
    if not names or any(is_number(name) for name in names):
        return False
    has_axis = not _ANY_AXIS.isdisjoint(kinds)
    has_intensity = Quantity.INTENSITY in kinds
    if dialect.separator is None:  # blanks separate the words of sentences too
        return kinds[0] in _ANY_AXIS or (has_axis and has_intensity)
    # With an unnamed axis, it is the first of few columns.
    return has_axis or (len(names) <= 3 and Quantity.INTENSITY in kinds[1:])


def _by_names(names: Sequence[str], kinds: Sequence[Quantity | None]) -> Columns:
    found = {kind: kinds.index(kind) for kind in Quantity if kind in kinds}
    axes = [axis for axis in _AXES if axis in found]
    notes: tuple[Note, ...] = ()
    if axes:
        axis, x = axes[0], found[axes[0]]
    elif Quantity.THETA in found:
        axis, x = Quantity.TWO_THETA, found[Quantity.THETA]
        text = f"The column {names[x].strip()!r} was taken as 2theta."
        notes = (Note(NoteCode.COLUMNS_GUESSED, text),)
    elif Quantity.OTHER_AXIS in found:
        raise UnreadableFileError(
            f"The axis is {names[found[Quantity.OTHER_AXIS]].strip()!r}, not 2theta, d or Q.",
            hint="Convert it to 2theta in degrees.",
        )
    else:
        axis, x = Quantity.TWO_THETA, 0
    y = found.get(Quantity.INTENSITY, x + 1)
    if y >= len(names) or (Quantity.INTENSITY not in found and kinds[y] is not None):
        raise UnreadableFileError(
            f"Which column is the intensity? The header says {', '.join(names)[:80]!r}.",
            hint='Name it "intensity".',
        )
    return Columns(
        x=x,
        y=y,
        axis=axis,
        per_nm=_is_per_nm(names[x]),
        d=found.get(Quantity.D) if axis is Quantity.TWO_THETA else None,
        time=found.get(Quantity.TIME),
        notes=notes,
    )
