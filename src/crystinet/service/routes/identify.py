"""POST /identify and POST /uploads: files come in."""

from inspect import signature
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from crystinet.core.errors import ConfigError
from crystinet.core.plain import Document
from crystinet.service.asking import Asked
from crystinet.service.office import InOffice, Office, Submitter
from crystinet.service.problems import EntryError
from crystinet.service.routes.common import FILE_BODY, json_response, problems
from crystinet.service.routes.waiting import entries_of_job
from crystinet.service.schemas import IdentifyDocument, UploadsDocument
from crystinet.service.state.job import JobInput
from crystinet.service.uploads import FileNameQuery, Received, received_files

router = APIRouter(tags=["identify"])

#: Fits and lattices of fifty files take so long, seconds; they go on behind a client that gave up.
_PATIENCE_S = 300.0


async def _asked(
    request: Request,
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
    fit: Annotated[
        bool,
        Query(
            description="Also fit the first three to the whole pattern: seconds for each file, in "
            "a process of its own; their order rests on networks and fits together."
        ),
    ] = False,
    beyond: Annotated[
        bool,
        Query(
            description="Also find the lattice where the type is unknown and the file has one "
            "pattern: up to 10 seconds for each file, in a process of its own. See "
            "`/results/{id}/beyond` for any other answer."
        ),
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
        Query(
            max_length=200,
            description="Name of a bundle of this service, see /models, also with the beginning "
            "of its id: default@5be5fa59a45e.",
        ),
    ] = None,
) -> Asked:
    if unknown := sorted(set(request.query_params) - _PARAMETERS):
        raise ConfigError(
            f"There is no parameter {unknown[0][:60]!r}.",
            hint=f"There are {', '.join(sorted(_PARAMETERS))}.",
        )
    return Asked.of_texts(
        wavelength=wavelength,
        anode=anode,
        elements=elements,
        formula=formula,
        range=range,
        top=top,
        nearest=nearest,
        lattice=lattice,
        fit=fit,
        beyond=beyond,
        column=column,
        model=office.settings.model_of(model)[0],
    )


#: What may stand behind the address: a mistyped name would go unnoticed, and its value be missing.
_PARAMETERS = frozenset(signature(_asked).parameters) - {"request", "office"} | {"filename"}


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
        if asked.takes_seconds:
            document = await _worked_out(office, files, asked, owner=caller.name)
        else:
            document = await office.desk.identify(files, asked)
    entries = document["results"]
    alone = len(files) == 1 and not request.headers.get("content-type", "").startswith("multipart/")
    if alone and not any(entry["ok"] for entry in entries):
        raise EntryError(entries[0]["error"])
    return json_response(document)


async def _worked_out(
    office: Office, files: list[Received], asked: Asked, *, owner: str
) -> Document:
    """The document with fits and lattices: of a job, so that nobody waits for them at the desk."""
    for file in files:
        await run_in_threadpool(_keep, office, file)
    entries = await entries_of_job(
        office,
        "identify",
        [JobInput(file.sha256, None, file.name) for file in files],
        asked.to_dict(),
        owner=owner,
        patience_s=_PATIENCE_S,
    )
    return await run_in_threadpool(office.desk.document, asked, [_plain(each) for each in entries])


def _plain(entry: Document) -> Document:
    return {key: value for key, value in entry.items() if key != "input"}


def _keep(office: Office, file: Received) -> None:
    office.results.keep_alone(file.sha256, file.content, file.size)


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
            await run_in_threadpool(_keep, office, file)
        uploads = [{"upload": f.sha256, "file": f.name, "size": f.size} for f in files]
    return json_response({"uploads": uploads}, status=201)
