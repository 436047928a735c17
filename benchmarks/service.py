"""Load on ``crystinet serve``: speed, memory, and whether all answers are right.

Usage::

    python benchmarks/service.py [--requests 400] [--uploads 16] [--upload-mb 100] [--data DIR]
                                 [--json]

A service is started on a free port of this machine, with its state in a new folder. The requests
carry patterns that this script simulates (8,000 points, different types, in xy, xye and pdCIF),
each with a line of its own, so that no answer comes from what is kept.

Measured:

- *processor time a request*: of all processes of the service for one client, and that of the same
  files identified one after the other in one process, in the same run; the ratio has a target;
- *p95 and rate* for 1, 4 and 16 clients at a time;
- *different or lost answers*: every verdict and every candidate is compared with the answer of one
  process;
- *memory* of all processes of the service together (the service, its helpers, its workers), looked
  at once a second, as looking takes processor time: their proportional set, where pages that
  several share count once, which has the target, and their resident set, where they count for each;
- *health*: the slowest answer of ``/healthz`` while 16 clients ask;
- *too large*: how long it takes to be told, for a body of 200 MB;
- *explain*: p95 while four clients identify, each explanation of another result;
- *restart*: from the start of the process to the first answer of ``/readyz``, and the processor
  time of the process until then, which other work on the machine does not change;
- *large uploads*: so many at a time, all refused or answered, and the memory that they took.

``--requests 24000`` is the long run: it takes half an hour. ``benchmarks/service_soak.py`` watches
the memory over mixed files, bad ones among them.
"""

import argparse
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import crystinet
from crystinet.core.grid import TwoThetaGrid
from identify import AS_INSTALLED, describe_machine

#: 8,000 points: 10 to 90 degrees in steps of 0.01.
SCAN = TwoThetaGrid(start_deg=10.0, step_deg=0.01, n_points=8000)
TYPES = ("NaCl", "CsCl", "Rutile-TiO2", "Fluorite-CaF2", "Zircon-ZrSiO4", "Wurtzite-ZnS(2H)")
TARGETS = {
    "processor time, times that of one process": 1.25,
    "p95 with 1 client / ms": 100.0,
    "p95 with 4 clients / ms": 250.0,
    "p95 with 16 clients / ms": 700.0,
    "different or lost answers": 0.0,
    "peak memory, proportional set / MB": 500.0,
    "slowest health under load / ms": 100.0,
    "too large is told after / s": 1.0,
    "explain p95 while 4 identify / s": 2.0,
    "restart ready / s": 3.0,
}
AT_LEAST = {"requests a second, 16 clients": 50.0}

Files = list[tuple[str, bytes]]


def make_files(count: int) -> Files:
    """Names and contents of patterns of different types in different formats."""
    kinds = {kind.name: kind for kind in crystinet.types()}
    suffixes = [".xy", ".xye", ".cif"]
    files: Files = []
    with tempfile.TemporaryDirectory() as folder:
        for n in range(count):
            pattern = crystinet.simulate(
                kinds[TYPES[n % len(TYPES)]].reference,
                grid=SCAN,
                counts=2000,
                background=0.05,
                size_nm=30 + 10 * (n % 7),
                seed=n,
            )
            path = Path(folder) / f"pattern-{n:03d}{suffixes[n % len(suffixes)]}"
            crystinet.write_pattern(pattern, path)
            files.append((path.name, path.read_bytes()))
    return files


def numbered(files: Files, n: int) -> tuple[str, bytes]:
    """The n-th request: one of the files, with a line of its own."""
    name, content = files[n % len(files)]
    return name, content + f"# request {n}\n".encode()


ONE_PROCESS = """
import json, sys, time
from functools import partial
from crystinet.app.documents import identification_document
from crystinet.app.identify import Identifier
from crystinet.app.question import Question
from crystinet.app.reading import patterns_in
files = [(name, text.encode("latin-1")) for name, text in json.load(sys.stdin)]
identifier = Identifier(Question.of(top=5))
def answer(name, content):
    read = partial(patterns_in, content, name=name, question=identifier.question)
    outcomes = list(identifier.answers(name, read))
    return json.dumps(identification_document(outcomes, model_id="", model_version=""))
answer(*files[0])
started = time.process_time()
texts = [answer(*file) for file in files]
spent = time.process_time() - started
print(json.dumps({"seconds": spent / len(files), "answers": [json.loads(t) for t in texts]}))
"""


