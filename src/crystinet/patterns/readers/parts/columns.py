"""Which column of a table is what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.notes import NO_NOTES, Note, NoteCode
from crystinet.patterns.readers.parts.dialect import Dialect, is_number, split_fields
from crystinet.patterns.readers.parts.quantities import (
    ANY_AXIS,
    AXES,
    Quantity,
    are_of_peaks,
    has_other_unit,
    is_in_radians,
    is_measured_curve,
    is_not_the_sample,
    is_per_nm,
    is_sample,
    is_scaled,
    plain_name,
    quantity_of,
)

# Columns that stand together only in tables over two or three coordinates.
_MAPS = (frozenset("xyz"), frozenset(("chi", "phi")), frozenset(("psi", "phi")),
         frozenset(("alpha", "beta")))  # fmt: skip
# Names of columns stand in one of the last lines before the numbers.
_HEADER_LINES = 5
# A line of its own that names the axis, as in .chi files: "Q (Inverse Angstrom)".
_LABEL = re.compile(r"[^=:(\[]+[(\[][^=:]*[)\]]\W*$")
_NUMBER_OF_POINTS = re.compile(r"\s*\d{1,9}(\s+\d+)?\s*$")
# "#XUNITS : keV", "x_label = 2theta"
_AXIS_KEY = re.compile(
    r"\W*x[\s_-]*(?:-?axis)?[\s_-]*(?:units?|label|name|quantity)\s*[:=]\s*[\"']?([^\"';|]{1,40})",
    re.IGNORECASE,
)
_MOST_KEYS = 200
# So many columns that were left out are named.
_MOST_LISTED = 6
# "intensity (cps)" is no longer; "intensity of sample A" is.
_BARE_CHARACTERS = 15
# "#L Two Theta  Epoch  Detector", of which the sign is gone: two blanks between names.
_NAMES_OF_SPEC = re.compile(r"L\s+(\S.*\s{2,}\S.*)")
_SIGNS = "#!;'%*/_ \t"
#: How to take another column.
CHOOSE = "Choose another by its name or number (--column, or column= in Python)."


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the axis and the intensity stand in a row.

    Attributes
    ----------
    x, y
        Index of the column, from 0.
    axis
        What ``x`` holds.
    per_nm
        The axis is d in nanometres or Q in 1 / nanometre instead of angstrom.
    radians
        The axis is an angle in radians.
    d
        Index of a column that gives d beside 2theta, if there is one.
    time
        Index of a column with the counting time of each point, if there is one.
    notes
        What had to be guessed.
    named
        The header names them.
    peaks
        Further columns are those of a list of peaks or reflections: widths, indices.
    """

    x: int = 0
    y: int = 1
    axis: Quantity = Quantity.TWO_THETA
    per_nm: bool = False
    radians: bool = False
    d: int | None = None
    time: int | None = None
    notes: tuple[Note, ...] = ()
    named: bool = False
    peaks: bool = False

    def moved_by_one(self) -> Self:
        """The columns behind one more, with a note."""
        text = "The first column numbers the rows; the columns behind it were read."
        return replace(
            self,
            x=self.x + 1,
            y=self.y + 1,
            d=None if self.d is None else self.d + 1,
            time=None if self.time is None else self.time + 1,
            notes=(*self.notes, Note(NoteCode.COLUMNS_GUESSED, text)),
        )


