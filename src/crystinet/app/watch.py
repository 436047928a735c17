"""Use case: answer the patterns that appear in a folder, each once.

Folders are looked through again and again, which works on network shares too, where no system tells
of changes. What was answered is known by the answers themselves: a file of JSON for each pattern
file, written whole, with the hash of what it answers. So a restart goes on where the last one was.
Several watchers of one folder, on one machine or more, take turns: what one answers, no other does.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.documents import fit_document, identification_document
from crystinet.app.files import pattern_files
from crystinet.app.handover import fit_cif
from crystinet.app.identify import Answer, Identifier
from crystinet.app.outcome import Failure, Outcome, attempt
from crystinet.app.question import Question
from crystinet.app.reading import patterns_in
from crystinet.app.refine import refine
from crystinet.core.errors import ConfigError, CrystinetError, FileMissingError
from crystinet.core.files import make_folder, read_plain, sha256_of, write_whole
from crystinet.core.plain import Document, json_text
from crystinet.core.turns import turn

if TYPE_CHECKING:
    from crystinet.fit.whole_pattern.answer import Fit

#: Ends of the names of answers; files with them are never taken for patterns.
ANSWER, STRUCTURE = ".answer.json", ".answer.cif"
_MOST_ANSWER_BYTES = 64 * 2**20

#: Beside the answers: whoever writes one there holds it.
_TURN = ".crystinet-watch.lock"

#: Size and time of a change, ns: a file with the same ones is the same file.
Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How a folder is watched.

    Attributes
    ----------
    folder
        It and what is below it.
    out
        Folder for the answers, with the same folders below it; None writes beside the patterns.
    fit
        Whether the whole pattern is fitted too, and a CIF written.
    every_s
        How often the folder is looked through, seconds.
    settle_s
        A file is complete when it has not changed for so long, seconds.
    """

    folder: Path
    out: Path | None = None
    fit: bool = False
    every_s: float = 1.0
    settle_s: float = 2.0

    def __post_init__(self) -> None:
        if self.every_s < 0.05 or self.settle_s < 0.0:
            raise ConfigError(
                f"A look every {self.every_s:g} s at files that settle for {self.settle_s:g} s.",
                hint="Give 0.05 s or more, and 0 s or more.",
            )


@dataclass(slots=True)
class _Seen:
    """A file that may still be written."""

    stamp: Stamp
    since: float


@dataclass(frozen=True, slots=True)
class Watched:
    """A file that was answered.

    Attributes
    ----------
    path
        Of the file.
    outcomes
        Of its patterns.
    fit
        The fit of the first candidate to the whole pattern, or why there is none; None where
        nobody asked, or the file has several patterns or none that could be answered.
    """

    path: Path
    outcomes: list[Outcome[Answer]]
    fit: "Outcome[Fit] | None" = None


