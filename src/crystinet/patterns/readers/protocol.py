"""What a reader of one file format offers."""

from typing import Protocol

from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern

#: How much of a file the readers see to decide whether it is theirs.
HEAD_BYTES = 16384


class PatternReader(Protocol):
    """Reads one file format; see docs/how-to/file-formats.md.

    A format of ours is one module with a class of this shape in ``formats`` and one line in
    `crystinet.patterns.readers.registry`. A format of another package is a class of this shape and
    an entry point of the group ``crystinet.readers``; it may have ``suffixes``, such as
    ``(".acme",)``, of the files to take where a folder is named. Both are tested by
    `crystinet.testing.ReaderContract`.
    """

    @property
    def name(self) -> str:
        """The format in words, for messages."""
        ...

    def accepts(self, head: bytes, suffix: str) -> bool:
        """Say whether a file is in this format; whatever the bytes, this raises nothing.

        Parameters
        ----------
        head
            The first `HEAD_BYTES` bytes, or the whole of a smaller file; they decide.
        suffix
            The file name's suffix in lower case, ``".xy"``; only for formats that look alike.
        """
        ...

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read all patterns of a file that was accepted, at least one.

        Parameters
        ----------
        data
            The whole file.
        name
            What the patterns are called; several are told apart behind it, as in ``"a.raw [2]"``.
        radiation
            What the user says; it takes precedence over the file. None: what the file says, and
            if it says nothing Cu K-alpha, assumed.

        Raises
        ------
        UnreadableFileError, InvalidPatternError, InvalidWavelengthError
            Naming the line, wherever there is one. Nothing but a CrystinetError is raised, however
            damaged the file is.
        """
        ...
