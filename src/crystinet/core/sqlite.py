"""SQLite files of our own: known by their beginning, and brought up to date step by step."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from crystinet.core.files import plain_size

_SQLITE_MAGIC = b"SQLite format 3\0"


def is_sqlite(path: Path) -> bool:
    """Whether a file starts as SQLite files do; False for one that cannot be read."""
    try:
        plain_size(path)
        with path.open("rb") as file:
            return file.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC
    except (OSError, ValueError):  # ValueError: a NUL character in the name
        return False


def run_migrations(
    database: sqlite3.Connection, migrations: Sequence[str], *, application_id: int
) -> None:
    """Bring a file to the newest schema; each step is one transaction with its number.

    The number of the last step is kept in ``PRAGMA user_version``.

    Parameters
    ----------
    database
        In autocommit mode (``isolation_level=None``).
    migrations
        Step n, counted from 1, brings a file from version n - 1 to version n. Statements end with
        a semicolon at the end of a line.
    application_id
        Marks the file as one of ours (``PRAGMA application_id``).
    """
    (done,) = database.execute("PRAGMA user_version").fetchone()
    for number, script in enumerate(migrations, start=1):
        if number <= done:
            continue
        database.execute("BEGIN IMMEDIATE")
        try:
            (now,) = database.execute("PRAGMA user_version").fetchone()
            if now < number:  # another process may have been faster
                for statement in filter(str.strip, script.split(";\n")):
                    database.execute(statement)
                database.execute(f"PRAGMA application_id = {application_id:d}")
                database.execute(f"PRAGMA user_version = {number:d}")
            database.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # SQLite has rolled back itself where it had to
                database.execute("ROLLBACK")
            raise
