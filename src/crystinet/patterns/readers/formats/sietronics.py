"""Reader of Sietronics CPI."""

from itertools import islice

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata, to_iso
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.counts import (
    check_complete,
    points_between,
    read_counts,
    stepped_axis,
    to_float,
)
from crystinet.patterns.readers.parts.lines import text_lines
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans
from crystinet.patterns.readers.parts.tube import radiation_of_lines

_MAGIC = "SIETRONICS XRD SCAN"
# Lines that every version of the header has: magic, start, end, step, anode, wavelength.
_LEAST_HEADER = 6
_MOST_HEADER = 40


class CpiReader:
    """Sietronics CPI: a header of one value a line, then one count a line.

    Source: the lines of the file itself, as the open programs xylib, DASH and PyXRD read and write
    them: ``SIETRONICS XRD SCAN``, the first angle, the last, the step (degrees), the anode, the
    wavelength (angstrom), the date (day first), the speed or time of the scan, which they do not
    agree about, and the name; after ``SCANDATA`` the counts.
    """

    name = "Sietronics CPI"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The first line decides."""
        return head.lstrip(b"\xef\xbb\xbf \t\r\n").upper().startswith(_MAGIC.encode())

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the one scan; see `PatternReader.read`."""
        lines = enumerate(text_lines(data), start=1)
        header: list[str] = []
        for _, line in islice(lines, _MOST_HEADER):
            if line.strip().upper() == "SCANDATA":
                break
            header.append(line.strip())
        else:
            header = []
        if len(header) < _LEAST_HEADER:
            raise UnreadableFileError(
                f"{name} has no line SCANDATA behind a complete header.",
                hint="The file was cut off; copy or export it again.",
            )
        start, stop, step = (
            to_float(text, of=f"The {what} in line {number} of {name}")
            for number, (text, what) in enumerate(
                zip(header[1:4], ("first angle", "last angle", "step"), strict=True), start=2
            )
        )
        radiation = radiation or _radiation(anode=header[4], wavelength=header[5])
        counts = read_counts(lines, decimal_comma=True)
        announced = points_between(start, stop, step, what=name)
        check_complete(len(counts), announced=announced, what=name, tolerance=1)
        axis = stepped_axis(start, step, n=len(counts), what=name)
        metadata = Metadata.of(
            format="Sietronics CPI",
            sample=header[8] if len(header) > 8 else "",
            measured_at=to_iso(header[6], order="DM") if len(header) > 6 else "",
            anode=header[4],
        )
        scan = Scan(axis, counts, radiation, metadata=metadata)
        return patterns_of_scans([scan], name=name, radiation=radiation)


def _radiation(*, anode: str, wavelength: str) -> Radiation | None:
    value = to_float(wavelength or "0", of="The wavelength in line 6")
    return Radiation.of_wavelength(value) if value else radiation_of_lines(0.0, anode=anode)
