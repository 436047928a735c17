"""Results that are judged unknown, grouped by likeness, and the names that people give to groups.

The folder of their patterns is worked out from the kept results, and again where it is lost.
"""

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from crystinet.app.collecting import UnknownFolder
from crystinet.app.compare_structure import compare_structure, comparison_document
from crystinet.app.reading import pattern_in
from crystinet.app.unknown_groups import overview
from crystinet.core.errors import CrystinetError
from crystinet.core.plain import Document
from crystinet.service.asking import Asked
from crystinet.service.problems import Refusal
from crystinet.service.settings import ServiceSettings
from crystinet.service.state.results import Results, StoredResult

#: Folder below that of the service.
_FOLDER = "unknown"
#: Kind of what is worked out from an answer: the id of its pattern in that folder.
_UNKNOWN = "unknown"
#: Results that are looked through, the newest.
_MOST = 2000
#: Patterns of a group that a structure is compared with: a tenth of a second each.
_MOST_COMPARED = 10


class Unknowns:
    """Unknown results of a service, by model."""

    def __init__(self, settings: ServiceSettings, results: Results) -> None:
        self._settings, self._results = settings, results
        self._lock = threading.Lock()

    def document(self, model: str | None = None) -> Document:
        """The document of ``crystinet unknowns --json``, with results for paths, and names."""
        name, bundle = self._settings.model_of(model)
        with self._lock:  # the folder grows by one request at a time
            folder = UnknownFolder(self._settings.data / _FOLDER / name, model=bundle)
            found = self._collected(folder)
            document = overview(folder.folder, model=bundle).to_dict()
        names = self._results.names()
        for group in document["groups"]:
            group["members"] = [_member(each, found) for each in group["members"]]
            group["id"] = group["members"][0]["id"]
            group["representative"] = group["members"][0]["results"]
            group["name"] = next(
                (names[each["id"]] for each in group["members"] if each["id"] in names), None
            )
        document["resolved"] = [_member(each, found) for each in document["resolved"]]
        document["problems"] = len(document["problems"])
        return document

    def name(self, id: str, name: str, *, model: str | None = None) -> Document:
        """Give a group a name, by the id of one of its patterns; its entry then.

        Raises
        ------
        Refusal
            404: there is no such pattern.
        """
        group = self._group(id, model)
        self._results.keep_name(group["id"], name)
        return {**group, "name": name}

    def compare(self, id: str, structure: Any, *, model: str | None = None) -> Document:
        """Whether a structure has the lines of a group, named by the id of one of its patterns.

        Raises
        ------
        Refusal
            404: there is no such pattern.
        """
        group = self._group(id, model)
        of_result = {each["results"][0]: each["id"] for each in group["members"] if each["results"]}
        outcomes = list(
            compare_structure(
                structure,
                self._patterns([*of_result][:_MOST_COMPARED]),
                model=self._settings.model_of(model)[1],
            )
        )
        return {
            "id": group["id"],
            "members": len(group["members"]),
            **comparison_document(outcomes),
        }

    def _group(self, id: str, model: str | None) -> Document:
        for group in self.document(model)["groups"]:
            if id in {each["id"] for each in group["members"]}:
                found: Document = group
                return found
        raise Refusal(404, f"There is no unknown pattern {id[:80]!r}.")

    def _patterns(self, results: Sequence[str]) -> Iterator[tuple[str, Any]]:
        """Patterns of results with their names; those that were deleted meanwhile are left out."""
        for id in results:
            with suppress(Refusal):
                result = self._results.get(id)
                pattern = self._pattern(result)
                asked = Asked.of_json(result.options)
                if asked.range is not None:
                    pattern = pattern.within(asked.range)
                yield result.document["file"], pattern

    def forget(self, model: str) -> None:
        """Delete the folder of a model that is gone."""
        with self._lock:
            shutil.rmtree(self._settings.data / _FOLDER / model, ignore_errors=True)

    def _collected(self, folder: UnknownFolder) -> dict[str, list[str]]:
        """Results by the id of their pattern; what is not in the folder yet is put there."""
        found: dict[str, list[str]] = {}
        key = folder.folder.name
        for result in self._results.recent(limit=_MOST, verdict="unknown"):
            known = self._results.derived(result.id, _UNKNOWN, key)
            pattern = "" if known is None else str(known["pattern"])
            if known is None or (pattern and not folder.has(pattern)):
                pattern = self._add(folder, result)
                self._results.keep_derived(result.id, _UNKNOWN, {key: {"pattern": pattern}})
            if pattern:
                found.setdefault(pattern, []).append(result.id)
        return found

    def _add(self, folder: UnknownFolder, result: StoredResult) -> str:
        """Put the pattern of a result into the folder; nothing where it is known or unreadable."""
        try:
            return folder.add(self._pattern(result))
        except CrystinetError:
            return ""

    def _pattern(self, result: StoredResult) -> Any:
        question = Asked.of_json(result.options).question(None)
        content = self._results.content(result.upload)
        return pattern_in(content, name=result.file, question=question, number=result.number)


def _member(entry: Document, found: dict[str, list[str]]) -> Document:
    """An unknown pattern with the results that it comes from, not its place on the disk."""
    kept = {key: value for key, value in entry.items() if key != "pattern"}
    return {**kept, "results": found.get(entry["id"], [])}
