"""Join the bundle "wide" to the default one; docs/how-to/wide.md says what for.

Usage::

    python tools/wide/join.py wide.npz FOLDER [--first BUNDLE] [--second BUNDLE] [--seed N]
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.labels.classes import with_classes
from crystinet.model.bundle_files import bundle_folder, load_bundle, save_bundle
from crystinet.training.draw.source import PatternSource, RenderingConfig
from crystinet.training.groups import Groups
from crystinet.training.joining import join_bundles


def show(stage: str, done: int, total: int) -> None:
    """Write where the work is, on one line."""
    print(f"\r{stage} {done}/{total}    ", end="", file=sys.stderr, flush=True)


def main() -> None:
    """Join them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="what the second was trained with")
    parser.add_argument("folder", type=Path, help="where to write the joined bundle")
    parser.add_argument("--first", type=Path, default=Path("default"))
    parser.add_argument("--second", type=Path, default=Path("wide"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patterns", type=int, default=4_000)
    asked = parser.parse_args()
    first, second = (load_bundle(bundle_folder(each)) for each in (asked.first, asked.second))
    numbers = {entry.number: entry.name for entry in second.types}
    dataset = with_classes(Dataset.load(asked.dataset), numbers)
    rendering = RenderingConfig(preprocessing=second.preprocessing, grid=second.axis.grid)
    joined = join_bundles(
        first,
        second,
        PatternSource(dataset, rendering, second.axis),
        Groups((0,), (tuple(numbers),)),
        rng=np.random.default_rng([asked.seed, 41]),
        n_patterns=asked.patterns,
        report=show,
    )
    save_bundle(joined, asked.folder)
    print(f"\n{asked.folder} is {joined.id[:12]}")


if __name__ == "__main__":
    main()
