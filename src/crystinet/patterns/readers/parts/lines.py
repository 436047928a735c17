"""From bytes to lines of text, for all readers of text formats."""

import io
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from itertools import count

from crystinet.core.errors import UnreadableFileError

#: No row of a table is longer; a file without line ends would take many times its size in memory.
MAX_LINE_CHARACTERS = 1_000_000
#: The longest measurements have some ten thousand points.
MAX_LINES = 2_000_000

# Control characters that text holds: tab, line feed, vertical tab, form feed, carriage return, and
# the end-of-file mark of DOS.
_TEXT_CONTROLS = frozenset(b"\t\n\v\f\r\x1a")
_CONTROLS = bytes(byte for byte in range(32) if byte not in _TEXT_CONTROLS)


def looks_like_text(head: bytes) -> bool:
    """Whether the beginning of a file is text in UTF-8, UTF-16 with its mark, or an 8-bit code."""
    if head.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return True
    return bool(head.strip()) and len(head.translate(None, _CONTROLS)) == len(head)


def has_mark(head: bytes, mark: re.Pattern[bytes], *words: bytes) -> bool:
    """Whether the beginning of a file holds the mark of a format.

    Parameters
    ----------
    head
        The beginning.
    mark
        What tells the format.
    words
        The mark has one of them, as it is written here: most files have none, and to find that
        out takes a tenth of the time.
    """
    return any(word in head for word in words) and mark.search(head) is not None


def open_text(data: bytes) -> io.TextIOWrapper:
    """Iterate over the lines of a text file, with any line ends, without decoding it at once.

    UTF-16 needs its byte order mark. What is not UTF-8 is taken as Latin-1, which always works:
    numbers are the same in all 8-bit codes, and only comments can come out wrong.
    """
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        encoding = "utf-16"
    else:
        encoding = "utf-8-sig" if data.startswith(BOM_UTF8) or _is_utf8(data) else "latin-1"
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, errors="replace")


def text_lines(data: bytes) -> Iterator[str]:
    """Lines of a text file, see `open_text`, with their ends.

    Raises
    ------
    UnreadableFileError
        At a line of more than a million characters, and after two million lines.
    """
    stream = open_text(data)
    # What is not longer than a line may be has neither too long lines nor too many.
    return iter(stream) if len(data) <= MAX_LINE_CHARACTERS else _checked_lines(stream)


def _checked_lines(stream: io.TextIOWrapper) -> Iterator[str]:
    for number in count(1):
        line = stream.readline(MAX_LINE_CHARACTERS + 1)
        if not line:
            return
        if number > MAX_LINES:
            raise UnreadableFileError(
                f"The text has more than {MAX_LINES} lines, too many for powder patterns.",
                hint="Give the measurement that you need a file of its own.",
            )
        if len(line) > MAX_LINE_CHARACTERS:
            raise UnreadableFileError(
                f"Line {number} has more than {MAX_LINE_CHARACTERS} characters.",
                hint="Write each point on a line of its own.",
            )
        yield line


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
