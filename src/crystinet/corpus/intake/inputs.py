"""Where entries come from: CIF files, folders and archives of them, tables, JSON records."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from crystinet.core.errors import CrystinetError, FileMissingError, UnreadableFileError
from crystinet.core.files import plain_size
from crystinet.corpus.compound import Problem
from crystinet.corpus.intake.cif_entries import Overrides, problem_of
from crystinet.corpus.intake.json_records import is_json, records_of
from crystinet.corpus.intake.records import Provider
from crystinet.corpus.intake.table import count_rows, read_values
from crystinet.crystals.cif import MAX_CIF_BYTES

CIF_SUFFIX, ZIP_SUFFIX, TABLE_SUFFIX = ".cif", ".zip", ".parquet"

#: CIF files shrink to a tenth or so; an archive beyond this, and of some size, is a zip bomb.
_LARGEST_RATIO = 200
_SMALL_BYTES = 2 * MAX_CIF_BYTES

_ZIP_FAULTS = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError)


@dataclass(frozen=True, slots=True)
class Record:
    """A record of JSON, with who gives it."""

    values: Mapping[str, Any]
    provider: Provider | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """The smallest piece that is read at a time: one CIF file, row of a table, or JSON record.

    Attributes
    ----------
    origin
        File, with the member of an archive, the row of a table or the number of a record.
    content
        Bytes of the CIF file, values of the row by column, or the record.
    """

    origin: str
    content: bytes | dict[str, Any] | Record

    def digest(self, overrides: Overrides) -> bytes:
        """SHA-256 of the content and of what the user says about it, cut to 16 bytes."""
        content = self.content
        if isinstance(content, Record):
            content = {"values": content.values, "provider": repr(content.provider)}
        if isinstance(content, dict):
            content = json.dumps(content, sort_keys=True, default=repr).encode()
        told = json.dumps(astuple(overrides)).encode()
        return hashlib.sha256(told + b"\0" + content).digest()[:16]


class Container:
    """Something that was named: a CIF file, an archive or a table."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def count(self) -> int:
        """Count the inputs; a `CrystinetError` where it cannot be read at all."""
        return 1

    def inputs(self) -> Iterator[Input | Problem]:
        """Yield the inputs, and a problem in place of each that cannot be read."""
        try:
            plain_size(self.path)
            with self.path.open("rb") as file:  # one byte too many tells the reader so
                yield Input(str(self.path), file.read(MAX_CIF_BYTES + 1))
        except OSError as error:
            missing = FileMissingError(
                f"{self.path} cannot be opened: {error.strerror or error}.",
                hint="Check its permissions.",
            )
            yield problem_of(missing, origin=str(self.path))


class CifArchive(Container):
    """A zip archive of CIF files."""

    def _members(self, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
        members = [
            member
            for member in archive.infolist()
            if member.filename.lower().endswith(CIF_SUFFIX)
            and not Path(member.filename).name.startswith(".")
        ]
        if not members:
            raise FileMissingError(
                f"The archive {self.path} holds no CIF file.",
                hint="Looked for names that end in .cif.",
            )
        unpacked = sum(member.file_size for member in members)
        if unpacked > max(_SMALL_BYTES, _LARGEST_RATIO * self.path.stat().st_size):
            raise UnreadableFileError(
                f"The archive {self.path} unpacks to {unpacked / 2**20:.0f} MB, more than "
                f"{_LARGEST_RATIO} times its size: a zip bomb.",
                hint="If the files are real, unpack them and add the folder.",
            )
        return members

    def count(self) -> int:
        """Count the CIF files of the archive."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                return len(self._members(archive))
        except _ZIP_FAULTS as error:
            raise self._damaged(error) from error

    def inputs(self) -> Iterator[Input | Problem]:
        """Yield the CIF files of the archive."""
        with zipfile.ZipFile(self.path) as archive:
            for member in self._members(archive):
                origin = f"{self.path}!{member.filename}"
                try:
                    with archive.open(member) as file:  # stops early, whatever the size claimed
                        content = file.read(MAX_CIF_BYTES + 1)
                except _ZIP_FAULTS as error:
                    yield problem_of(self._damaged(error), origin=origin)
                else:
                    yield Input(origin, content)

    def _damaged(self, error: Exception) -> CrystinetError:
        return UnreadableFileError(
            f"{self.path} cannot be read as a zip archive: {error}.",
            hint="Fetch or pack the archive again, without a password.",
        )


class StructureTable(Container):
    """A Parquet table of structures."""

    def count(self) -> int:
        """Count the rows."""
        return count_rows(self.path)

    def inputs(self) -> Iterator[Input | Problem]:
        """Yield the rows."""
        for number, values in enumerate(read_values(self.path), start=1):
            yield Input(f"{self.path}, row {values.get('id', number)}", values)


class JsonFile(Container):
    """A file of JSON records, as open databases publish them."""

    def count(self) -> int:
        """Unknown before the file is read, which may be large: 0."""
        return 0

    def inputs(self) -> Iterator[Input | Problem]:
        """Yield the records."""
        for number, (values, provider) in enumerate(records_of(self.path), start=1):
            yield Input(f"{self.path}, record {number}", Record(values, provider))


_CONTAINERS: dict[str, type[Container]] = {ZIP_SUFFIX: CifArchive, TABLE_SUFFIX: StructureTable}


def containers_of(paths: Iterable[Path]) -> list[Container]:
    """Find what can be read in the named files and folders; folders are searched for CIF and zip.

    Raises
    ------
    FileMissingError
        A path does not exist, or a folder holds nothing to read.
    """
    found: list[Container] = []
    for path in paths:
        if path.is_dir():
            files = sorted(_files_in(path))
            if not files:
                raise FileMissingError(
                    f"The folder {path} holds no CIF file.",
                    hint="Looked for .cif and .zip, in sub-folders too. Name a file itself if it "
                    "has another suffix.",
                )
        elif path.exists():
            files = [path]
        else:
            raise FileMissingError(f"{path} does not exist.", hint="Check the name.")
        found += [_container(file) for file in files]
    return found


def _container(file: Path) -> Container:
    kind = JsonFile if is_json(file) else _CONTAINERS.get(file.suffix.lower(), Container)
    return kind(file)


def count_inputs(
    containers: Iterable[Container],
) -> tuple[list[tuple[Container, int]], list[Problem]]:
    """Count the inputs of each container; those that cannot be read become problems."""
    counted, problems = [], []
    for container in containers:
        try:
            counted.append((container, container.count()))
        except CrystinetError as error:
            problems.append(problem_of(error, origin=str(container.path)))
    return counted, problems


def _files_in(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and Path(name).suffix.lower() in (CIF_SUFFIX, ZIP_SUFFIX):
                yield Path(parent, name)
