"""Speed and memory of ``crystinet identify``.

Usage::

    python benchmarks/identify.py [--patterns 64] [--runs 5] [--json] [--model BUNDLE]
                                  [--reference]

Measured, on pattern files that this script simulates (rock-salt structures with different cells, a
background and counting noise, seeded):

- *cold start*: wall time of ``crystinet identify FILE --json`` in a fresh process, median;
- *import*: what ``import crystinet`` adds to the start of Python, median;
- *help*: the same for ``crystinet --help``;
- *per pattern, end to end*: what each further file adds to one call: reading, preprocessing, all
  networks and output;
- *per pattern, model only*: preprocessing, networks and similarities, as the answers report it;
- *peak memory*: largest resident set of the process that identifies all files in one call;
- *in a batch*, *alone*: a pattern that is read already, with all other patterns in one batch and by
  itself, in a process that has loaded the model.

With ``--reference`` (needs torch) the reference design, ten nets of the published size in torch
with random weights (`benchmarks/reference_design.py`), is measured in the same run: in a batch and
alone in turns with our union in one process, and its cold start in fresh processes. The table then
has its figures and how many times longer it takes.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import crystinet
from crystinet.app.models import load_model
from crystinet.core.grid import TwoThetaGrid
from crystinet.crystals.structure import Site, Structure

#: A usual laboratory scan: 10 to 90 degrees in steps of 0.02.
SCAN = TwoThetaGrid(start_deg=10.0, step_deg=0.02, n_points=4001)
REFERENCE = Path(__file__).with_name("reference_design.py")
#: Installers compile modules once for all: a machine that is told to write no compiled files would
#: compile those of a checkout at every start.
AS_INSTALLED = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
TARGETS = {
    "import / ms": 30.0,
    "cold start / s": 1.5,
    "per pattern, end to end / ms": 50.0,
    "in a batch / ms": 25.0,
    "alone / ms": 60.0,
    "peak memory / MB": 500.0,
}


def make_pattern_files(folder: Path, *, count: int, rng: np.random.Generator) -> list[Path]:
    """Write xy files of rock-salt structures with cells from 4.2 to 6.6 angstrom."""
    files = []
    for i, a in enumerate(np.linspace(4.2, 6.6, count)):
        structure = Structure(
            cell=(a, a, a, 90.0, 90.0, 90.0),
            hall_symbol="-F 4 2 3",
            sites=(Site((("Na", 1.0),), (0.0, 0.0, 0.0)), Site((("Cl", 1.0),), (0.5, 0.5, 0.5))),
        )
        pattern = crystinet.simulate(structure, grid=SCAN)
        x = pattern.two_theta_deg
        counts = rng.poisson(50.0 * pattern.intensity + 200.0 + 2000.0 / x)
        path = folder / f"rock-salt-{i:03d}.xy"
        rows = "".join(f"{a:.3f} {b}\n" for a, b in zip(x, counts, strict=True))
        path.write_text(f"# wavelength = 1.5405929\n{rows}", encoding="utf-8")
        files.append(path)
    return files


def run(*words: object, script: Path | None = None) -> tuple[float, bytes]:
    """Run the command or a script in a fresh process; wall time in seconds, and its output."""
    started = time.perf_counter()
    program = [str(script)] if script else ["-m", "crystinet"]
    full = [sys.executable, *program, *map(str, words)]
    finished = subprocess.run(full, check=True, stdout=subprocess.PIPE, env=AS_INSTALLED)
    return time.perf_counter() - started, finished.stdout


def median_seconds(*words: object, runs: int, script: Path | None = None) -> float:
    """Median wall time of fresh processes, seconds."""
    return statistics.median(run(*words, script=script)[0] for _ in range(runs))


def import_ms(*, runs: int) -> float:
    """Median time of ``import crystinet`` in a fresh process, milliseconds."""
    program = "import time; t = time.perf_counter(); import crystinet; print(time.perf_counter()-t)"
    words = [sys.executable, "-c", program]
    times = [
        float(subprocess.run(words, check=True, capture_output=True, env=AS_INSTALLED).stdout)
        for _ in range(runs)
    ]
    return 1e3 * statistics.median(times)


def in_process(files: list[Path], *, runs: int, bundle: Path | None) -> dict[str, float]:
    """Time a pattern in a batch and alone, in this process."""
    model = load_model(bundle)
    patterns = [crystinet.read_pattern(path) for path in files]
    model.identify([model.sample(p) for p in patterns[:2]])  # opens the networks
    times: dict[str, list[float]] = {"in a batch / ms": [], "alone / ms": []}
    for i in range(runs):
        for name, given in zip(times, (patterns, [patterns[i % len(patterns)]]), strict=True):
            started = time.perf_counter()
            model.identify([model.sample(p) for p in given])
            times[name].append(1e3 * (time.perf_counter() - started) / len(given))
    return {name: statistics.median(values) for name, values in times.items()}


def compare(*, count: int, runs: int, model: Path | None) -> dict[str, dict[str, float]]:
    """Our union and the reference design in the same run; the keys carry the units."""
    words = ["--compare", "--repeats", runs, *(["--model", model] if model else [])]
    options = ["--model", str(model)] if model else []
    with tempfile.TemporaryDirectory() as folder:
        files = make_pattern_files(Path(folder), count=count, rng=np.random.default_rng(0))
        weights = Path(folder) / "weights.pt"
        found = json.loads(run(weights, *files, *words, script=REFERENCE)[1])
        starts: dict[str, list[float]] = {"union": [], "reference": []}
        for _ in range(runs):  # in turns, so that other work on the machine meets both
            starts["union"].append(run("identify", files[0], "--json", *options)[0])
            starts["reference"].append(run(weights, files[0], script=REFERENCE)[0])
    return {
        name: {
            "in a batch / ms": found[name]["batch"],
            "alone / ms": found[name]["single"],
            "cold start / s": statistics.median(starts[name]),
        }
        for name in ("union", "reference")
    }


def measure(*, count: int, runs: int, model: Path | None) -> dict[str, float]:
    """Measure everything; the keys carry the units."""
    options = ["--json", *(["--model", str(model)] if model else [])]
    with tempfile.TemporaryDirectory() as folder:
        files = make_pattern_files(Path(folder), count=count, rng=np.random.default_rng(0))
        start = median_seconds("identify", files[0], *options, runs=runs)
        batch = median_seconds("identify", folder, *options, runs=runs)
        answers = json.loads(run("identify", folder, *options)[1])["results"]
        warm = in_process(files, runs=runs, bundle=model)
    # This process is small: a child counts the size of its parent at the fork too.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "import / ms": import_ms(runs=runs),
        "help / s": median_seconds("--help", runs=runs),
        "cold start / s": start,
        "per pattern, end to end / ms": 1e3 * (batch - start) / (count - 1),
        "per pattern, model only / ms": 1e3 * statistics.median(a["elapsed_s"] for a in answers),
        **warm,
        "peak memory / MB": peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6,
    }


def print_table(figures: dict[str, float], machine: dict[str, Any]) -> None:
    """Print a Markdown table, ready for the README."""
    print("| what | measured | target |\n| --- | --- | --- |")
    for name, value in figures.items():
        what, unit = name.split(" / ")
        target = f"<= {TARGETS[name]:g} {unit}" if name in TARGETS else ""
        print(f"| {what} | {value:.3g} {unit} | {target} |")
    print(f"\n{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}")


def print_comparison(figures: dict[str, dict[str, float]]) -> None:
    """Print a Markdown table with the ratio of both."""
    print("\n| what | this union | reference design | times longer |\n| --- | --- | --- | --- |")
    for name, ours in figures["union"].items():
        what, unit = name.split(" / ")
        other = figures["reference"][name]
        print(f"| {what} | {ours:.3g} {unit} | {other:.3g} {unit} | {other / ours:.1f} |")


def describe_machine() -> dict[str, Any]:
    """Name the processor, the cores that this process may use, and the Python version."""
    info = Path("/proc/cpuinfo")
    models = [
        line.split(":", 1)[1].strip()
        for line in (info.read_text().splitlines() if info.exists() else [])
        if line.startswith("model name")
    ]
    usable = getattr(os, "sched_getaffinity", None)
    return {
        "cpu": models[0] if models else platform.processor() or platform.machine(),
        "cores": len(usable(0)) if usable else os.cpu_count(),
        "python": platform.python_version(),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--patterns", type=int, default=64, help="files in the batch, 2 or more")
    parser.add_argument("--runs", type=int, default=5, help="repetitions; the median counts")
    parser.add_argument("--model", type=Path, help="bundle instead of the built-in one")
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--reference", action="store_true", help="also time the reference design")
    options = parser.parse_args()
    figures = measure(count=options.patterns, runs=options.runs, model=options.model)
    machine = describe_machine()
    document: dict[str, Any] = {"figures": figures}
    if options.reference:
        document["comparison"] = compare(
            count=options.patterns, runs=options.runs, model=options.model
        )
    if options.json:
        print(json.dumps({"machine": machine, **document}, indent=1))
        return
    print_table(figures, machine)
    if options.reference:
        print_comparison(document["comparison"])


if __name__ == "__main__":
    main()
