"""Readers that other packages bring, found by their entry points of the group `GROUP`.

They are looked for once in a process, when the first file is read that may be theirs. Nobody here
trusts them: one that cannot be used is left out with a note that names its package, and one that
fails on a file fails as an error of ours.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.machinery import PathFinder
from inspect import isclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from crystinet.core.errors import CrystinetError, ReaderFailedError
from crystinet.core.notes import Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.readers.protocol import PatternReader

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "crystinet.readers"


@dataclass(frozen=True, slots=True)
class PlugIn:
    """A reader of another package, guarded: whatever it does, a `CrystinetError` comes of it.

    Attributes
    ----------
    name
        The format in words, for messages.
    package
        Name and version of the package.
    reader
        What its entry point names.
    suffixes
        Suffixes in lower case, ``".xy"``, of files that are its own in a folder.
    """

    name: str
    package: str
    reader: PatternReader
    suffixes: frozenset[str] = frozenset()

    def accepts(self, head: bytes, suffix: str) -> bool:
        """Ask the reader; a ReaderFailedError where it fails instead of answering."""
        try:
            return bool(self.reader.accepts(head, suffix))
        except Exception as fault:
            raise _failure(self.package, "asking whether a file is its own", fault) from fault

    def read(self, data: bytes, *, name: str, radiation: Radiation | None) -> list[Pattern]:
        """Read a file as `PatternReader.read`.

        Raises
        ------
        CrystinetError
            What the reader says about the file; a ReaderFailedError where it fails in another way,
            or gives no patterns.
        """
        try:
            patterns = self.reader.read(data, name=name, radiation=radiation)
        except CrystinetError:
            raise
        except Exception as fault:
            raise _failure(self.package, f"reading {name}", fault) from fault
        given: list[Pattern] = patterns if isinstance(patterns, list) else []
        if not given or not all(isinstance(pattern, Pattern) for pattern in given):
            problem = TypeError(f"{repr(patterns)[:60]} instead of a list of patterns")
            raise _failure(self.package, f"reading {name}", problem)
        return given


@dataclass(frozen=True, slots=True)
class PlugIns:
    """What is installed: the readers in the order in which they are asked, and what is not used."""

    readers: tuple[PlugIn, ...] = ()
    left_out: tuple[Note, ...] = ()

    @property
    def suffixes(self) -> frozenset[str]:
        """Suffixes of files that the readers want in a folder."""
        return frozenset().union(*(reader.suffixes for reader in self.readers))


@cache
def plug_ins() -> PlugIns:
    """Load the readers of all installed packages, once in a process."""
    try:
        if not _are_listed():
            return PlugIns()
        from importlib.metadata import entry_points  # takes longer than all of this module

        points = entry_points(group=GROUP)
    except Exception as fault:  # a package whose list of entry points is damaged
        failed = _failure("other packages", "looking for their entry points", fault)
        return PlugIns(left_out=(note_of(failed),))
    return load(points)


def _are_listed() -> bool:
    """Whether the list of entry points of some installed package names the group.

    Looking into the lists takes a tenth of the time of `importlib.metadata`, which is asked where
    packages lie elsewhere than in folders.
    """
    # Others than the interpreter's own may know packages of other places.
    if any(
        hasattr(finder, "find_distributions")
        for finder in sys.meta_path[:]
        if finder is not PathFinder
    ):
        return True
    for place in map(Path, sys.path):
        if place.is_file():  # an archive
            return True
        lists = (
            *place.glob("*.dist-info/entry_points.txt"),
            *place.glob("*.egg-info/entry_points.txt"),
        )
        if any(GROUP.encode() in file.read_bytes() for file in lists):
            return True
    return False


def load(points: "Iterable[EntryPoint]") -> PlugIns:
    """Load readers; one that fails is left out with a note, and the others stay."""
    readers, left_out = [], []
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        try:
            readers.append(_loaded(point))
        except ReaderFailedError as error:
            left_out.append(note_of(error))
    return PlugIns(tuple(readers), tuple(left_out))


def note_of(error: ReaderFailedError) -> Note:
    """Say in a pattern that was read without it that a reader could not be used."""
    return Note(NoteCode.READER_LEFT_OUT, f"{error.message} It was left out.")


def _loaded(point: "EntryPoint") -> PlugIn:
    """The reader that an entry point names: an object, or a class that makes one."""
    package = _package(point)
    try:
        found: Any = point.load()
        reader: Any = found() if isclass(found) else found
        name = reader.name
        methods = (reader.accepts, reader.read)
        if not isinstance(name, str) or not name.strip() or not all(map(callable, methods)):
            raise TypeError("a reader has a name in words and the methods accepts and read")
        suffixes = frozenset(suffix.lower() for suffix in getattr(reader, "suffixes", ()))
    except (Exception, SystemExit) as fault:  # whatever a foreign module does when it is imported
        raise _failure(package, f"loading {point.value}", fault) from fault
    return PlugIn(name, package, cast(PatternReader, reader), suffixes)


def _package(point: "EntryPoint") -> str:
    """Name and version of who brings an entry point, as far as its metadata say them."""
    try:
        assert point.dist is not None  # noqa: S101 (None where it was made by hand)
        return f"{point.dist.name} {point.dist.version}"
    except Exception:  # damaged metadata; its own name will do
        return f"an unknown package ({point.name})"


def _failure(package: str, doing: str, fault: BaseException) -> ReaderFailedError:
    return ReaderFailedError(
        f"The reader of {package} failed when {doing}, {type(fault).__name__}: {fault}.",
        hint=f"Report this to the authors of {package}, or uninstall it. Measurements can be "
        "exported as text with two columns, 2theta and intensity.",
    )
