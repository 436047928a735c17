"""The standing break test: damaged files of every kind, for a given time and seed.

    python -m crystinet.testing.fuzz --seconds 60 --seed 1
    python -m crystinet.testing.fuzz --seconds 600 --samples FOLDER --kind pattern --kind cif

Patterns, CIF files, model bundles and stores are damaged as broken copies, faulty disks, careless
editors and strangers leave them, and read by a process of their own. Reported is what is no error
of `crystinet.core.errors`, takes more than 15 seconds or a gigabyte of memory, or kills the
process. Each report names the case, and the same seed damages the same way again. The exit status
is 1 where anything was found.
"""

import argparse
import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from crystinet.testing.fuzz_cases import Case, case_line, write_samples

#: Beyond these a case is reported; the process is given a little longer, to say what it did. An
#: answer may look for a lattice for 8 s, and a damaged pattern mostly makes it do so.
MOST_SECONDS, MOST_MEGABYTES = 15.0, 1000.0
_PATIENCE = 4.0
KINDS = ("pattern", "cif", "bundle", "store")


class Victim:
    """The process that reads the damaged files; a new one where it was killed or has grown."""

    def __init__(self, samples: Path) -> None:
        self._samples = samples
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, "-W", "ignore", "-m", "crystinet.testing.fuzz_cases", self._samples],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._answers: queue.Queue[str] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listener.start()
        self._first = True

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stdout or ():
            self._answers.put(line)
        self._answers.put("")

    def read(self, case: Case) -> str:
        """Let it read one damaged file; return what is wrong, empty where nothing is."""
        if self._process.poll() is not None:
            self.close()
            self._start()
        before = self._peak_megabytes()
        started = time.perf_counter()
        with suppress(BrokenPipeError):
            assert self._process.stdin is not None
            self._process.stdin.write(case_line(case))
            self._process.stdin.flush()
        # The first case brings the imports and the model.
        patience = MOST_SECONDS * _PATIENCE + 60.0 * self._first
        try:
            line = self._answers.get(timeout=patience)
        except queue.Empty:
            self.close()
            return f"no answer after {patience:.0f} s"
        if not line:
            return f"the process died ({self._process.wait()})"
        answer: dict[str, Any] = json.loads(line)
        grown = self._peak_megabytes() - before
        first, self._first = self._first, False
        if answer["trace"]:
            return str(answer["trace"])
        if not first and answer["seconds"] > MOST_SECONDS:
            return f"{time.perf_counter() - started:.1f} s"
        if not first and grown > MOST_MEGABYTES:
            self.close()
            return f"{grown:.0f} MB more than before"
        return ""

    def _peak_megabytes(self) -> float:
        """Largest memory so far; 0 where the system does not say."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text("utf-8")
        except OSError:
            return 0.0
        peak = next((row for row in status.splitlines() if row.startswith("VmHWM")), "VmHWM: 0 kB")
        return float(peak.split()[1]) / 1024.0

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


def cases(samples: list[tuple[str, str]], *, seed: int) -> Iterator[Case]:
    """Yield cases without end: every sample in turn, kind after kind."""
    by_kind = {kind: [name for k, name in samples if k == kind] for kind, _ in samples}
    rng = np.random.default_rng(seed)
    turn = 0
    while True:
        for kind, names in by_kind.items():
            yield Case(kind, names[turn % len(names)], int(rng.integers(2**31)))
        turn += 1


def break_test() -> None:
    """Run for a time, and report."""
    parser = argparse.ArgumentParser(
        prog="python -m crystinet.testing.fuzz",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="how long, about")
    parser.add_argument("--seed", type=int, default=0, help="of the damage")
    parser.add_argument("--samples", type=Path, help="a folder with more pattern files")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this kind; again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        samples = write_samples(root, patterns=given.samples)
        samples = [sample for sample in samples if sample[0] in (given.kind or KINDS)]
        tried, found = run(root, samples, seconds=given.seconds, seed=given.seed)
    print(f"{sum(tried.values())} damaged files: {dict(tried)}; {len(found)} findings.")
    sys.exit(1 if found else 0)


def run(
    root: Path, samples: list[tuple[str, str]], *, seconds: float, seed: int
) -> tuple[Counter[str], list[Case]]:
    """Try cases for a time; return how many of each kind, and those in which anything was wrong."""
    tried: Counter[str] = Counter()
    found: list[Case] = []
    victim = Victim(root)
    end = time.monotonic() + seconds
    try:
        for case in cases(samples, seed=seed):
            if time.monotonic() > end:
                break
            tried[case.kind] += 1
            if problem := victim.read(case):
                found.append(case)
                print(f"FOUND {case}\n{problem}", flush=True)
    finally:
        victim.close()
    return tried, found


if __name__ == "__main__":
    break_test()
