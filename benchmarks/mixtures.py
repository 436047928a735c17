"""Phases found in sums of two measured patterns, and false second phases in pure ones.

Usage::

    python benchmarks/mixtures.py FOLDER [--pairs 30] [--ratio 0.5] [--pure 0] [--seed 11] [--json]
    python benchmarks/mixtures.py FOLDER --verdicts [--pairs 40] [--seed 5]

FOLDER holds measured patterns of known structure types and ``manifest.csv`` with the columns id,
file, structure_type, in_catalogue, quality and wavelength_angstrom. Pairs of Cu K-alpha patterns of
different classes are drawn at random, scaled so that the highest line of each above its background
is equally high, and added 1 : RATIO on the range that both have. With ``--pure N`` two phases are
looked for in N patterns of one phase as well. With ``--verdicts`` no phases are looked for: it
counts how many pure patterns, and how many sums 1 : 1, 1 : 0.5 and 1 : 0.25, plain identification
calls *known*, by the networks alone and with the check by lines.
"""

import argparse
import csv
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from time import process_time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np

import crystinet
from crystinet.app.models import line_check, load_index, load_model
from crystinet.core.errors import CrystinetError
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.robustness.disturbances import added as sum_of_two
from crystinet.fit.whole_pattern.mixture import PhaseSearch
from crystinet.fit.whole_pattern.refinement import Refinement
from crystinet.model.identification import Verdict
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern

CU = 1.5406
# Processed patterns of one source hold made-up noise above this angle.
PROCESSED, LAST = "rruff", 90.0


def load(folder: Path) -> list[tuple[str, Pattern]]:
    """Class and pattern of every usable row of the manifest."""
    catalogue = load_catalogue()
    found = []
    with (folder / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["in_catalogue"] != "yes" or row["quality"] != "ok":
                continue
            text = row["wavelength_angstrom"].split("/")[0]
            wavelength = float(text) if text[:1].isdigit() else CU
            if abs(wavelength - CU) > 1e-3:
                continue
            pattern = crystinet.read_pattern(folder / row["file"], wavelength_angstrom=wavelength)
            low, high = pattern.measured_range_deg
            if row["id"].startswith(PROCESSED):
                pattern = pattern.within((low, min(high, LAST)))
            kind = catalogue.class_of(catalogue.by_name(row["structure_type"]))
            found.append((kind.name, pattern))
    return found


def added(model: Model, first: Pattern, second: Pattern, ratio: float) -> Pattern:
    """The sum of two patterns on the range that both have."""
    found = sum_of_two(model.sample(first), model.sample(second), ratio)
    if found is None:
        raise SystemExit(f"{first.name} and {second.name} have no range in common.")
    return found


def verdicts(
    model: Model, patterns: list[tuple[str, Pattern]], *, pairs: int, rng: random.Random
) -> Iterator[str]:
    """Counts of answers called known, and of the right ones among them, a line a kind."""
    catalogue, check = load_catalogue(), line_check(model)
    asked = {"pure": [((kind,), pattern) for kind, pattern in patterns]}
    drawn: list[tuple[tuple[str, Pattern], tuple[str, Pattern]]] = []
    while len(drawn) < pairs:
        first, second = rng.sample(patterns, 2)
        if first[0] != second[0]:
            drawn.append((first, second))
    for ratio in (1.0, 0.5, 0.25):
        asked[f"1 : {ratio}"] = [
            ((a, b), added(model, one, two, ratio)) for (a, one), (b, two) in drawn
        ]
    for name, questions in asked.items():
        before, after = [], []
        for truth, pattern in questions:
            sample = model.sample(pattern)
            (alone,) = model.identify([sample])
            right = catalogue.class_of(catalogue.by_name(alone.candidates[0].type)).name in truth
            for found, answer in ((before, alone), (after, check.checked(sample, alone))):
                if answer.verdict is Verdict.KNOWN:
                    found.append(right)
        yield (
            f"{name}: of {len(questions)} known {len(before)} ({sum(before)} right) by the "
            f"networks, {len(after)} ({sum(after)} right) with the check"
        )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--ratio", type=float, default=0.5)
    parser.add_argument("--pure", type=int, default=0)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--verdicts", action="store_true")
    options = parser.parse_args()
    catalogue = load_catalogue()
    patterns = load(options.folder)
    rng = random.Random(options.seed)  # noqa: S311
    model = load_model()
    if options.verdicts:
        for line in verdicts(model, patterns, pairs=options.pairs, rng=rng):
            print(line, flush=True)
        return
    search = PhaseSearch(model, Refinement(model, load_index()))
    both, times, false, pure = 0, [], 0, 0

    def found_in(pattern: Pattern) -> list[str]:
        started = process_time()
        try:
            mixture = search.find(model.sample(pattern), 2)
        except CrystinetError as error:
            print(f"  {error.message}")
            mixture = None
        times.append(process_time() - started)
        types = [] if mixture is None else [start.type for start in mixture.starts]
        return [
            catalogue.class_of(catalogue.by_name(name)).name if catalogue.has(name) else name
            for name in types
        ]

    pairs: list[tuple[tuple[str, Pattern], tuple[str, Pattern]]] = []
    while len(pairs) < options.pairs:
        first, second = rng.sample(patterns, 2)
        if first[0] != second[0]:
            pairs.append((first, second))
    for (one, a), (two, b) in pairs:
        got = found_in(added(model, a, b, options.ratio))
        both += {one, two} == set(got)
        if not options.json:
            mark = "yes" if {one, two} == set(got) else "no "
            print(f"{mark} {one} + {two}: {', '.join(got)}  {times[-1]:.1f} s", flush=True)
    for kind, pattern in rng.sample(patterns, min(options.pure, len(patterns))):
        got = found_in(pattern)
        pure += 1
        false += len(got) > 1
        if not options.json:
            print(f"pure {kind}: {', '.join(got)}  {times[-1]:.1f} s", flush=True)
    result = {
        "ratio": options.ratio,
        "pairs": len(pairs),
        "both_found": both,
        "pure": pure,
        "false_second": false,
        "median_s": round(float(np.median(times)), 2),
    }
    print(json.dumps(result) if options.json else result)


if __name__ == "__main__":
    main()
