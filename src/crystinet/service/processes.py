"""Processes of a service beside its own: started with an order, spoken with, gone when it is gone.

The standard input of each is its lifeline: its end tells that the service has ended, however that
was, a kill too.
"""

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from crystinet.core.plain import Document
from crystinet.service.memory import share_heaps
from crystinet.service.settings import Learning, ServiceSettings

#: Imports make tens of thousands of objects that stay: to look through them for garbage again and
#: again takes a twentieth of the time of one answer.
_GARBAGE = 300_000
#: Bytes of a number in the head of a message; there are two.
_NUMBER = 8


def start_process(
    module: str, settings: ServiceSettings, *, answers: bool = False, **order: str
) -> "subprocess.Popen[bytes]":
    """Start a module of the service in a process of its own.

    Parameters
    ----------
    module
        Its name; it reads its order with `taken_order`.
    settings
        Of the service, as far as its processes need them.
    answers
        Whether something is read from its standard output.
    order
        What the module is told besides.
    """
    whole = {
        **order,
        "state": str(settings.state),
        "models": {model: _text(path) for model, path in settings.given.items()},
        "cluster": settings.cluster,
        "corpus": _text(settings.learning.corpus),
        "learning": _text(settings.learning.settings),
    }
    return subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-m", module, json.dumps(whole)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if answers else subprocess.DEVNULL,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        start_new_session=True,  # Ctrl-C is for the service, which tells its processes
    )


def taken_order() -> tuple[Document, ServiceSettings]:
    """The order of this process, and the settings of its service."""
    gc.set_threshold(_GARBAGE)
    share_heaps()
    order = json.loads(sys.argv[1])
    settings = ServiceSettings(
        data=Path(order["state"]).parent,
        models={name: _path(text) for name, text in order["models"].items()},
        cluster=order["cluster"],
        learning=Learning(_path(order["corpus"]), _path(order["learning"])),
    )
    return order, settings


def write_message(stream: IO[bytes], document: Document, content: bytes = b"") -> None:
    """Send a document of plain data, and bytes behind it; numbers arrive as they are."""
    text = json.dumps(document, separators=(",", ":")).encode()
    stream.write(b"".join(len(part).to_bytes(_NUMBER, "big") for part in (text, content)))
    stream.write(text)
    stream.write(content)
    stream.flush()


def read_message(stream: IO[bytes]) -> tuple[Document, bytes]:
    """The next document, and the bytes behind it.

    Raises
    ------
    EOFError
        There is none, as whoever sends them is gone.
    """
    head = _exactly(stream, 2 * _NUMBER)
    text = _exactly(stream, int.from_bytes(head[:_NUMBER], "big"))
    return json.loads(text), _exactly(stream, int.from_bytes(head[_NUMBER:], "big"))


def _exactly(stream: IO[bytes], count: int) -> bytes:
    found = stream.read(count)
    if len(found) < count:
        raise EOFError
    return found


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)
