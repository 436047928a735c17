"""The ASGI application of a service: routes, guard and errors put together."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from crystinet.app.outcome import internal_fault
from crystinet.core.errors import ConfigError, CrystinetError
from crystinet.core.version import __version__
from crystinet.service.guard import Guard
from crystinet.service.metrics import Counted
from crystinet.service.office import Office
from crystinet.service.pages import answers, assets, batches, closer, login
from crystinet.service.pages import unknowns as unknowns_page
from crystinet.service.pages.rendering import error_response
from crystinet.service.problems import Refusal, of_status, problem_response
from crystinet.service.routes import (
    catalogue,
    exports,
    fits,
    health,
    identify,
    jobs,
    results,
    unknowns,
)
from crystinet.service.settings import ServiceSettings

#: Where the API is.
API = "/api/v1"
_ABOUT = """Structure type of an unknown compound from one powder X-ray diffraction pattern.

Documents are those of the command line. Errors are problem details (RFC 9457) with a `code` for
programs and a `hint` for people. Fields are only ever added to `/api/v1`."""


def create_app(settings: ServiceSettings) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    settings
        Of the service.

    Raises
    ------
    CrystinetError
        The folder, the tokens or a bundle cannot be used.
    """
    office = Office(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(office.open)
        yield
        await run_in_threadpool(office.close)

    app = FastAPI(
        title="crystinet",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,  # they come from elsewhere
        redoc_url=None,
    )
    app.state.office = office
    for module in (identify, jobs, results, fits, exports, unknowns, catalogue):
        app.include_router(module.router, prefix=API)
    app.include_router(health.router)
    for pages in (answers, closer, batches, unknowns_page, assets, login):
        app.include_router(pages.router)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.add_middleware(Guard, settings=settings, tokens=office.tokens)
    app.add_middleware(Counted, metrics=office.metrics)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, CrystinetError)  # noqa: S101
    return error_response(request, error)


async def _framework(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    refusal = of_status(error.status_code, str(error.detail))
    refusal.headers.update(error.headers or {})
    return error_response(request, refusal)


async def _invalid(request: Request, error: Exception) -> Response:
    """A parameter or a body that does not have the shape that is described."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    kind = request.headers.get("content-type", "")
    if place[0] == "body" and "json" not in kind:
        return problem_response(
            Refusal(415, f"The body is {kind[:80] or 'of no media type'}, not application/json.")
        )
    where = " ".join([place[0], ".".join(place[1:])]).strip()
    return error_response(
        request,
        ConfigError(
            f"Wrong {where}: {first['msg']}.", hint="See /openapi.json for what is understood."
        ),
    )


async def _fault(request: Request, error: Exception) -> Response:
    return error_response(request, internal_fault(error))


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=499)


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], Any]] = {
    CrystinetError: _ours,
    HTTPException: _framework,
    RequestValidationError: _invalid,
    ClientDisconnect: _gone,
    Exception: _fault,
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description, with our errors and not those of the framework."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        for operations in schema["paths"].values():
            for operation in operations.values():
                found = operation["responses"]
                if "HTTPValidationError" in str(found.get("422", "")):
                    del found["422"]
        for name in ("HTTPValidationError", "ValidationError"):
            schema["components"]["schemas"].pop(name, None)
        schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{}, {"token": []}]
        app.openapi_schema = schema
    return app.openapi_schema
