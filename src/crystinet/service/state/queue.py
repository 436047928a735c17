"""Jobs in the state of a service: queued, leased by workers, finished; every input once.

A worker holds a job by a lease that it renews. Whoever finds a lease that ran out takes the job and
goes on with the inputs that are not done. What a worker writes is written only while it holds the
job, in one transaction with the mark that the input is done: there is exactly one result for each
pattern, however often workers or the service are killed.
"""

import json
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import Any

from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document
from crystinet.service.problems import Refusal
from crystinet.service.state.database import Database

#: Seconds for which a worker holds a job without a sign of life.
LEASE_S = 15.0
#: A job is given up when it was taken so often without any progress.
MOST_ATTEMPTS = 3
#: Seconds for which the answer to an Idempotency-Key is kept.
IDEMPOTENCY_S = 86_400.0

#: Kind of a job -> lane of workers: a long batch does not stop an explanation.
LANES = {
    "batch": "long",
    "learn": "long",
    "identify": "short",  # with fits or lattices, while the client waits
    "beyond": "short",
    "explain": "short",
    "refine": "short",
}
FINISHED = ("done", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class JobInput:
    """One input of a job: an upload with the name of its file, or a result."""

    upload: str | None
    result: str | None
    file: str


@dataclass(frozen=True, slots=True)
class Open:
    """An input that is not done.

    Attributes
    ----------
    number
        Place in the job, from 0.
    input
        What it is.
    attempts
        How often a worker began with it before and did not finish.
    """

    number: int
    input: JobInput
    attempts: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands."""

    id: str
    kind: str
    state: str
    options: Document
    owner: str
    created: float
    started: float | None
    finished: float | None
    total: int
    done: int
    failed: int
    stage: str
    fraction: float | None
    worker: str | None
    attempts: int
    cancel: float | None
    error: Document | None

    def to_dict(self) -> Document:
        """What clients see."""
        return {
            "id": self.id,
            "kind": self.kind,
            "state": self.state,
            "cancelling": self.cancel is not None and self.state == "running",
            "created": self.created,
            "started": self.started,
            "finished": self.finished,
            "total": self.total,
            "done": self.done,
            "failed": self.failed,
            "stage": self.stage,
            "fraction": self.fraction,
            "options": self.options,
            "error": self.error,
        }


_COLUMNS = (
    "id kind state options owner created started finished total done failed stage fraction worker "
    "attempts cancel error"
).split()
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM job"  # noqa: S608


def _job(row: Row) -> Job:
    values = dict(zip(_COLUMNS, row, strict=True))
    for name in ("options", "error"):
        values[name] = None if values[name] is None else json.loads(values[name])
    return Job(**values)


class Queue:
    """The jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- what clients do ---------------------------------------------------------------------

    def submit(
        self,
        kind: str,
        inputs: Sequence[JobInput],
        options: Document,
        *,
        owner: str,
        most_queued: int,
        key: str | None = None,
        digest: str = "",
    ) -> tuple[Job, bool]:
        """Queue a job; False beside it where the same request had queued it before.

        Raises
        ------
        Refusal
            409: the key was used for another request. 429: too many jobs wait.
        """
        with self._database.writing() as database:
            if key is not None and (known := _remembered(database, owner, key, digest)):
                return self._get(database, known), False
            (waiting,) = database.execute(
                "SELECT count(*) FROM job WHERE state = 'queued'"
            ).fetchone()
            if waiting >= most_queued:
                raise Refusal(429, f"{waiting} jobs wait already.", headers={"Retry-After": "30"})
            id = secrets.token_urlsafe(16)
            database.execute(
                "INSERT INTO job (id, kind, lane, state, options, owner, created, total) "
                "VALUES (?, ?, ?, 'queued', ?, ?, ?, ?)",
                (id, kind, LANES[kind], json.dumps(options), owner, time.time(), len(inputs)),
            )
            database.executemany(
                "INSERT INTO job_input (job, number, upload, result, file) VALUES (?, ?, ?, ?, ?)",
                [(id, n, i.upload, i.result, i.file) for n, i in enumerate(inputs)],
            )
            if key is not None:
                database.execute(
                    "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)",
                    (owner, key, digest, id, time.time()),
                )
            _tell(database, id, "state", {"state": "queued"})
            return self._get(database, id), True

    def get(self, id: str) -> Job:
        """The job with an id.

        Raises
        ------
        Refusal
            404: there is none.
        """
        return self._get(self._database.connection, id)

    def _get(self, database: Connection, id: str) -> Job:
        row = database.execute(f"{_SELECT} WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise Refusal(404, f"There is no job {id[:80]!r}.")
        return _job(row)

    def recent(self, *, limit: int) -> list[Job]:
        """The newest jobs first."""
        rows = self._database.connection.execute(
            f"{_SELECT} ORDER BY created DESC LIMIT ?", (limit,)
        )
        return [_job(row) for row in rows]

    def going_on(self, kind: str) -> set[str]:
        """Ids of the jobs of a kind that are not finished."""
        rows = self._database.connection.execute(
            "SELECT id FROM job WHERE kind = ? AND state IN ('queued', 'running')", (kind,)
        )
        return {row[0] for row in rows}

    def uses(self, model: str) -> int:
        """Number of unfinished jobs whose options name a model."""
        (found,) = self._database.connection.execute(
            "SELECT count(*) FROM job WHERE state IN ('queued', 'running') "
            "AND json_extract(options, '$.model') = ?",
            (model,),
        ).fetchone()
        return int(found)

    def counts(self) -> dict[str, int]:
        """Number of jobs by state."""
        rows = self._database.connection.execute("SELECT state, count(*) FROM job GROUP BY state")
        return {row[0]: row[1] for row in rows}

    def results(self, id: str, *, after: int, limit: int) -> list[tuple[int, Document]]:
        """Results of a job with their places, in the order in which they came."""
        self.get(id)
        rows = self._database.connection.execute(
            "SELECT seq, input, document FROM job_result WHERE job = ? AND seq > ? "
            "ORDER BY seq LIMIT ?",
            (id, after, limit),
        )
        return [(row[0], {"input": row[1], **json.loads(row[2])}) for row in rows]

    def events(self, id: str, *, after: int, limit: int = 500) -> list[tuple[int, str, Document]]:
        """Events of a job with their numbers, in order."""
        rows = self._database.connection.execute(
            "SELECT seq, kind, document FROM job_event WHERE job = ? AND seq > ? "
            "ORDER BY seq LIMIT ?",
            (id, after, limit),
        )
        return [(row[0], row[1], json.loads(row[2])) for row in rows]

    def cancel(self, id: str) -> Job:
        """Cancel a job that is not finished: at once where it waits, else as soon as it notices."""
        with self._database.writing() as database:
            job = self._get(database, id)
            if job.state == "queued":
                _finish(database, id, "cancelled")
            elif job.state == "running" and job.cancel is None:
                database.execute("UPDATE job SET cancel = ? WHERE id = ?", (time.time(), id))
            return self._get(database, id)

    def delete(self, id: str) -> None:
        """Delete a finished job with its inputs and its list of results."""
        with self._database.writing() as database:
            database.execute(
                "DELETE FROM job WHERE id = ? AND state NOT IN ('queued', 'running')", (id,)
            )

    # -- what workers do ---------------------------------------------------------------------

    def claim(self, lane: str, worker: str) -> Job | None:
        """Take the oldest job of a lane that nobody holds; None where there is none."""
        now = time.time()
        waiting = (
            "SELECT id, attempts FROM job WHERE lane = ? AND "
            "(state = 'queued' OR (state = 'running' AND lease < ?)) ORDER BY created LIMIT 1"
        )
        if self._database.connection.execute(waiting, (lane, now)).fetchone() is None:
            return None  # without waiting for a turn to write
        with self._database.writing() as database:
            row = database.execute(waiting, (lane, now)).fetchone()
            if row is None:
                return None
            id = row[0]
            if row[1] >= MOST_ATTEMPTS:
                _finish(database, id, "failed", error=_GIVEN_UP)
                return None
            database.execute(
                "UPDATE job SET state = 'running', worker = ?, lease = ?, attempts = attempts + 1, "
                "started = coalesce(started, ?) WHERE id = ?",
                (worker, now + LEASE_S, now, id),
            )
            _tell(database, id, "state", {"state": "running"})
            return self._get(database, id)

    def renew(self, id: str, worker: str) -> tuple[bool, bool]:
        """Renew a lease: whether the worker still holds the job, and whether it is to stop."""
        with self._database.writing() as database:
            held = database.execute(
                "UPDATE job SET lease = ? WHERE id = ? AND worker = ? AND state = 'running'",
                (time.time() + LEASE_S, id, worker),
            ).rowcount
            row = database.execute("SELECT cancel FROM job WHERE id = ?", (id,)).fetchone()
        return bool(held), row is not None and row[0] is not None

    def open_inputs(self, id: str, *, limit: int) -> list[Open]:
        """The first inputs that are not done."""
        rows = self._database.connection.execute(
            "SELECT number, upload, result, file, attempts FROM job_input "
            "WHERE job = ? AND NOT done ORDER BY number LIMIT ?",
            (id, limit),
        )
        return [Open(row[0], JobInput(row[1], row[2], row[3]), row[4]) for row in rows]

    def begin(self, id: str, worker: str, numbers: Sequence[int]) -> bool:
        """Note that a worker begins with inputs; False where it does not hold the job any more."""
        with self._database.writing() as database:
            if not _holds(database, id, worker):
                return False
            database.executemany(
                "UPDATE job_input SET attempts = attempts + 1 WHERE job = ? AND number = ?",
                [(id, number) for number in numbers],
            )
        return True

    def complete(
        self,
        id: str,
        worker: str,
        results: Sequence[tuple[int, Sequence[Document]]],
        *,
        also: Callable[[Connection], None] | None = None,
    ) -> bool:
        """Write the results of inputs and mark them done; False where the job is not held any more.

        Parameters
        ----------
        id, worker
            The job, and who holds it.
        results
            Number of an input, and an entry for each of its patterns.
        also
            Writes more in the same transaction.
        """
        with self._database.writing() as database:
            if not _holds(database, id, worker):
                return False
            failed = 0
            for number, documents in results:
                for pattern, document in enumerate(documents, start=1):
                    ok = bool(document.get("ok", True))
                    failed += not ok
                    database.execute(
                        "INSERT INTO job_result (job, input, pattern, ok, document) "
                        "VALUES (?, ?, ?, ?, ?)",
                        (id, number, pattern, ok, json.dumps(document, separators=(",", ":"))),
                    )
                database.execute(
                    "UPDATE job_input SET done = 1 WHERE job = ? AND number = ?", (id, number)
                )
            database.execute(
                "UPDATE job SET done = done + ?, failed = failed + ?, attempts = 0, lease = ? "
                "WHERE id = ?",
                (len(results), failed, time.time() + LEASE_S, id),
            )
            if also is not None:
                also(database)
            job = self._get(database, id)
            _tell(
                database,
                id,
                "progress",
                {"done": job.done, "failed": job.failed, "total": job.total},
            )
        return True

    def report(self, id: str, worker: str, stage: str, fraction: float | None, note: str) -> None:
        """Tell how far a worker is inside of an input."""
        with self._database.writing() as database:
            if _holds(database, id, worker):
                database.execute(
                    "UPDATE job SET stage = ?, fraction = ? WHERE id = ?", (stage, fraction, id)
                )
                document = {"stage": stage, "fraction": fraction, "note": note}
                _tell(database, id, "stage", document)

    def finish(
        self, id: str, worker: str, state: str, *, error: CrystinetError | None = None
    ) -> None:
        """End a job that a worker holds."""
        with self._database.writing() as database:
            if _holds(database, id, worker):
                document = None
                if error is not None:
                    document = {"code": error.code, "message": error.message, "hint": error.hint}
                _finish(database, id, state, error=document)

    def release(self, worker: str, *, blame: bool, begun: Sequence[int] = ()) -> None:
        """Give back what a worker holds.

        Parameters
        ----------
        worker
            It is gone, or stops.
        blame
            Whether the job may have killed it: that counts as an attempt.
        begun
            Inputs that are not to blame either.
        """
        with self._database.writing() as database:
            rows = database.execute(
                "SELECT id, cancel FROM job WHERE worker = ? AND state = 'running'", (worker,)
            ).fetchall()
            for id, cancel in rows:
                if cancel is not None:
                    _finish(database, id, "cancelled")
                    continue
                _requeue(database, id)
                if not blame:
                    database.execute(
                        "UPDATE job SET attempts = max(0, attempts - 1) WHERE id = ?", (id,)
                    )
                    database.executemany(
                        "UPDATE job_input SET attempts = attempts - 1 "
                        "WHERE job = ? AND number = ? AND NOT done",
                        [(id, number) for number in begun],
                    )

    def release_all(self) -> None:
        """Give back what all workers held: none of them is there when a service starts.

        The end of the service is no fault of a job.
        """
        with self._database.writing() as database:
            rows = database.execute("SELECT worker FROM job WHERE state = 'running'").fetchall()
        for (worker,) in rows:
            self.release(worker, blame=False)

    def overdue(self, *, since_s: float) -> list[str]:
        """Workers that were asked to stop so long ago and have not."""
        rows = self._database.connection.execute(
            "SELECT worker FROM job WHERE state = 'running' AND cancel < ?",
            (time.time() - since_s,),
        )
        return [row[0] for row in rows]


_GIVEN_UP: Document = {
    "code": "internal-fault",
    "message": f"The process of this job died {MOST_ATTEMPTS} times without any progress.",
    "hint": "Too little memory for its input, or a fault in a library; please report it.",
}


def _holds(database: Connection, id: str, worker: str) -> bool:
    found = database.execute(
        "SELECT 1 FROM job WHERE id = ? AND worker = ? AND state = 'running'", (id, worker)
    )
    return found.fetchone() is not None


def _tell(database: Connection, id: str, kind: str, document: Document) -> None:
    database.execute(
        "INSERT INTO job_event (job, kind, document) VALUES (?, ?, ?)",
        (id, kind, json.dumps(document)),
    )


def _finish(database: Connection, id: str, state: str, *, error: Document | None = None) -> None:
    database.execute(
        "UPDATE job SET state = ?, finished = ?, worker = NULL, lease = NULL, error = ? "
        "WHERE id = ?",
        (state, time.time(), None if error is None else json.dumps(error), id),
    )
    _tell(database, id, "state", {"state": state, "error": error})


def _requeue(database: Connection, id: str) -> None:
    database.execute(
        "UPDATE job SET state = 'queued', worker = NULL, lease = NULL WHERE id = ?", (id,)
    )
    _tell(database, id, "state", {"state": "queued"})


def _remembered(database: Connection, owner: str, key: str, digest: str) -> str | None:
    """The job that a key stands for."""
    database.execute("DELETE FROM idempotency WHERE created < ?", (time.time() - IDEMPOTENCY_S,))
    row: Any = database.execute(
        "SELECT digest, job FROM idempotency WHERE owner = ? AND key = ? "
        "AND EXISTS (SELECT 1 FROM job WHERE id = job)",
        (owner, key),
    ).fetchone()
    if row is None:
        database.execute("DELETE FROM idempotency WHERE owner = ? AND key = ?", (owner, key))
        return None
    if row[0] != digest:
        raise Refusal(
            409,
            f"The Idempotency-Key {key[:60]!r} was used for another request.",
            hint="Take a new key for a new request; repeat a request to the last byte.",
        )
    job: str = row[1]
    return job
