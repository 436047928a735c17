"""Map chunks of work over the workers of a Dask cluster (``pip install "crystinet[cluster]"``).

Dask's distributed scheduler decides what runs where and runs again what a lost worker had; only the
client, this process, writes results, so nothing is done twice in them.
"""

import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar
from uuid import uuid4

from crystinet.core.errors import ClusterError, ConfigError
from crystinet.core.extras import need_extra
from crystinet.core.version import __version__

S = TypeVar("S")
T = TypeVar("T")

#: Chunks that are in the making at a time, for each thread of the workers.
_CHUNKS_PER_THREAD = 4
#: Workers come and go; how long a count of their threads is good for, seconds.
_COUNT_GOOD_FOR_S = 1.0
#: A result that takes longer to arrive is asked for again, seconds.
_FETCHED_WITHIN_S = 120.0
#: A task's input travels inside the task: where it was kept on a worker, it would be lost with it.
_LARGEST_TASK = "1 GiB"

_LOCAL = re.compile(r"local(?::(?P<workers>[1-9]\d*))?")


@dataclass(frozen=True, slots=True)
class Task(Generic[S, T]):
    """A chunk of work for a worker.

    Attributes
    ----------
    function, chunk
        As in `map_chunks`.
    version
        That of crystinet on the client.
    """

    function: Callable[[list[S]], list[T]]
    chunk: list[S]
    version: str = __version__


def run_task(task: Task[S, T]) -> list[T]:
    """Work on a chunk; this runs on a worker.

    Raises
    ------
    ClusterError
        The client has another version of crystinet, which may give other results.
    """
    if task.version != __version__:
        raise ClusterError(
            f"A worker has crystinet {__version__}, this program is {task.version}.",
            hint="Install the same version everywhere.",
        )
    return task.function(task.chunk)


class Cluster:
    """The workers of a Dask cluster, see `open_cluster`.

    Parameters
    ----------
    client
        A ``distributed.Client``.
    address
        For messages.
    patience_s
        How long to wait while there is no worker at all, seconds.
    """

    def __init__(self, client: Any, *, address: str, patience_s: float) -> None:
        self.client = client
        self.address = address
        self._patience_s = patience_s
        self._threads = 1
        self._counted_at = float("-inf")
        self._gone_since: float | None = None

    def map_chunks(
        self,
        function: Callable[[list[S]], list[T]],
        chunks: Iterable[list[S]],
        *,
        on_crash: Callable[[S], T] | None = None,
    ) -> Iterator[tuple[list[S], list[T]]]:
        """Yield every chunk with its results, in order; a few chunks a thread are on their way.

        Chunks of a worker that is lost are done by the others. Where several workers in a row are
        lost over the same chunk, each of its items is tried alone, with nothing else running.

        Parameters
        ----------
        function, chunks, on_crash
            As in `crystinet.work.processes.map_chunks`.

        Raises
        ------
        ClusterError
            Scheduler or workers are gone, a worker has no crystinet or another version, or, without
            ``on_crash``, a chunk kills its workers.
        """
        from distributed import KilledWorker

        source = iter(chunks)
        underway: deque[tuple[list[S], Any]] = deque()
        try:
            while True:
                room = _CHUNKS_PER_THREAD * self._count_threads() - len(underway)
                for chunk in islice(source, max(room, 0)):
                    underway.append((chunk, self._submit(function, chunk)))
                if not underway:
                    return
                chunk, future = underway[0]
                try:
                    results: list[T] = self._result(future)
                except KilledWorker as killed:
                    if on_crash is None:
                        raise ClusterError(
                            f"A chunk of work was given up: {_line(killed)}",
                            hint="Too little memory, or a fault in a library: look at the logs "
                            "of the workers.",
                        ) from killed
                    for _, other in underway:
                        self._wait_for(other)
                    results = self._one_by_one(function, chunk, on_crash)
                underway.popleft()
                yield chunk, results
        finally:
            if self.client.status == "running":
                self.client.cancel([future for _, future in underway])

    def _submit(self, function: Callable[[list[S]], list[T]], chunk: list[S]) -> Any:
        import dask

        # Not a function of the input alone: equal chunks are different work.
        key = f"crystinet-{uuid4().hex}"
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": _LARGEST_TASK}):
            try:
                return self.client.submit(run_task, Task(function, chunk), key=key, pure=False)
            except OSError as error:
                raise self._lost() from error

    def _one_by_one(
        self, function: Callable[[list[S]], list[T]], chunk: list[S], on_crash: Callable[[S], T]
    ) -> list[T]:
        from distributed import KilledWorker

        results: list[T] = []
        for item in chunk:
            try:
                results += self._result(self._submit(function, [item]))
            except KilledWorker:
                results.append(on_crash(item))
        return results

    def _result(self, future: Any) -> Any:
        """Wait for a result; an exception of the worker is raised here."""
        from distributed import CancelledError

        while True:
            self._wait_for(future)
            try:
                return future.result(timeout=_FETCHED_WITHIN_S)
            except CancelledError as error:
                # Also what becomes of all work when the connection is lost.
                if self._is_there():
                    raise ClusterError(
                        f"Work was cancelled on the Dask scheduler at {self.address}.",
                        hint="Somebody else did that; repeat the command.",
                    ) from error
                raise self._lost() from error
            except ModuleNotFoundError as error:
                raise ClusterError(
                    f"A worker cannot import {error.name}.",
                    hint="Install crystinet, with the extras that this work needs, on all workers.",
                ) from error
            except TimeoutError:
                if future.status == "error":
                    raise  # the worker's own
                # It was lost with its worker just now, and is being done again.

    def _is_there(self) -> bool:
        """Whether the scheduler still answers."""
        try:
            self.client.nthreads()
        except (OSError, TimeoutError):
            return False
        return bool(self.client.status == "running")

    def _wait_for(self, future: Any) -> None:
        """Wait until it is done or cancelled, or there has been no worker for long."""
        while True:
            try:
                future.exception(timeout=_COUNT_GOOD_FOR_S)
            except TimeoutError:
                self._count_threads()
            else:
                self._gone_since = None  # there was a worker
                return

    def _count_threads(self) -> int:
        """Threads of all workers when there last were any; a ClusterError if that is long ago."""
        now = time.monotonic()
        if now - self._counted_at < _COUNT_GOOD_FOR_S:
            return self._threads
        try:
            threads = sum(self.client.nthreads().values())
        except OSError as error:
            raise self._lost() from error
        self._counted_at = now
        if threads:
            self._threads, self._gone_since = threads, None
        elif self._gone_since is None:
            self._gone_since = now
        elif now - self._gone_since > self._patience_s:
            raise ClusterError(
                f"All workers of the Dask scheduler at {self.address} are gone.",
                hint="Look at their logs; start workers, and repeat the command.",
            )
        return self._threads

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"The connection to the Dask scheduler at {self.address} is lost.",
            hint="Look at its log; start it again, and repeat the command.",
        )


