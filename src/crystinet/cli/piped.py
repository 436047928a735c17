"""What comes through a pipe: the file name ``-``."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.cli.shell import say
from crystinet.core.errors import ConfigError, UnreadableFileError

if TYPE_CHECKING:
    from crystinet.app.reading import Piped

#: The name that stands for standard input.
STANDARD_INPUT = Path("-")


def with_standard_input(paths: Sequence[Path]) -> "list[Path | Piped]":
    """Files with standard input read where it was named.

    Raises
    ------
    ConfigError
        It was named more than once.
    UnreadableFileError
        Nothing came.
    """
    if list(paths).count(STANDARD_INPUT) > 1:
        raise ConfigError(
            "Standard input (-) is named more than once.", hint="It can be read only once."
        )
    return [read_standard_input() if path == STANDARD_INPUT else path for path in paths]


def read_standard_input() -> "Piped":
    """Read a pattern from standard input.

    Raises
    ------
    UnreadableFileError
        Nothing came, or more than a file may hold.
    """
    from crystinet.app.reading import Piped
    from crystinet.patterns.readers.reading import check_content, read_stream

    stream = getattr(sys.stdin, "buffer", None)  # none at all where it was closed
    if stream is None:
        raise UnreadableFileError("There is no standard input.", hint="Name a file instead of -.")
    if stream.isatty():
        say("Type or paste a pattern, two columns; end with Ctrl-D.", err=True)
    data = read_stream(stream)
    check_content(data, Path("standard input"))
    return Piped(data)
