"""What a reader of one file format offers."""

from typing import Protocol

from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern


class PatternReader(Protocol):
    """Reads one file format.

    A new format is one new module with a class of this shape, and one line in the registry
    (`crystinet.patterns.readers.READERS`).
    """

    @property
    def name(self) -> str:
        """The format in words, for messages."""
        ...

    def accepts(self, head: bytes, suffix: str) -> bool:
        """Say whether a file is in this format.

        Parameters
        ----------
        head
            The first `crystinet.patterns.readers.HEAD_BYTES` bytes; they decide.
        suffix
            The file name's suffix in lower case, ``".xy"``; only for formats that look alike.
        """
        ...

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read all patterns of a file.

        Parameters
        ----------
        data
            The whole file.
        name
            What the patterns are called.
        radiation
            What the user says; it takes precedence over the file. None: what the file says, and
            if it says nothing Cu K-alpha, assumed.

        Raises
        ------
        UnreadableFileError, InvalidPatternError, InvalidWavelengthError
            Naming the line, wherever there is one.
        """
        ...
