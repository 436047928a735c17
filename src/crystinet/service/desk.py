"""Where patterns are identified while their client waits: threads of this process, a few at a time.

The answers of threads are those of one thread. What is large waits for a slot of its own, so that
sixteen files of 100 MB neither fill the memory nor hold up a small one.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import TypeVar

from crystinet.app.candidate_lines import LineFinder
from crystinet.app.documents import identification_document
from crystinet.app.identify import Answer, Identifier
from crystinet.app.outcome import Failure, Outcome
from crystinet.app.reading import patterns_in
from crystinet.core.plain import Document
from crystinet.core.progress import Progress, silent
from crystinet.service.asking import Asked, ask_id, result_id
from crystinet.service.problems import Refusal
from crystinet.service.settings import ServiceSettings
from crystinet.service.state.results import Results, StoredResult
from crystinet.service.uploads import Received

#: A larger file is read and identified alone.
LARGE_BYTES = 8 * 2**20

T = TypeVar("T")


class Desk:
    """Identifies what comes in, and keeps the answers.

    Parameters
    ----------
    settings
        Of the service.
    results
        Where answers are kept.
    """

    def __init__(self, settings: ServiceSettings, results: Results) -> None:
        self._settings, self._results = settings, results
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="identify")
        self._alone = ThreadPoolExecutor(1, thread_name_prefix="large")
        self._waiting = 0
        self._lock = threading.Lock()
        self._identifier = lru_cache(maxsize=64)(self._new_identifier)
        self._line_finder = lru_cache(maxsize=8)(LineFinder)

    @property
    def waiting(self) -> int:
        """Requests that wait or are worked on."""
        return self._waiting

    def identifier(self, model: str | None = None) -> Identifier:
        """What answers with a bundle of the service, loaded."""
        return self._identifier(Asked(model=self._settings.model_of(model)[0]))

    def line_finder(self, model: str) -> LineFinder:
        """What lays lines of candidates on patterns, with a bundle of the service."""
        return self._line_finder(self._settings.model_of(model)[1])

    def forget_models(self) -> None:
        """Let go of loaded bundles, as one is gone; the others are loaded when they are needed."""
        self._identifier.cache_clear()
        self._line_finder.cache_clear()

    async def work(self, work: Callable[[], T], *, large: bool = False) -> T:
        """Do short work in a thread.

        Raises
        ------
        Refusal
            503: too many wait.
        """
        if self._waiting >= self._settings.limits.waiting:
            raise Refusal(503, f"{self._waiting} requests wait already.")
        self._waiting += 1
        try:
            threads = self._alone if large else self._threads
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        finally:
            self._waiting -= 1

    async def identify(self, files: Sequence[Received], asked: Asked) -> Document:
        """The document of ``identify --json``, with ``id`` in each answer."""
        entries = [
            await self.work(partial(self._entries, file, asked), large=file.size > LARGE_BYTES)
            for file in files
        ]
        return self.document(asked, [entry for each in entries for entry in each])

    def document(self, asked: Asked, entries: Sequence[Document]) -> Document:
        """The document of ``identify --json`` with these entries."""
        identifier = self._identifier(asked)
        bundle = identifier.model.bundle
        document: Document = {
            "model": {"id": bundle.id, "version": bundle.version},
            "results": list(entries),
        }
        return {**document, "index": {"id": index}} if (index := identifier.index_id) else document

    def _entries(self, file: Received, asked: Asked) -> list[Document]:
        """The entries of one file, from what is kept or by work."""
        identifier = self._identifier(asked)  # in this thread: a bundle may have to be loaded
        ask = ask_of(file, asked, identifier)
        kept = self._results.answers(ask)
        if not kept:
            entries, kept = answer(file, asked, identifier, ask=ask)
            self._results.keep(kept, file.content, file.size)
            return entries
        return [{**each.document, "id": each.id} for each in kept]

    def _new_identifier(self, asked: Asked) -> Identifier:
        return identifier_of(self._settings, asked)

    def close(self) -> None:
        """Wait for what is being worked on."""
        self._threads.shutdown(cancel_futures=True)
        self._alone.shutdown(cancel_futures=True)


def identifier_of(
    settings: ServiceSettings, asked: Asked, *, progress: Progress = silent
) -> Identifier:
    """What answers a question of the service."""
    return Identifier(asked.question(settings.model_of(asked.model)[1]), progress=progress)


def ask_of(file: Received, asked: Asked, identifier: Identifier) -> str:
    """Id of the question about a file."""
    return ask_id(
        sha256=file.sha256,
        file=file.name,
        asked=asked,
        model_id=identifier.model.id,
        index_id=identifier.index_id,
    )


def answer(
    file: Received, asked: Asked, identifier: Identifier, *, ask: str
) -> tuple[list[Document], list[StoredResult]]:
    """Identify the patterns of a file: entries, and what is to be kept."""
    read = partial(patterns_in, file.read(), name=file.name, question=identifier.question)
    outcomes = list(identifier.answers(file.name, read))
    return entries_of(outcomes, file, asked, identifier, ask=ask)


def entries_of(
    outcomes: Sequence[Outcome[Answer]],
    file: Received,
    asked: Asked,
    identifier: Identifier,
    *,
    ask: str,
) -> tuple[list[Document], list[StoredResult]]:
    """Entries of the outcomes for one file, and what is to be kept of the good ones."""
    bundle = identifier.model.bundle
    document = identification_document(
        outcomes, model_id=bundle.id, model_version=bundle.version, lattice=asked.lattice
    )
    entries: list[Document] = []
    kept: list[StoredResult] = []
    for number, (outcome, entry) in enumerate(zip(outcomes, document["results"], strict=True), 1):
        if isinstance(outcome, Failure):
            entries.append(entry)
            continue
        stored = StoredResult(
            id=result_id(ask, number),
            ask=ask,
            number=number,
            patterns=len(outcomes),
            upload=file.sha256,
            file=file.name,
            options=asked.to_json(),
            model=bundle.id,
            version=bundle.version,
            verdict=entry["verdict"],
            created=time.time(),
            document=entry,
        )
        kept.append(stored)
        entries.append({**entry, "id": stored.id})
    return entries, kept
