"""Map chunks of work over workers, in order, with little in memory.

Workers are processes of this machine, or whatever else is a `Workers`: those of a cluster, see
`crystinet.work.cluster`.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import islice
from multiprocessing import get_all_start_methods, get_context, parent_process
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

#: Chunks that are in the making at a time.
_CHUNKS_PER_WORKER = 4

S = TypeVar("S")
T = TypeVar("T")


class Workers(Protocol):
    """Workers other than processes of this machine."""

    def map_chunks(
        self,
        function: Callable[[list[S]], list[T]],
        chunks: Iterable[list[S]],
        *,
        on_crash: Callable[[S], T] | None = None,
    ) -> Iterator[tuple[list[S], list[T]]]:
        """Do what the function `map_chunks` promises."""


def chunked(items: Iterable[S], size: int) -> Iterator[list[S]]:
    """Cut items into lists of ``size``, the last one shorter."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def map_chunks(
    function: Callable[[list[S]], list[T]],
    chunks: Iterable[list[S]],
    *,
    workers: int | Workers,
    on_crash: Callable[[S], T] | None = None,
) -> Iterator[tuple[list[S], list[T]]]:
    """Yield every chunk with its results, in order; only a few chunks are in memory.

    Parameters
    ----------
    function
        Takes a chunk, gives a result for each item; must be importable by name.
    chunks
        Lists of items.
    workers
        Number of processes, or other workers. 1 works in this process. More are started anew, not
        forked from this process with its threads and locks, so a script needs
        ``if __name__ == "__main__":``.
    on_crash
        Gives the result of an item that kills its process (a fault in compiled code, or too little
        memory); without it, such an item raises ``BrokenProcessPool``. Every item of a chunk that
        was lost is tried alone.
    """
    if not isinstance(workers, int):
        yield from workers.map_chunks(function, chunks, on_crash=on_crash)
        return
    if workers == 1:
        yield from ((chunk, function(chunk)) for chunk in chunks)
        return
    source = iter(chunks)
    waiting: deque[list[S]] = deque()
    futures: deque[Future[list[T]]] = deque()  # those of the first chunks in `waiting`
    starter = _Starter()
    pool = _pool(workers, starter)
    try:
        while True:
            waiting.extend(islice(source, _CHUNKS_PER_WORKER * workers - len(waiting)))
            if not waiting:
                return
            try:
                futures.extend(
                    _submitted(pool, function, chunk)
                    for chunk in islice(waiting, len(futures), None)
                )
                results = futures.popleft().result()
            except BrokenProcessPool:
                if on_crash is None:
                    raise
                futures.clear()  # all are lost; the next round submits them to the new pool
                starter.kill_all()
                pool.shutdown()
                pool = _pool(workers, starter)
                pool.submit(function, []).result()  # no item is to blame if not even this works
                results = _one_by_one(function, waiting[0], on_crash)
            yield waiting.popleft(), results
    finally:
        pool.shutdown(cancel_futures=True)


def _submitted(
    pool: ProcessPoolExecutor, function: Callable[[list[S]], list[T]], chunk: list[S]
) -> "Future[list[T]]":
    """Hand a chunk to a pool; BrokenProcessPool also where it breaks at this very moment.

    A pool starts its processes as work comes in, and finds its own pipes closed if another of them
    has just died.
    """
    try:
        return pool.submit(function, chunk)
    except OSError as error:
        raise BrokenProcessPool(f"A process could not be started ({error}).") from error


def _one_by_one(
    function: Callable[[list[S]], list[T]], chunk: list[S], on_crash: Callable[[S], T]
) -> list[T]:
    """Work on each item of a chunk in a process of its own, which may crash."""
    results: list[T] = []
    for item in chunk:
        here, there = _context().Pipe(duplex=False)
        process = _context().Process(target=_answer, args=(there, function, [item]))
        process.start()
        there.close()
        try:
            answer = here.recv()
        except EOFError:  # it ended without an answer
            answer = [on_crash(item)]
        process.join()
        here.close()
        if isinstance(answer, BaseException):
            raise answer
        results += answer
    return results


def _answer(
    there: "Connection[Any, Any]", function: Callable[[list[S]], list[T]], chunk: list[S]
) -> None:
    """Send back the results of a chunk, or the error; this runs in a process of its own."""
    _prepare_worker()
    try:
        there.send(function(chunk))
    except Exception as error:
        there.send(error)


def _context() -> Any:
    """How processes are started: anew, not forked from one with threads and locks."""
    return get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")


class _Starter:
    """The context of a pool, which remembers the processes that it started.

    A pool that breaks while it still starts processes waits for the new ones, which wait for work:
    neither ends (CPython 3.11). Whoever is told that it broke ends them all.
    """

    def __init__(self) -> None:
        self._started: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(_context(), name)

    def Process(self, *args: Any, **kwargs: Any) -> Any:
        """Make a process."""
        self._started.append(_context().Process(*args, **kwargs))
        return self._started[-1]

    def kill_all(self) -> None:
        """End the processes that were started so far."""
        for process in self._started:
            with suppress(ProcessLookupError, AttributeError):  # ended, or never started
                process.kill()
        self._started.clear()


def _pool(workers: int, starter: _Starter) -> ProcessPoolExecutor:
    context: Any = starter
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare_worker)


def _prepare_worker() -> None:
    """Let the main process alone answer Ctrl-C, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
