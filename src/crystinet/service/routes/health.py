"""/healthz, /readyz and /metrics: for whoever looks after the service."""

from fastapi import APIRouter
from starlette.responses import Response

from crystinet.service.office import InOffice, Reader
from crystinet.service.problems import Refusal
from crystinet.service.routes.common import json_response, problems
from crystinet.service.schemas import Health

router = APIRouter(tags=["operation"])


@router.get("/healthz", response_model=Health, responses=problems(), summary="Does it live?")
async def health() -> Response:
    """Answers as long as the process does."""
    return json_response({"status": "ok"})


@router.get("/readyz", response_model=Health, responses=problems(), summary="Is it ready?")
async def ready(office: InOffice) -> Response:
    """Whether the bundles are loaded and the state can be read; 503 where not."""
    if not office.ready:
        raise Refusal(503, "The service is not ready yet.")
    office.queue.counts()
    return json_response({"status": "ready"})


@router.get(
    "/metrics",
    responses={
        **problems(),
        200: {"description": "For Prometheus.", "content": {"text/plain": {}}},
    },
    response_class=Response,
    summary="Numbers for Prometheus",
)
def metrics(office: InOffice, caller: Reader) -> Response:
    """Requests, their times, what waits, jobs by state, processes by what they do."""
    text = office.metrics.text(
        waiting=office.desk.waiting,
        jobs=office.queue.counts(),
        processes={"identify": 1 + office.desk.helpers.ready, **office.crew.counts},
        lost=office.desk.helpers.lost,
    )
    return Response(text, media_type=office.metrics.media_type)
