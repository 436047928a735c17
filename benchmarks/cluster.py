"""What Dask's distributed scheduler costs, against processes of this machine.

Usage::

    python benchmarks/cluster.py [--patterns 300] [--workers 2] [--runs 3] [--json] [--model BUNDLE]

Measured on simulated pattern files (those of ``benchmarks/identify.py``), one way after the other
and all of them in each run; medians:

- *start*: until there are workers that have loaded the model, which is when the first chunk, of one
  file, is answered;
- *work*: then, identifying all files, per file;
- *overhead of a task*: a chunk of one number, sent to a worker that sends it back.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np

from crystinet.app.cluster import identify_files_on
from crystinet.app.identify import identify_files
from crystinet.app.outcome import Success
from crystinet.app.question import Question
from crystinet.work.cluster import open_cluster
from crystinet.work.processes import Workers, map_chunks
from identify import describe_machine, make_pattern_files

TASKS = 300


@contextmanager
def processes(number: int) -> Iterator[int]:
    """Workers that are started anew for each call."""
    yield number


def measure(
    crew: AbstractContextManager[int | Workers], files: Sequence[Path], *, model: Path | None
) -> dict[str, float]:
    """Time one way of working, in milliseconds."""
    begun = time.perf_counter()
    question = Question(model=model)
    with crew as workers:
        first = list(identify_files_on(workers, files[:1], question))
        started = time.perf_counter()
        answers = list(identify_files_on(workers, files, question))
        worked = time.perf_counter()
        tasks = list(map_chunks(sorted, ([n] for n in range(TASKS)), workers=workers))
        ended = time.perf_counter()
    assert all(isinstance(answer, Success) for answer in [*first, *answers])
    assert [n for _, results in tasks for n in results] == list(range(TASKS))
    return {
        "start / ms": 1e3 * (started - begun),
        "work / (ms/file)": 1e3 * (worked - started) / len(files),
        "task / ms": 1e3 * (ended - worked) / TASKS,
    }


def measure_all(
    files: Sequence[Path], *, workers: int, runs: int, model: Path | None
) -> dict[str, dict[str, float]]:
    """Median figures of each way; processes are started for each call, so `work` includes that."""
    list(
        identify_files(files[:1], Question(model=model))
    )  # this process loads the model before any timing
    found: dict[str, list[dict[str, float]]] = {}
    for _ in range(runs):
        ways: dict[str, AbstractContextManager[int | Workers]] = {
            "this process": processes(1),
            f"{workers} processes": processes(workers),
            f"Dask cluster, {workers} workers": open_cluster(f"local:{workers}"),
        }
        for name, crew in ways.items():
            found.setdefault(name, []).append(measure(crew, files, model=model))
    return {
        name: {key: statistics.median(run[key] for run in measured) for key in measured[0]}
        for name, measured in found.items()
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--patterns", type=int, default=300, help="files")
    parser.add_argument("--workers", type=int, default=2, help="processes, or workers of Dask")
    parser.add_argument("--runs", type=int, default=3, help="repetitions; the median counts")
    parser.add_argument("--model", type=Path, help="bundle instead of the built-in one")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        files = make_pattern_files(Path(folder), count=options.patterns, rng=rng)
        figures = measure_all(
            files, workers=options.workers, runs=options.runs, model=options.model
        )
    machine = describe_machine()
    if options.json:
        print(json.dumps({"machine": machine, "figures": figures}, indent=1))
        return
    columns = list(next(iter(figures.values())))
    print("| way | " + " | ".join(columns) + " |\n| --- |" + " --- |" * len(columns))
    for name, row in figures.items():
        print(f"| {name} | " + " | ".join(f"{value:.3g}" for value in row.values()) + " |")
    print(f"\n{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}")


if __name__ == "__main__":
    main()
