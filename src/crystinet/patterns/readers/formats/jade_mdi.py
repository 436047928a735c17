"""Reader of MDI text of Jade."""

import re
from itertools import islice

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.counts import (
    check_complete,
    points_between,
    read_counts,
    stepped_axis,
)
from crystinet.patterns.readers.parts.lines import looks_like_text, text_lines
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans
from crystinet.patterns.readers.parts.tube import radiation_of_lines

_NUMBER = r"\d+(?:\.\d*)?"
_RANGE = (
    rf"(?i)\s*(?P<start>-?{_NUMBER})\s+(?P<step>0?\.\d+|{_NUMBER})\s+(?P<time>[-.\d]+)\s+"
    rf"(?P<anode>[a-z]{{1,3}})\s+(?P<wavelength>{_NUMBER})\s+(?P<stop>{_NUMBER})\s+"
    r"(?P<points>\d{1,7})\s*$"
)


class JadeMdiReader:
    """MDI of Jade: a title, the range, then eight counts a line.

    Source: the sample in the comments of DASH (``PolyLoadFiles.f90``): the second line holds the
    first angle, the step, the time or the speed, the anode, the wavelength (angstrom), the last
    angle and the number of points; -1 may end the counts.
    """

    name = "Jade MDI"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The line of the range decides."""
        if not looks_like_text(head):
            return False
        first = head[:2000].decode("latin-1").splitlines()[:2]
        return len(first) == 2 and re.match(_RANGE, first[1]) is not None

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the one scan; see `PatternReader.read`."""
        lines = enumerate(text_lines(data), start=1)
        title, line = (text.strip("\ufeff\r\n") for _, text in islice(lines, 2))
        said = re.match(_RANGE, line)
        if said is None:
            raise UnreadableFileError(
                f"Line 2 of {name} is not the range of an MDI file.", hint="Export it again."
            )
        start, step, stop = (float(said[key]) for key in ("start", "step", "stop"))
        counts = read_counts(lines)
        announced = int(said["points"])
        if len(counts) == announced + 1 and counts[-1] == -1.0:
            counts = counts[:-1]
        check_complete(len(counts), announced=announced, what=name)
        planned = points_between(start, stop, step, what=name)
        check_complete(len(counts), announced=planned, what=name, tolerance=1)
        scan = Scan(
            stepped_axis(start, step, n=len(counts), what=name),
            counts,
            radiation or _radiation(said),
            metadata=Metadata.of(format="Jade MDI", title=title, anode=said["anode"].capitalize()),
        )
        return patterns_of_scans([scan], name=name, radiation=radiation)


def _radiation(said: re.Match[str]) -> Radiation | None:
    value = float(said["wavelength"])
    if value:
        return Radiation.of_wavelength(value)
    return radiation_of_lines(0.0, anode=said["anode"])
