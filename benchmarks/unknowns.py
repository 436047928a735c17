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

from crystinet.corpus.dataset import OUTSIDE, Dataset
from crystinet.model.bundle import load_bundle
from crystinet.model.likeness import centred_features, cosines, group, intensity_cosines
from crystinet.model.screening import pool
from crystinet.model.similarity import SimilarityConfig
from crystinet.model.union import Union, verdict
from crystinet.training.rendering import PatternSource, RenderingConfig

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


def main() -> None:
    """Print a table of settings, and the figures of the best one on types it was not chosen on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    dataset, bundle = Dataset.load(arguments.dataset), load_bundle()
    union = Union(bundle)
    rows, types = chosen_compounds(dataset, rng)
    rendering = RenderingConfig(preprocessing=bundle.preprocessing, grid=bundle.axis.grid)
    source = PatternSource(dataset, rendering, bundle.axis)
    inputs, pooled, kept = [], [], []
    for start in range(0, len(rows), 64):
        part = rows[start : start + 64]
        x = source.draw_inputs(part, impurities=rng.permutation(rows)[: len(part)], rng=rng)
        scores = union.score(x)
        unknown = scores.unknown_score(bundle.calibration)
        p = scores.probability(bundle.calibration).max(axis=1)
        pairs = zip(unknown, p, strict=True)
        kept += [verdict(float(u), float(v), bundle.calibration)[0] != "known" for u, v in pairs]
        inputs.append(x)
        pooled.append(pool(bundle.shared(x)[0]))
    keep = np.array(kept)
    x, types = np.concatenate(inputs)[keep], types[keep]
    space = bundle.feature_space
    features = centred_features(
        np.concatenate(pooled)[keep], whitening=space.whitening, centroids=space.centroids
    )
    print(f"{len(types)} patterns of {len(np.unique(types))} types not called known")
    by_features = cosines(features)
    best: tuple[float, ...] = (-1.0,)
    for shift in (20, 60, 100):
        by_lines = intensity_cosines(x, config=SimilarityConfig(max_shift=shift))
        for weight in (0.0, 0.25, 0.5, 0.75, 1.0):
            alike = (1.0 - weight) * by_lines + weight * by_features
            halves = [types % 2 == 0, types % 2 == 1]
            first, second = (alike[np.ix_(h, h)] for h in halves)
            for least in np.arange(0.2, 0.9, 0.05):
                found = pair_figures(group(first, least=float(least)), types[halves[0]])
                if found[2] > best[0]:
                    best = (found[2], shift, weight, float(least))
            here = max(
                (pair_figures(group(first, least=float(t)), types[halves[0]]), float(t))
                for t in np.arange(0.2, 0.9, 0.05)
            ) if False else max(
                ((pair_figures(group(first, least=float(t)), types[halves[0]])[2], float(t))
                 for t in np.arange(0.2, 0.9, 0.05))
            )
            other = pair_figures(group(second, least=here[1]), types[halves[1]])
            print(
                f"shift {shift:>3} features {weight:.2f} least {here[1]:.2f}: chosen on ARI "
                f"{here[0]:.3f}; others: precision {other[0]:.2f}, recall {other[1]:.2f}, "
                f"ARI {other[2]:.3f}"
            )
    print(f"best on the first half: {best}")


if __name__ == "__main__":
    main()
