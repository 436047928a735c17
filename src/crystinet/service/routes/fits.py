"""/results/ID/fit and /structure.cif: the whole pattern fitted."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from crystinet.core.plain import Document
from crystinet.service.fits import FIT, FitAsked
from crystinet.service.office import InOffice, Office, Submitter
from crystinet.service.problems import Refusal
from crystinet.service.routes.common import NOT_MODIFIED, json_response, problems, tagged
from crystinet.service.routes.results import Points, ResultId
from crystinet.service.routes.waiting import work_out
from crystinet.service.routes.wanted import Wanted
from crystinet.service.schemas import FitDocument
from crystinet.service.views import thin

router = APIRouter(prefix="/results", tags=["results"])

#: A fit of two phases may take so long, seconds; it goes on behind a client that gave up.
_PATIENCE_S = 300.0


@router.get(
    "/{id}/fit",
    response_model=FitDocument,
    responses={**problems(404, 422, 429), **NOT_MODIFIED},
    summary="The whole pattern fitted",
)
async def get_fit(
    request: Request,
    office: InOffice,
    caller: Submitter,
    id: ResultId,
    wanted: Wanted,
    points: Points = 4000,
) -> Response:
    """The document of `crystinet refine --json`, with `curves`; worked out, then kept.

    Who does not want to wait queues a job of kind `refine` first, and sees its progress.
    """
    found = await _fit(office, id, wanted, owner=caller.name)
    document = {**found["document"], "curves": dict(found["curves"])}
    document = thin(document, document["curves"], along="observed", points=points)
    return tagged(request, json_response(document), tag=f"{id}-{wanted.key}-{points}")


@router.get(
    "/{id}/structure.cif",
    responses={
        **problems(404, 422, 429),
        **NOT_MODIFIED,
        200: {
            "description": "A CIF.",
            "content": {"chemical/x-cif": {"schema": {"type": "string"}}},
        },
    },
    response_class=Response,
    summary="The fitted structure",
)
async def get_structure(
    request: Request, office: InOffice, caller: Submitter, id: ResultId, wanted: Wanted
) -> Response:
    """With uncertainties; it says so inside where the fit did not converge (starting model)."""
    found = await _fit(office, id, wanted, owner=caller.name)
    headers = {"Content-Disposition": f'attachment; filename="{id[:12]}.cif"'}
    cif = Response(found["cif"], media_type="chemical/x-cif", headers=headers)
    return tagged(request, cif)


async def _fit(office: Office, id: str, wanted: FitAsked, *, owner: str) -> Document:
    result = await run_in_threadpool(office.results.get, id)
    found = office.results.derived(id, FIT, wanted.key)
    if found is None:
        await work_out(
            office, "refine", result, wanted.to_dict(), owner=owner, patience_s=_PATIENCE_S
        )
        found = office.results.derived(id, FIT, wanted.key)
    if found is None:
        raise Refusal(404, f"There is no result {id!r} any more.")
    return found
