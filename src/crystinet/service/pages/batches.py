"""The pages of many patterns: all batches, and one of them."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from crystinet.service.office import InOffice, Reader
from crystinet.service.pages.rendering import page
from crystinet.service.problems import Refusal
from crystinet.service.routes.jobs import JobId
from crystinet.service.state.job import FINISHED

router = APIRouter(include_in_schema=False)
_SHOWN = 200


@router.get("/batches")
def batches_page(request: Request, office: InOffice, caller: Reader) -> Response:
    """All batches that are kept, the newest first."""
    jobs = [job for job in office.queue.recent(limit=_SHOWN) if job.kind == "batch"]
    return page(request, "batches.html", jobs=jobs)


@router.get("/batches/{id}")
def batch_page(request: Request, office: InOffice, caller: Reader, id: JobId) -> Response:
    """One batch: its table fills as the answers come."""
    job = office.queue.get(id)
    if job.kind != "batch":
        raise Refusal(404, f"The job {id} is no batch.")
    return page(request, "batch.html", job=job, finished=job.state in FINISHED)
