"""Files of the page: styles, scripts, and what others wrote, with its licence."""

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from crystinet.service.pages.rendering import FOLDER
from crystinet.service.problems import Refusal

STATIC = FOLDER / "static"
router = APIRouter(include_in_schema=False)
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@router.get("/static/{name:path}")
async def asset(name: str) -> Response:
    """A file of the page."""
    if "\0" in name:
        raise Refusal(404, "There is no such file.")
    path = (STATIC / name).resolve()
    media_type = _MEDIA_TYPES.get(path.suffix)
    if media_type is None or not path.is_relative_to(STATIC.resolve()) or not path.is_file():
        raise Refusal(404, "There is no such file.")
    return FileResponse(path, media_type=media_type, headers={"Cache-Control": "no-cache"})


@router.get("/favicon.ico")
async def icon() -> Response:
    """The mark, for browsers that ask without being told."""
    return FileResponse(STATIC / "mark.svg", media_type="image/svg+xml")
