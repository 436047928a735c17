"""/assign, /simulate, /types and /models: structures, and what is known."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from crystinet.app.assign import assign
from crystinet.app.documents import assignment_document, catalogue_document, pattern_document
from crystinet.app.outcome import attempt
from crystinet.app.question import Question
from crystinet.app.reading import structure_in
from crystinet.app.simulate import simulate
from crystinet.app.types import types
from crystinet.core.plain import Document
from crystinet.core.radiation import parse_wavelength
from crystinet.service.office import Admin, InOffice, Reader, Submitter
from crystinet.service.problems import EntryError
from crystinet.service.routes.common import CIF_BODY, FILE_BODY, json_response, problems
from crystinet.service.schemas import (
    AssignDocument,
    ModelsDocument,
    PatternDocument,
    TypesDocument,
)
from crystinet.service.uploads import FileNameQuery, Received, only_cif, received_files

router = APIRouter(tags=["structures and types"])


@router.post(
    "/assign",
    response_model=AssignDocument,
    responses=problems(413, 422),
    openapi_extra=FILE_BODY,
    summary="The structure type of known crystal structures (CIF)",
)
async def assign_structures(
    request: Request, office: InOffice, caller: Submitter, filename: FileNameQuery = None
) -> Response:
    """The document of `crystinet assign --json`; an error of a raw body is one of the request."""
    async with received_files(
        request, name=filename, folder=office.settings.data, limits=office.settings.limits
    ) as files:
        document = await office.desk.work(partial(_assigned, files))
    entries = document["results"]
    if len(entries) == 1 and not entries[0]["ok"] and not _in_parts(request):
        raise EntryError(entries[0]["error"])
    return json_response(document)


def _in_parts(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("multipart/")


def _assigned(files: list[Received]) -> Document:
    return assignment_document([attempt(each.name, partial(_assign, each)) for each in files])


def _assign(file: Received) -> Any:
    return assign(structure_in(file.read(), name=file.name))


@router.post(
    "/simulate",
    response_model=PatternDocument,
    responses=problems(413, 422),
    openapi_extra=CIF_BODY,
    summary="The powder pattern of a crystal structure (CIF)",
)
async def simulate_structure(
    request: Request,
    office: InOffice,
    caller: Submitter,
    filename: FileNameQuery = None,
    wavelength: Annotated[
        str | None, Query(max_length=200, description="In angstrom, or an anode.")
    ] = None,
    anode: Annotated[str | None, Query(max_length=200)] = None,
    fwhm: Annotated[
        float, Query(gt=0, le=5, description="Width of the lines at low angle, degrees.")
    ] = 0.1,
    size_nm: Annotated[float | None, Query(gt=0, le=1e6)] = None,
    strain: Annotated[float, Query(ge=0, le=0.5)] = 0.0,
    counts: Annotated[
        float | None, Query(gt=0, le=1e9, description="At the strongest point, with their noise.")
    ] = None,
    seed: Annotated[int, Query(ge=0, le=2**32 - 1)] = 0,
) -> Response:
    """The document of `crystinet simulate --json`."""
    given = None if wavelength is None else parse_wavelength(wavelength)
    question = Question.of(wavelength_angstrom=given, anode=anode)
    async with received_files(
        request, name=filename, folder=office.settings.data, limits=office.settings.limits
    ) as files:
        file = only_cif(files)

        def work() -> Document:
            pattern = simulate(
                structure_in(file.read(), name=file.name),
                wavelength_angstrom=question.wavelength_angstrom,
                fwhm_deg=fwhm,
                size_nm=size_nm,
                strain=strain,
                counts=counts,
                seed=seed,
            )
            return pattern_document(file.name, pattern)

        return json_response(await office.desk.work(work))


@router.get(
    "/types", response_model=TypesDocument, responses=problems(), summary="The catalogue of types"
)
def list_types(
    office: InOffice,
    caller: Reader,
    group: Annotated[int | None, Query(ge=1, le=10)] = None,
    all: Annotated[bool, Query(description="Also the types outside the published 100.")] = False,
) -> Response:
    """The document of `crystinet types --json`."""
    return json_response(catalogue_document(types(group=group, extensions=all)))


@router.get("/models", response_model=ModelsDocument, responses=problems(), summary="The bundles")
def list_models(office: InOffice, caller: Reader) -> Response:
    """With all classes of each in an order that never changes for its id.

    `probability` of the whole ranking (`top=10000`), put into this order, is a vector of one shape.
    """
    models = []
    for name in office.settings.offered:
        bundle = office.desk.identifier(name).model.bundle
        models.append(
            {
                "name": name,
                "id": bundle.id,
                "version": bundle.version,
                "default": name == office.settings.default_model,
                "learned": name not in office.settings.given,
                "types": [
                    {
                        "type": entry.name,
                        "number": entry.number,
                        "merged": list(entry.merged),
                        "net": entry.net,
                    }
                    for entry in bundle.types
                ],
            }
        )
    return json_response({"models": models})


@router.delete(
    "/models/{name}",
    status_code=204,
    responses=problems(404, 409),
    summary="Delete a learned model",
)
def delete_model(
    office: InOffice, caller: Admin, name: Annotated[str, Path(max_length=200)]
) -> Response:
    """Only one that this service has learned; what was answered with it stays."""
    office.forget_model(name)
    return Response(status_code=204)
