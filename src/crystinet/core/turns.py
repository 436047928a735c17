"""Processes that take turns: one at a time does what a file stands for."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from crystinet.core.files import cannot_write


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Wait until no other process is in such a block for the same file, and hold it meanwhile.

    The system lets go of it when the process ends, however that happens, so nothing stale is ever
    left; the file itself stays, empty. A file system that has no locks holds nobody up.

    Raises
    ------
    FileMissingError
        The file cannot be made.
    """
    try:
        file = path.open("ab")
    except OSError as error:
        raise cannot_write(path, error) from error
    with file:
        held = _hold(file)
        try:
            yield
        finally:
            if held:
                _let_go(file)


if sys.platform == "win32":
    import msvcrt

    def _hold(file: IO[bytes]) -> bool:
        while True:
            try:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            except PermissionError:  # it waits ten seconds at most
                continue
            except OSError as error:
                if error.errno == errno.EDEADLK:  # the same, in other words
                    continue
                return False
            return True

    def _let_go(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _hold(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:
            return False
        return True

    def _let_go(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
