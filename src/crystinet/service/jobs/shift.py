"""A job in the hands of a worker: its lease, its progress, and whether it is to go on."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from sqlite3 import Connection

from crystinet.core.plain import Document
from crystinet.service.problems import Refusal
from crystinet.service.settings import ServiceSettings
from crystinet.service.state.job import Job
from crystinet.service.state.leases import LEASE_S, Leases
from crystinet.service.state.results import Results

#: Progress inside of an input is told at most so often, seconds.
_TELL_S = 0.2


class Stopped(Exception):
    """The job was cancelled, is not held any more, or the worker is to end."""


class Shift:
    """A job in the hands of a worker: what its kind may use to work on it.

    Attributes
    ----------
    job
        What is to be done.
    settings
        Of the service, as far as workers know them.
    leases, results
        Of the service.
    """

    def __init__(
        self, job: Job, name: str, settings: ServiceSettings, leases: Leases, results: Results
    ) -> None:
        self.job, self.settings, self.leases, self.results = job, settings, leases, results
        self._name = name
        self._stop = threading.Event()
        self._over = threading.Event()
        self._left = False
        self._told = 0.0
        self.begun: tuple[int, ...] = ()
        self._heart = threading.Thread(target=self._beat, daemon=True)
        self._heart.start()

    def _beat(self) -> None:
        """Renew the lease, and notice a cancellation."""
        while not self._over.wait(min(1.0, LEASE_S / 5)):
            with suppress(Refusal):  # the next beat may have more luck
                held, cancelled = self.leases.renew(self.job.id, self._name)
                if cancelled or not held:
                    self._stop.set()

    def end(self) -> None:
        """Let the heart stand still."""
        self._over.set()
        self._heart.join()

    def leave(self) -> None:
        """Write nothing any more: the error of a step may be that it was broken off."""
        self._left = True

    def check(self) -> None:
        """Stop here where the job is not to go on.

        Raises
        ------
        Stopped
            It is not.
        """
        if self._stop.is_set():
            raise Stopped

    def begin(self, numbers: Sequence[int]) -> None:
        """Say that work on inputs begins."""
        self.check()
        if not self.leases.begin(self.job.id, self._name, numbers):
            raise Stopped
        self.begun = tuple(numbers)

    def complete(
        self,
        results: Sequence[tuple[int, Sequence[Document]]],
        *,
        also: Callable[[Connection], None] | None = None,
    ) -> None:
        """Write results of inputs, see `crystinet.service.state.leases.Leases.complete`."""
        if self._left or not self.leases.complete(self.job.id, self._name, results, also=also):
            raise Stopped
        self.begun = ()

    def __call__(self, stage: str, done: int, total: int, *, note: str = "") -> None:
        """Hear of progress, as a `crystinet.core.progress.Progress`."""
        self.check()
        now = time.monotonic()
        if now - self._told >= _TELL_S or (total and done == total):
            self._told = now
            fraction = done / total if total else None
            self.leases.report(self.job.id, self._name, stage, fraction, note)
