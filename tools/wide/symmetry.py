"""Give the joined bundle "wide" its head for the symmetry of any compound; docs/how-to/wide.md.

Usage::

    python tools/wide/symmetry.py FEATURES OUT wide.npz h.npz [--second BUNDLE] [--seed N]

FEATURES is a folder where what was drawn is kept: a call that was cut off goes on when it is
repeated.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from crystinet.corpus.datasets.dataset import Dataset
from crystinet.crystals.catalogue import load_catalogue, load_further
from crystinet.model.bundle_files import bundle_folder, load_bundle, save_bundle
from crystinet.training.symmetry import draw_symmetry_features, teach_symmetry


def show(stage: str, done: int, total: int) -> None:
    """Write where the work is, on one line."""
    print(f"\r{stage} {done}/{total}    ", end="", file=sys.stderr, flush=True)


def main() -> None:
    """Draw features, teach the head, and write the bundle with it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("features", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("datasets", type=Path, nargs="+")
    parser.add_argument("--second", type=Path, default=Path("wide"))
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--patterns", type=int, default=55_000)
    asked = parser.parse_args()
    first, second = (load_bundle(bundle_folder(each)) for each in (Path("default"), asked.second))
    known = {k.name: max(k.space_groups, default=0) for k in (*load_catalogue(), *load_further())}
    groups = np.array([known.get(entry.name, 0) for entry in second.types], dtype=np.int64)
    asked.features.mkdir(parents=True, exist_ok=True)
    features = draw_symmetry_features(
        first,
        second,
        groups,
        {path.stem: Dataset.load(path) for path in asked.datasets},
        asked.features,
        seed=asked.seed,
        training=asked.patterns,
        report=show,
    )
    files = teach_symmetry(features, groups, seed=asked.seed, report=show)
    bundle = second.changed(files={**second.files, **files})
    save_bundle(bundle, asked.out)
    print(f"\n{asked.out} is {bundle.id[:12]}")


if __name__ == "__main__":
    main()
