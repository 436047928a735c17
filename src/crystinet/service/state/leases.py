"""Jobs in the state of a service, for workers: leased, worked on, finished; every input once.

A worker holds a job by a lease that it renews. Whoever finds a lease that ran out takes the job and
goes on with the inputs that are not done. What a worker writes is written only while it holds the
job, in one transaction with the mark that the input is done: there is exactly one result for each
pattern, however often workers or the service are killed.
"""

import json
import time
from collections.abc import Callable, Sequence
from sqlite3 import Connection

from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document
from crystinet.service.state.database import Database
from crystinet.service.state.job import Job, JobInput, Open, end_job, job_with, tell

#: Seconds for which a worker holds a job without a sign of life.
LEASE_S = 15.0
#: A job is given up when it was taken so often without any progress.
MOST_ATTEMPTS = 3
_GIVEN_UP: Document = {
    "code": "internal-fault",
    "message": f"The process of this job died {MOST_ATTEMPTS} times without any progress.",
    "hint": "Too little memory for its input, or a fault in a library; please report it.",
}


class Leases:
    """The jobs in the hands of workers."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
                end_job(database, id, "failed", error=_GIVEN_UP)
                return None
            database.execute(
                "UPDATE job SET state = 'running', worker = ?, lease = ?, attempts = attempts + 1, "
                "started = coalesce(started, ?) WHERE id = ?",
                (worker, now + LEASE_S, now, id),
            )
            tell(database, id, "state", {"state": "running"})
            return job_with(database, id)

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
            failed = sum(_write(database, id, number, entries) for number, entries in results)
            database.execute(
                "UPDATE job SET done = done + ?, failed = failed + ?, attempts = 0, lease = ? "
                "WHERE id = ?",
                (len(results), failed, time.time() + LEASE_S, id),
            )
            if also is not None:
                also(database)
            job = job_with(database, id)
            counts = {"done": job.done, "failed": job.failed, "total": job.total}
            tell(database, id, "progress", counts)
        return True

    def report(self, id: str, worker: str, stage: str, fraction: float | None, note: str) -> None:
        """Tell how far a worker is inside of an input."""
        with self._database.writing() as database:
            if _holds(database, id, worker):
                database.execute(
                    "UPDATE job SET stage = ?, fraction = ? WHERE id = ?", (stage, fraction, id)
                )
                document = {"stage": stage, "fraction": fraction, "note": note}
                tell(database, id, "stage", document)

    def finish(
        self, id: str, worker: str, state: str, *, error: CrystinetError | None = None
    ) -> None:
        """End a job that a worker holds."""
        with self._database.writing() as database:
            if _holds(database, id, worker):
                document = None
                if error is not None:
                    document = {"code": error.code, "message": error.message, "hint": error.hint}
                end_job(database, id, state, error=document)

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
                    end_job(database, id, "cancelled")
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


def _holds(database: Connection, id: str, worker: str) -> bool:
    found = database.execute(
        "SELECT 1 FROM job WHERE id = ? AND worker = ? AND state = 'running'", (id, worker)
    )
    return found.fetchone() is not None


def _write(database: Connection, id: str, number: int, entries: Sequence[Document]) -> int:
    """Write the entries of an input and mark it done; how many of them failed."""
    failed = 0
    for pattern, document in enumerate(entries, start=1):
        ok = bool(document.get("ok", True))
        failed += not ok
        database.execute(
            "INSERT INTO job_result (job, input, pattern, ok, document) VALUES (?, ?, ?, ?, ?)",
            (id, number, pattern, ok, json.dumps(document, separators=(",", ":"))),
        )
    database.execute("UPDATE job_input SET done = 1 WHERE job = ? AND number = ?", (id, number))
    return failed


def _requeue(database: Connection, id: str) -> None:
    database.execute(
        "UPDATE job SET state = 'queued', worker = NULL, lease = NULL WHERE id = ?", (id,)
    )
    tell(database, id, "state", {"state": "queued"})
