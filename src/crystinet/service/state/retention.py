"""What goes: results, jobs and uploads that are too old, too many or too large together."""

import time
from dataclasses import dataclass

from crystinet.service.settings import DAY_S, Retention
from crystinet.service.state.database import Database
from crystinet.service.state.results import UNUSED

#: Results that are deleted in one transaction, so that others get their turn.
_PART = 500


@dataclass(frozen=True, slots=True)
class Pruned:
    """How much went."""

    results: int
    jobs: int
    uploads: int


def prune(database: Database, retention: Retention, *, now: float | None = None) -> Pruned:
    """Delete what is over the limits, the oldest first, and give the space back to the disk.

    Parameters
    ----------
    database
        Of the service, also while it works.
    retention
        What is kept.
    now
        Seconds since 1970; None takes the clock's.
    """
    now = time.time() if now is None else now
    before = now - retention.days * DAY_S
    jobs = _delete(
        database,
        "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE finished < ? LIMIT ?)",
        (before, _PART),
    )
    results = _delete(
        database,
        "DELETE FROM result WHERE id IN "
        "(SELECT id FROM result WHERE created < ? ORDER BY created LIMIT ?)",
        (before, _PART),
    )
    results += _prune_number(database, retention.results)
    uploads = _prune_uploads(database, now)
    while (over := _bytes(database) - retention.bytes) > 0:
        gone = _prune_size(database, over)
        if not gone:
            break
        results += gone
        uploads += _prune_uploads(database, now + DAY_S)
    database.connection.execute("PRAGMA incremental_vacuum").fetchall()
    return Pruned(results, jobs, uploads)


def _delete(database: Database, statement: str, values: tuple[object, ...]) -> int:
    """Repeat a deletion of a part until nothing is left to delete."""
    total = 0
    while True:
        with database.writing() as connection:
            gone = connection.execute(statement, values).rowcount
        total += gone
        if not gone:
            return total


def _prune_number(database: Database, most: int) -> int:
    (number,) = database.connection.execute("SELECT count(*) FROM result").fetchone()
    gone = 0
    while number - gone > most:
        with database.writing() as connection:
            gone += connection.execute(
                "DELETE FROM result WHERE id IN (SELECT id FROM result ORDER BY created LIMIT ?)",
                (min(_PART, number - gone - most),),
            ).rowcount
    return gone


def _prune_uploads(database: Database, now: float) -> int:
    """Uploads that nothing uses for a day."""
    return _delete(
        database,
        f"DELETE FROM upload WHERE sha256 IN (SELECT sha256 FROM upload "  # noqa: S608
        f"WHERE used < ? AND {UNUSED} LIMIT ?)",
        (now - DAY_S, _PART),
    )


def _bytes(database: Database) -> int:
    (total,) = database.connection.execute(
        "SELECT (SELECT coalesce(sum(size), 0) FROM upload) "
        "+ (SELECT coalesce(sum(size), 0) FROM result)"
    ).fetchone()
    return int(total)


def _prune_size(database: Database, over: int) -> int:
    """Delete the oldest results until enough bytes go with them, at most a part of them."""
    with database.writing() as connection:
        rows = connection.execute(
            "SELECT id, result.size + upload.size FROM result JOIN upload ON sha256 = upload "
            "ORDER BY created LIMIT ?",
            (_PART,),
        ).fetchall()
        chosen, freed = [], 0
        for id, size in rows:
            if freed >= over:
                break
            chosen.append((id,))
            freed += size
        connection.executemany("DELETE FROM result WHERE id = ?", chosen)
    return len(chosen)
