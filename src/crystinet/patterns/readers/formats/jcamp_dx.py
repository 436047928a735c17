"""Reader of JCAMP-DX."""

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.asdf import lines_of_rows, plain_words
from crystinet.patterns.readers.parts.axes import to_two_theta
from crystinet.patterns.readers.parts.counts import NumberedLine, check_complete, to_float
from crystinet.patterns.readers.parts.header import find_radiation
from crystinet.patterns.readers.parts.lines import has_mark, looks_like_text, text_lines
from crystinet.patterns.readers.parts.missing import note_of_missing
from crystinet.patterns.readers.parts.probe import refuse_neutrons
from crystinet.patterns.readers.parts.quantities import (
    AXES,
    Quantity,
    is_in_radians,
    is_per_nm,
    quantity_of,
)
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans

_START = re.compile(rb"^\s*##\s*JCAMP-?DX\s*=", re.MULTILINE | re.IGNORECASE)
_RECORD = re.compile(r"\s*##(?P<label>[^=]{1,60})=(?P<value>.*)")
_ROWS = ("XYDATA", "XYPOINTS")
# The angle that begins a line may be rounded.
_ROUNDING_STEPS = 0.6


class JcampReader:
    """JCAMP-DX with one axis: ``(X++(Y..Y))``, several intensities a line, or ``(XY..XY)``.

    Source: R. S. McDonald, P. A. Wilks, Appl. Spectrosc. 42 (1988) 151 (JCAMP-DX 4.24). Numbers
    may be written in full (AFFN) or compressed (ASDF, see `lines_of_rows`).
    """

    name = "JCAMP-DX"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The record of the version decides."""
        return looks_like_text(head) and has_mark(head, _START, b"##")

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read every block; see `PatternReader.read`."""
        scans = _scans(data, name=name, given=radiation)
        return patterns_of_scans(scans, name=name, radiation=radiation)


def _scans(data: bytes, *, name: str, given: Radiation | None) -> Iterator[Scan]:
    header: dict[str, str] = {}
    rows: list[NumberedLine] | None = None
    for number, line in enumerate(text_lines(data), start=1):
        record = _RECORD.match(line)
        if record is None:
            if rows is not None and (text := line.partition("$$")[0]).strip():
                rows.append((number, text))
            continue
        if rows:
            yield _scan(header, rows, name=name, given=given)
        label = re.sub(r"[\s/_-]", "", record["label"]).upper()
        rows = [] if label in _ROWS else None
        if label == "TITLE":
            header = {}
        header[label] = record["value"].partition("$$")[0].strip()
    if rows:
        raise UnreadableFileError(
            f"{name} has no record ##END= behind its numbers.",
            hint="The file was cut off or is damaged; copy or export it again.",
        )


def _scan(
    header: Mapping[str, str], rows: Sequence[NumberedLine], *, name: str, given: Radiation | None
) -> Scan:
    refuse_neutrons((f"{key}={value}" for key, value in header.items()), name=name)
    axis = _quantity(header, name=name)
    points = "XYPOINTS" in header or "XY..XY" in header.get("XYDATA", "").replace(" ", "")
    x, y = (_points if points else _stepped)(header, rows, name=name)
    radiation = given or find_radiation(f"##{key}={value}" for key, value in header.items())
    unit = header.get("XUNITS", "")
    x, y, notes = to_two_theta(
        x * _factor(header, "XFACTOR"),
        y * _factor(header, "YFACTOR"),
        quantity=axis,
        radiation=radiation,
        per_nm=is_per_nm(unit),
        radians=is_in_radians(unit),
    )
    measured = np.isfinite(y)  # "?" stands for no value
    notes = (*notes, *note_of_missing(measured, what=name))
    metadata = Metadata.of(
        format=f"JCAMP-DX {header.get('JCAMPDX', '')}".strip(),
        title=header.get("TITLE"),
        instrument=header.get("SPECTROMETERDATASYSTEM"),
    )
    return Scan(x[measured], y[measured], radiation, notes=notes, metadata=metadata)


