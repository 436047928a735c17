"""The pages that look closer at an answer: why, compare, fit, export."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from crystinet.service.exports import Exporter
from crystinet.service.office import InOffice, Reader
from crystinet.service.pages.answers import shown
from crystinet.service.pages.rendering import page
from crystinet.service.routes.results import ResultId

router = APIRouter(include_in_schema=False)

#: Types that are compared at a time.
MOST_COMPARED = 3
ChosenType = Annotated[str | None, Query(max_length=200)]


@router.get("/results/{id}/why")
def why_page(
    request: Request, office: InOffice, caller: Reader, id: ResultId, type: ChosenType = None
) -> Response:
    """What the answer rests on."""
    known = shown(office, office.results.get(id))
    return page(request, "why.html", **known, chosen=type or known["own"][0])


@router.get("/results/{id}/compare")
def compare_page(
    request: Request,
    office: InOffice,
    caller: Reader,
    id: ResultId,
    type: Annotated[list[str] | None, Query(max_length=20)] = None,
) -> Response:
    """Some candidates beside each other; the address holds all of the view."""
    known = shown(office, office.results.get(id))
    wanted = [name for name in dict.fromkeys(type or ()) if name in known["types"]]
    wanted = (wanted or known["types"][:2])[:MOST_COMPARED]
    chosen = [each for each in known["told"] if each.type in wanted]
    return page(request, "compare.html", **known, chosen=chosen, most=MOST_COMPARED)


@router.get("/results/{id}/refine")
def refine_page(
    request: Request, office: InOffice, caller: Reader, id: ResultId, type: ChosenType = None
) -> Response:
    """A fit of the whole pattern."""
    known = shown(office, office.results.get(id))
    return page(request, "refine.html", **known, chosen=type or known["best"].type)


@router.get("/results/{id}/export")
def export_page(request: Request, office: InOffice, caller: Reader, id: ResultId) -> Response:
    """What can be taken along."""
    result = office.results.get(id)
    exporter = Exporter(office.results, office.desk)
    return page(
        request,
        "export.html",
        **shown(office, result),
        citation=exporter.citation(result),
        fits=[(asked, fit["document"]) for asked, fit in exporter.fits(result)],
    )