def find_columns(
    header: Sequence[str], *, dialect: Dialect, n_fields: int, wanted: str | None = None
) -> Columns:
    """Find the columns by their names in the last lines of the header.

    Without names, the first column is 2theta and the second the intensity.

    Parameters
    ----------
    header
        Lines before the numbers.
    dialect, n_fields
        How the rows are written, and how many fields each has.
    wanted
        Name or number, from 1, of the column to take as the intensity; None decides.

    Raises
    ------
    UnreadableFileError
        If the axis is something else than an angle, d or Q, or cannot be told, or there is no
        such column.
    InvalidPatternError
        If the table is a pole figure or a map.
    """
    if wanted is not None:
        return _wanted(header, wanted, dialect=dialect, n_fields=n_fields)
    if label := _label_of_chi(header):
        return _with_axis(quantity_of(label), label)
    for line in reversed(header[-_HEADER_LINES:]):
        text = line.strip().lstrip(_SIGNS)
        names = _names_in(text, dialect, n_fields)
        kinds = [quantity_of(name) for name in names]
        if line is header[-1]:  # further up, "alpha beta gamma" may be words of a comment
            _check_is_no_map(names)
        is_label = (
            _LABEL.match(text)
            and Quantity.INTENSITY not in kinds
            and not (names and re.search(r"[,;\t]", text))  # "2theta,A,B (300 K)"
        )
        if line is header[-1]:
            _check_is_diffraction(names, kinds)
        if not is_label and _are_names(names, kinds, dialect):
            return _by_names(names, kinds)
        if is_label and (axis := quantity_of(text)) in AXES:
            return _with_axis(axis, text)
    if key := _axis_key(header):
        quantity = quantity_of(key)
        if quantity in AXES:
            return _with_axis(quantity, key)
        if quantity is Quantity.OTHER_AXIS or has_other_unit(f"({key})"):
            raise _not_diffraction(key)
    if n_fields > 3 and header and len(_names_in(header[-1], dialect, n_fields)) == n_fields:
        raise UnreadableFileError(
            f"Which of the {n_fields} columns are 2theta and intensity? The header says "
            f"{header[-1].strip()[:80]!r}.",
            hint=f'Keep two columns, or name them "2theta" and "intensity". {CHOOSE}',
        )
    if n_fields > 3:
        text = f"Of {n_fields} columns without names, the first two were read. {CHOOSE}"
        return Columns(notes=(Note(NoteCode.COLUMNS_GUESSED, text),))
    return Columns()


def _wanted(header: Sequence[str], wanted: str, *, dialect: Dialect, n_fields: int) -> Columns:
    """The columns with the intensity that the user names; its axis is the next one to the left."""
    names = _names_in(header[-1].strip().lstrip(_SIGNS), dialect, n_fields) if header else []
    if any(is_number(name.replace(",", ".")) for name in names):
        names = []
    y = _index_of(wanted, names, n_fields)
    kinds = [quantity_of(name) for name in names]
    axes = [i for i, kind in enumerate(kinds) if kind in ANY_AXIS and i != y]
    x = max((i for i in axes if i < y), default=axes[0] if axes else 0)
    if x == y:
        raise UnreadableFileError(
            f"Column {wanted!r} is the axis, not the intensity.", hint="Name another column."
        )
    if not names:
        return Columns(x=x, y=y, named=True)
    if kinds[x] is Quantity.OTHER_AXIS:
        raise _not_diffraction(names[x])
    return replace(_named(names, kinds, x=x, y=y), notes=())


