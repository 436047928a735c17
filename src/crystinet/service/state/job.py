"""A job in the state of a service: what it is, how it is read, and what is told of it."""

import json
import time
from dataclasses import dataclass
from sqlite3 import Connection, Row

from crystinet.core.plain import Document
from crystinet.service.problems import Refusal

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
#: Rows of jobs, for `job_of_row`.
SELECT_JOB = f"SELECT {', '.join(_COLUMNS)} FROM job"  # noqa: S608


def job_of_row(row: Row) -> Job:
    """The job of a row of `SELECT_JOB`."""
    values = dict(zip(_COLUMNS, row, strict=True))
    for name in ("options", "error"):
        values[name] = None if values[name] is None else json.loads(values[name])
    return Job(**values)


def job_with(database: Connection, id: str) -> Job:
    """The job with an id.

    Raises
    ------
    Refusal
        404: there is none.
    """
    row = database.execute(f"{SELECT_JOB} WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise Refusal(404, f"There is no job {id[:80]!r}.")
    return job_of_row(row)


def tell(database: Connection, id: str, kind: str, document: Document) -> None:
    """Tell those who follow a job what happens to it, in a transaction."""
    database.execute(
        "INSERT INTO job_event (job, kind, document) VALUES (?, ?, ?)",
        (id, kind, json.dumps(document)),
    )


def end_job(database: Connection, id: str, state: str, *, error: Document | None = None) -> None:
    """End a job, in a transaction."""
    database.execute(
        "UPDATE job SET state = ?, finished = ?, worker = NULL, lease = NULL, error = ? "
        "WHERE id = ?",
        (state, time.time(), None if error is None else json.dumps(error), id),
    )
    tell(database, id, "state", {"state": state, "error": error})