def in_one_process(files: Files) -> dict[str, Any]:
    """Processor time for a file, seconds, and the answers, of a fresh process."""
    given = json.dumps([(name, content.decode("latin-1")) for name, content in files])
    done = subprocess.run(
        [sys.executable, "-c", ONE_PROCESS],
        input=given,
        capture_output=True,
        text=True,
        check=True,
        env={**AS_INSTALLED, "OPENBLAS_NUM_THREADS": "1"},
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Service:
    """A service in a process of its own."""

    def __init__(self, data: Path) -> None:
        started = time.perf_counter()
        command = [sys.executable, "-m", "crystinet", "serve", "--port", "0", "--data", str(data)]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=AS_INSTALLED
        )
        assert self.process.stderr is not None
        told = self.process.stderr.readline()
        found = re.search(r":(\d+)/", told)
        assert found, told
        self.port = int(found[1])
        self.ask("GET", "/readyz")
        self.ready_s, self.ready_cpu_s = time.perf_counter() - started, self.cpu_s()

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def cpu_s(self) -> float:
        """Processor time of all its processes so far, seconds."""
        ticks = 0
        for pid in self.pids():
            fields = _told(pid, "stat").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if fields else 0
        return ticks / os.sysconf("SC_CLK_TCK")

    def pids(self) -> list[int]:
        """All its processes: the first, and those that it has started."""
        parents = {}
        for folder in Path("/proc").glob("[0-9]*"):
            fields = _told(int(folder.name), "stat").rpartition(")")[2].split()
            parents[int(folder.name)] = int(fields[1]) if fields else 0
        found = [self.process.pid]
        for each in found:
            found += [pid for pid, parent in parents.items() if parent == each]
        return found

    def memory_mb(self, field: str) -> float:
        """Pss or Rss of all its processes together, now, MB."""
        found = [re.search(rf"{field}:\s+(\d+) kB", _told(p, "smaps_rollup")) for p in self.pids()]
        return sum(int(each[1]) for each in found if each) * 1024 / 1e6

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)


def _told(pid: int, name: str) -> str:
    """What the system tells of a process; nothing where it has just ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ""


class Memory:
    """The largest memory of all processes of a service, by looking again and again."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.largest = {"Pss": 0.0, "Rss": 0.0}

    def look(self) -> None:
        """Look, and wait a while."""
        for field, before in self.largest.items():
            self.largest[field] = max(before, self._service.memory_mb(field))
        time.sleep(1.0)


class Asker:
    """One client with one connection."""

    def __init__(self, service: Service) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=600)

    def __call__(self, name: str, content: bytes) -> tuple[float, dict[str, Any]]:
        """Seconds and the document."""
        started = time.perf_counter()
        self._connection.request("POST", f"/api/v1/identify?filename={name}&top=5", content)
        text = self._connection.getresponse().read()
        return time.perf_counter() - started, json.loads(text)


def load(
    service: Service, files: Files, right: list[Any], *, clients: int, first: int, count: int
) -> tuple[list[float], float, int]:
    """Seconds of each of many requests by some clients, of all together, and the wrong answers."""
    numbers, lock, wrong = iter(range(first, first + count)), threading.Lock(), 0
    times: list[float] = []

    def client() -> None:
        nonlocal wrong
        ask = Asker(service)
        while True:
            with lock:
                n = next(numbers, None)
            if n is None:
                return
            seconds, document = ask(*numbered(files, n))
            same = essence(document) == right[n % len(files)]
            with lock:
                times.append(seconds)
                wrong += not same

    started = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times, time.perf_counter() - started, wrong + count - len(times)


def essence(document: dict[str, Any]) -> Any:
    """What must be equal: verdict and candidates of each pattern."""
    return [
        (each["verdict"], each["unknown_score"], each["candidates"])
        for each in document.get("results", [])
    ]


