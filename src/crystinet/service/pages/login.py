"""Where a browser shows its token."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crystinet.service.guard import TOKEN_COOKIE, caller_of
from crystinet.service.office import InOffice
from crystinet.service.pages.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/login")
async def login_page(request: Request, office: InOffice) -> Response:
    """Where a browser shows its token."""
    return page(request, "login.html", needed=office.tokens is not None, refused=False)


@router.post("/login")
async def login(request: Request, office: InOffice, token: Annotated[str, Form()]) -> Response:
    """Keep the token in a cookie that scripts cannot read and other sites cannot send."""
    token = token.strip()  # it was copied from somewhere
    if office.tokens is None or caller_of(office.tokens, token) is None:
        needed = office.tokens is not None
        return page(request, "login.html", status=401, needed=needed, refused=True)
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
