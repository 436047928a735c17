"""Answers to questions about files: worked out in this process, or found among those kept."""

import time
from collections.abc import Sequence
from functools import lru_cache, partial

from crystinet.app.documents import identification_document
from crystinet.app.identify import Answer, Identifier
from crystinet.app.outcome import Failure, Outcome
from crystinet.app.reading import patterns_in
from crystinet.core.plain import Document
from crystinet.core.progress import Progress, silent
from crystinet.service.asking import Asked, ask_id, result_id
from crystinet.service.memory import give_back
from crystinet.service.settings import ServiceSettings
from crystinet.service.state.results import Results, StoredResult
from crystinet.service.uploads import Received

#: Questions whose identifiers stay; they share the bundles.
_QUESTIONS = 64


class KeptAnswers:
    """Answers questions about files in this process, from any thread, and keeps the answers.

    Parameters
    ----------
    settings
        Of the service.
    results
        Where answers are kept.
    """

    def __init__(self, settings: ServiceSettings, results: Results) -> None:
        self._settings, self._results = settings, results
        self._identifier = lru_cache(maxsize=_QUESTIONS)(self._new_identifier)
        self._first = True

    def identifier(self, asked: Asked) -> Identifier:
        """What answers a question, with its bundle loaded."""
        return self._identifier(asked)

    def document(self, file: Received, asked: Asked) -> Document:
        """The document of ``identify --json`` for one file, with ``id`` in each answer."""
        return self.document_of(self._entries(file, asked), asked)

    def document_of(self, entries: Sequence[Document], asked: Asked) -> Document:
        """The document of ``identify --json`` with these entries."""
        identifier = self._identifier(asked)
        bundle = identifier.model.bundle
        document: Document = {
            "model": {"id": bundle.id, "version": bundle.version},
            "results": list(entries),
        }
        return {**document, "index": {"id": index}} if (index := identifier.index_id) else document

    def forget_models(self) -> int:
        """Let go of identifiers and so of their bundles, as one is gone; how many there were."""
        known = self._identifier.cache_info().currsize
        self._identifier.cache_clear()
        give_back()
        return known

    def _entries(self, file: Received, asked: Asked) -> list[Document]:
        """The entries of one file, from what is kept or by work."""
        identifier = self._identifier(asked)
        ask = ask_of(file, asked, identifier)
        kept = self._results.answers(ask)
        if not kept:
            entries, kept = answer(file, asked, identifier, ask=ask)
            self._results.keep(kept, file.content, file.size)
            if self._first:  # it has loaded the last of what all the others need
                self._first = False
                give_back()
            return entries
        return [{**each.document, "id": each.id} for each in kept]

    def _new_identifier(self, asked: Asked) -> Identifier:
        return identifier_of(self._settings, asked)


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
