"""Standard input, output and error as a program may find them: open, closed, full, unread."""

import io
import os
import sys
from contextlib import suppress
from typing import Any


def prepare_streams() -> None:
    r"""Make the three standard streams safe to use, whatever the caller did with them.

    A stream that was closed would be missing, and the next file that is opened would get its
    number and what is printed. A closed input reads as empty; a closed output has nobody who reads
    it; a closed error output goes nowhere. What cannot be written to standard error is dropped: it
    must not keep an answer back. Letters that the locale lacks appear as ``\xf6``.
    """
    _open_closed_streams()
    sys.stderr = io.TextIOWrapper(
        _Forgiving(sys.stderr),
        encoding=sys.stderr.encoding,
        errors="backslashreplace",
        write_through=True,
    )
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def abandon_output() -> None:
    """Let what Python still flushes at shutdown go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def _open_closed_streams() -> None:
    if _is_closed(0):
        os.open(os.devnull, os.O_RDONLY)  # gets the lowest free number
        os.set_inheritable(0, True)  # or the processes that we start would find it closed again
        sys.stdin = open(0, closefd=False)
    if _is_closed(1):
        reader, writer = os.pipe()  # the reader may get the number 1
        os.dup2(writer, 1)
        for end in {reader, writer} - {1}:
            os.close(end)
        os.set_inheritable(1, True)
        sys.stdout = open(1, "w", closefd=False)
    if _is_closed(2):
        os.open(os.devnull, os.O_WRONLY)
        os.set_inheritable(2, True)
        sys.stderr = open(2, "w", closefd=False)


def _is_closed(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return True
    return False


class _Forgiving(io.BufferedIOBase):
    """A stream that drops what it cannot write."""

    def __init__(self, text: Any) -> None:
        self._text = text  # kept, since it would close the stream below when it goes
        self._stream = text.buffer

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return bool(self._stream.isatty())

    def fileno(self) -> int:
        return int(self._stream.fileno())

    def write(self, data: Any) -> int:
        with suppress(OSError):
            self._stream.write(data)
            self._stream.flush()
        return len(data)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()
