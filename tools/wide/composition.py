"""Give the joined bundle "wide" its network for compositions; docs/how-to/wide.md.

Usage::

    python tools/wide/composition.py OUT wide.npz [--second BUNDLE] [--seed N] [--patterns N]

It learns from formulas of the training split alone. How much it counts beside the networks for
patterns is fitted on patterns of validation compounds.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.labels.classes import with_classes
from crystinet.corpus.splits import Split
from crystinet.evaluation.sampling import HeldOutCompounds, columns_by_number
from crystinet.model.bundle_files import bundle_folder, load_bundle, save_bundle
from crystinet.model.composition_network import composition_vectors, fractions_of
from crystinet.model.inference import Model
from crystinet.model.joint import Partner, joint_of
from crystinet.training.composition import (
    Formulas,
    files_of_network,
    fitted_count,
    teach_composition,
)
from crystinet.training.draw.source import PatternSource, RenderingConfig
from crystinet.training.scoring import score_compounds


def show(stage: str, done: int, total: int) -> None:
    """Write where the work is, on one line."""
    print(f"\r{stage} {done}/{total}    ", end="", file=sys.stderr, flush=True)


def main() -> None:
    """Teach the network, fit what it counts, and write the bundle with it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("dataset", type=Path, help="what the second was trained with")
    parser.add_argument("--second", type=Path, default=Path("wide"))
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--patterns", type=int, default=4_000)
    asked = parser.parse_args()
    first, second = (load_bundle(bundle_folder(each)) for each in (Path("default"), asked.second))
    joint, dataset = joint_of(second), Dataset.load(asked.dataset)
    if joint is None:
        parser.error("the second bundle is joined to none: tools/wide/join.py does it")
    numbers = {entry.number: entry.name for entry in second.types}
    formulas = Formulas.of(
        with_classes(dataset, numbers), Split.TRAIN, dict(columns_by_number(second))
    )
    network = teach_composition(formulas, n_types=len(second.types), seed=asked.seed, report=show)
    sample = HeldOutCompounds.draw(
        dataset, second, seed=asked.seed, max_patterns=asked.patterns, split=Split.VALIDATION
    )
    rendering = RenderingConfig(preprocessing=second.preprocessing, grid=second.axis.grid)
    scores = score_compounds(
        Model(first, Partner(joint, second, has_more=True)),
        PatternSource(dataset, rendering, second.axis),
        sample.inside,
        rng=np.random.default_rng([asked.seed, 43]),
        report=show,
    )
    formulas = [composition_of(dataset.members[i].formula) for i in sample.inside]
    fractions = np.array([fractions_of(each) for each in formulas])
    counts = [
        fitted_count(
            scores,
            sample.target,
            network.log_probability(composition_vectors(fractions, with_amounts=with_amounts)),
            joint.calibration,
        )
        for with_amounts in (False, True)
    ]
    network = replace(network, counts=np.array(counts, dtype=np.float32))
    bundle = second.changed(files={**second.files, **files_of_network(network)})
    save_bundle(bundle, asked.out)
    print(f"\n{asked.out} is {bundle.id[:12]}; counts {counts}")


if __name__ == "__main__":
    main()