def _quantity(header: Mapping[str, str], *, name: str) -> Quantity:
    """What the axis is by its unit; 2theta where a diffraction pattern does not say."""
    unit, kind = header.get("XUNITS", ""), header.get("DATATYPE", "")
    found = quantity_of(unit)
    if found in AXES:
        return found
    if not unit and re.search(r"diffr|xrd|x-?ray", kind, re.IGNORECASE):
        return Quantity.TWO_THETA
    raise InvalidPatternError(
        f"{name} holds {kind[:40] or 'something'!r} against {unit[:40] or 'an unnamed axis'!r}, "
        "not a powder pattern.",
        hint="Give intensity against 2theta, d or Q, and name it in ##XUNITS.",
    )


def _stepped(
    header: Mapping[str, str], rows: Sequence[NumberedLine], *, name: str
) -> tuple[FloatArray, FloatArray]:
    """Axis and intensity, not yet times their factors, of lines that begin with their first x."""
    lines = lines_of_rows(rows, name=name)
    y = np.array([value for line in lines for value in line.y[int(line.repeats) :]])
    if announced := header.get("NPOINTS"):
        check_complete(len(y), announced=int(to_float(announced, of="##NPOINTS")), what=name)
    counts = np.array([len(line.y) - int(line.repeats) for line in lines])
    begins = np.cumsum(counts) - counts - np.array([line.repeats for line in lines], np.int64)
    begins = begins[[bool(line.y) for line in lines]]
    lines = [line for line in lines if line.y]
    firsts = np.array([line.x for line in lines])
    factor = _factor(header, "XFACTOR")
    if "FIRSTX" in header and "LASTX" in header:
        first, last = (to_float(header[key], of=f"##{key}") for key in ("FIRSTX", "LASTX"))
        x = np.linspace(first, last, len(y)) / factor
    elif len(firsts) > 1:
        step = (firsts[-1] - firsts[0]) / (begins[-1] - begins[0] or 1)
        x = firsts[0] + step * np.arange(len(y))
    else:
        raise UnreadableFileError(
            f"{name} gives neither ##FIRSTX and ##LASTX nor several lines.",
            hint="Export the measurement again.",
        )
    step = float(np.abs(x[-1] - x[0])) / max(1, len(x) - 1)
    wrong = np.flatnonzero(np.abs(x[begins] - firsts) > _ROUNDING_STEPS * step)
    if len(wrong) or not step:
        line = lines[int(wrong[0]) if len(wrong) else 0]
        raise UnreadableFileError(
            f"Line {line.number} of {name} does not begin with the x that follows from the header: "
            f"{line.x:g}.",
            hint="Points are missing or the header is wrong; export the file again.",
        )
    return x, y


def _points(
    header: Mapping[str, str], rows: Sequence[NumberedLine], *, name: str
) -> tuple[FloatArray, FloatArray]:
    """Axis and intensity of pairs, not yet times their factors."""
    numbers = [v for number, line in rows for v in _numbers(line, number, name=name)]
    if len(numbers) % 2:
        raise UnreadableFileError(
            f"{name} has an x without intensity among its pairs.", hint="Export the file again."
        )
    return np.array(numbers[::2]), np.array(numbers[1::2])


def _numbers(line: str, number: int, *, name: str) -> list[float]:
    words = plain_words(line)
    if not words:
        raise UnreadableFileError(
            f"Line {number} of {name} holds more than numbers: {line.strip()[:40]!r}.",
            hint="Export JCAMP-DX with plain numbers, or text with two columns.",
        )
    return [float(word) for word in words]


def _factor(header: Mapping[str, str], label: str) -> float:
    factor = to_float(header.get(label) or "1", of=f"##{label}")
    if not (np.isfinite(factor) and factor > 0.0):
        raise UnreadableFileError(
            f"##{label} is {factor:g}.", hint="Factors must be positive; export the file again."
        )
    return factor
