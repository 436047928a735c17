"""What faults of detectors and files do to answers: patterns before and after a fault is put in.

python benchmarks/faults.py DATA            measured patterns, one phase, of DATA/measured
python benchmarks/faults.py --simulated 90  simulated ones, on which the rules were chosen
"""

import argparse
import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import crystinet
from crystinet.app.models import load_model

Curve = NDArray[np.float64]
Fault = Callable[[Curve, Curve, np.random.Generator], tuple[Curve, Curve]]


def outliers(count: int) -> Fault:
    """So many points at minus a million."""

    def put(x: Curve, y: Curve, rng: np.random.Generator) -> tuple[Curve, Curve]:
        y = y.copy()
        y[rng.choice(np.arange(10, len(y) - 10), count, replace=False)] = -1e6
        return x, y

    return put


def dead(count: int, width_deg: float) -> Fault:
    """So many blocks of zeros, each of a width."""

    def put(x: Curve, y: Curve, rng: np.random.Generator) -> tuple[Curve, Curve]:
        y = y.copy()
        for _ in range(count):
            start = rng.uniform(x[0], x[-1] - width_deg)
            y[(x > start) & (x < start + width_deg)] = 0.0
        return x, y

    return put


def saturated(part: float) -> Fault:
    """Nothing is higher than a part of the strongest line."""
    return lambda x, y, rng: (x, np.minimum(y, part * y.max()))


FAULTS: dict[str, Fault] = {
    "none": lambda x, y, rng: (x, y),
    "one point at -1e6": outliers(1),
    "ten points at -1e6": outliers(10),
    "one dead block of 5 degrees": dead(1, 5.0),
    "three dead blocks of 3 degrees": dead(3, 3.0),
    "eight dead blocks of 0.6 degrees": dead(8, 0.6),
    "cut off at 50 %": saturated(0.5),
    "cut off at 20 %": saturated(0.2),
    "square roots": lambda x, y, rng: (x, np.sqrt(np.maximum(y, 0.0))),
    "logarithms": lambda x, y, rng: (x, np.log(np.maximum(y, 0.0) + 1.0)),
    "every fifth point": lambda x, y, rng: (x[::5], y[::5]),
}

Item = tuple[str, crystinet.Pattern]


def measured(data: Path, names: dict[str, str]) -> list[Item]:
    """Patterns of one phase with the class of their type, empty outside the catalogue."""
    items = []
    with (data / "measured" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["quality"] == "ok"]
    for row in rows:
        path = data / "measured" / row["file"]
        try:
            wavelength = float(row["wavelength_angstrom"].split("/")[0])
            pattern = crystinet.read_pattern(path, wavelength_angstrom=wavelength)
        except (crystinet.CrystinetError, ValueError):  # two have no wavelength that is a number
            continue
        if row["file"].startswith("rruff"):  # above, the published patterns are made up
            pattern = pattern.within((5.0, 90.0))
        inside = row["in_catalogue"] == "yes"
        items.append((names.get(row["structure_type"], "") if inside else "", pattern))
    return items


def simulated(count: int, names: dict[str, str]) -> list[Item]:
    """Counted patterns of the types' references."""
    rng = np.random.default_rng(0)
    kinds = [kind for kind in crystinet.types() if kind.name in names]
    items = []
    for i in range(count):
        kind = kinds[i % len(kinds)]
        pattern = crystinet.simulate(
            kind.reference,
            counts=float(np.exp(rng.uniform(np.log(300.0), np.log(50_000.0)))),
            background=float(np.exp(rng.uniform(np.log(0.01), np.log(0.3)))),
            seed=int(rng.integers(2**30)),
            fwhm_deg=float(rng.uniform(0.08, 0.25)),
        )
        items.append((names[kind.name], pattern))
    return items


def main() -> None:
    """Print a row for each fault."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--simulated", type=int, default=0)
    given = parser.parse_args()
    model = load_model()
    names = {name: t.name for t in model.bundle.types for name in (t.name, *t.merged)}
    items = simulated(given.simulated, names) if given.simulated else measured(given.data, names)
    print("| fault | known, right | known, wrong | first, any verdict | outside, known | noted |")
    for called, put in FAULTS.items():
        said: Counter[str] = Counter()
        for i, (truth, pattern) in enumerate(items):
            x, y = pattern.two_theta_deg[pattern.mask], pattern.intensity[pattern.mask]
            faulty = crystinet.Pattern(*put(x, y, np.random.default_rng(i)), pattern.radiation)
            try:
                (answer,) = model.identify([model.sample(faulty)])
            except crystinet.CrystinetError:
                said["refused"] += 1
                continue
            known = answer.verdict is crystinet.Verdict.KNOWN
            first = answer.candidates[0].type == truth
            said["noted"] += any(
                note.code.value.startswith(("dead", "counts", "sat", "much", "perhaps-compr"))
                for note in answer.notes
            )
            said["first"] += first
            said["known, right"] += known and first
            said["known, wrong"] += bool(known and truth and not first)
            said["outside, known"] += known and not truth
        columns = ("known, right", "known, wrong", "first", "outside, known", "noted")
        print(f"| {called} | {' | '.join(str(said[c]) for c in columns)} |", flush=True)


if __name__ == "__main__":
    main()
