"""Reader of powder patterns in CIF (pdCIF)."""

import re

from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.parts.lines import has_mark, looks_like_text

_START = re.compile(rb"(?:^|[\r\n])[ \t]*data_\S", re.IGNORECASE)


class PdcifReader:
    """pdCIF: every data block that lists intensities is a pattern.

    Angles are listed point by point, as 2theta, d or Q, or given by the first, the last and the
    step. Source: B. H. Toby, International Tables for Crystallography G (2005), chapters 3.3 and
    4.2 (the dictionary ``cif_pd.dic``).
    """

    name = "pdCIF"

    def accepts(self, head: bytes, suffix: str) -> bool:
        """A line that opens a data block decides; CIFs of structures are refused by `read`."""
        return looks_like_text(head) and has_mark(head.lower(), _START, b"data_")

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read the pattern of every block; see `PatternReader.read`."""
        # Gemmi is slow to import, and few files are CIFs.
        from crystinet.patterns.readers.formats.pdcif_blocks import patterns_of_cif

        return patterns_of_cif(data, name=name, radiation=radiation)
