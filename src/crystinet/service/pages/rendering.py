"""Templates of the page, and what they may use."""

from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from crystinet.app.told import told_in_short
from crystinet.app.types import types
from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document
from crystinet.core.version import __version__
from crystinet.service.pages import wording
from crystinet.service.problems import problem_document, problem_response
from crystinet.service.tokens import LOCAL

FOLDER = Path(str(resources.files("crystinet.service")))

_environment = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,  # names and metadata come from files of strangers
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["percent"] = wording.percent
_environment.filters["when"] = wording.when
_environment.filters["number"] = wording.short_number
_environment.filters["formula"] = wording.formula_parts
_environment.filters["cell"] = wording.cell
_environment.globals["headline"] = wording.headline
_environment.globals["below_headline"] = wording.below_headline
_environment.globals["told_in_short"] = told_in_short
_environment.globals["model_words"] = wording.model_words
_environment.globals["verdict_word"] = wording.verdict_word
_templates = Jinja2Templates(env=_environment)


@lru_cache(maxsize=1)
def _kinds() -> dict[str, Document]:
    return {kind.name: kind.to_dict() for kind in types(extensions=True) + types()}


def kind_of(name: str) -> Document | None:
    """What the catalogue says of a type; None where a bundle has one that it does not have."""
    return _kinds().get(name)


_environment.globals["kind_of"] = kind_of


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page of a template; values are escaped where they are text."""
    caller = request.scope.get("state", {}).get("caller", LOCAL)
    offered = request.app.state.office.settings.offered
    known = {
        "version": __version__,
        "scopes": caller.scopes,
        "caller": caller.name,
        "models": list(offered),
    }
    return _templates.TemplateResponse(request, template, {**known, **values}, status_code=status)


def error_response(request: Request, error: CrystinetError) -> Response:
    """An error: a page for a browser that opens one, problem details for everybody else."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if not wants_page or request.url.path.startswith("/api/"):
        return problem_response(error)
    document = problem_document(error)
    return page(request, "problem.html", status=document["status"], problem=document)
