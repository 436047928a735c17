"""What a file says about its measurement: sample, instrument, tube, time.

Nothing is computed from metadata and no answer depends on them. They come from files that nobody
has checked, so reading them never fails: a value that cannot be right, or that says nothing, is
left out.
"""

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Self

from crystinet.core.errors import InvalidPatternError

Value = str | float

#: Every text that metadata may hold, and what it says.
TEXTS: Mapping[str, str] = {
    "format": "file format, with its version where the file has one",
    "sample": "name or identifier of the sample",
    "title": "title of the file, in formats that have one",
    "comment": "comment of whoever measured",
    "operator": "who measured, or the account",
    "instrument": "name, type or identifier of the diffractometer",
    "measured_at": "begin of the measurement by ISO 8601; without a zone it is local time",
    "anode": "anode of the X-ray tube, an element symbol",
    "scan_type": "what moved, in the words of the file",
    "scan_mode": '"step" or "continuous"',
    "detector": "name of the detector",
    "divergence_slit": "divergence slit in the incident beam, in the words of the file",
    "monochromator": "monochromator or mirror in the incident or the diffracted beam",
    "filter": "filter against K-beta",
}
#: Every number that metadata may hold: what it says, and the least and the most that can be.
NUMBERS: Mapping[str, tuple[str, float, float]] = {
    "voltage_kv": ("voltage of the X-ray tube, kV", 1.0, 500.0),
    "current_ma": ("current of the X-ray tube, mA", 0.1, 2000.0),
    "step_time_s": (
        "counting time of a point as the file states it, s; for a strip detector usually the sum "
        "over its strips",
        1e-6,
        1e6,
    ),
    "temperature_k": ("temperature of the sample, K", 0.001, 5000.0),
    "goniometer_radius_mm": ("radius of the goniometer, mm", 10.0, 5000.0),
}
_ORDER = {name: index for index, name in enumerate((*TEXTS, *NUMBERS))}

#: Longer text is cut: no list of results should be swamped by a comment.
MOST_CHARACTERS = 300

