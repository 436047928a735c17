"""Uploads and the answers to them, in the state of a service."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from sqlite3 import Connection, Row
from typing import IO

from crystinet.core.plain import Document
from crystinet.service.problems import Refusal
from crystinet.service.state.database import Database

#: Uploads are written in pieces of this size, so that a large one is never in memory as a whole.
_PIECE = 2**20


@dataclass(frozen=True, slots=True)
class StoredResult:
    """An answer that is kept.

    Attributes
    ----------
    id
        See `crystinet.service.asking.result_id`.
    ask, number, patterns
        The question that it answers: of a file that holds ``patterns``, this is the ``number``-th.
    upload
        SHA-256 of the file.
    file
        Its name, as the client gave it.
    options
        As `crystinet.service.asking.Asked` writes them.
    model, version
        SHA-256 of the bundle's manifest, and its version.
    verdict
        Of the answer.
    created
        Seconds since 1970.
    document
        The entry of the pattern in the document of ``identify --json``.
    """

    id: str
    ask: str
    number: int
    patterns: int
    upload: str
    file: str
    options: str
    model: str
    version: str
    verdict: str
    created: float
    document: Document


_COLUMNS = (
    "id ask number patterns upload file options model version verdict created document"
).split()
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM result"  # noqa: S608


def _of_row(row: Row) -> StoredResult:
    values = dict(zip(_COLUMNS, row, strict=True))
    return StoredResult(**{**values, "document": json.loads(values["document"])})


def keep_upload(database: Connection, sha256: str, content: IO[bytes], size: int) -> None:
    """Keep the bytes of a file, inside of a transaction; those that are there stay."""
    now = time.time()
    if database.execute("UPDATE upload SET used = ? WHERE sha256 = ?", (now, sha256)).rowcount:
        return
    content.seek(0)
    database.execute("INSERT INTO upload VALUES (?, ?, ?)", (sha256, size, now))
    insert = "INSERT INTO content (upload, bytes) VALUES (?, ?)"
    if size <= _PIECE:
        database.execute(insert, (sha256, content.read()))
        return
    insert = "INSERT INTO content (upload, bytes) VALUES (?, zeroblob(?))"
    number = database.execute(insert, (sha256, size)).lastrowid or 0
    with database.blobopen("content", "bytes", number) as blob:
        while piece := content.read(_PIECE):
            blob.write(piece)


def keep_results(database: Connection, results: Sequence[StoredResult]) -> None:
    """Keep answers, inside of a transaction; those that are there stay."""
    for each in results:
        text = json.dumps(each.document, separators=(",", ":"))
        values = [getattr(each, name) for name in _COLUMNS[:-1]]
        database.execute(
            f"INSERT OR IGNORE INTO result ({', '.join(_COLUMNS)}, size) "  # noqa: S608
            f"VALUES ({', '.join('?' * len(_COLUMNS))}, ?)",
            (*values, text, len(text)),
        )


class Results:
    """Uploads and answers, found by their ids."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, results: Sequence[StoredResult], content: IO[bytes], size: int) -> None:
        """Keep the answers to one file together with its bytes."""
        if not results:
            return
        with self._database.writing() as database:
            keep_upload(database, results[0].upload, content, size)
            keep_results(database, results)

    def keep_alone(self, sha256: str, content: IO[bytes], size: int) -> None:
        """Keep the bytes of a file that nobody asked about yet."""
        with self._database.writing() as database:
            keep_upload(database, sha256, content, size)

    def answers(self, ask: str) -> list[StoredResult]:
        """All answers to a question, in order; none where one of them is not kept."""
        rows = self._database.connection.execute(
            f"{_SELECT} WHERE ask = ? ORDER BY number", (ask,)
        ).fetchall()
        found = [_of_row(row) for row in rows]
        return found if found and len(found) == found[0].patterns else []

    def get(self, id: str) -> StoredResult:
        """The answer with an id.

        Raises
        ------
        Refusal
            404: there is none.
        """
        row = self._database.connection.execute(f"{_SELECT} WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise Refusal(404, f"There is no result {id[:80]!r}.")
        return _of_row(row)

    def recent(
        self, *, limit: int, before: float | None = None, verdict: str | None = None
    ) -> list[StoredResult]:
        """The newest answers first, those that were made before a time."""
        rows = self._database.connection.execute(
            f"{_SELECT} WHERE created < ? AND (? IS NULL OR verdict = ?) "
            "ORDER BY created DESC, id LIMIT ?",
            (1e12 if before is None else before, verdict, verdict, limit),
        )
        return [_of_row(row) for row in rows]

    def names(self) -> dict[str, str]:
        """Names of unknown patterns that stand for groups, by their ids."""
        rows = self._database.connection.execute("SELECT pattern, name FROM unknown_name")
        return {row[0]: row[1] for row in rows}

    def keep_name(self, pattern: str, name: str) -> None:
        """Name an unknown pattern, or name it anew."""
        with self._database.writing() as database:
            database.execute(
                "INSERT OR REPLACE INTO unknown_name VALUES (?, ?, ?)",
                (pattern, name, time.time()),
            )

    def content(self, sha256: str) -> bytes:
        """The bytes of a file.

        Raises
        ------
        Refusal
            404: they are not kept.
        """
        row = self._database.connection.execute(
            "SELECT bytes FROM content WHERE upload = ?", (sha256,)
        ).fetchone()
        if row is None:
            raise Refusal(404, f"There is no upload {sha256[:80]!r}.")
        content: bytes = row[0]
        return content

    def missing(self, uploads: Sequence[str]) -> list[str]:
        """Those of many uploads that are not kept; the others count as used now."""
        found = set()
        with self._database.writing() as database:
            for sha256 in uploads:
                changed = database.execute(
                    "UPDATE upload SET used = ? WHERE sha256 = ?", (time.time(), sha256)
                )
                if changed.rowcount:
                    found.add(sha256)
        return [sha256 for sha256 in uploads if sha256 not in found]

    def delete(self, id: str) -> None:
        """Delete an answer, and its file where no other answer or job needs it.

        Raises
        ------
        Refusal
            404: there is none.
        """
        with self._database.writing() as database:
            row = database.execute("SELECT upload FROM result WHERE id = ?", (id,)).fetchone()
            if row is None:
                raise Refusal(404, f"There is no result {id[:80]!r}.")
            database.execute("DELETE FROM result WHERE id = ?", (id,))
            database.execute(f"DELETE FROM upload WHERE sha256 = ? AND {UNUSED}", (row[0],))  # noqa: S608

    def derived(self, id: str, kind: str, key: str) -> Document | None:
        """What was worked out from an answer before: an explanation, a fit."""
        row = self._database.connection.execute(
            "SELECT document FROM derived WHERE result = ? AND kind = ? AND key = ?",
            (id, kind, key),
        ).fetchone()
        document: Document | None = None if row is None else json.loads(row[0])
        return document

    def derived_keys(self, id: str, kind: str) -> list[str]:
        """What of a kind was worked out from an answer."""
        rows = self._database.connection.execute(
            "SELECT key FROM derived WHERE result = ? AND kind = ? ORDER BY key", (id, kind)
        )
        return [row[0] for row in rows]

    def keep_derived(self, id: str, kind: str, documents: Mapping[str, Document]) -> None:
        """Keep what was worked out from an answer, by key."""
        with self._database.writing() as database:
            for key, document in documents.items():
                keep_derived(database, id, kind, key, document)


#: No answer and no job needs an upload.
UNUSED = (
    "NOT EXISTS (SELECT 1 FROM result WHERE result.upload = upload.sha256) "
    "AND NOT EXISTS (SELECT 1 FROM job_input WHERE job_input.upload = upload.sha256)"
)


def keep_derived(database: Connection, id: str, kind: str, key: str, document: Document) -> None:
    """Keep what was worked out from an answer, in a transaction; nothing where it is gone."""
    database.execute(
        "INSERT OR REPLACE INTO derived SELECT ?, ?, ?, ? WHERE EXISTS "
        "(SELECT 1 FROM result WHERE id = ?)",
        (id, kind, key, json.dumps(document, separators=(",", ":")), id),
    )