@dataclass(slots=True)
class FolderWatch:
    """Answers what appears in a folder.

    Parameters
    ----------
    settings
        Where and how.
    question
        What is asked about every pattern.

    Raises
    ------
    FileMissingError
        There is no such folder, or answers cannot be written.
    BundleError, CorpusError
        As `crystinet.app.identify.Identifier`.
    """

    settings: WatchSettings
    question: Question
    _seen: dict[Path, _Seen] = field(default_factory=dict)
    _done: dict[Path, Stamp] = field(default_factory=dict)
    _identifier: Identifier = field(init=False)

    def __post_init__(self) -> None:
        if not self.settings.folder.is_dir():
            raise FileMissingError(
                f"There is no folder {self.settings.folder}.", hint="Name the folder to watch."
            )
        make_folder(self.settings.out or self.settings.folder, of="answers")
        self._identifier = Identifier(self.question)

    def forever(
        self,
        *,
        trouble: Callable[[CrystinetError], None],
        once: bool = False,
        wait: Callable[[float], None] = time.sleep,
    ) -> Iterator[Watched]:
        """Yield every file as it is answered.

        Parameters
        ----------
        trouble
            Told what keeps the folder from being read or answers from being written, once until it
            is over: a share that is away for a while.
        once
            Whether to end when all files that are there are answered.
        wait
            Waits so many seconds.
        """
        told = ""
        while True:
            open_files = False
            try:
                for path, stamp in self._waiting():
                    if not self._settled(path, stamp):
                        open_files = True
                        continue
                    if answered := self._answer(path, stamp):
                        yield answered
                told = ""
            except CrystinetError as error:
                if error.message != told:
                    trouble(error)
                told = error.message
            if once and not open_files:
                return
            wait(self.settings.every_s)

    def _waiting(self) -> Iterator[tuple[Path, Stamp]]:
        """Files that are not answered as they are now."""
        found = pattern_files([self.settings.folder])
        if found == [self.settings.folder]:  # nothing to offer, or not to be opened
            _check_open(self.settings.folder)
            return
        for path in found:
            if path.name.endswith((ANSWER, STRUCTURE)):
                continue
            try:
                status = path.stat()
            except OSError:
                continue  # it has just gone
            stamp = (status.st_size, status.st_mtime_ns)
            if self._done.get(path) != stamp:
                yield path, stamp

    def _settled(self, path: Path, stamp: Stamp) -> bool:
        """Whether a file has not changed for a while; an empty one is about to be written first."""
        now, long_s = time.monotonic(), 10.0 * self.settings.settle_s + 10.0
        seen = self._seen.get(path)
        if seen is None or seen.stamp != stamp:
            self._seen[path] = seen = _Seen(stamp, now)
            age = time.time() - stamp[1] / 1e9
            if age > long_s:  # of an earlier day: it was complete
                seen.since = now - long_s
        return now - seen.since >= (self.settings.settle_s if stamp[0] else long_s)

    def _answer(self, path: Path, stamp: Stamp) -> Watched | None:
        """Answer a file and write the answer; None where that was done before."""
        place = self._place(path)
        if _known(place).get("stamp") == list(stamp):
            self._finish(path, stamp)
            return None
        make_folder(place.parent, of="answers")
        with turn(place.with_name(_TURN)):
            return self._answer_in_turn(path, stamp, place)

    def _answer_in_turn(self, path: Path, stamp: Stamp, place: Path) -> Watched | None:
        known = _known(place)  # another watcher may have been here while this one waited
        if known.get("stamp") == list(stamp):
            self._finish(path, stamp)
            return None
        name = str(path)
        content = attempt(name, partial(_content, path))
        sha256 = "" if isinstance(content, Failure) else sha256_of(content.result)
        if sha256 and known.get("sha256") == sha256:  # copied or touched, and the same
            self._finish(path, stamp)
            return None
        if isinstance(content, Failure):
            outcomes: list[Outcome[Answer]] = [content]
        else:
            read = partial(patterns_in, content.result, name=path.name, question=self.question)
            outcomes = list(self._identifier.answers(name, read))
        document, fit = self._document(outcomes), None
        if self.settings.fit and len(outcomes) == 1 and not isinstance(outcomes[0], Failure):
            fit = self._fit(path, outcomes[0].result, place)
            document["fit"] = (
                fit.to_dict() if isinstance(fit, Failure) else fit_document(name, fit.result)
            )
        document["source"] = {"sha256": sha256, "stamp": list(stamp)}
        write_whole(place, json_text(document))
        self._finish(path, stamp)
        return Watched(path, outcomes, fit)

    def _finish(self, path: Path, stamp: Stamp) -> None:
        self._done[path] = stamp
        self._seen.pop(path, None)

    def _document(self, outcomes: list[Outcome[Answer]]) -> Document:
        bundle = self._identifier.model.bundle
        return identification_document(outcomes, model_id=bundle.id, model_version=bundle.version)

    def _fit(self, path: Path, answer: Answer, place: Path) -> "Outcome[Fit]":
        """The fit with the first candidate, whose structure is written, or why there is none."""
        asked = self.question

        def work() -> "Fit":
            found = refine(
                path,
                type=answer.identification.first_named,
                formula=asked.formula,
                elements=asked.elements,
                wavelength_angstrom=asked.wavelength_angstrom,
                column=asked.column,
                two_theta_range=asked.two_theta_range,
                model=asked.model,
            )
            name = place.name.removesuffix(ANSWER) + STRUCTURE
            write_whole(place.with_name(name), fit_cif(found))
            return found

        return attempt(str(path), work)

    def _place(self, path: Path) -> Path:
        """Where the answer to a file is written."""
        out = self.settings.out
        if out is not None:
            path = out / path.relative_to(self.settings.folder)
        return path.with_name(path.name + ANSWER)


def _known(place: Path) -> Document:
    """What an answer that is there says of the file that it answers."""
    try:
        source: Document = json.loads(read_plain(place, most_bytes=_MOST_ANSWER_BYTES))["source"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return source if isinstance(source, dict) else {}


def _content(path: Path) -> bytes:
    from crystinet.patterns.readers import read_bytes

    return read_bytes(path)


def _check_open(folder: Path) -> None:
    """Refuse a folder that is gone or closed; one that is empty is fine."""
    try:
        os.listdir(folder)
    except OSError as error:
        raise FileMissingError(
            f"The folder {folder} cannot be opened: {error.strerror}.",
            hint="It is watched on; answers go on when it is back.",
        ) from error
