"""The SQLite file of a service: opened, brought up to date, shared by threads and processes."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from crystinet.core.errors import ConfigError
from crystinet.core.files import make_folder
from crystinet.core.sqlite import is_sqlite, run_migrations
from crystinet.service.problems import Refusal
from crystinet.service.state.migrations import STATE_ID, STATE_MIGRATIONS

#: How long a thread or process waits for another one that writes.
_LOCK_TIMEOUT_S = 30.0


class Database:
    """Connections to the file, one a thread; writers take turns, readers never wait.

    Parameters
    ----------
    path
        The file; made where there is none.

    Raises
    ------
    ConfigError
        It is no state of a service, or one of a newer crystinet.
    FileMissingError
        Its folder cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._own = threading.local()
        self._lock = threading.Lock()
        self._all: list[sqlite3.Connection] = []
        make_folder(path.parent, of="the state of the service")
        if path.exists() and path.stat().st_size and not is_sqlite(path):
            raise ConfigError(f"{path} is not a SQLite file.", hint="Name another folder: --data.")
        try:
            self._open_first()
        except sqlite3.Error as error:
            self.close()
            raise ConfigError(
                f"{path} cannot be used: {error}.",
                hint="Restore a backup, or name another folder: --data.",
            ) from error
        except BaseException:
            self.close()
            raise

    def _open_first(self) -> None:
        database = self.connection
        (mark,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version and mark != STATE_ID:
            raise ConfigError(
                f"{self.path} is a SQLite file of another program.",
                hint="Name another folder: --data.",
            )
        if version > len(STATE_MIGRATIONS):
            raise ConfigError(
                f"{self.path} was made by a newer crystinet.", hint="Upgrade this one."
            )
        if not version:
            database.execute("PRAGMA auto_vacuum = INCREMENTAL")
        database.execute("PRAGMA journal_mode = WAL")
        run_migrations(database, STATE_MIGRATIONS, application_id=STATE_ID)

    @property
    def connection(self) -> sqlite3.Connection:
        """That of this thread."""
        found: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if found is None:
            found = sqlite3.connect(
                self.path, timeout=_LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA synchronous = NORMAL")
            found.execute("PRAGMA foreign_keys = ON")
            self._own.connection = found
            with self._lock:
                self._all.append(found)
        return found

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all of the block, or nothing of it.

        Raises
        ------
        Refusal
            The disk is full, or another process holds the file for too long.
        """
        database = self.connection
        try:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    database.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise Refusal(
                503,
                f"The state of the service cannot be written: {error}.",
                hint="Free some space on the disk of the service, or wait.",
            ) from error

    def close(self) -> None:
        """Close all connections; the last one folds the companions into the file."""
        with self._lock:
            for connection in self._all:
                with suppress(sqlite3.Error):
                    connection.close()
            self._all.clear()
        self._own = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *caught: object) -> None:
        self.close()
