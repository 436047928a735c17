"""Files as they arrive: a raw body, or one of several parts; hashed, and on disk where large."""

import hashlib
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated

from fastapi import Query
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from crystinet.service.asking import file_name
from crystinet.service.problems import Refusal
from crystinet.service.settings import Limits

#: A larger file waits on disk.
_IN_MEMORY = 2**20
_PIECE = 2**18


@dataclass(frozen=True, slots=True)
class Received:
    """A file that arrived.

    Attributes
    ----------
    name
        As the client calls it, made harmless.
    content
        Its bytes; in memory or, where they are many, on disk.
    size
        Their number.
    sha256
        Of them.
    """

    name: str
    content: IO[bytes]
    size: int
    sha256: str

    def read(self) -> bytes:
        """All bytes."""
        self.content.seek(0)
        return self.content.read()


@asynccontextmanager
async def received_files(
    request: Request, *, name: str | None, folder: Path, limits: Limits
) -> AsyncIterator[list[Received]]:
    """Take the files of a request; they are gone when the block ends.

    A body of several parts (multipart/form-data) has a file in each; any other body is one file.

    Raises
    ------
    Refusal
        400: no file, or a broken body. 413: too many files.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(folder)) as spool:
            digest, size = hashlib.sha256(), 0
            async for piece in request.stream():
                digest.update(piece)
                spool.write(piece)
                size += len(piece)
            if not size:
                raise Refusal(
                    400,
                    "The request has no body.",
                    hint="Send the file as the body: curl --data-binary @FILE.",
                )
            yield [Received(file_name(name), spool, size, digest.hexdigest())]
        return
    try:
        async with request.form(max_files=limits.files + 1, max_fields=50) as form:
            parts = [part for _, part in form.multi_items() if isinstance(part, UploadFile)]
            if len(parts) > limits.files:
                raise Refusal(413, f"The request has more than {limits.files} files.")
            if not parts:
                raise Refusal(
                    400,
                    "No part of the request is a file.",
                    hint="Send each so: -F f=@FILE.",
                )
            yield [await run_in_threadpool(_of_part, part) for part in parts]
    except MultiPartException as error:
        too_many = "Too many files" in error.message
        raise Refusal(413 if too_many else 400, error.message) from error


def only_cif(files: Sequence[Received]) -> Received:
    """The one file of a request that asks for one.

    Raises
    ------
    Refusal
        400: there is another number of them.
    """
    if len(files) != 1:
        raise Refusal(400, "One CIF file is asked for.")
    return files[0]


def _of_part(part: UploadFile) -> Received:
    digest, size = hashlib.sha256(), 0
    part.file.seek(0)
    while piece := part.file.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    return Received(file_name(part.filename), part.file, size, digest.hexdigest())


#: The parameter ``filename`` of every address that takes a file.
FileNameQuery = Annotated[
    str | None,
    Query(
        alias="filename",
        description="Name of the file in a raw body; its suffix helps to know the format. It is "
        "shown in the answer and used for nothing else.",
        max_length=1000,
    ),
]
