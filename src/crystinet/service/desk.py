"""Where patterns are identified while their client waits: in this process, and in helpers of it.

The answers are the same wherever they are worked out. What is large waits for a slot of its own, so
that sixteen files of 100 MB neither fill the memory nor hold up a small one.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import lru_cache, partial
from typing import TypeVar

from crystinet.app.candidate_lines import LineFinder
from crystinet.app.documents import failure_document
from crystinet.app.identify import Identifier
from crystinet.core.errors import InternalFaultError
from crystinet.core.plain import Document
from crystinet.service.answering import KeptAnswers
from crystinet.service.asking import Asked
from crystinet.service.helpers import HelperDied, Helpers
from crystinet.service.problems import Refusal
from crystinet.service.settings import ServiceSettings, usable_cores
from crystinet.service.state.results import Results
from crystinet.service.uploads import Received

#: A larger file is read and identified alone.
LARGE_BYTES = 8 * 2**20
#: A file that so many helpers died over is given up.
_MOST_DEATHS = 2

_LOG = logging.getLogger(__name__)

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
        self._settings = settings
        self._answers = KeptAnswers(settings, results)
        self.helpers = Helpers(settings)
        self._identifying = ThreadPoolExecutor(settings.processes, thread_name_prefix="identify")
        self._threads = ThreadPoolExecutor(max(2, usable_cores()), thread_name_prefix="short")
        self._alone = ThreadPoolExecutor(1, thread_name_prefix="large")
        self._waiting = 0
        self._line_finder = lru_cache(maxsize=8)(LineFinder)

    @property
    def waiting(self) -> int:
        """Requests that wait or are worked on."""
        return self._waiting

    def identifier(self, model: str | None = None) -> Identifier:
        """What answers with a bundle of the service, loaded."""
        return self._answers.identifier(Asked(model=self._settings.model_of(model)[0]))

    def line_finder(self, model: str) -> LineFinder:
        """What lays lines of candidates on patterns, with a bundle of the service."""
        return self._line_finder(self._settings.model_of(model)[1])

    def forget_models(self) -> None:
        """Let go of loaded bundles, as one is gone; the others are loaded when they are needed."""
        self._answers.forget_models()
        self.helpers.forget_models()
        self._line_finder.cache_clear()

    async def work(self, work: Callable[[], T], *, large: bool = False) -> T:
        """Do short work in a thread.

        Raises
        ------
        Refusal
            503: too many wait.
        """
        return await self._work(work, self._alone if large else self._threads)

    async def _work(self, work: Callable[[], T], threads: Executor) -> T:
        if self._waiting >= self._settings.limits.waiting:
            raise Refusal(503, f"{self._waiting} requests wait already.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        finally:
            self._waiting -= 1

    async def identify(self, files: Sequence[Received], asked: Asked) -> Document:
        """The document of ``identify --json``, with ``id`` in each answer."""
        documents = []
        for file in files:
            if file.size > LARGE_BYTES:
                work = partial(self._answers.document, file, asked)
                documents.append(await self._work(work, self._alone))
            else:
                work = partial(self._answered, file, asked)
                documents.append(await self._work(work, self._identifying))
        return {
            **documents[0],
            "results": [each for found in documents for each in found["results"]],
        }

    def document(self, asked: Asked, entries: Sequence[Document]) -> Document:
        """The document of ``identify --json`` with these entries."""
        return self._answers.document_of(entries, asked)

    def _answered(self, file: Received, asked: Asked) -> Document:
        """The document of a small file, of the first process that is free.

        A file that is in the hands of a helper when that dies is asked again, once; not here, as
        it may be what ended the helper.
        """
        letter = {
            "do": "identify",
            "file": file.name,
            "sha256": file.sha256,
            "asked": asked.to_dict(),
        }
        deaths = 0
        while deaths < _MOST_DEATHS:
            helper, dead = self.helpers.take(elsewhere=deaths > 0), False
            try:
                if helper is None:
                    return self._answers.document(file, asked)
                document: Document = helper.ask(letter, file.read())["document"]
                return document
            except HelperDied as death:
                dead = True
                deaths += death.over_it
                _LOG.warning("The process that had the file %.12s has died.", file.sha256)
            finally:
                self.helpers.give(helper, dead=dead)
        return self.document(asked, [failure_document(file.name, _killed(file.name))])

    def close(self) -> None:
        """Wait for what is being worked on here, and end the helpers."""
        self._identifying.shutdown(wait=False, cancel_futures=True)
        self.helpers.stop()
        for threads in (self._identifying, self._threads, self._alone):
            threads.shutdown(cancel_futures=True)


def _killed(file: str) -> InternalFaultError:
    return InternalFaultError(
        f"Each of two processes that worked on {file} was ended by something, and did not end "
        "itself.",
        hint="The machine may have too little memory for this file. Please report it.",
    )
