"""The store: one SQLite file with every compound, safe against a kill at any time."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Self

from crystinet.core.errors import CorpusError, CrystinetError, FileMissingError
from crystinet.core.sqlite import is_sqlite
from crystinet.corpus.compound import Compound, Problem
from crystinet.corpus.store.migrations import APPLICATION_ID, MIGRATIONS, migrate
from crystinet.corpus.store.rows import INSERT_STRUCTURE, SELECT_COMPOUND, compound_of_row, row_of

#: How long to wait for another process that writes.
LOCK_TIMEOUT_S = 30.0
#: What values of another kind than a row should have lead to.
_WRONG_VALUES = (AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from one input.

    Attributes
    ----------
    digest
        Of the input's content; recorded as done unless there are problems.
    origin
        File, with the member of an archive or the row of a table.
    compounds, problems
        What it holds.
    """

    digest: bytes
    origin: str
    compounds: tuple[Compound, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Retyped:
    """Another structure type of a stored compound, which is none of the 91 classes.

    Attributes
    ----------
    id
        Number of the compound in the store.
    type_name, type_origin, evidence, isopointal_to
        See `Compound`.
    """

    id: int
    type_name: str
    type_origin: str
    evidence: str
    isopointal_to: str


class Store:
    """An open store; use it as a context manager. All SQL of writing is here.

    While it is written the file has two companions (``-wal``, ``-shm``) that SQLite removes when
    the last writer closes it; after a kill they belong to the store and are used up by the next
    opening.
    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self.database = database
        self._sources: dict[tuple[str, str], int] = {}

    @classmethod
    def create(cls, path: Path, *, timeout_s: float = LOCK_TIMEOUT_S) -> "Store":
        """Open a store for writing; make it where there is none, and bring it up to date.

        Raises
        ------
        CorpusError
            The file is no store or one of a newer crystinet, is locked, or cannot be written.
        """
        if path.is_dir() or (path.is_file() and path.stat().st_size):
            _refuse_other_files(path)
        with translated(path):
            database = sqlite3.connect(path, timeout=timeout_s, isolation_level=None)
            try:
                _refuse_other_schema(path, database)
                database.execute("PRAGMA journal_mode = WAL")
                database.execute("PRAGMA synchronous = NORMAL")
                database.execute("PRAGMA foreign_keys = ON")
                migrate(database)
            except BaseException:
                database.close()
                raise
        return cls(path, database)

    @classmethod
    def open(cls, path: Path, *, timeout_s: float = LOCK_TIMEOUT_S) -> "Store":
        """Open a store for reading; one of an older version is brought up to date first.

        Raises
        ------
        FileMissingError
            There is no such file.
        CorpusError
            As `create`.
        """
        if not path.is_file():
            raise FileMissingError(
                f"There is no store {path}.", hint="Make it with `crystinet corpus add`."
            )
        _refuse_other_files(path)
        with translated(path):
            database = _connect_to_read(path, timeout_s=timeout_s)
            try:
                version = _refuse_other_schema(path, database)
            except BaseException:
                database.close()
                raise
        if version < len(MIGRATIONS):
            database.close()
            cls.create(path, timeout_s=timeout_s).close()
            with translated(path):
                database = _connect_to_read(path, timeout_s=timeout_s)
        return cls(path, database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the store; the last writer folds its companions into the one file."""
        with suppress(sqlite3.Error):  # another process has it open, or this one only reads
            self.database.execute("PRAGMA journal_mode = DELETE")
        self.database.close()

    def is_done(self, digest: bytes) -> bool:
        """Whether an input of this content was taken before."""
        with translated(self.path):
            found = self.database.execute("SELECT 1 FROM input WHERE digest = ?", (digest,))
            return found.fetchone() is not None

    def add(self, readings: Iterable[Reading], *, fetched: tuple[str, str] | None = None) -> int:
        """Add what was read from some inputs, all or nothing; return the number of new structures.

        A structure that is there already is left as it is. Problems of an input replace those that
        it had before. ``fetched`` is the query that these inputs answer and the address of its
        next page, empty after the last: it is kept with them, see `next_page`.

        Raises
        ------
        CorpusError
            The store is locked, or the disk is full; nothing of these inputs was added.
        """
        added = 0
        with translated(self.path):
            self.database.execute("BEGIN IMMEDIATE")
            try:
                for reading in readings:
                    added += self._add_one(reading)
                if fetched is not None:
                    self.database.execute("INSERT OR REPLACE INTO fetch VALUES (?, ?)", fetched)
                self.database.execute("COMMIT")
            except BaseException:
                self._sources.clear()
                with suppress(sqlite3.Error):  # SQLite has rolled back itself where it had to
                    self.database.execute("ROLLBACK")
                raise
        return added

    def next_page(self, query: str) -> str:
        """Where a download that was cut off goes on; empty for one that is whole or new."""
        with translated(self.path):
            found = self.database.execute("SELECT next FROM fetch WHERE query = ?", (query,))
            row = found.fetchone()
        return row[0] if row else ""

    def _add_one(self, reading: Reading) -> int:
        if self.is_done(reading.digest):  # the same file twice in one call
            return 0
        rows = [row_of(compound, self._source_id(compound)) for compound in reading.compounds]
        before = self.database.total_changes
        self.database.executemany(INSERT_STRUCTURE, rows)
        added = self.database.total_changes - before
        self.database.execute("DELETE FROM problem WHERE origin = ?", (reading.origin,))
        self.database.executemany(
            "INSERT OR REPLACE INTO problem (origin, part, code, message, hint) "
            "VALUES (?, ?, ?, ?, ?)",
            [tuple(getattr(p, field.name) for field in fields(p)) for p in reading.problems],
        )
        if not reading.problems:
            self.database.execute("INSERT OR IGNORE INTO input VALUES (?)", (reading.digest,))
        return added

    def _source_id(self, compound: Compound) -> int:
        key = (compound.entry.source, compound.entry.licence)
        if key not in self._sources:
            self.database.execute("INSERT OR IGNORE INTO source (name, licence) VALUES (?, ?)", key)
            found = self.database.execute(
                "SELECT id FROM source WHERE name = ? AND licence = ?", key
            )
            (self._sources[key],) = found.fetchone()
        return self._sources[key]

    def retype(self, found: Iterable[Retyped]) -> None:
        """Give compounds another structure type, all or none of them.

        Raises
        ------
        CorpusError
            The store is locked, or the disk is full.
        """
        with translated(self.path):
            self.database.execute("BEGIN IMMEDIATE")
            try:
                self.database.executemany(
                    "UPDATE structure SET type_name = ?, type_origin = ?, class_number = 0, "
                    "evidence = ?, isopointal_to = ? WHERE id = ?",
                    [
                        (n.type_name, n.type_origin, n.evidence, n.isopointal_to, n.id)
                        for n in found
                    ],
                )
                self.database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self.database.execute("ROLLBACK")
                raise

    def size(self) -> int:
        """Number of structures."""
        with translated(self.path):
            (number,) = self.database.execute("SELECT count(*) FROM structure").fetchone()
        return int(number)

    def compounds(self) -> Iterator[Compound]:
        """Yield all compounds in the order of their numbers."""
        with translated(self.path):
            for row in self.database.execute(f"{SELECT_COMPOUND} ORDER BY structure.id"):
                try:
                    compound = compound_of_row(row)
                except (
                    CrystinetError,
                    AttributeError,
                    LookupError,
                    TypeError,
                    ValueError,
                ) as error:
                    raise CorpusError(
                        f"Structure {row[0]!r} of the store {self.path} cannot be read ({error}).",
                        hint=_HINTS[sqlite3.SQLITE_CORRUPT],
                    ) from error
                yield compound

    def problems(self) -> list[Problem]:
        """List what was rejected."""
        with translated(self.path):
            rows = self.database.execute(
                "SELECT origin, part, code, message, hint FROM problem ORDER BY origin, part"
            )
            return [Problem(*row) for row in rows]


def _connect_to_read(path: Path, *, timeout_s: float) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=timeout_s, isolation_level=None)


