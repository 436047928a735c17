"""/unknowns: results that are judged unknown, grouped by likeness, and their names."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from crystinet.app.reading import structure_in
from crystinet.core.plain import Document
from crystinet.service.office import Admin, InOffice, Reader, Submitter
from crystinet.service.routes.common import CIF_BODY, json_response, problems
from crystinet.service.schemas import (
    GroupComparison,
    GroupName,
    UnknownGroup,
    UnknownsDocument,
)
from crystinet.service.uploads import FileNameQuery, only_cif, received_files

router = APIRouter(prefix="/unknowns", tags=["unknowns"])

GroupId = Annotated[str, Path(pattern=r"^[0-9a-f]{24}$", description="Id of one of its patterns.")]
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
    group: GroupId,
    given: GroupName,
    model: ModelQuery = None,
) -> Response:
    """The group with its name. `crystinet extend` teaches a model the type."""

    def work() -> Response:
        return json_response(office.unknowns.name(group, given.name, model=model))

    return await run_in_threadpool(work)


@router.post(
    "/{group}/compare",
    response_model=GroupComparison,
    responses=problems(404, 413, 422),
    openapi_extra=CIF_BODY,
    summary="Are the lines of a crystal structure (CIF) those of a group?",
)
async def compare_group(
    request: Request,
    office: InOffice,
    caller: Submitter,
    group: GroupId,
    filename: FileNameQuery = None,
    model: ModelQuery = None,
) -> Response:
    """Lays the lines of the structure on the patterns of the group, by their places alone.

    Its cell may be off by a few percent. Nothing is kept: a group can be named, and its type be
    taught, whatever comes out.
    """
    async with received_files(
        request, name=filename, folder=office.settings.data, limits=office.settings.limits
    ) as files:
        file = only_cif(files)

        def work() -> Document:
            structure = structure_in(file.read(), name=file.name)
            return office.unknowns.compare(group, structure, model=model)

        return json_response(await office.desk.work(work))
