"""Reader of FullProf's XYDATA."""

from array import array
from itertools import islice

import numpy as np

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns.metadata import Metadata
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.counts import to_float
from crystinet.patterns.readers.parts.header import find_radiation
from crystinet.patterns.readers.parts.lines import text_lines
from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans

_KEYWORD = "XYDATA"
_HEADER_LINES = 6
_COMMENT = ("!", "#")


class XydataReader:
    """FullProf data of INS=10 that begin with XYDATA: six lines of header, then x, y and sigma.

    Source: J. Rodriguez-Carvajal, manual of FullProf, "Data files", INS=10. A line ``INTER a b``
    in the header multiplies x by ``a``, y and sigma by ``b``. Lines with ``!`` or ``#`` are
    comments. Without the keyword, files of INS=10 are tables as others.
    """

    name = "FullProf XYDATA (INS=10)"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """The first word decides."""
        return head.removeprefix(b"\xef\xbb\xbf").startswith(_KEYWORD.encode())

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the one scan; see `PatternReader.read`."""
        lines = enumerate(text_lines(data), start=1)
        header = [line for _, line in islice(lines, _HEADER_LINES)]
        factor_x, factor_y = _factors(header, name=name)
        radiation = radiation or find_radiation(header)
        x, y = array("d"), array("d")
        for number, line in lines:
            fields = line.replace(",", " ").split(None, 2)
            if not fields or fields[0].startswith(_COMMENT):
                continue
            try:
                x.append(float(fields[0]))
                y.append(float(fields[1]))
            except (ValueError, IndexError) as error:
                raise UnreadableFileError(
                    f"Line {number} of {name} does not hold two numbers: {line.strip()[:60]!r}.",
                    hint=f"After {_HEADER_LINES} lines, each must hold 2theta and intensity.",
                ) from error
        scan = Scan(
            np.frombuffer(x) * factor_x,
            np.frombuffer(y) * factor_y,
            radiation,
            metadata=_metadata(header),
        )
        return patterns_of_scans([scan], name=name, radiation=radiation)


def _factors(header: list[str], *, name: str) -> tuple[float, float]:
    for line in header:
        words = line.split()
        if words and words[0] == "INTER" and len(words) > 2:
            x, y = (to_float(word, of=f"A factor of INTER in {name}") for word in words[1:3])
            if not (0.0 < x < 1e6 and 0.0 < y < 1e12):
                raise UnreadableFileError(
                    f"INTER in {name} multiplies x by {x:g} and y by {y:g}.",
                    hint="Both factors must be positive, 1 for none.",
                )
            return x, y
    return 1.0, 1.0


def _metadata(header: list[str]) -> Metadata:
    """Title and temperature (kelvin in the manual's ``TEMP``) of the header."""
    said = {word: rest.strip() for word, _, rest in (line.partition(" ") for line in header)}
    return Metadata.of(
        format="FullProf XYDATA",
        title=said.get("TITLE"),
        temperature_k=next(iter(said.get("TEMP", "").split()), ""),
    )
