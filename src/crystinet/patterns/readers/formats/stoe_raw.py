"""Reader of the binary RAW files of Stoe diffractometers."""

from collections.abc import Iterator

from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.fields import Fields
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans
from crystinet.patterns.readers.parts.tube import radiation_of_lines

# Headers and data begin at multiples of a block.
_BLOCK = 512
_RANGE = 4 * _BLOCK


class StoeRawReader:
    """Stoe WinXPOW's RAW of powder data, "RAW_1.06Powdat".

    Source: no description is published. The places were found in a measured file and hold because
    they confirm each other: start, step and number of points give the last angle, and the least
    and the largest count in the header are those of the data. A file in which they do not is
    refused.
    """

    name = "Stoe RAW"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The signature decides."""
        return head.startswith(b"RAW_1.") and head[8:14] == b"Powdat"

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the one range; see `PatternReader.read`."""
        scans = _ranges(Fields(data, f"Stoe RAW file {name}"))
        return patterns_of_scans(scans, name=name, radiation=radiation)


def _ranges(file: Fields) -> Iterator[Scan]:
    alpha_1, alpha_2 = (float(f"{value:.7g}") for value in file.numbers("ff", 0x142))
    count = file.count("H", _RANGE + 0x22)
    start, _, stop, _, step, _ = (float(f"{v:.7g}") for v in file.numbers("6f", _RANGE + 0x2C))
    least, most = file.numbers("II", _RANGE + 0x78)
    x = file.axis(start, step, count=count)
    y = file.column("<i4", _RANGE + _BLOCK, count=count, stride=4)
    if abs(x[-1] - stop) > abs(step) / 2.0 or y.min() != least or y.max() != most:
        raise file.damaged(
            f"its header says {count} points up to {stop:g} degrees with {least:g} to {most:g} "
            f"counts, and its data go up to {x[-1]:g} degrees with {y.min():g} to {y.max():g}"
        )
    metadata = Metadata.of(
        format=f"Stoe RAW {file.text(4, 4)}",
        title=file.text(0x20, 80),
        measured_at=file.text(_RANGE, 16),
    )
    yield Scan(x, y, radiation_of_lines(alpha_1, alpha_2), metadata=metadata)
