"""The workers of a service: processes that are started when there is work, watched, and replaced.

A worker's standard input is its lifeline: a line wakes it, its end tells it that the service is
gone, however that ended.
"""

import secrets
import subprocess
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from crystinet.service.processes import start_process
from crystinet.service.settings import ServiceSettings
from crystinet.service.state.leases import Leases
from crystinet.service.state.queue import Queue

#: How often the workers are looked after, seconds.
_ROUND_S = 0.5
#: A worker that does not notice a cancellation by itself is ended after this time, seconds.
_GRACE_S = 3.0
#: A worker is given this time to put its work away when the service stops, seconds.
_STOP_S = 8.0
#: No faster than this is a worker replaced that dies again and again, seconds.
_PAUSE_S = 1.0


@dataclass(slots=True)
class _Worker:
    name: str
    lane: str
    process: "subprocess.Popen[bytes]"
    started: float


class Crew:
    """Starts, wakes, watches and ends workers; its own thread does the looking after."""

    def __init__(self, settings: ServiceSettings, queue: Queue, leases: Leases) -> None:
        self._settings, self._queue, self._leases = settings, queue, leases
        self._workers: list[_Worker] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._started_at: dict[str, float] = {}
        self._thread = threading.Thread(target=self._look_after, name="crew", daemon=True)

    def start(self) -> None:
        """Give back what workers of an earlier service held, and begin to look after new ones."""
        self._leases.release_all()
        self._thread.start()

    def get_ready(self) -> None:
        """Start workers: for short jobs before the first one is there, for long ones that wait."""
        self.wake("short")
        if self._queue.counts().get("queued"):
            self.wake("long")

    def wake(self, lane: str) -> None:
        """See that somebody works in a lane: there is a new job."""
        with self._lock:
            if self._stopping.is_set():
                return
            own = [worker for worker in self._workers if worker.lane == lane]
            own += [self._hire(lane) for _ in range(self._settings.workers - len(own))]
            for worker in own:
                _say(worker, b"\n")

    @property
    def counts(self) -> Counter[str]:
        """Workers by lane."""
        with self._lock:
            return Counter(worker.lane for worker in self._workers)

    def stop(self) -> None:
        """Let all workers put their work away; what they held waits for the next service."""
        self._stopping.set()
        with self._lock:
            workers, self._workers = self._workers, []
        for worker in workers:
            with suppress(OSError):
                worker.process.terminate()
        deadline = time.monotonic() + _STOP_S
        for worker in workers:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(max(0.0, deadline - time.monotonic()))
            self._dismiss(worker, blame=False)
        if self._thread.is_alive():
            self._thread.join(timeout=_STOP_S)

    def _hire(self, lane: str) -> _Worker:
        name = f"{lane}-{secrets.token_hex(6)}"
        process = start_process(
            "crystinet.service.jobs.worker", self._settings, lane=lane, name=name
        )
        worker = _Worker(name, lane, process, time.monotonic())
        self._workers.append(worker)
        return worker

    def _look_after(self) -> None:
        while not self._stopping.wait(_ROUND_S):
            for name in self._leases.overdue(since_s=_GRACE_S):
                self._end(name)
            for worker in self._gone():
                self._dismiss(worker, blame=True)
                if time.monotonic() - worker.started < _PAUSE_S:
                    self._stopping.wait(_PAUSE_S)
                if self._queue.counts().get("queued"):
                    self.wake(worker.lane)

    def _gone(self) -> list[_Worker]:
        with self._lock:
            gone = [worker for worker in self._workers if worker.process.poll() is not None]
            self._workers = [worker for worker in self._workers if worker not in gone]
        return gone

    def _end(self, name: str) -> None:
        with self._lock:
            for worker in self._workers:
                if worker.name == name:
                    worker.process.kill()
                    worker.process.wait()

    def _dismiss(self, worker: _Worker, *, blame: bool) -> None:
        if worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait()
        if worker.process.stdin is not None:
            with suppress(OSError):
                worker.process.stdin.close()
        self._leases.release(worker.name, blame=blame)


def _say(worker: _Worker, word: bytes) -> None:
    if worker.process.stdin is not None:
        with suppress(OSError, ValueError):  # it is gone, which the next round notices
            worker.process.stdin.write(word)
            worker.process.stdin.flush()
