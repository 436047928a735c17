"""/jobs: long work, what becomes of it, and how it goes on."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from crystinet.core.errors import ConfigError, UnknownTypeError
from crystinet.core.extras import TRAINING, need_extra
from crystinet.core.files import sha256_of
from crystinet.core.plain import Document
from crystinet.service.asking import Asked, file_name
from crystinet.service.fits import FitAsked
from crystinet.service.guard import need_scope
from crystinet.service.jobs.learning import MOST_CIFS
from crystinet.service.office import InOffice, Office, Reader, Submitter
from crystinet.service.problems import Refusal
from crystinet.service.routes.common import json_response, problems
from crystinet.service.routes.wanted import model_of_result
from crystinet.service.schemas import JobDocument, JobList, JobRequest
from crystinet.service.state.job import FINISHED, LANES, Job, JobInput
from crystinet.service.tokens import Caller

router = APIRouter(prefix="/jobs", tags=["jobs"])

JobId = Annotated[str, Path(pattern=r"^[\w-]{1,64}$", description="Of a job.")]
#: How often an event stream looks for news, seconds.
_LOOK_S = 0.2
#: A stream says so often that it is still there, seconds.
_COMFORT_S = 15.0


@router.post(
    "",
    response_model=JobDocument,
    status_code=202,
    responses=problems(404, 409, 413, 415, 422, 429),
    summary="Queue a job",
)
def submit_job(
    request: Request,
    office: InOffice,
    caller: Submitter,
    wanted: JobRequest,
    idempotency_key: Annotated[
        str | None,
        Header(
            max_length=200,
            description="The same key with the same request within 24 hours gives the same job.",
        ),
    ] = None,
) -> Response:
    """`batch` identifies uploads; `explain` and `refine` take results. Inputs are never paths.

    `learn` (scope admin, extra train) teaches the bundle `model` the type `type` from uploaded CIF
    files. Its one result names the larger bundle, which is served beside the old one.
    """
    if wanted.kind == "learn":
        _check_learning(caller, wanted)
    inputs = _inputs(office, wanted)
    options = _options(office, wanted)
    digest = sha256_of(wanted.model_dump_json().encode())
    job, new = office.queue.submit(
        wanted.kind,
        inputs,
        options,
        owner=caller.name,
        most_queued=office.settings.limits.queued_jobs,
        key=idempotency_key,
        digest=digest,
    )
    if new:
        office.crew.wake(LANES[wanted.kind])
    headers = {"Location": f"/api/v1/jobs/{job.id}", "Retry-After": "1"}
    return json_response(job.to_dict(), status=202, headers=headers)


def _check_learning(caller: Caller, wanted: JobRequest) -> None:
    """Refuse what could not be learned, before it is queued."""
    need_scope(caller, "admin")
    need_extra("train", *TRAINING, what="Learning a type")
    if wanted.options.type is None:
        raise ConfigError(
            "A job of kind learn has no type.", hint='Name it: {"options": {"type": "NAME"}}.'
        )
    if len(wanted.inputs) > MOST_CIFS:
        raise Refusal(413, f"A type is learned from {MOST_CIFS} CIF files at most.")


def _inputs(office: Office, wanted: JobRequest) -> list[JobInput]:
    """The inputs of a job, which must be there."""
    if len(wanted.inputs) > office.settings.limits.job_inputs:
        raise Refusal(413, f"A job takes {office.settings.limits.job_inputs} inputs at most.")
    of_uploads = wanted.kind in ("batch", "learn")
    for each in wanted.inputs:
        given, other = (each.upload, each.result) if of_uploads else (each.result, each.upload)
        if given is None or other is not None:
            raise ConfigError(
                f"Each input of a job of kind {wanted.kind} is "
                f"{'an upload' if of_uploads else 'a result'}.",
                hint='{"upload": "SHA-256", "file": "a.xy"}: POST /api/v1/uploads gives it.'
                if of_uploads
                else '{"result": "ID"}: POST /api/v1/identify gives it.',
            )
    if of_uploads:
        uploads = [each.upload or "" for each in wanted.inputs]
        if missing := office.results.missing(uploads):
            raise Refusal(
                404,
                f"There is no upload {missing[0]}.",
                hint="Send the file first: POST /api/v1/uploads. Unused ones are kept for a day.",
            )
        return [
            JobInput(each.upload, None, file_name(each.file, usual=f"upload-{number}"))
            for number, each in enumerate(wanted.inputs, start=1)
        ]
    return [
        JobInput(None, each.result, office.results.get(each.result or "").file)
        for each in wanted.inputs
    ]


def _options(office: Office, wanted: JobRequest) -> Document:
    given = wanted.options
    if wanted.kind == "explain":
        return {"type": given.type, "score": given.score}
    if wanted.kind == "refine":
        fit = FitAsked(given.type or None, given.formula or None, given.phases)
        try:
            return fit.checked().to_dict()
        except UnknownTypeError:  # unless it is one that the models of the answers were taught
            for bundle in {model_of_result(office, each.result or "") for each in wanted.inputs}:
                fit.checked(bundle)
            return fit.to_dict()
    if wanted.kind == "learn":
        model = office.settings.model_of(given.model)[0]
        learned = {"type": given.type, "patterns": given.patterns, "seed": given.seed}
        return {**learned, "model": model}
    asked = Asked.of_texts(
        wavelength=None if given.wavelength is None else str(given.wavelength),
        anode=given.anode,
        elements=given.elements,
        formula=given.formula,
        range=given.range,
        top=given.top,
        nearest=given.nearest,
        lattice=given.lattice,
        fit=given.fit,
        beyond=given.beyond,
        column=None if given.column is None else str(given.column),
        model=office.settings.model_of(given.model)[0],
    )
    return asked.to_dict()


@router.get("", response_model=JobList, responses=problems(), summary="Jobs")
def list_jobs(
    office: InOffice, caller: Reader, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> Response:
    """The newest first."""
    return json_response({"jobs": [job.to_dict() for job in office.queue.recent(limit=limit)]})


@router.get("/{id}", response_model=JobDocument, responses=problems(404), summary="One job")
def get_job(office: InOffice, caller: Reader, id: JobId) -> Response:
    """How far it is."""
    job = office.queue.get(id)
    headers = {} if job.state in FINISHED else {"Retry-After": "1"}
    return json_response(job.to_dict(), headers=headers)


@router.delete(
    "/{id}",
    response_model=JobDocument,
    responses={**problems(404), 204: {"description": "It was finished, and is deleted."}},
    summary="Cancel or delete a job",
)
def delete_job(office: InOffice, caller: Submitter, id: JobId) -> Response:
    """One that is not finished is cancelled (200, what is done stays); one that is, deleted (204).

    Only its owner may, or a token of scope admin.
    """
    job = office.queue.get(id)
    if caller.name != job.owner and "admin" not in caller.scopes:
        raise Refusal(403, "The job is somebody else's.")
    if job.state in FINISHED:
        office.queue.delete(id)
        return Response(status_code=204)
    return json_response(office.queue.cancel(id).to_dict())


@router.get(
    "/{id}/results",
    responses={
        **problems(404),
        200: {
            "description": "One JSON document a line. The header Link leads to what follows.",
            "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        },
    },
    summary="Results of a job",
    response_class=Response,
)
def get_job_results(
    office: InOffice,
    caller: Reader,
    id: JobId,
    cursor: Annotated[int, Query(ge=0, le=2**62, description="From the header Link.")] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> Response:
    """In the order in which they came; `input` is the place in the job, from 0.

    Each line is the entry of a pattern in the document of `crystinet identify --json`, with the
    `id` of the result. There is one for each pattern, however often the work was interrupted.
    """
    rows = office.queue.results(id, after=cursor, limit=limit)
    after = rows[-1][0] if rows else cursor
    lines = (json.dumps(document, separators=(",", ":")) + "\n" for _, document in rows)
    more = f"/api/v1/jobs/{id}/results?cursor={after}&limit={limit}"
    headers = {"Link": f'<{more}>; rel="next"', "Crystinet-Cursor": str(after)}
    return Response("".join(lines), media_type="application/x-ndjson", headers=headers)


@router.get(
    "/{id}/events",
    responses={
        **problems(404),
        200: {
            "description": "Server-sent events: `state`, `progress` (files) and `stage` (inside "
            "of one). The stream ends with the job; after an interruption it goes on behind "
            "Last-Event-ID.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
    },
    summary="Events of a job",
    response_class=StreamingResponse,
)
async def get_job_events(
    request: Request,
    office: InOffice,
    caller: Reader,
    id: JobId,
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> Response:
    """What happens to a job, as it happens."""
    office.queue.get(id)
    after = int(last_event_id) if last_event_id and last_event_id.isdecimal() else 0
    return StreamingResponse(
        _events(request, office, id, min(after, 2**62)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


async def _events(request: Request, office: Office, id: str, after: int) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    quiet = 0.0
    while not office.stopping():
        events = office.queue.events(id, after=after)
        job = _job(office, id)
        for after, kind, document in events:
            yield f"id: {after}\nevent: {kind}\ndata: {json.dumps(document)}\n\n"
        if not events and (job is None or job.state in FINISHED):
            return
        quiet = 0.0 if events else quiet + _LOOK_S
        if quiet >= _COMFORT_S:
            quiet = 0.0
            yield ": still here\n\n"
        if await request.is_disconnected():
            return
        if not events:
            await asyncio.sleep(_LOOK_S)


def _job(office: Office, id: str) -> Job | None:
    try:
        return office.queue.get(id)
    except Refusal:
        return None
