"""Lines of measured patterns that the average pattern of the right type has, and of others.

Usage::

    python benchmarks/explained_lines.py FOLDER [--model BUNDLE] [--seed 0]

FOLDER holds measured patterns and a ``manifest.csv``, as for ``crystinet evaluate --measured``; the
single-phase ones of quality ``ok`` whose type the bundle knows are taken. The share is of the
summed height of the lines as the networks see them: the test of `crystinet.model.expected` is only
worth something where the right type has much more of it than others.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from crystinet.app.models import load_model
from crystinet.core.errors import CrystinetError
from crystinet.evaluation.manifest import read_measured
from crystinet.model.expected import expected_pattern, matched_lines
from crystinet.model.explanation import column_of
from crystinet.model.inference import Model
from crystinet.patterns import scale_intensity
from crystinet.patterns.sample import Sample

RANDOM_TYPES = 5


def matched_share(model: Model, sample: Sample, columns: list[int]) -> list[float]:
    """Share of the height of the lines that each of some types has."""
    inputs = model.network_input([sample.prepared])
    shares = []
    for column in columns:
        expected = expected_pattern(model.bundle, inputs, column)
        peaks = matched_lines(sample, expected)
        height = scale_intensity(
            np.array([peak.intensity for peak in peaks]),
            knee=model.bundle.preprocessing.intensity_knee,
        )
        matched = np.array([peak.matched for peak in peaks], dtype=bool)
        shares.append(float(height[matched].sum() / height.sum()))
    return shares


def main() -> None:
    """Print the mean shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="measured patterns and their manifest.csv")
    parser.add_argument("--model", type=Path, help="bundle other than the one in the package")
    parser.add_argument("--seed", type=int, default=0, help="of the types drawn at random")
    given = parser.parse_args()
    model, rng = load_model(given.model), np.random.default_rng(given.seed)
    names = [entry.name for entry in model.bundle.types]
    found = []
    with (given.folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["quality"] == "ok"]
    for row in rows:
        try:
            right = column_of(model.bundle, row["structure_type"])
            sample = model.sample(read_measured(given.folder, row))
            (answer,) = model.identify([sample])
        except CrystinetError:
            continue  # a type that the bundle does not have, or no pattern
        rivals = [c.type for c in answer.candidates[:4] if c.type != names[right]][:3]
        others = [int(i) for i in rng.permutation(len(names)) if i != right][:RANDOM_TYPES]
        columns = [right, *(names.index(name) for name in rivals), *others]
        share = matched_share(model, sample, columns)
        found.append((share[0], np.mean(share[1:4]), np.mean(share[4:])))
    right_type, best_others, random_types = np.mean(found, axis=0)
    print(f"bundle {model.bundle.version}, {model.bundle.id[:12]}; {len(found)} patterns")
    print(f"share of the lines' height that is matched: right type {right_type:.2f}, the three")
    print(f"best other candidates {best_others:.2f}, types drawn at random {random_types:.2f}")


if __name__ == "__main__":
    main()
