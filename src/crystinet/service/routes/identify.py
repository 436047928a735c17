"""POST /identify and POST /uploads: files come in."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from crystinet.service.asking import Asked
from crystinet.service.office import InOffice, Submitter
from crystinet.service.problems import EntryError
from crystinet.service.routes.common import FILE_BODY, json_response, problems
from crystinet.service.schemas import IdentifyDocument, UploadsDocument
from crystinet.service.uploads import FileNameQuery, received_files

router = APIRouter(tags=["identify"])


def _asked(
    office: InOffice,
    wavelength: Annotated[
        str | None,
        Query(
            max_length=200,
            description="In angstrom, overriding what the file says; 1,5406 and an anode (Mo) are "
            "understood too. Where neither says, Cu K-alpha is assumed, with a note.",
        ),
    ] = None,
    anode: Annotated[
        str | None, Query(max_length=200, description="Instead of the wavelength: Cu, Mo, Co, ...")
    ] = None,
    elements: Annotated[
        str | None,
        Query(max_length=500, description="Of the sample, where they are known: Fe,O."),
    ] = None,
    formula: Annotated[
        str | None, Query(max_length=200, description="Of the sample, instead: SrTiO3.")
    ] = None,
    range: Annotated[
        str | None,
        Query(max_length=200, description="Only this range of 2theta counts, degrees: 5,65."),
    ] = None,
    top: Annotated[
        int | None,
        Query(ge=1, le=10_000, description="Candidates that are wanted, 5 or more."),
    ] = None,
    nearest: Annotated[
        int,
        Query(ge=0, le=50, description="Known compounds of each of the first three candidates."),
    ] = 0,
    lattice: Annotated[
        bool, Query(description="Also estimate the lattice for each of the first three.")
    ] = False,
    column: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Name or number, from 1, of the column with the intensity, in tables that "
            "have several.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        Query(max_length=200, description="Name of a bundle of this service, see /models."),
    ] = None,
) -> Asked:
    return Asked.of_texts(
        wavelength=wavelength,
        anode=anode,
        elements=elements,
        formula=formula,
        range=range,
        top=top,
        nearest=nearest,
        lattice=lattice,
        column=column,
        model=office.settings.model_of(model)[0],
    )


@router.post(
    "/identify",
    response_model=IdentifyDocument,
    responses=problems(413, 422),
    openapi_extra=FILE_BODY,
    summary="Rank the structure types that measured powder patterns may have",
)
async def identify(
    request: Request,
    office: InOffice,
    caller: Submitter,
    asked: Annotated[Asked, Depends(_asked)],
    filename: FileNameQuery = None,
) -> Response:
    """The document of `crystinet identify --json`, with the `id` of each result.

    A raw body is one file: an error of it is an error of the request. A body of several parts has a
    file in each, 50 at most: an error of one is its entry, with `ok` false.
    """
    async with received_files(
        request, name=filename, folder=office.settings.data, limits=office.settings.limits
    ) as files:
        document = await office.desk.identify(files, asked)
    entries = document["results"]
    alone = len(files) == 1 and not request.headers.get("content-type", "").startswith("multipart/")
    if alone and not any(entry["ok"] for entry in entries):
        raise EntryError(entries[0]["error"])
    return json_response(document)


@router.post(
    "/uploads",
    response_model=UploadsDocument,
    status_code=201,
    responses=problems(413),
    openapi_extra=FILE_BODY,
    summary="Keep files for jobs",
)
async def keep_uploads(
    request: Request, office: InOffice, caller: Submitter, filename: FileNameQuery = None
) -> Response:
    """The SHA-256 of each file, by which a job can name it. Unused ones are kept for a day."""
    async with received_files(
        request, name=filename, folder=office.settings.data, limits=office.settings.limits
    ) as files:
        for file in files:
            keep = partial(office.results.keep_alone, file.sha256, file.content, file.size)
            await run_in_threadpool(keep)
        uploads = [{"upload": f.sha256, "file": f.name, "size": f.size} for f in files]
    return json_response({"uploads": uploads}, status=201)