def _refuse_other_files(path: Path) -> None:
    if path.is_dir() or not is_sqlite(path):
        raise CorpusError(
            f"{path} is not a SQLite file.",
            hint="Name a store that `crystinet corpus add` made, or a new file.",
        )


def _refuse_other_schema(path: Path, database: sqlite3.Connection) -> int:
    """Give the version of a store; an empty database is one of version 0."""
    (mark,) = database.execute("PRAGMA application_id").fetchone()
    (version,) = database.execute("PRAGMA user_version").fetchone()
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if mark != APPLICATION_ID and (version or tables):
        raise CorpusError(
            f"{path} is a SQLite file of another program.",
            hint="Name a store that `crystinet corpus add` made, or a new file.",
        )
    if version > len(MIGRATIONS):
        raise CorpusError(
            f"{path} has version {version}; this crystinet knows versions up to {len(MIGRATIONS)}.",
            hint="It was made by a newer crystinet: upgrade this one.",
        )
    return int(version)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn what SQLite reports into errors of ours that say what to do."""
    try:
        yield
    except UnicodeDecodeError as error:  # text of a damaged file, even in the message about it
        raise CorpusError(
            f"The store {path} cannot be used: it holds text that is no UTF-8.",
            hint=_HINTS[sqlite3.SQLITE_CORRUPT],
        ) from error
    except sqlite3.Error as error:
        # The lowest byte is the kind of the error, those above it say more about it.
        kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if "decode" in str(error):  # Python's own, without a number
            kind = sqlite3.SQLITE_CORRUPT
        raise CorpusError(
            f"The store {path} cannot be used: {error}.",
            hint=_HINTS.get(kind, "Check the file with `sqlite3 FILE 'PRAGMA integrity_check'`."),
        ) from error


_LOCKED = "Another program writes to it; wait until it is done, or close it."
_FULL = "The disk is full: free some space and repeat the command; it goes on from there."
_HINTS = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    # Among others where the shell limits the size of files (`ulimit -f`).
    sqlite3.SQLITE_IOERR: "The disk refused to read or write: see that it has room, and that "
    "`ulimit -f` allows a file of this size; then repeat the command, it goes on from there.",
    sqlite3.SQLITE_READONLY: "The file or its folder is read-only; name a store where you may "
    "write.",
    sqlite3.SQLITE_CANTOPEN: "Name a file in a folder that exists and that you may write to.",
    sqlite3.SQLITE_NOTADB: "Name a store that `crystinet corpus add` made, or a new file.",
    sqlite3.SQLITE_CORRUPT: "The file is damaged; restore a copy, or make it anew.",
}