# What programs write where nobody filled anything in.
_SAYS_NOTHING = frozenset(
    "- -- . ? none null nil unknown unkn undefined n/a na nan no_unit unspecified".split()
) | {"no comment found", "this file has no title"}
_ANODES = frozenset("Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge Mo Rh Pd Ag In Ta W Pt Au".split())
# "Cu", "CU", "Cu K-alpha", "CuKa1"; not "Copper".
_SYMBOL = r"[A-Za-z]{1,2}(?![A-Za-z])|[A-Z][a-z]?(?=K)"
# X-rays were first diffracted in 1912; programs write 1900 for nothing.
_EARLIEST, _LATEST = 1912, 2200
_CLOCK = (
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<part>[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?$"
)
_ISO = r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})" + _CLOCK
# "13-Oct-2003", "NOV 29, 2012"
_DAY_NAMED = (
    r"(?P<day>\d{1,2})[- .]+(?P<name>[A-Za-z]{3})[a-z]*[-,. ]+(?P<year>\d{4}|\d{2})" + _CLOCK
)
_NAMED_DAY = r"(?P<name>[A-Za-z]{3})[a-z]*[. ]+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})" + _CLOCK
_NUMBERED = (
    r"(?P<first>\d{1,2})(?P<sign>[-/.])(?P<second_>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})" + _CLOCK
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


class Metadata(Mapping[str, Value]):
    """What a file says about its measurement; a mapping that cannot be changed.

    The names are those of `TEXTS` and `NUMBERS`, in this order, each only where the file says it.
    Two are equal, and have the same hash, where they hold the same.

    Parameters
    ----------
    values
        By name. Text is cleaned (`clean_text`), numbers out of their range and text that says
        nothing are left out.

    Raises
    ------
    InvalidPatternError
        For a name that is no metadata, and for anything but a mapping.
    """

    __slots__ = ("_values",)
    _values: dict[str, Value]

    def __init__(self, values: Mapping[str, object] | None = None) -> None:
        values = {} if values is None else values
        if not isinstance(values, Mapping):
            raise InvalidPatternError(
                f"{values!r} is no metadata of a pattern.", hint='Give a dict: {"sample": "A1"}.'
            )
        if strange := [name for name in values if name not in _ORDER]:
            raise InvalidPatternError(
                f"{str(strange[0])[:60]!r} is no metadata of a pattern.",
                hint=f"The names are: {', '.join(_ORDER)}.",
            )
        cleaned = {name: _cleaned(name, values[name]) for name in sorted(values, key=_ORDER.get)}  # type: ignore[arg-type]
        self._values = {name: value for name, value in cleaned.items() if value is not None}

    @classmethod
    def of(cls, **values: object) -> Self:
        """Make metadata of keywords; None and empty text stand for what is not known."""
        return cls(values)

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __repr__(self) -> str:
        return f"Metadata({self._values!r})"


#: Of a pattern about which nothing is known.
NO_METADATA = Metadata()


def clean_text(value: object) -> str:
    """Text on one line without control and formatting characters, at most `MOST_CHARACTERS` long.

    Empty where it says nothing: "unknown", "none", "-", or what was not there.
    """
    if value is None:
        return ""
    text = str(value)[: 10 * MOST_CHARACTERS]
    # Category C: control and invisible characters, among them those that turn the direction of
    # writing around, lone surrogates, and code points that no character has.
    plain = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    plain = re.sub("_{5,}$", "", " ".join(plain.split()))  # forms are filled up with them
    if plain.lower() in _SAYS_NOTHING or "\ufffd" * 3 in plain:
        return ""
    return plain if len(plain) <= MOST_CHARACTERS else plain[: MOST_CHARACTERS - 3] + "..."


def to_iso(text: object, *, order: str = "") -> str:
    """Date, or date and time, by ISO 8601; empty where there is none, or an ambiguous one.

    Parameters
    ----------
    text
        As a file writes it: "2021-03-16T13:10:14+03:00", "13-Oct-2003 18:50", "10/13/03".
    order
        "MD" or "DM" where the format says in which order it writes month and day as numbers. Else
        a date like 03/04/2010 is left out, and 13/04/2010 has only one meaning.
    """
    words = clean_text(text)
    for form in (_ISO, _DAY_NAMED, _NAMED_DAY, _NUMBERED):
        if found := re.match(form, words):
            return _iso(found.groupdict(), order)
    return ""


def _iso(parts: dict[str, str | None], order: str) -> str:
    year = int(parts["year"] or 0)
    if len(parts["year"] or "") == 2:
        year += 2000 if year < 70 else 1900
    if "first" in parts:
        first, second = int(parts["first"] or 0), int(parts["second_"] or 0)
        order = order or ("DM" if first > 12 else "MD" if second > 12 or first == second else "")
        if not order:
            return ""
        month, day = (first, second) if order == "MD" else (second, first)
    else:
        name = (parts.get("name") or "").lower()
        if name and name not in _MONTHS:
            return ""
        month = _MONTHS.index(name) + 1 if name else int(parts["month"] or 0)
        day = int(parts["day"] or 0)
    hour = int(parts["hour"] or 0)
    if half := parts["half"]:
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    try:
        when = datetime(
            year, month, day, hour, int(parts["minute"] or 0), int(parts["second"] or 0)
        )
        if parts["zone"] not in (None, "Z"):
            datetime.strptime(parts["zone"] or "", "%z")
    except ValueError:
        return ""
    if not _EARLIEST <= year < _LATEST:
        return ""
    if parts["hour"] is None:
        return when.date().isoformat()
    return when.isoformat() + (parts["zone"] or "")


def kelvin(value: object, unit: str) -> float | None:
    """Temperature in kelvin of a number in "K" or "C"; None where either cannot be told."""
    number = number_or_none(value)
    unit = unit.strip().lower().removeprefix("°").removeprefix("deg")
    if number is None or unit not in ("k", "kelvin", "c", "celsius"):
        return None
    return number if unit.startswith("k") else number + 273.15


def number_or_none(value: object) -> float | None:
    """Finite number of a number or of text, with a decimal point or comma; None without one."""
    try:
        number = float(value.strip().replace(",", ".") if isinstance(value, str) else value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _cleaned(name: str, value: object) -> Value | None:
    if name in NUMBERS:
        _, least, most = NUMBERS[name]
        number = number_or_none(value)
        # A float of 4 bytes is written as it was meant: 0.3 and not 0.30000001192.
        return float(f"{number:.7g}") if number is not None and least <= number <= most else None
    text = clean_text(value)
    if name == "measured_at":
        text = to_iso(text)
    elif name == "anode":
        found = re.match(_SYMBOL, text)
        text = found[0].capitalize() if found else ""
        text = text if text in _ANODES else ""
    elif name == "scan_mode":
        text = _scan_mode(text)
    return text or None


def _scan_mode(text: str) -> str:
    word = text.lower()
    if word in ("c", "sc") or word.startswith("cont"):
        return "continuous"
    return "step" if word in ("s", "ss") or "step" in word else ""
