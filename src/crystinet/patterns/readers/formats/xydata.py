"""Reader of FullProf's XYDATA."""

from collections.abc import Sequence

import numpy as np

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.counts import to_float
from crystinet.patterns.readers.parts.dialect import is_number
from crystinet.patterns.readers.parts.header import find_radiation
from crystinet.patterns.readers.parts.lines import text_lines
from crystinet.patterns.readers.parts.probe import refuse_neutrons
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans

_KEYWORD = "XYDATA"
_HEADER_LINES = 6
_COMMENT = ("!", "#")
_INSTRUCTIONS = ("XYDATA", "INTER", "TEMP", "TITLE")
# Rows of a table have the same step within this part of it; rounding makes it a little unequal.
_SAME_STEP = 0.1


class XydataReader:
    """FullProf data of INS=10 that begin with XYDATA: six lines of header, then x, y and sigma.

    Source: J. Rodriguez-Carvajal, manual of FullProf, "Data files", INS=10. A line ``INTER a b``
    multiplies x by ``a``, y and sigma by ``b``. Lines with ``!`` or ``#`` are comments. Without
    the keyword, files of INS=10 are tables as others.

    Deviation: programs write longer and shorter headers. Instructions and comments may stand
    after any line, words before the first row belong to the header, and rows among the first six
    lines that go on with the same step are rows.
    """

    name = "FullProf XYDATA (INS=10)"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The first word decides."""
        return head.removeprefix(b"\xef\xbb\xbf").startswith(_KEYWORD.encode())

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the one scan; see `PatternReader.read`."""
        lines = list(enumerate(text_lines(data), start=1))
        start = _first_row(lines)
        header = [line for _, line in lines[:start]]
        rows = []
        for number, line in lines[start:]:
            fields = line.replace(",", " ").split(None, 2)
            if not fields or fields[0].startswith(_COMMENT) or fields[0] in _INSTRUCTIONS:
                header.append(line)
                continue
            if len(fields) < 2 or not (is_number(fields[0]) and is_number(fields[1])):
                raise UnreadableFileError(
                    f"Line {number} of {name} does not hold two numbers: {line.strip()[:60]!r}.",
                    hint="After the header, each line must hold 2theta and intensity.",
                )
            rows.append((float(fields[0]), float(fields[1])))
        refuse_neutrons(header, name=name)
        radiation = radiation or find_radiation(header)
        factor_x, factor_y = _factors(header, name=name)
        x, y = np.array(rows).reshape(-1, 2).T
        scan = Scan(
            x * factor_x,
            y * factor_y,
            radiation,
            metadata=_metadata(header),
        )
        return patterns_of_scans([scan], name=name, radiation=radiation)


def _first_row(lines: Sequence[tuple[int, str]]) -> int:
    """Index of the first row of the table, behind words and six lines of header."""
    start = min(_HEADER_LINES, len(lines))
    while start < len(lines) and not _begins_with_number(lines[start][1]):
        start += 1
    axis = [_axis_value(line) for _, line in lines[start : start + 2]]
    while start > 1 and len(axis) > 1 and None not in axis:
        before = _axis_value(lines[start - 1][1])
        if before is None or not _continues(before, *axis[:2]):  # type: ignore[arg-type]
            break
        start -= 1
        axis = [before, *axis]
    return start


def _begins_with_number(line: str) -> bool:
    return is_number(next(iter(line.replace(",", " ").split()), ""))


def _axis_value(line: str) -> float | None:
    """First of two numbers; None of another line."""
    fields = line.replace(",", " ").split(None, 2)[:2]
    return float(fields[0]) if len(fields) == 2 and all(map(is_number, fields)) else None


def _continues(first: float, second: float, third: float) -> bool:
    return abs((third - second) - (second - first)) < _SAME_STEP * abs(third - second)


def _factors(header: list[str], *, name: str) -> tuple[float, float]:
    found = set()
    for line in header:
        words = line.split()
        if words and words[0] == "INTER" and len(words) > 2:
            x, y = (to_float(word, of=f"A factor of INTER in {name}") for word in words[1:3])
            if not (0.0 < x < 1e6 and 0.0 < y < 1e12):
                raise UnreadableFileError(
                    f"INTER in {name} multiplies x by {x:g} and y by {y:g}.",
                    hint="Both factors must be positive, 1 for none.",
                )
            found.add((x, y))
    if len(found) > 1:
        raise UnreadableFileError(
            f"{name} has several lines INTER with different factors: {sorted(found)}.",
            hint="Keep the one that holds for all rows.",
        )
    return found.pop() if found else (1.0, 1.0)


def _metadata(header: list[str]) -> Metadata:
    """Title and temperature (kelvin in the manual's ``TEMP``) of the header."""
    said = {word: rest.strip() for word, _, rest in (line.partition(" ") for line in header)}
    return Metadata.of(
        format="FullProf XYDATA",
        title=said.get("TITLE"),
        temperature_k=next(iter(said.get("TEMP", "").split()), ""),
    )
