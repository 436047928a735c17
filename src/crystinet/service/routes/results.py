"""/results: answers that are kept, and what can be seen of them."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from crystinet.app.refine import MOST_PHASES
from crystinet.app.told import told_in_short
from crystinet.core.plain import Document
from crystinet.service.asking import Asked
from crystinet.service.fits import FIT, kept_fits
from crystinet.service.office import Admin, InOffice, Reader
from crystinet.service.problems import Refusal
from crystinet.service.routes.common import NOT_MODIFIED, json_response, problems, tagged
from crystinet.service.routes.waiting import work_out
from crystinet.service.routes.wanted import Wanted
from crystinet.service.schemas import (
    BeyondDocument,
    ExplanationDocument,
    LinesDocument,
    PatternDocument,
    ResultDocument,
    ResultList,
    StructureDocument,
)
from crystinet.service.state.results import StoredResult
from crystinet.service.views import (
    BEYOND,
    EXPLANATION,
    LINES,
    STRUCTURE,
    explanation_key,
    lines_of,
    pattern_view,
    structure_of_fit,
    structure_of_known,
    structure_of_type,
    thin,
)

router = APIRouter(prefix="/results", tags=["results"])

ResultId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="Of a result.")]
Points = Annotated[
    int,
    Query(ge=4, le=1_000_000, description="At most so many points of each curve; no line is lost."),
]


def result_document(result: StoredResult) -> Document:
    """What clients see of a kept answer."""
    return {
        "id": result.id,
        "model": {"id": result.model, "version": result.version},
        "created": result.created,
        "options": Asked.of_json(result.options).to_dict(),
        "result": {**result.document, "id": result.id},
    }


@router.get("", response_model=ResultList, responses=problems(), summary="Kept results")
def list_results(
    office: InOffice,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: Annotated[
        float | None, Query(description="Only those that were made before, seconds since 1970.")
    ] = None,
    verdict: Literal["known", "uncertain", "unknown"] | None = None,
) -> Response:
    """The newest first; the `created` of the last one is the `before` of the next page."""
    found = office.results.recent(limit=limit, before=before, verdict=verdict)
    return json_response({"results": [result_document(each) for each in found]})


@router.get(
    "/{id}",
    response_model=ResultDocument,
    responses={**problems(404), **NOT_MODIFIED},
    summary="One result",
)
def get_result(request: Request, office: InOffice, caller: Reader, id: ResultId) -> Response:
    """What was asked, and the entry of the pattern as in `crystinet identify --json`."""
    result = office.results.get(id)
    return tagged(request, json_response(result_document(result)), tag=result.id)


@router.delete("/{id}", status_code=204, responses=problems(404), summary="Delete a result")
def delete_result(office: InOffice, caller: Admin, id: ResultId) -> Response:
    """With what was worked out from it, and with its file where nothing else needs it."""
    office.results.delete(id)
    return Response(status_code=204)


@router.get(
    "/{id}/pattern",
    response_model=PatternDocument,
    responses={**problems(404), **NOT_MODIFIED},
    summary="The measured pattern",
)
def get_pattern(
    request: Request, office: InOffice, caller: Reader, id: ResultId, points: Points = 4000
) -> Response:
    """As it was read; `of_points` says how many points it has."""
    result = office.results.get(id)
    content = office.results.content(result.upload)
    document = pattern_view(result, content, points=points)
    return tagged(request, json_response(document), tag=f"{id}-{points}")


@router.get(
    "/{id}/lines",
    response_model=LinesDocument,
    responses={**problems(404), **NOT_MODIFIED},
    summary="Lines of candidates on the measured pattern",
)
async def get_lines(
    request: Request,
    office: InOffice,
    caller: Reader,
    id: ResultId,
    type: Annotated[
        list[str],
        Query(min_length=1, max_length=5, description="Names of candidates; again for more."),
    ],
) -> Response:
    """Where the lines of each type lie, with their indices, its lattice, and compounds like it."""
    result = await run_in_threadpool(office.results.get, id)
    kept = {name: office.results.derived(id, LINES, name) for name in type}
    wanted = [name for name, document in kept.items() if document is None]
    if wanted:
        content = await run_in_threadpool(office.results.content, result.upload)
        finder = office.desk.line_finder(Asked.of_json(result.options).model)
        found = await office.desk.work(partial(lines_of, result, content, wanted, finder))
        await run_in_threadpool(office.results.keep_derived, id, LINES, found)
        kept.update(found)
    return tagged(request, json_response({"candidates": [kept[name] for name in type]}))


@router.get(
    "/{id}/beyond",
    response_model=BeyondDocument,
    responses={**problems(404, 429), **NOT_MODIFIED},
    summary="The lattice from the lines alone",
)
async def get_beyond(request: Request, office: InOffice, caller: Reader, id: ResultId) -> Response:
    """Whatever the verdict; worked out by a job when it is asked for (seconds), then kept."""
    result = await run_in_threadpool(office.results.get, id)
    document = result.document.get("beyond") or office.results.derived(id, BEYOND, "")
    if document is None:
        await work_out(office, "beyond", result, {}, owner=caller.name)
        document = office.results.derived(id, BEYOND, "")
        if document is None:
            raise Refusal(404, f"There is no result {id!r} any more.")
    return tagged(request, json_response(document))


@router.get(
    "/{id}/structure",
    response_model=StructureDocument,
    responses={**problems(404, 422), **NOT_MODIFIED},
    summary="A structure of a candidate, to be looked at",
)
async def get_candidate_structure(
    request: Request,
    office: InOffice,
    caller: Reader,
    id: ResultId,
    wanted: Wanted,
    phase: Annotated[
        int | None,
        Query(ge=1, le=MOST_PHASES, description="Of just this fit, which must have been made."),
    ] = None,
) -> Response:
    """All atoms of a cell, Cartesian in angstrom, and their bonds.

    Of a fit where one was made (`origin` is `fit`), else of the nearest known compound whose atoms
    are known (`compound`) or of the reference of the type (`reference`), at the size of the sample.
    With `phase` it is that phase of the fit with this `type`, `formula` and `phases`.
    """
    result = await run_in_threadpool(office.results.get, id)
    if phase is not None:
        fit = await run_in_threadpool(office.results.derived, id, FIT, wanted.key)
        if fit is None:
            raise Refusal(404, "There is no such fit.", hint="Ask for the fit first.")
        return tagged(request, json_response(structure_of_fit(fit, phase)))
    name = wanted.type or told_in_short(result.document).names[0]
    fits = [fit for _, fit in await run_in_threadpool(kept_fits, office.results, result)]
    if (found := structure_of_type(fits, name)) is not None:
        return tagged(request, json_response(found))
    kept = await run_in_threadpool(office.results.derived, id, STRUCTURE, name)
    if kept is None:
        content = await run_in_threadpool(office.results.content, result.upload)
        finder = office.desk.line_finder(Asked.of_json(result.options).model)
        kept = await office.desk.work(partial(structure_of_known, result, content, name, finder))
        await run_in_threadpool(office.results.keep_derived, id, STRUCTURE, {name: kept})
    return tagged(request, json_response(kept))


@router.get(
    "/{id}/explanation",
    response_model=ExplanationDocument,
    responses={**problems(404), **NOT_MODIFIED},
    summary="Why this answer",
)
async def get_explanation(
    request: Request,
    office: InOffice,
    caller: Reader,
    id: ResultId,
    type: Annotated[
        str | None, Query(max_length=200, description="This candidate, not the answer.")
    ] = None,
    score: Literal["logit", "share"] = "logit",
    points: Points = 4000,
) -> Response:
    """The document of `crystinet explain --json`; worked out when it is asked for, then kept."""
    result = await run_in_threadpool(office.results.get, id)
    key = explanation_key(type=type, score=score)
    document = office.results.derived(id, EXPLANATION, key)
    if document is None:
        await work_out(office, "explain", result, {"type": type, "score": score}, owner=caller.name)
        document = office.results.derived(id, EXPLANATION, key)
        if document is None:
            raise Refusal(404, f"There is no result {id!r} any more.")
    document = thin(document, document["curves"], along="intensity", points=points)
    return tagged(request, json_response(document), tag=f"{id}-{key}-{points}")
