"""The page: HTML of templates, assets that come with the package, nothing from elsewhere."""

from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.templating import Jinja2Templates

from crystinet.core.version import __version__
from crystinet.service.guard import TOKEN_COOKIE
from crystinet.service.office import InOffice, Reader
from crystinet.service.problems import Refusal

_FOLDER = Path(str(resources.files("crystinet.service")))
STATIC = _FOLDER / "static"

router = APIRouter(include_in_schema=False)
_templates = Jinja2Templates(directory=_FOLDER / "templates")
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


def page(request: Request, template: str, **values: Any) -> Response:
    """A page of a template; values are escaped where they are text."""
    return _templates.TemplateResponse(request, template, {"version": __version__, **values})


@router.get("/")
async def first_page(request: Request, office: InOffice, caller: Reader) -> Response:
    """Where a file is dropped."""
    return page(request, "index.html", models=list(office.settings.models))


@router.get("/login")
async def login_page(request: Request, office: InOffice) -> Response:
    """Where a browser shows its token."""
    return page(request, "login.html", needed=office.tokens is not None, refused=False)


@router.post("/login")
async def login(request: Request, office: InOffice, token: Annotated[str, Form()]) -> Response:
    """Keep the token in a cookie that scripts cannot read and other sites cannot send."""
    if office.tokens is None or office.tokens.caller_of(token) is None:
        answer = page(request, "login.html", needed=office.tokens is not None, refused=True)
        answer.status_code = 401
        return answer
    away = RedirectResponse("/", status_code=303)
    away.set_cookie(
        TOKEN_COOKIE,
        token,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        max_age=30 * 86_400,
    )
    return away


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
