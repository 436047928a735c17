"""Measured files: one way to read them all, whatever their format.

`reading` opens a file and finds its reader; `registry` lists the readers and in which order they
are asked; `plug_ins` finds those of other packages; ``formats`` has one module a format. `Scan` and
`patterns_of_scans` are what a reader makes its patterns with.
"""

from crystinet.patterns.readers.parts.scans import Scan, patterns_of_scans
from crystinet.patterns.readers.protocol import HEAD_BYTES, PatternReader
from crystinet.patterns.readers.reading import (
    parse_patterns,
    read_bytes,
    read_pattern,
    read_patterns,
)

__all__ = [
    "HEAD_BYTES",
    "PatternReader",
    "Scan",
    "parse_patterns",
    "patterns_of_scans",
    "read_bytes",
    "read_pattern",
    "read_patterns",
]
