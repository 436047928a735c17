"""ZIP archives from instruments, opened without trust in the sizes that they announce."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from crystinet.core.errors import UnreadableFileError

#: Members larger than this are no part of a powder pattern.
MAX_MEMBER_BYTES = 64 * 2**20
_MAX_MEMBERS = 10_000
# Of all descriptions and tables together, which are read one after the other.
_MAX_TEXT_BYTES = 128 * 2**20
# Members are inflated piece by piece with these, and may end the reading at any size.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises for damaged archives.
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # encrypted; NotImplementedError is one
    ValueError,
    KeyError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """An opened archive.

    Attributes
    ----------
    name
        Of the file, for messages.
    members
        Paths of the files in it, with forward slashes.
    """

    name: str
    members: tuple[str, ...]
    _zip: zipfile.ZipFile

    def read(self, member: str) -> bytes:
        """Inflate one member.

        Raises
        ------
        UnreadableFileError
            If it is not there, damaged, encrypted or too large.
        """
        try:
            info = self._zip.getinfo(member)
            if info.compress_type not in _COMPRESSIONS:
                raise UnreadableFileError(
                    f"{self.name} is compressed by an unusual method ({info.compress_type}).",
                    hint="Export the measurement again.",
                )
            with self._zip.open(info) as stream:
                data = stream.read(MAX_MEMBER_BYTES + 1)
        except _DAMAGES as error:
            raise UnreadableFileError(
                f"{member} in {self.name} cannot be read: {error}.",
                hint="The file was cut off or is damaged; copy or export it again.",
            ) from error
        if len(data) > MAX_MEMBER_BYTES:
            raise UnreadableFileError(
                f"{member} in {self.name} inflates to more than {MAX_MEMBER_BYTES >> 20} MB.",
                hint="A powder pattern is much smaller; is this the right file?",
            )
        return data


def open_archive(data: bytes, *, name: str) -> Archive:
    """Open an archive that is in memory.

    Raises
    ------
    UnreadableFileError
        If its directory is damaged.
    """
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
        members = tuple(opened.namelist())
        # A member gives no more than it announces, so this holds for what will be inflated.
        n_bytes = sum(
            info.file_size
            for info in opened.infolist()
            if info.filename.lower().endswith((".xml", ".txt"))
        )
    except _DAMAGES as error:
        raise UnreadableFileError(
            f"{name} is a damaged ZIP archive: {error}.",
            hint="The file was cut off or is damaged; copy or export it again.",
        ) from error
    if len(members) > _MAX_MEMBERS or n_bytes > _MAX_TEXT_BYTES:
        raise UnreadableFileError(
            f"{name} is a ZIP archive of {len(members)} files, with {n_bytes / 2**20:.0f} MB of "
            "XML and text.",
            hint="A powder pattern is much smaller; give one measured file.",
        )
    if len(set(members)) < len(members):  # which of them counts, two programs may see differently
        twice = next(member for member in members if members.count(member) > 1)
        raise UnreadableFileError(
            f"{name} is a ZIP archive that holds {twice} more than once.",
            hint="No instrument writes that: unpack it, and give the measured file itself.",
        )
    return Archive(name, members, opened)
