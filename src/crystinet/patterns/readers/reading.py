"""How a measured file is read: its bytes, the reader of its format, its patterns."""

import gzip
import io
import os
import re
import stat
import zlib
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from crystinet.core.arguments import as_path
from crystinet.core.errors import (
    CrystinetError,
    FileMissingError,
    MissingExtraError,
    ReaderFailedError,
    UnreadableFileError,
)
from crystinet.core.notes import Note, texts_of
from crystinet.core.radiation import Radiation, given_radiation, given_wavelength
from crystinet.patterns.config import PreprocessingConfig
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.preprocessing import check_measured
from crystinet.patterns.readers import registry
from crystinet.patterns.readers.formats.json_arrays import JsonReader
from crystinet.patterns.readers.formats.text import TextReader
from crystinet.patterns.readers.formats.zipped import ZippedReader
from crystinet.patterns.readers.plug_ins import PlugIn, note_of, plug_ins
from crystinet.patterns.readers.protocol import HEAD_BYTES, PatternReader

#: Larger files are no single powder patterns.
MAX_FILE_BYTES = 200 * 1024 * 1024

# Beginnings of files that users will try, to say more than "binary".
_NOT_READ = (
    (b"FI\x00\x00", "a binary RAW file of Rigaku"),
    (b"RAW", "a RAW file of an unknown version"),
    (b"\x1f\x8b", "compressed by gzip twice"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"\xd0\xcf\x11\xe0", "a Microsoft Office document"),
)


def read_pattern(
    path: str | os.PathLike[str],
    *,
    wavelength_angstrom: float | str | None = None,
    anode: str | None = None,
    column: str | None = None,
) -> Pattern:
    """Read the one pattern of a file.

    Parameters
    ----------
    path
        The file; its content decides about the format, not its suffix.
    wavelength_angstrom
        Wavelength of the strongest line; it takes precedence over what the file says. Where
        neither says anything, Cu K-alpha is assumed and the pattern carries a note. In angstrom, or
        text such as "1,5406", "17.48 keV" and "Mo".
    anode
        Of the X-ray tube, instead of the wavelength: "Mo", "cobalt".
    column
        Name or number, from 1, of the column with the intensity, in tables that have several; None
        decides by the names, and the pattern carries a note of what was left out.

    Returns
    -------
    The pattern as measured, named after the file.

    Raises
    ------
    FileMissingError
        If there is no such file.
    UnreadableFileError
        If the content is in no known format, the file holds several patterns, or there is no such
        column.
    InvalidPatternError
        If the numbers cannot be a powder pattern.
    InvalidWavelengthError
        If the wavelength, given or in the file, is impossible.
    ConfigError
        If both a wavelength and an anode are given.

    Examples
    --------
    >>> import crystinet, pathlib, tempfile
    >>> rows = [f"{10 + i / 50} {100 + i % 9}" for i in range(800)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "sample.xy")
    ...     _ = path.write_text(chr(10).join(["# wavelength = 1.5406", *rows]))
    ...     pattern = crystinet.read_pattern(path)
    >>> pattern.name, pattern.two_theta_deg.shape, pattern.radiation.wavelength_angstrom
    ('sample.xy', (800,), 1.5405929)
    """
    patterns = read_patterns(
        path, wavelength_angstrom=wavelength_angstrom, anode=anode, column=column
    )
    return only_pattern(patterns, name=Path(path).name)


def only_pattern(patterns: list[Pattern], *, name: str) -> Pattern:
    """The one pattern of a file, long enough for an answer.

    Raises
    ------
    UnreadableFileError
        There are several.
    InvalidPatternError
        It is too short.
    """
    if len(patterns) > 1:
        raise UnreadableFileError(
            f"{name} holds {len(patterns)} patterns.",
            hint="Give each pattern a file of its own, or use read_patterns in Python.",
        )
    check_measured(patterns[0], config=PreprocessingConfig())
    return patterns[0]


