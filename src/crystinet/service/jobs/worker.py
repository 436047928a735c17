"""A worker: a process that takes jobs of one lane, one at a time, until the service ends.

Started by `crystinet.service.jobs.crew.Crew`, never by hand. It may be killed at any moment: what
is done is written together with the mark that it is done.
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType

from crystinet.app.outcome import internal_fault
from crystinet.core.errors import CrystinetError
from crystinet.service.answering import identifier_of
from crystinet.service.asking import Asked
from crystinet.service.jobs.kinds import KINDS
from crystinet.service.jobs.shift import Shift, Stopped
from crystinet.service.memory import give_back
from crystinet.service.processes import taken_order
from crystinet.service.settings import ServiceSettings
from crystinet.service.state.database import Database
from crystinet.service.state.job import Job
from crystinet.service.state.leases import Leases
from crystinet.service.state.results import Results

#: Without a word from the service a worker looks for jobs so often, seconds.
_LOOK_S = 2.0


class Worker:
    """Takes jobs until it is told to end."""

    def __init__(self, lane: str, name: str, settings: ServiceSettings, database: Database) -> None:
        self._lane, self._name, self._settings = lane, name, settings
        self._leases, self._results = Leases(database), Results(database)
        self._word = threading.Event()
        self._shift: Shift | None = None
        self._working = self._ending = False
        signal.signal(signal.SIGTERM, self._put_away)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Wait for words of the service; when there can be none any more, end at once."""
        while sys.stdin.buffer.readline():
            self._word.set()
        os._exit(0)  # what is under way belongs to whoever comes next

    def _put_away(self, number: int, frame: FrameType | None) -> None:
        """Give the job back, and end: by an exception in the main thread, between two steps.

        A worker that makes itself ready holds nothing yet, and ends at once: it is in the middle of
        imports then, and compiled modules make an error of their own of such an exception.
        """
        self._ending = True
        if not self._working:
            os._exit(0)
        if self._shift:
            self._shift.leave()
        raise SystemExit(0)

    def run(self) -> None:
        """Work."""
        try:
            if self._lane == "short":  # somebody waits for its answers
                identifier_of(self._settings, Asked(model=self._settings.default_model))
                give_back()
            self._working = True
            while True:
                job = self._leases.claim(self._lane, self._name)
                if job is None:
                    self._word.wait(_LOOK_S)
                    self._word.clear()
                else:
                    self._do(job)
        except SystemExit:
            begun = self._shift.begun if self._shift else ()
            self._leases.release(self._name, blame=False, begun=begun)
            os._exit(0)  # the thread that listens would hold up the end of the interpreter

    def _do(self, job: Job) -> None:
        self._shift = Shift(job, self._name, self._settings, self._leases, self._results)
        state, problem = "done", None
        try:
            KINDS[job.kind](self._shift)
        except Exception as fault:
            if self._ending:  # it may be what a compiled module made of the order to end
                raise SystemExit(0) from fault
            if isinstance(fault, Stopped):
                state = "cancelled"
            else:
                state = "failed"
                problem = fault if isinstance(fault, CrystinetError) else internal_fault(fault)
        self._shift.end()
        self._leases.finish(job.id, self._name, state, error=problem)
        self._shift = None


def main() -> None:
    """Run a worker with the order of its crew."""
    order, settings = taken_order()
    if order["lane"] == "long":
        with suppress(OSError, AttributeError):
            os.nice(5)  # who waits for an answer goes first
    with Database(settings.state) as database:
        Worker(order["lane"], order["name"], settings, database).run()


if __name__ == "__main__":
    main()
