"""/unknowns: results that are judged unknown, grouped by likeness, and their names."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from crystinet.service.office import Admin, InOffice, Reader
from crystinet.service.routes.common import json_response, problems
from crystinet.service.schemas import GroupName, UnknownGroup, UnknownsDocument

router = APIRouter(prefix="/unknowns", tags=["unknowns"])

ModelQuery = Annotated[
    str | None, Query(max_length=200, description="Name of a bundle, see /models.")
]


@router.get(
    "", response_model=UnknownsDocument, responses=problems(), summary="Unknown patterns in groups"
)
async def list_unknowns(office: InOffice, caller: Reader, model: ModelQuery = None) -> Response:
    """The document of `crystinet unknowns --json`, with the ids of results instead of files.

    Each group has the `id` of the pattern that stands for it, and the `name` that it was given.
    """
    return json_response(await run_in_threadpool(office.unknowns.document, model))


@router.post(
    "/{group}/name",
    response_model=UnknownGroup,
    responses=problems(404, 415),
    summary="Name a group of unknown patterns",
)
async def name_group(
    office: InOffice,
    caller: Admin,
    group: Annotated[
        str, Path(pattern=r"^[0-9a-f]{24}$", description="Id of one of its patterns.")
    ],
    given: GroupName,
    model: ModelQuery = None,
) -> Response:
    """The group with its name. `crystinet extend` teaches a model the type."""

    def work() -> Response:
        return json_response(office.unknowns.name(group, given.name, model=model))

    return await run_in_threadpool(work)
