"""What is worked out in a process while its client waits: a job like others, and its results."""

import asyncio
from collections.abc import Sequence
from functools import partial

from starlette.concurrency import run_in_threadpool

from crystinet.core.plain import Document
from crystinet.service.office import Office
from crystinet.service.problems import EntryError, Refusal
from crystinet.service.state.job import FINISHED, LANES, JobInput
from crystinet.service.state.results import StoredResult

#: Seconds that a client waits for an explanation.
_PATIENCE_S = 60.0
#: How often the job is looked at, seconds.
_LOOK_S = 0.02
#: Patterns of one request, at most.
_MOST = 10_000


async def work_out(
    office: Office,
    kind: str,
    result: StoredResult,
    options: Document,
    *,
    owner: str,
    patience_s: float = _PATIENCE_S,
) -> None:
    """Have a job done on one result while its client waits.

    Raises
    ------
    CrystinetError
        That of the job. 503: it takes too long, or the queue is full.
    """
    inputs = [JobInput(None, result.id, result.file)]
    entries = await entries_of_job(
        office, kind, inputs, options, owner=owner, patience_s=patience_s
    )
    for entry in entries:
        if not entry["ok"]:
            raise EntryError(entry["error"])


async def entries_of_job(
    office: Office,
    kind: str,
    inputs: Sequence[JobInput],
    options: Document,
    *,
    owner: str,
    patience_s: float,
) -> list[Document]:
    """Have a job done while its client waits: its entries, in the order of the inputs.

    Raises
    ------
    CrystinetError
        That of the job. 503: it takes too long, or the queue is full.
    """
    most = office.settings.limits.queued_jobs
    submit = partial(office.queue.submit, kind, inputs, options, owner=owner, most_queued=most)
    job, _ = await run_in_threadpool(submit)
    await run_in_threadpool(office.crew.wake, LANES[kind])
    deadline = asyncio.get_running_loop().time() + patience_s
    while asyncio.get_running_loop().time() < deadline and not office.stopping():
        job = office.queue.get(job.id)
        if job.state in FINISHED:
            if job.error is not None:
                raise EntryError(job.error)
            rows = office.queue.results(job.id, after=0, limit=_MOST)
            return sorted((entry for _, entry in rows), key=lambda entry: int(entry["input"]))
        await asyncio.sleep(_LOOK_S)
    raise Refusal(503, "It takes longer than usual.", hint="Ask again; the work goes on.")
