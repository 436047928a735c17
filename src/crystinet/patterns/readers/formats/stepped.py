"""Reader of counts listed behind one line that gives the range: FullProf, DBWS, RIETAN, MAUD."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.counts import NumberedLine, read_counts, stepped_axis
from crystinet.patterns.readers.parts.described import first_title, header_metadata
from crystinet.patterns.readers.parts.dialect import is_number
from crystinet.patterns.readers.parts.header import find_radiation
from crystinet.patterns.readers.parts.lines import looks_like_text, text_lines
from crystinet.patterns.readers.parts.probe import refuse_neutrons
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans

# Lines of title and comments before the range; FullProf allows seven.
_MOST_COMMENTS = 12
_WIDEST_STEP_DEG = 2.0
_LEAST_POINTS = 20
# Counts that may fill the last line up; no format has longer lines.
_MOST_FILLING = 10
# As many lines of counts tell a list from a table.
_SEEN_ROWS = 50


@dataclass(frozen=True, slots=True)
class _Range:
    """A reading of the line that gives the range.

    ``exact`` where the line has the number of points, and not the last angle.
    """

    start_deg: float
    step_deg: float
    n: int
    exact: bool
    wavelength_angstrom: float = 0.0

    def fits(self, n: int) -> bool:
        if self.exact:
            return n == self.n
        return self.n - 1 <= n <= self.n + _MOST_FILLING  # the last angle may be rounded


class SteppedReader:
    """Titles or comments, a line with the range, then nothing but counts, some a line.

    Three readings of the range are tried against the number of counts: "start step end" (FullProf
    with INS=0, DBWS, RIET7 and LHPM), "points start step" (RIETAN, behind comments with *) and
    "points step start wavelength" (MAUD).

    Source: J. Rodriguez-Carvajal, manual of FullProf, "Data files", INS=0; R. A. Young et al.,
    DBWS-9411 user's guide, file 4; F. Izumi, manual of RIETAN, intensity files; for MAUD the
    files that come with it.
    """

    name = "counts behind start, step and end (FullProf INS=0, DBWS, RIETAN, MAUD)"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """A line with a possible range, and behind it lines of numbers without an axis."""
        if not looks_like_text(head):
            return False
        lines = list(enumerate(text_lines(head), start=1))
        if len(lines) > 3 and not lines[-1][1].endswith("\n"):
            lines.pop()  # cut by the end of the head
        at = _find_range(lines)
        return at is not None and _are_counts([line for _, line in lines[at + 1 :]])

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the one scan; see `PatternReader.read`."""
        lines = [(n, line) for n, line in enumerate(text_lines(data), start=1) if line.strip()]
        at = _find_range(lines)
        if at is None:
            raise UnreadableFileError(
                f"{name} has no line with the range.", hint="It must read, as in: 5.0 0.02 90.0"
            )
        refuse_neutrons((line for _, line in lines[: at + 1]), name=name)
        counts = read_counts(_without_end(lines[at + 1 :]))
        ranges = _ranges(lines[at][1])
        found = next((here for here in ranges if here.fits(len(counts))), None)
        if found is None:
            announced = " or ".join(str(here.n) for here in ranges)
            raise UnreadableFileError(
                f"Line {lines[at][0]} of {name} announces {announced} points; there are "
                f"{len(counts)} numbers.",
                hint="The file was cut off or is damaged; copy or export it again.",
            )
        radiation = radiation or _radiation([line for _, line in lines[: at + 1]], found)
        n = min(len(counts), found.n)
        axis = stepped_axis(found.start_deg, found.step_deg, n=n, what=name)
        # A title stands above the range, or behind its three numbers.
        title = first_title([line for _, line in lines[:at]]) or _behind_range(lines[at][1])
        metadata = header_metadata(
            [line for _, line in lines[:at]], format="counts behind a range", title=title
        )
        scan = Scan(axis, counts[:n], radiation, metadata=metadata)
        return patterns_of_scans([scan], name=name, radiation=radiation)


def _behind_range(line: str) -> str:
    """Text of two letters or more behind three numbers, else nothing."""
    behind = re.match(r"\s*(?:[-+.\deE]+[\s,]+){3}(.*)", line)
    return behind[1] if behind and re.search(r"[A-Za-z]{2}", behind[1]) else ""


def _find_range(lines: Sequence[NumberedLine]) -> int | None:
    """Index of the first line that begins with three numbers, if they can be a range."""
    for index, (_, line) in enumerate(lines[: _MOST_COMMENTS + 1]):
        fields = line.replace(",", " ").split(None, 3)[:3]
        if len(fields) == 3 and all(map(is_number, fields)):
            return index if _ranges(line) else None
        if fields and is_number(fields[0]):
            return None  # a table of two columns, or another header
    return None


def _ranges(line: str) -> list[_Range]:
    """Readings of the line that a diffractometer can have measured."""
    words = line.replace(",", " ").split(None, 6)[:6]
    values = [float(word) for word in words if is_number(word)]
    first, second, third = values[:3]
    wavelength = values[3] if len(values) > 3 and 0.05 <= values[3] <= 5.0 else 0.0
    readings = []
    if _is_range(first, second) and math.isfinite(third) and first < third <= 180.0:
        n = round((third - first) / second) + 1
        readings.append(_Range(first, second, n, exact=False))
    if math.isfinite(first) and first == round(first):
        for start, step in ((second, third), (third, second)):
            if _is_range(start, step) and start + (first - 1.0) * step <= 180.0:
                readings.append(_Range(start, step, int(first), True, wavelength))
    return [reading for reading in readings if reading.n >= _LEAST_POINTS]


def _is_range(start: float, step: float) -> bool:
    return abs(start) < 180.0 and 1e-4 <= step <= _WIDEST_STEP_DEG


def _are_counts(lines: Sequence[str]) -> bool:
    """Whether lines are counts only; a first column that only rises or falls is an axis."""
    rows = [line.replace(",", " ").split() for line in lines if line.strip()][:_SEEN_ROWS]
    if not rows or not all(all(map(is_number, row)) for row in rows):
        return False
    if max(map(len, rows)) == 1:
        return True
    steps = np.diff([float(row[0]) for row in rows])
    return len(rows) == 1 or not ((steps > 0.0).all() or (steps < 0.0).all())


def _without_end(lines: Sequence[NumberedLine]) -> list[NumberedLine]:
    """Lines up to text behind the counts."""
    last = len(lines)
    while last and not re.match(r"\s*[-+.\d]", lines[last - 1][1]):
        last -= 1
    return list(lines[:last])


def _radiation(header: Iterable[str], found: _Range) -> Radiation | None:
    if found.wavelength_angstrom:
        return Radiation.of_wavelength(found.wavelength_angstrom)
    return find_radiation(header)
