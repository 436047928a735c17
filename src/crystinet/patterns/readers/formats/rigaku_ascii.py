"""Reader of Rigaku's ASCII CLASS."""

import re
from collections.abc import Iterator, Mapping

from crystinet.core.errors import UnreadableFileError
from crystinet.core.notes import NO_NOTES, Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.counts import (
    NumberedLine,
    check_complete,
    points_between,
    read_counts,
    stepped_axis,
    to_float,
)
from crystinet.patterns.readers.parts.lines import has_mark, text_lines
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans, unlike_powder
from crystinet.patterns.readers.parts.tube import radiation_of_lines

_START = re.compile(rb"^\*CLASS\s*=\s*ASCII", re.MULTILINE)
_KEY = re.compile(r"\*(?P<key>\w+)\s*(?:=\s*(?P<value>.*))?$")
# The target is given by its atomic number.
_ELEMENTS = {"24": "Cr", "26": "Fe", "27": "Co", "29": "Cu", "42": "Mo", "47": "Ag"}


class RigakuAsciiReader:
    """ASCII CLASS of Rigaku's older programs: a header, then some counts a line for each group.

    Source: the words of the file itself. Lines ``*KEY = value``; a group stands between ``*BEGIN``
    and ``*END``: ``*START``, ``*STOP`` and ``*STEP`` in degrees, ``*COUNT``, then the counts with
    commas between them.
    """

    name = "Rigaku ASCII CLASS"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The line of the class decides."""
        return has_mark(head.replace(b"\r", b"\n"), _START, b"*CLASS")

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read every group; see `PatternReader.read`."""
        return patterns_of_scans(_scans(data, name=name), name=name, radiation=radiation)


def _scans(data: bytes, *, name: str) -> Iterator[Scan]:
    header: dict[str, str] = {}
    rows: list[NumberedLine] = []
    for number, line in enumerate(text_lines(data), start=1):
        found = _KEY.match(line.strip())
        if not found:
            if line.strip():
                rows.append((number, line))
            continue
        if rows:
            yield _scan(header, rows, is_finished=found["key"] == "END", name=name)
            rows = []
        header[found["key"]] = (found["value"] or "").strip()
    if rows:
        yield _scan(header, rows, is_finished=False, name=name)


def _scan(
    header: Mapping[str, str], rows: list[NumberedLine], *, is_finished: bool, name: str
) -> Scan:
    """The counts of a group; a stopped one has fewer than were planned, from the start on."""
    if kind := unlike_powder(header.get("SCAN_AXIS") or "2theta"):
        return Scan(unlike_powder=kind)
    unit = header.get("XUNIT", "deg")
    if not unit.lower().startswith("deg"):
        raise UnreadableFileError(
            f"{name} gives its axis in {unit[:40]!r}.", hint="Export the measurement in degrees."
        )
    start, stop, step = (
        to_float(header.get(key, ""), of=f"*{key} of {name}") for key in ("START", "STOP", "STEP")
    )
    counts = read_counts(rows)
    planned = points_between(start, stop, step, what=name)
    notes = NO_NOTES
    if is_finished and len(counts) < planned - 1:
        text = f"The scan was planned with {planned} points and has {len(counts)}: it was stopped."
        notes = (Note(NoteCode.MEASUREMENT_NOT_COMPLETED, text),)
    else:
        check_complete(len(counts), announced=planned, what=name, tolerance=1)
    axis = stepped_axis(start, step, n=len(counts), what=name)
    return Scan(axis, counts, _radiation(header), notes=notes, metadata=_metadata(header))


def _radiation(header: Mapping[str, str]) -> Radiation | None:
    alpha_1, alpha_2 = (
        to_float(header.get(key) or "0", of=f"*{key}") for key in ("WAVE_LENGTH1", "WAVE_LENGTH2")
    )
    if alpha_1 and not alpha_2:
        return Radiation.of_wavelength(alpha_1)
    return radiation_of_lines(alpha_1, alpha_2, anode=_anode(header))


def _anode(header: Mapping[str, str]) -> str:
    target = header.get("TARGET", "").strip()
    return _ELEMENTS.get(target, target)


def _metadata(header: Mapping[str, str]) -> Metadata:
    return Metadata.of(
        format="Rigaku ASCII CLASS",
        sample=header.get("SAMPLE"),
        comment=header.get("COMMENT") or header.get("MEMO"),
        operator=header.get("OPERATOR"),
        anode=_anode(header),
        scan_type=header.get("SCAN_AXIS"),
        scan_mode=header.get("SCAN_MODE"),
    )
