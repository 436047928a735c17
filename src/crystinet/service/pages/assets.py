"""Files of the page: styles, scripts, and what others wrote, with its licence.

A large file may lie there compressed, ``NAME.gz``, which is how browsers get it anyway.
"""

import gzip
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from crystinet.service.pages.rendering import FOLDER
from crystinet.service.problems import Refusal
from crystinet.service.routes.common import tagged

STATIC = FOLDER / "static"
router = APIRouter(include_in_schema=False)
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@router.get("/static/{name:path}")
def asset(request: Request, name: str) -> Response:
    """A file of the page, compressed where the browser understands that."""
    if "\0" in name:
        raise Refusal(404, "There is no such file.")
    path = (STATIC / name).resolve()
    media_type = _MEDIA_TYPES.get(path.suffix)
    if media_type is None or not path.is_relative_to(STATIC.resolve()):
        raise Refusal(404, "There is no such file.")
    stored = path if path.is_file() else path.with_name(f"{path.name}.gz")
    if not stored.is_file():
        raise Refusal(404, "There is no such file.")
    plain, packed = _content(stored, stored.stat().st_mtime_ns)
    coded = _takes_gzip(request.headers.get("accept-encoding", ""))
    headers = {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if coded else {})
    response = Response(packed if coded else plain, media_type=media_type, headers=headers)
    return tagged(request, response)


@lru_cache(maxsize=64)
def _content(path: Path, changed: int) -> tuple[bytes, bytes]:
    """A file as it is and compressed, either of which may lie there; read anew when it changed."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data), data
    return data, gzip.compress(data, mtime=0)


def _takes_gzip(accepted: str) -> bool:
    """Whether Accept-Encoding names gzip, and not to refuse it."""
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "").rstrip("0.") != "q="
    return False


@router.get("/favicon.ico")
async def icon() -> Response:
    """The mark, for browsers that ask without being told."""
    return FileResponse(STATIC / "mark.svg", media_type="image/svg+xml")