@contextmanager
def open_cluster(
    address: str, *, connect_s: float = 10.0, patience_s: float = 300.0
) -> Iterator[Cluster]:
    """Connect to a Dask cluster, or start one of processes of this machine, for a ``with`` block.

    Parameters
    ----------
    address
        Of the scheduler, such as ``tcp://host:8786``; or ``local`` for a cluster of one process for
        each core, ``local:4`` for 4 processes, which ends with the block. A script that starts one
        needs ``if __name__ == "__main__":``.
    connect_s
        How long to wait for the scheduler, and then for a first worker, seconds.
    patience_s
        How long all workers may be away during the work, seconds: a batch system that starts others
        needs its time.

    Raises
    ------
    ConfigError
        The address is none.
    ClusterError
        Nobody answers there, or there are no workers.
    MissingExtraError
        Dask's distributed scheduler is not installed.
    """
    local = _LOCAL.fullmatch(address)
    if not local and not re.fullmatch(r"\w+://\S+", address):
        raise ConfigError(
            f"{address!r} is no address of a Dask scheduler.",
            hint="Give 'tcp://host:8786', or 'local' or 'local:4' for processes of this machine.",
        )
    need_extra("cluster", "distributed", what="Working on a cluster")
    from distributed import Client

    if local:
        with (
            _local_cluster(local["workers"]) as started,
            Client(started, set_as_default=False) as client,
        ):
            yield Cluster(client, address=address, patience_s=patience_s)
        return
    try:
        client = Client(address, timeout=connect_s, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise ClusterError(
            f"No Dask scheduler answers at {address} ({_line(error)}).",
            hint="Start one with `dask scheduler`, which prints its address.",
        ) from error
    with client:
        _wait_for_a_worker(client, address, connect_s)
        yield Cluster(client, address=address, patience_s=patience_s)


@contextmanager
def optional_cluster(address: str | None) -> Iterator[Cluster | None]:
    """Open the cluster with an address, as `open_cluster`; None where there is no address."""
    if address is None:
        yield None
        return
    with open_cluster(address) as cluster:
        yield cluster


@contextmanager
def _local_cluster(workers: str | None) -> Iterator[Any]:
    import dask
    from distributed import LocalCluster

    # Dask gives up a worker that is not back after 15 seconds, which a busy machine may need.
    with (
        dask.config.set({"distributed.deploy.lost-worker-timeout": "1 hour"}),
        LocalCluster(
            n_workers=int(workers) if workers else None,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",  # any free port: two of them may run at a time
            # A worker that is lost here is hardly lost by accident, and starting one takes seconds.
            scheduler_kwargs={"allowed_failures": 1, "dashboard": False},
            worker_dashboard_address=None,
        ) as started,
    ):
        yield started


def _wait_for_a_worker(client: Any, address: str, connect_s: float) -> None:
    try:
        client.wait_for_workers(1, timeout=connect_s)
    except TimeoutError as error:
        raise ClusterError(
            f"The Dask scheduler at {address} has no workers.",
            hint=f"Start some with `dask worker {address}`.",
        ) from error


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