def _index_of(wanted: str, names: Sequence[str], n_fields: int) -> int:
    """Index of the column of this name or number."""
    plain = [re.sub(r"\s+", " ", name).strip().lower() for name in names]
    name = re.sub(r"\s+", " ", wanted).strip().lower()
    found = [i for i, each in enumerate(plain) if each == name]
    if not found and name.isdecimal() and 1 <= int(name) <= n_fields:
        found = [int(name) - 1]
    if not found and name:
        found = [i for i, each in enumerate(plain) if plain_name(each) == plain_name(name)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(repr(each.strip()[:40]) for each in names)
    what = f"There are {len(found)} columns" if found else "There is no column"
    raise UnreadableFileError(
        f"{what} {wanted[:40]!r}; the table has {n_fields} columns"
        f"{f': {listed}' if listed else ' without names'}.",
        hint=f"Give the name of one, or its number from 1 to {n_fields}.",
    )


def announced_points(header: Sequence[str]) -> int | None:
    """Number of points that the header announces; None where it does not.

    RIETAN's GENERAL has it in its second line, files of chi in the last of four: title, axis,
    intensity, number.
    """
    general = [line.strip() for line in header[:2]]
    if len(general) == 2 and general[0] == "GENERAL":
        words = general[1].split()
    elif _label_of_chi(header):
        words = header[-1].split()
    else:
        return None
    return int(words[0]) if words and words[0].isdecimal() and len(words[0]) < 10 else None


def _label_of_chi(header: Sequence[str]) -> str:
    """Name of the axis in a header of chi, empty in others.

    Its lines are a title, the axis, the intensity (which may be blank) and the number of points.
    """
    if len(header) < 2 or not _NUMBER_OF_POINTS.match(header[-1][:80]):
        return ""
    labels = (line.strip().lstrip(_SIGNS)[:200] for line in reversed(header[-3:-1]))
    return next((label for label in labels if _is_label(label)), "")


def _is_label(text: str) -> bool:
    """Whether a line is nothing but the name of an axis: "q_nm^-1", "2-Theta Angle (Degrees)"."""
    if not (quantity := quantity_of(text)) or quantity not in ANY_AXIS or "=" in text:
        return False
    # "D" and "theta" may be titles.
    return (
        _LABEL.match(text) is not None or bool(re.search(r"[\W_]", text)) or quantity is Quantity.Q
    )


def _with_axis(axis: Quantity | None, name: str) -> Columns:
    """Columns of a table where a line of its own names the axis."""
    if axis not in AXES:
        raise _not_diffraction(name)
    return Columns(axis=axis, per_nm=is_per_nm(name), radians=is_in_radians(name))


def _check_is_diffraction(names: Sequence[str], kinds: Sequence[Quantity | None]) -> None:
    """Refuse "Energy [keV],a.u." right above the numbers; a unit tells a heading from a remark."""
    if not names or any(re.match(r"[^(\[]*\d", name) for name in names[1:]):
        return
    others = (*kinds[:1], *(kind for kind in kinds[1:] if kind in AXES))
    is_other = others == (Quantity.OTHER_AXIS,) and re.search(r"[(\[]", names[0])
    weak = kinds[0] in (None, Quantity.TWO_THETA, Quantity.OTHER_AXIS)
    if is_other or (weak and len(others) == 1 and has_other_unit(names[0])):
        raise _not_diffraction(names[0])


def _axis_key(header: Sequence[str]) -> str:
    """What a key of the header says of the axis: "#XUNITS : keV"; empty where none does."""
    found = (_AXIS_KEY.match(line) for line in header[-_MOST_KEYS:])
    return next((each[1].strip() for each in found if each), "")


def _not_diffraction(name: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"The axis is {name.strip()[:60]!r}, not 2theta, d or Q.",
        hint="A powder pattern is intensity against 2theta; d, Q, 1/d and theta are converted. "
        "Convert the axis, or correct its name.",
    )


def _check_is_no_map(names: Sequence[str]) -> None:
    plain = {plain_name(name) for name in names}
    found = next((coordinates for coordinates in _MAPS if coordinates <= plain), None)
    if found:
        raise InvalidPatternError(
            f"The columns are {', '.join(name.strip() for name in names)[:80]}: a pole figure or "
            f"a map over {', '.join(sorted(found))}, not a powder pattern.",
            hint="Measure intensity against 2theta.",
        )


def _names_in(line: str, dialect: Dialect, n_fields: int) -> list[str]:
    """Fields of a header line if there is one for each column, else none."""
    if found := _NAMES_OF_SPEC.match(line):
        names = re.split(r"\s{2,}", found[1].strip())
        return names if len(names) == n_fields else []
    text = re.sub(r"\b(2|two)[\s*-]+(?=theta|θ|th\b)", "2", line, flags=re.IGNORECASE)
    for separator in (dialect.separator, ",", ";", "\t", None):
        names = split_fields(text.strip("\r\n"), separator)
        if len(names) == n_fields:
            return names
    # Blanks before a unit do not separate: "Q (nm^-1) I".
    names = re.sub(r"\s+(?=[(\[])", "", text).split()
    are_as_many = len(names) == n_fields and Quantity.INTENSITY in map(quantity_of, names)
    return names if are_as_many else []


def _are_names(names: Sequence[str], kinds: Sequence[Quantity | None], dialect: Dialect) -> bool:
    """Whether the words are names of columns and not a sentence of the same length."""
    if not names or any(is_number(name.replace(",", ".")) for name in names):
        return False
    has_axis = not frozenset(AXES).isdisjoint(kinds)
    has_intensity = Quantity.INTENSITY in kinds
    if Quantity.OTHER_AXIS in kinds and has_intensity:
        return True  # alone, it may be a line of its own such as "wavelength: given"
    if dialect.separator is None:  # blanks separate the words of sentences too
        return kinds[0] in AXES or (has_axis and has_intensity)
    # With an unnamed axis, it is the first of few columns, or called "x".
    few = len(names) <= 3 or plain_name(names[0]) == "x"
    return has_axis or (few and Quantity.INTENSITY in kinds[1:])


def _by_names(names: Sequence[str], kinds: Sequence[Quantity | None]) -> Columns:
    found = {kind: kinds.index(kind) for kind in Quantity if kind in kinds}
    axes = [axis for axis in AXES if axis in found]
    if axes:
        same = [i for i, kind in enumerate(kinds) if kind is axes[0]]
        x = next((i for i in same if "corr" in names[i].lower()), same[0])
    elif Quantity.OTHER_AXIS in found:
        raise _not_diffraction(names[found[Quantity.OTHER_AXIS]])
    else:
        x = 0
    y, notes = _intensity(names, kinds, x=x)
    return replace(_named(names, kinds, x=x, y=y), notes=notes)


def _named(names: Sequence[str], kinds: Sequence[Quantity | None], *, x: int, y: int) -> Columns:
    """The columns, where the axis and the intensity are known."""
    axis = kinds[x] if kinds[x] in AXES else Quantity.TWO_THETA
    d = kinds.index(Quantity.D) if Quantity.D in kinds and axis is Quantity.TWO_THETA else None
    return Columns(
        x=x,
        y=y,
        axis=axis or Quantity.TWO_THETA,
        per_nm=is_per_nm(names[x]),
        radians=is_in_radians(names[x]),
        d=d,
        time=kinds.index(Quantity.TIME) if Quantity.TIME in kinds else None,
        named=True,
        peaks=are_of_peaks(names),
    )


def _intensity(
    names: Sequence[str], kinds: Sequence[Quantity | None], *, x: int
) -> tuple[int, tuple[Note, ...]]:
    """Index of the intensity, and a note where other columns could be a sample too.

    A column that is called intensity comes before one that is called by a name of its own, and
    both before the measurement of an empty holder.
    """
    others = [index for index in range(len(names)) if index != x]
    called = [i for i in others if kinds[i] is Quantity.INTENSITY]
    own = [
        i
        for i in others
        if kinds[i] is None and is_measured_curve(names[i], alone=len(others) == 1)
    ]
    own.sort(key=lambda i: not is_sample(names[i]))
    samples = [i for i in called if not is_not_the_sample(names[i])]
    if samples and all(_is_bare(names[i]) for i in samples[:1]):
        own = []  # what stands beside "intensity" belongs to it
    y = next(iter((*samples, *own, *called)), None)
    if y is None:
        raise UnreadableFileError(
            f"Which column is the intensity? The header says {', '.join(names)[:80]!r}.",
            hint=f'Name it "intensity". {CHOOSE}',
        )
    # A background beside "intensity" is that of a refinement.
    kinds_of_holders = (Quantity.INTENSITY,) if y in called else (Quantity.INTENSITY, None)
    holders = [i for i in others if kinds[i] in kinds_of_holders and is_not_the_sample(names[i])]
    if is_scaled(names[y]):
        raise UnreadableFileError(
            f"The column {names[y].strip()[:40]!r} holds no intensities but their logarithms or "
            "roots.",
            hint="Give the intensities as they were measured.",
        )
    left_out = sorted({*samples, *own, *holders} - {y})
    if not left_out:
        return y, NO_NOTES
    listed = ", ".join(repr(names[i].strip()[:40]) for i in left_out[:_MOST_LISTED])
    more = f" and {len(left_out) - _MOST_LISTED} more" if len(left_out) > _MOST_LISTED else ""
    text = (
        f"The column {names[y].strip()[:40]!r} was taken as the intensity; left out: "
        f"{listed}{more}. {CHOOSE}"
    )
    return y, (Note(NoteCode.COLUMNS_GUESSED, text),)


def _is_bare(name: str) -> bool:
    """Whether the name says that it is an intensity and nothing about the sample."""
    return len(plain_name(name)) <= _BARE_CHARACTERS
