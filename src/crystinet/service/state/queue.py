"""Jobs in the state of a service, for those who want them done: queued, followed, cancelled."""

import json
import secrets
import time
from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any

from crystinet.core.plain import Document
from crystinet.service.problems import Refusal
from crystinet.service.state.database import Database
from crystinet.service.state.job import (
    LANES,
    SELECT_JOB,
    Job,
    JobInput,
    end_job,
    job_of_row,
    job_with,
    tell,
)

#: Seconds for which the answer to an Idempotency-Key is kept.
IDEMPOTENCY_S = 86_400.0


class Queue:
    """The jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
                return job_with(database, known), False
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
            tell(database, id, "state", {"state": "queued"})
            return job_with(database, id), True

    def get(self, id: str) -> Job:
        """The job with an id.

        Raises
        ------
        Refusal
            404: there is none.
        """
        return job_with(self._database.connection, id)

    def recent(self, *, limit: int) -> list[Job]:
        """The newest jobs first."""
        rows = self._database.connection.execute(
            f"{SELECT_JOB} ORDER BY created DESC LIMIT ?", (limit,)
        )
        return [job_of_row(row) for row in rows]

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
            job = job_with(database, id)
            if job.state == "queued":
                end_job(database, id, "cancelled")
            elif job.state == "running" and job.cancel is None:
                database.execute("UPDATE job SET cancel = ? WHERE id = ?", (time.time(), id))
            return job_with(database, id)

    def delete(self, id: str) -> None:
        """Delete a finished job with its inputs and its list of results."""
        with self._database.writing() as database:
            database.execute(
                "DELETE FROM job WHERE id = ? AND state NOT IN ('queued', 'running')", (id,)
            )


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