def read_patterns(
    path: str | os.PathLike[str],
    *,
    wavelength_angstrom: float | str | None = None,
    anode: str | None = None,
    column: str | None = None,
) -> list[Pattern]:
    """Read all patterns of a file.

    Patterns too short for an answer come too; what works on a pattern refuses them one by one.

    Parameters
    ----------
    path, wavelength_angstrom, anode, column
        As in `read_pattern`.

    Returns
    -------
    list of Pattern
        In the order of the file, at least one.

    Raises
    ------
    FileMissingError, UnreadableFileError, InvalidPatternError, InvalidWavelengthError, ConfigError
        As `read_pattern`, but for the number of patterns.

    Examples
    --------
    >>> import crystinet, pathlib, tempfile
    >>> rows = [f"{10 + i / 50} {100 + i % 9}" for i in range(800)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "sample.xy")
    ...     _ = path.write_text(chr(10).join(["# wavelength = 1.5406", *rows]))
    ...     patterns = crystinet.read_patterns(path, wavelength_angstrom=0.7093)
    >>> [pattern.radiation.wavelength_angstrom for pattern in patterns]
    [0.7093172]
    """
    path = as_path(path, name="path", of="a measured pattern")
    given = given_wavelength(wavelength_angstrom, anode)  # refused before the file is read
    return parse_patterns(
        read_bytes(path), name=path.name, wavelength_angstrom=given, column=column
    )


def parse_patterns(
    data: bytes,
    *,
    name: str,
    wavelength_angstrom: float | str | None = None,
    column: str | None = None,
) -> list[Pattern]:
    """Read all patterns in the content of a file; see `read_patterns`.

    Parameters
    ----------
    data
        From `read_bytes`.
    name
        Of the file, without its folder; some formats are known by their suffix.
    wavelength_angstrom
        Overrides what the file says.
    column
        As in `read_pattern`.

    Raises
    ------
    CrystinetError
        As `read_pattern`.
    """
    radiation = given_radiation(wavelength_angstrom)
    return [_with_origin(pattern) for pattern in _parsed(data, Path(name), radiation, column)]


def _with_origin(pattern: Pattern) -> Pattern:
    """The pattern with the file as what its wavelength comes from, where nobody says more."""
    if pattern.radiation.origin:
        return pattern
    return replace(pattern, radiation=replace(pattern.radiation, origin="the file"))


def _parsed(
    data: bytes, path: Path, radiation: Radiation | None, column: str | None
) -> list[Pattern]:
    name = path.name
    data, suffix = _unpacked(data, path)
    head = data[:HEAD_BYTES]
    refused: UnreadableFileError | MissingExtraError | None = None
    if own := _taker(registry.MARKED, head, suffix):
        try:
            return _of_column(own, column, name).read(data, name=name, radiation=radiation)
        except (UnreadableFileError, MissingExtraError) as error:
            refused = error
    plug_in, left_out = _plug_in(head, suffix)
    if plug_in is not None:
        try:
            _of_column(plug_in.reader, column, name)
            return plug_in.read(data, name=name, radiation=radiation)
        except CrystinetError:
            if refused is not None:
                raise refused from None
            raise
    if refused is not None:
        raise refused
    if plain := _taker(registry.UNMARKED, head, suffix):
        patterns = _of_column(plain, column, name).read(data, name=name, radiation=radiation)
        return [replace(p, notes=(*p.notes, *left_out)) for p in patterns] if left_out else patterns
    raise _unknown_format(head, path, left_out)


def _taker(readers: tuple[PatternReader, ...], head: bytes, suffix: str) -> PatternReader | None:
    return next((reader for reader in readers if reader.accepts(head, suffix)), None)


def _of_column(reader: PatternReader, column: str | None, name: str) -> PatternReader:
    """The reader told which column to take; only tables have columns."""
    if column is None:
        return reader
    if not isinstance(reader, TextReader | ZippedReader | JsonReader):
        raise UnreadableFileError(
            f"{name} is {reader.name}, no table with a column {column[:40]!r}.",
            hint="Leave the column out.",
        )
    return replace(reader, column=column)