def p95(times: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


@contextmanager
def background(work: Callable[[], None]) -> Iterator[None]:
    """Do something again and again while the block lasts."""
    over = threading.Event()

    def again() -> None:
        while not over.is_set():
            work()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def explanations(service: Service, files: Files, right: list[Any], *, first: int) -> float:
    """Seconds, p95, of explanations of different results while four clients identify."""
    ids = [Asker(service)(*numbered(files, first + n))[1]["results"][0]["id"] for n in range(20)]
    service.ask("GET", f"/api/v1/results/{ids[0]}/explanation")  # the first loads what it needs
    times: list[float] = []
    place = iter(range(first + 100, 10**9, 40))

    def four() -> None:
        load(service, files, right, clients=4, first=next(place), count=40)

    with background(four):
        for id in ids[1:]:
            started = time.perf_counter()
            status, _ = service.ask("GET", f"/api/v1/results/{id}/explanation")
            assert status == 200
            times.append(time.perf_counter() - started)
    return p95(times)


def too_large(service: Service) -> float:
    """Seconds until a body of 200 MB is refused."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    started = time.perf_counter()
    connection.putrequest("POST", "/api/v1/identify")
    connection.putheader("Content-Length", "200000000")
    connection.endheaders()
    assert connection.getresponse().status == 413
    return time.perf_counter() - started


def large_uploads(service: Service, *, count: int, megabytes: int) -> dict[str, float]:
    """Many large bodies at a time: in turns text that is no pattern, and a long pattern."""
    rows = "".join(f"{10 + n / 20000:.5f} {100 + n % 97}\n" for n in range(20_000 * 80))
    pattern = rows.encode()
    pattern = pattern * (megabytes * 10**6 // len(pattern) + 1)
    bodies = [b"no pattern at all\n" * (megabytes * 10**6 // 18), pattern[: megabytes * 10**6]]
    memory = Memory(service)
    started = time.perf_counter()
    with background(memory.look), ThreadPoolExecutor(count) as pool:
        answers = list(
            pool.map(
                lambda n: service.ask("POST", "/api/v1/identify?filename=large.xy", bodies[n % 2]),
                range(count),
            )
        )
    statuses = [status for status, _ in answers]
    assert set(statuses) <= {200, 422, 503}, statuses
    return {
        f"{count} uploads of {megabytes} MB, all answered after / s": time.perf_counter() - started,
        "of them refused for the load": float(statuses.count(503)),
        "memory at most in these, proportional set / MB": memory.largest["Pss"],
    }


def measure(options: argparse.Namespace, data: Path) -> dict[str, float]:
    """Measure everything; the keys carry the units."""
    files = make_files(48)
    found: dict[str, float] = {}
    alone = in_one_process([numbered(files, n) for n in range(len(files))])
    right = [essence(document) for document in alone["answers"]]
    service = Service(data)
    memory = Memory(service)
    first, wrong = 1000, 0
    try:
        load(service, files, right, clients=4, first=0, count=96)  # everything is warm
        before = service.cpu_s()
        times, _, lost = load(service, files, right, clients=1, first=first, count=96)
        spent = (service.cpu_s() - before) / 96
        again = in_one_process([numbered(files, n) for n in range(len(files))])
        process_s = min(alone["seconds"], again["seconds"])
        found["processor time a request / ms"] = 1e3 * spent
        found["the same in one process / ms"] = 1e3 * process_s
        found["processor time, times that of one process"] = spent / process_s
        wrong += lost
        first += 96
        found["p95 with 1 client / ms"] = 1e3 * p95(times)
        for clients in (4, 16):
            slowest = 0.0

            def look() -> None:
                nonlocal slowest
                started = time.perf_counter()
                service.ask("GET", "/healthz")
                slowest = max(slowest, time.perf_counter() - started)
                time.sleep(0.05)

            with background(look), background(memory.look):
                times, seconds, lost = load(
                    service, files, right, clients=clients, first=first, count=options.requests
                )
            first, wrong = first + options.requests, wrong + lost
            found[f"p95 with {clients} clients / ms"] = 1e3 * p95(times)
            found[f"requests a second, {clients} clients"] = len(times) / seconds
            if clients == 4:
                found["memory after the first half, proportional set / MB"] = service.memory_mb(
                    "Pss"
                )
        found["slowest health under load / ms"] = 1e3 * slowest
        found["memory after the second half, proportional set / MB"] = service.memory_mb("Pss")
        found["peak memory, proportional set / MB"] = memory.largest["Pss"]
        found["peak memory, resident set / MB"] = memory.largest["Rss"]
        found["processes"] = float(len(service.pids()))
        found["requests compared"] = float(96 + 2 * options.requests)
        found["different or lost answers"] = float(wrong)
        found["too large is told after / s"] = too_large(service)
        found["explain p95 while 4 identify / s"] = explanations(service, files, right, first=10**6)
        if options.uploads:
            found |= large_uploads(service, count=options.uploads, megabytes=options.upload_mb)
    finally:
        service.stop()
    again_up = Service(data)
    found["restart ready / s"] = again_up.ready_s
    found["restart ready, processor time / s"] = again_up.ready_cpu_s
    again_up.stop()
    return found


def print_service_table(figures: dict[str, float], machine: dict[str, Any]) -> None:
    """Print a Markdown table."""
    print("| what | measured | target |\n| --- | --- | --- |")
    for name, value in figures.items():
        what, _, unit = name.partition(" / ")
        target = f"<= {TARGETS[name]:g} {unit}" if name in TARGETS else ""
        target = f">= {AT_LEAST[name]:g}" if name in AT_LEAST else target
        print(f"| {what} | {value:.4g} {unit} | {target} |")
    print(
        f"\n{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, "
        f"load of the machine before {machine['load']:.2f}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=400, help="for 4 clients, and for 16")
    parser.add_argument("--uploads", type=int, default=16, help="large ones at a time; 0 for none")
    parser.add_argument("--upload-mb", type=int, default=100, help="size of each, MB")
    parser.add_argument("--data", type=Path, help="folder of the state, a new one unless given")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    options = parser.parse_args()
    machine = {**describe_machine(), "load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(options, options.data or Path(folder))
    if options.json:
        print(json.dumps({"machine": machine, "figures": figures}, indent=1))
    else:
        print_service_table(figures, machine)


if __name__ == "__main__":
    main()
