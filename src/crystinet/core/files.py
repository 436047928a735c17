"""Files of our own: written whole or not at all, and known by their hash."""

import errno
import hashlib
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crystinet.core.errors import ConfigError, FileMissingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CHUNK_BYTES = 2**20


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well.

    A reader sees the old file or the new one, never a part; a block that fails leaves the old one.
    What is no plain file (``/dev/stdout``, a pipe, a link to another place) is not replaced: the
    caller writes into it.

    Raises
    ------
    FileMissingError
        The folder does not exist or refuses the file, or the disk is full.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        try:
            yield path
        except OSError as error:
            raise cannot_write(path, error) from error
        return
    with _temporary_beside(path) as temporary:
        yield temporary
        os.replace(temporary, path)


@contextmanager
def _temporary_beside(path: Path) -> Iterator[Path]:
    """A new file in the same folder, which is gone when the block ends."""
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.partial{path.suffix}")
    try:
        # Made here, with the permissions of any new file.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield temporary
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file, whole or not at all; text as UTF-8.

    Raises
    ------
    FileMissingError
        As `whole_file`.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with whole_file(path) as temporary:
        temporary.write_bytes(data)


def check_place(path: Path) -> None:
    """Refuse a file that could not be written, before the work for it is done.

    Raises
    ------
    FileMissingError
        There is no such folder, or the name is that of a folder.
    """
    folder = path.absolute().parent
    if path.is_dir() or not folder.is_dir():
        what = f"{path} is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise FileMissingError(
            f"Cannot write {path}: {what}.",
            hint="Name a file in a folder that exists and that you may write to.",
        )


def check_not_input(path: Path, *inputs: Path | None) -> None:
    """Refuse a file to write that is one of those that are read: a measurement has no second copy.

    Raises
    ------
    ConfigError
        It is one of them, whatever it is called.
    """
    for each in inputs:
        if each is not None and path.is_file() and each.is_file() and path.samefile(each):
            raise ConfigError(
                f"{path} would be replaced, and is read here.",
                hint="Write to a file of another name, or into another folder.",
            )


def write_once(path: Path, content: str) -> bool:
    """Write a text file that other processes may write too; False where another one was first.

    Raises
    ------
    FileMissingError
        As `whole_file`.
    """
    with _temporary_beside(path) as temporary:
        temporary.write_text(content, "utf-8")
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without links: the last one wins
            os.replace(temporary, path)
    return True


def write_arrays(
    path: Path, arrays: "Mapping[str, NDArray[Any]]", *, compressed: bool = False
) -> None:
    """Write a NumPy archive, whole or not at all.

    Raises
    ------
    FileMissingError
        As `whole_file`.
    """
    import numpy as np  # here, since commands that only write text start without it

    save: Callable[..., None] = np.savez_compressed if compressed else np.savez
    # Into an open file, since NumPy would add .npz to a name without it.
    with whole_file(path) as temporary, temporary.open("wb") as file:
        save(file, **arrays)


def read_arrays(path: Path) -> "dict[str, NDArray[Any]]":
    """Read all arrays of a NumPy archive, of plain numbers only.

    Raises
    ------
    OSError
        There is none, or it is no plain file.
    ValueError
        It is no such archive, or damaged: NumPy and its parts raise many kinds of exceptions then.
    """
    import numpy as np

    plain_size(path)
    try:
        # Opened here, since NumPy leaves a damaged file open.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except OSError:
        raise
    except Exception as error:
        raise ValueError(f"no archive of arrays, or damaged: {error}") from error


def make_folder(folder: Path, *, of: str) -> None:
    """Make a folder, and see that files can be made in it. ``of`` says what they are, in messages.

    Raises
    ------
    FileMissingError
        It cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FileMissingError(
            f"Cannot write {of} to the folder {folder}: {error.strerror}.",
            hint=_hint_of(error)
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else "Name a folder that you may write to, or a new one in such a folder.",
        ) from error


def cannot_write(path: Path, error: OSError) -> FileMissingError:
    """The error of a file that cannot be written."""
    return FileMissingError(f"Cannot write {path}: {error.strerror}.", hint=_hint_of(error))


def _hint_of(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space, or name a file on another disk, and repeat the command."
    if error.errno == errno.EFBIG:
        return (
            "A file may not be so large here: raise the limit (`ulimit -f`), or name another disk."
        )
    return "Name a file in a folder that exists and that you may write to."


def read_plain(path: Path, *, most_bytes: int) -> bytes:
    """Content of a plain file, or of a link to one, of a size that is expected.

    What others bring may be named as a file and be a pipe, a device or a giant: none is opened.

    Raises
    ------
    OSError
        It cannot be read, is no plain file, or is larger.
    ValueError
        The name holds a NUL character.
    """
    size = plain_size(path)
    if size > most_bytes:
        raise OSError(f"it is larger than {most_bytes / 2**20:.0f} MB")
    with path.open("rb") as file:
        return file.read(size)  # for a larger number Python would ask for that much memory at once


def plain_size(path: Path) -> int:
    """Size of a plain file in bytes, or of that which a link leads to. It is not opened.

    Raises
    ------
    OSError
        There is none, or it is a folder, a pipe or a device: opening these may wait for ever.
    ValueError
        The name holds a NUL character.
    """
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError("it is a pipe or a device, not a plain file")
    return found.st_size


def sha256_of(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_parts(parts: Iterable[bytes]) -> str:
    """SHA-256 of parts one after the other, in hexadecimal digits."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file of any size, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