def _plug_in(head: bytes, suffix: str) -> tuple[PlugIn | None, tuple[Note, ...]]:
    """The reader of another package that accepts a file, and those that cannot be used."""
    found = plug_ins()
    left_out = list(found.left_out)
    for reader in found.readers:
        try:
            if reader.accepts(head, suffix):
                return reader, tuple(left_out)
        except ReaderFailedError as error:
            left_out.append(note_of(error))
    return None, tuple(left_out)


def _unknown_format(head: bytes, path: Path, left_out: tuple[Note, ...]) -> UnreadableFileError:
    known = (*registry.MARKED, *plug_ins().readers, *registry.UNMARKED)
    return UnreadableFileError(
        " ".join((f"{path.name} is {_describe(head)}, which cannot be read.", *texts_of(left_out))),
        hint="Export the measurement as text with two columns, 2theta and intensity. "
        f"Formats that are read: {', '.join(reader.name for reader in known)}.",
    )


def read_bytes(path: Path) -> bytes:
    """Read the content of a measured file.

    Raises
    ------
    FileMissingError
        There is no such file, or it cannot be opened.
    UnreadableFileError
        It is empty, too large, or no regular file.
    """
    if os.path.isdir(path):  # Path.is_dir raises where a folder above is closed
        raise FileMissingError(
            f"{path} is a folder.", hint="Give the file with the measured pattern."
        )
    try:
        # Before it is opened: opening a pipe waits for somebody to write.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFileError(
                f"{path} is a device, a pipe or a socket, not a file.",
                hint="Save the measurement to a file, and give that file.",
            )
        _check_size(status.st_size, path)
        with path.open("rb") as file:
            data = read_stream(file)
    except FileNotFoundError as error:
        raise FileMissingError(
            f"There is no file {path}.", hint="Check the spelling and the working folder."
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        raise FileMissingError(
            f"{path} cannot be opened: {error}.", hint="Check the permissions of the file."
        ) from error
    check_content(data, path)
    return data


def read_stream(stream: BinaryIO) -> bytes:
    """Read a file or a pipe, no more than a byte beyond the limit, whatever its size is by now."""
    return stream.read(MAX_FILE_BYTES + 1)


def check_content(data: bytes, path: Path) -> None:
    """Refuse content that is empty or too large for a pattern.

    Raises
    ------
    UnreadableFileError
        Naming the path.
    """
    _check_size(len(data), path)
    if not data.strip():
        raise UnreadableFileError(
            f"{path.name} is empty.", hint="Export or copy the measurement again."
        )


def _unpacked(data: bytes, path: Path) -> tuple[bytes, str]:
    """Content and suffix of a file, of the one that was compressed if it ends in ".gz"."""
    if not data.startswith(b"\x1f\x8b"):
        return data, path.suffix.lower()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFileError(
            f"{path.name} is a damaged gzip file: {error}.",
            hint="The file was cut off or is damaged; copy it again.",
        ) from error
    _check_size(len(content), path)
    return content, path.with_suffix("").suffix.lower()


def _check_size(n_bytes: int, path: Path) -> None:
    if n_bytes > MAX_FILE_BYTES:
        raise UnreadableFileError(
            f"{path.name} has {n_bytes / 2**20:.0f} MB or more; the limit is "
            f"{MAX_FILE_BYTES >> 20} MB.",
            hint="A single powder pattern is much smaller: is this the right file?",
        )


def _describe(head: bytes) -> str:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for signature, description in _NOT_READ:
        if start.startswith(signature):
            return description
    if start.startswith(b"<"):
        root = re.search(rb"<([A-Za-z][\w:.-]*)", start)
        return f"an XML or HTML file of <{root[1].decode()}>" if root else "an XML or HTML file"
    if b"\ndata_" in b"\n" + start:
        return "a CIF"
    return "text of another format" if b"\x00" not in head else "a binary file"
