"""/results/ID/report.html, curves.csv, pattern.nxs and export.eln, and those of a batch."""

from collections.abc import Callable
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from crystinet.core.plain import Document
from crystinet.service.exports import Exporter, batch_table
from crystinet.service.office import InOffice, Office, Reader
from crystinet.service.routes.common import NOT_MODIFIED, problems, tagged
from crystinet.service.routes.jobs import JobId
from crystinet.service.routes.results import ResultId
from crystinet.service.state.results import StoredResult

router = APIRouter()
#: Style is in the page itself: it opens without anything else, and runs nothing.
_PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
)
#: Entries of a batch are read in parts.
_PART = 1000


def _file(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    content = {media_type: {"schema": {"type": "string"}}}
    told = {"description": description, "content": content}
    return {**problems(404, 409, 422), **NOT_MODIFIED, 200: told}


async def _made(
    request: Request,
    office: Office,
    id: str,
    make: Callable[[Exporter, StoredResult], Any],
    ending: str,
    kind: str,
) -> Response:
    result = await run_in_threadpool(office.results.get, id)
    content = await office.desk.work(partial(make, Exporter(office.results, office.desk), result))
    headers = {"Content-Disposition": f'attachment; filename="{id[:12]}{ending}"'}
    return tagged(request, Response(content, media_type=kind, headers=headers))


@router.get(
    "/results/{id}/report.html",
    tags=["results"],
    responses=_file("text/html", "One page without any request."),
    response_class=Response,
    summary="The answer as a page that opens offline",
)
async def get_report(request: Request, office: InOffice, caller: Reader, id: ResultId) -> Response:
    """With the fit where one was made; it prints well."""
    response = await _made(request, office, id, Exporter.report, ".html", "text/html")
    return _as_page(response)


@router.get(
    "/results/{id}/curves.csv",
    tags=["results"],
    responses=_file("text/csv", "A table."),
    response_class=Response,
    summary="The curves as a table",
)
async def get_curves(request: Request, office: InOffice, caller: Reader, id: ResultId) -> Response:
    """The measured pattern; observed, calculated and difference where a fit was made."""
    return await _made(request, office, id, Exporter.curves, ".csv", "text/csv")


@router.get(
    "/results/{id}/pattern.nxs",
    tags=["results"],
    responses=_file("application/x-hdf5", "NXxrd."),
    response_class=Response,
    summary="The measured pattern as NeXus",
)
async def get_nexus(request: Request, office: InOffice, caller: Reader, id: ResultId) -> Response:
    """Refused (422) where the wavelength was only assumed."""
    return await _made(request, office, id, Exporter.nexus, ".nxs", "application/x-hdf5")


@router.get(
    "/results/{id}/export.eln",
    tags=["results"],
    responses=_file("application/vnd.eln+zip", "An RO-Crate in a ZIP archive."),
    response_class=Response,
    summary="All of it for an electronic laboratory notebook",
)
async def get_eln(request: Request, office: InOffice, caller: Reader, id: ResultId) -> Response:
    """The measured file, the answer, the report, curves, and the fit where one was made."""
    return await _made(request, office, id, Exporter.eln, ".eln", "application/vnd.eln+zip")


@router.get(
    "/jobs/{id}/report.html",
    tags=["jobs"],
    responses=_file("text/html", "One page without any request."),
    response_class=Response,
    summary="A batch as a page that opens offline",
)
async def get_batch_report(
    request: Request, office: InOffice, caller: Reader, id: JobId
) -> Response:
    """A table of all patterns, and a section for each."""
    entries = await run_in_threadpool(all_entries, office, id)
    bundle = office.desk.identifier().model.bundle
    model = {"id": bundle.id, "version": bundle.version}
    made = office.queue.get(id).finished
    make = partial(Exporter(office.results, office.desk).batch_report, entries, model, made)
    headers = {"Content-Disposition": f'attachment; filename="batch-{id[:12]}.html"'}
    page = await office.desk.work(make, large=True)
    response = Response(page, media_type="text/html", headers=headers)
    return _as_page(tagged(request, response))


@router.get(
    "/jobs/{id}/table.csv",
    tags=["jobs"],
    responses=_file("text/csv", "A table."),
    response_class=Response,
    summary="A batch as a table",
)
def get_batch_table(request: Request, office: InOffice, caller: Reader, id: JobId) -> Response:
    """One line a pattern."""
    headers = {"Content-Disposition": f'attachment; filename="batch-{id[:12]}.csv"'}
    table = batch_table(all_entries(office, id))
    return tagged(request, Response(table, media_type="text/csv", headers=headers))


def all_entries(office: Office, id: str) -> list[Document]:
    """All results of a job, in the order of its inputs."""
    office.queue.get(id)
    found: list[Document] = []
    after = 0
    while rows := office.queue.results(id, after=after, limit=_PART):
        found += [document for _, document in rows]
        after = rows[-1][0]
    return sorted(found, key=lambda document: int(document["input"]))


def _as_page(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response
