"""Memory of ``crystinet serve`` over many requests of mixed files in a row.

Usage::

    python benchmarks/service_soak.py [--requests 24000] [--clients 2] [--data DIR] [--json]

The files are those of ``benchmarks/service.py`` (simulated patterns in xy, xye and pdCIF), a good
file of every instrument format that the tests make, and bad ones: empty, cut off, text, noise, no
line at all. Each request has a name of its own for its file, so that none is answered from what is
kept. Printed: the memory of all processes of the service (proportional sets: shared pages count
once) at the start (after 200 requests), in the middle and at the end, the largest at these and the
marks between them, and how the requests ended.
"""

import argparse
import http.client
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from identify import describe_machine
from service import Files, Service, make_files

SAMPLES = Path(__file__).parents[1] / "tools" / "instrument_samples.py"
#: Everything is loaded and every kind of file was seen.
WARM = 200
#: The memory is noted so often in a run.
MARKS = 20


def mixed_files(folder: Path) -> Files:
    """Good files of all formats, and bad ones."""
    subprocess.run([sys.executable, str(SAMPLES), str(folder)], check=True)
    samples = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    simulated = make_files(24)
    rng = np.random.default_rng(1)
    flat = "".join(f"{10 + 0.02 * n:.2f} 100\n" for n in range(3500)).encode()
    bad = [
        ("empty.xy", b""),
        ("notes.xy", b"measured again on Monday\n" * 200),
        ("noise.raw", rng.bytes(20_000)),
        ("flat.xy", flat),
        *((name, content[: len(content) // 3]) for name, content in samples[::4]),
    ]
    return [*simulated, *samples, *bad]


def ask_all(
    service: Service, files: Files, *, first: int, count: int, clients: int
) -> Counter[int]:
    """Statuses of requests, from one number to another."""
    numbers, lock, statuses = iter(range(first, first + count)), threading.Lock(), Counter[int]()

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=600)
        while True:
            with lock:
                n = next(numbers, None)
            if n is None:
                return
            name, content = files[n % len(files)]
            address = f"/api/v1/identify?filename={quote(f'{n}-{name}')}"
            connection.request("POST", address, content)
            answer = connection.getresponse()
            answer.read()
            with lock:
                statuses[answer.status] += 1

    with ThreadPoolExecutor(clients) as pool:
        for asked in [pool.submit(client) for _ in range(clients)]:
            asked.result()
    assert statuses.total() == count
    return statuses


def soak(options: argparse.Namespace, data: Path, samples: Path) -> dict[str, Any]:
    """Ask, and note the memory at equal distances."""
    files = mixed_files(samples)
    service = Service(data)
    try:
        statuses = ask_all(service, files, first=0, count=WARM, clients=options.clients)
        marks = [(WARM, service.memory_mb("Pss"))]
        started, ends = time.perf_counter(), np.linspace(WARM, options.requests, MARKS + 1)
        for begin, end in itertools.pairwise(ends.astype(int).tolist()):
            statuses += ask_all(
                service, files, first=begin, count=end - begin, clients=options.clients
            )
            marks.append((end, service.memory_mb("Pss")))
            print(f"{end} requests, {marks[-1][1]:.0f} MB", file=sys.stderr, flush=True)
        return {
            "files": len(files),
            "statuses": {str(status): number for status, number in sorted(statuses.items())},
            "memory at the start / MB": marks[0][1],
            "in the middle / MB": marks[MARKS // 2][1],
            "at the end / MB": marks[-1][1],
            "largest / MB": max(megabytes for _, megabytes in marks),
            "requests a second": (options.requests - WARM) / (time.perf_counter() - started),
            "marks": marks,
        }
    finally:
        service.stop()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=24_000)
    parser.add_argument("--clients", type=int, default=2)
    parser.add_argument("--data", type=Path, help="folder of the state, a new one unless given")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options = parser.parse_args()
    machine = {**describe_machine(), "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        found = soak(options, options.data or Path(folder) / "data", Path(folder) / "samples")
    if options.json:
        print(json.dumps({"machine": machine, **found}, indent=1))
        return
    print("| what | measured |\n| --- | --- |")
    for name, value in found.items():
        if name != "marks":
            what, _, unit = name.partition(" / ")
            shown = f"{value:.4g}" if isinstance(value, float) else str(value)
            print(f"| {what} | {shown} {unit} |")
    print(f"\n{machine['cpu']}, {machine['cores']} cores, load before {machine['load']:.2f}")


if __name__ == "__main__":
    main()
