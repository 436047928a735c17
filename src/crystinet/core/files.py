"""Files of our own: written whole or not at all, and known by their hash."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crystinet.core.errors import FileMissingError

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
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.partial{path.suffix}")
    try:  # made here, with the permissions of any new file
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with suppress(FileNotFoundError):
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


def cannot_write(path: Path, error: OSError) -> FileMissingError:
    """The error of a file that cannot be written."""
    return FileMissingError(
        f"Cannot write {path}: {error.strerror}.",
        hint="Name a file in a folder that exists and that you may write to.",
    )


def sha256_of(data: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file of any size, in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
