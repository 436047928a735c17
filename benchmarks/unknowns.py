"""How well are patterns of unknown compounds grouped by structure type? Simulated ones tell.

python benchmarks/unknowns.py dataset.npz

Takes structures outside the 91 classes whose type the catalogue names, and as many again of other
types, one fully augmented pattern each; only those that the built-in bundle calls unknown or
uncertain count. Settings are chosen on every second type and judged on the others.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset
from crystinet.model.bundle_files import load_bundle
from crystinet.model.inference import Model
from crystinet.model.likeness import centred_features, cosines, group_by_likeness, intensity_cosines
from crystinet.model.screening import pool
from crystinet.model.similarity import SimilarityConfig
from crystinet.model.verdicts import verdict
from crystinet.training.draw.source import PatternSource, RenderingConfig

FEWEST, MOST = 4, 8


def chosen_compounds(dataset: Dataset, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Compounds and the number of the type of each; those without a type are types of one."""
    by_type: dict[str, list[int]] = defaultdict(list)
    singles = []
    for i, member in enumerate(dataset.members):
        if member.class_number == OUTSIDE and member.known_experimentally:
            (by_type[member.type_name] if member.type_name else singles).append(i)
    rows, types = [], []
    for number, name in enumerate(sorted(by_type)):
        if len(by_type[name]) >= FEWEST:
            own = rng.permutation(by_type[name])[:MOST]
            rows += own.tolist()
            types += [number] * len(own)
    alone = rng.permutation(singles)[: len(rows) // 2]
    rows += alone.tolist()
    types += [1_000_000 + 2 * i + i % 2 for i in range(len(alone))]
    return np.array(rows), np.array(types)


def pair_figures(labels: np.ndarray, types: np.ndarray) -> tuple[float, float, float]:
    """Precision and recall of pairs, and the adjusted Rand index (Hubert & Arabie 1985)."""
    upper = np.triu_indices(len(types), 1)
    same = (labels[:, None] == labels)[upper]
    true = (types[:, None] == types)[upper]
    hits, expected = (same & true).sum(), same.sum() * true.sum() / len(same)
    ari = (hits - expected) / max(0.5 * (same.sum() + true.sum()) - expected, 1e-12)
    return float(hits / max(same.sum(), 1)), float(hits / max(true.sum(), 1)), float(ari)


def described(
    dataset: Dataset, rows: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs and features of one pattern of each compound, and which are not called known."""
    bundle = load_bundle()
    model = Model(bundle)
    rendering = RenderingConfig(preprocessing=bundle.preprocessing, grid=bundle.axis.grid)
    source = PatternSource(dataset, rendering, bundle.axis)
    inputs, pooled, unknown = [], [], []
    for start in range(0, len(rows), 64):
        part = rows[start : start + 64]
        x = source.draw_inputs(part, impurities=rng.permutation(rows)[: len(part)], rng=rng)
        scores = model.score(x)
        judged = zip(
            scores.unknown_score(bundle.calibration),
            scores.probability(bundle.calibration).max(axis=1),
            strict=True,
        )
        unknown += [
            verdict(float(u), float(p), bundle.calibration)[0] != "known" for u, p in judged
        ]
        inputs.append(x)
        pooled.append(pool(bundle.shared(x)[0]))
    space = bundle.feature_space
    features = centred_features(
        np.concatenate(pooled), whitening=space.whitening, centroids=space.centroids
    )
    return np.concatenate(inputs), features, np.array(unknown)


def judge(alike: np.ndarray, types: np.ndarray) -> tuple[float, float, tuple[float, float, float]]:
    """Choose the limit on one half of the types: its limit and ARI, figures on the other half."""
    here, there = types % 2 == 0, types % 2 == 1
    first, second = alike[np.ix_(here, here)], alike[np.ix_(there, there)]
    ari, limit = max(
        (pair_figures(group_by_likeness(first, least=float(t)), types[here])[2], float(t))
        for t in np.arange(0.05, 0.9, 0.05)
    )
    return limit, ari, pair_figures(group_by_likeness(second, least=limit), types[there])


def main() -> None:
    """Print a table of settings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    dataset = Dataset.load(arguments.dataset)
    rows, types = chosen_compounds(dataset, rng)
    inputs, features, keep = described(dataset, rows, rng)
    inputs, features, types = inputs[keep], features[keep], types[keep]
    print(f"{len(types)} patterns of {len(np.unique(types))} types not called known")
    print("| shift | features | least | ARI chosen on | precision | recall | ARI |")
    for shift in (20, 60, 100):
        by_lines = intensity_cosines(inputs, config=SimilarityConfig(max_shift=shift))
        for weight in (0.0, 0.25, 0.5, 0.75, 1.0):
            alike = (1.0 - weight) * by_lines + weight * cosines(features)
            limit, chosen, (precision, recall, ari) = judge(alike, types)
            print(
                f"| {shift} | {weight:.2f} | {limit:.2f} | {chosen:.3f} | {precision:.2f} | "
                f"{recall:.2f} | {ari:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
