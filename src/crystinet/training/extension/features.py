"""Shared features of drawn patterns, kept on disk: a further RCNet is trained on them in minutes.

The first stages of a bundle are frozen, so what they make of a pattern need be computed only once.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.files import write_arrays
from crystinet.core.progress import Progress, silent
from crystinet.corpus.datasets.dataset import OUTSIDE
from crystinet.corpus.splits import Split
from crystinet.model.bundle import Bundle
from crystinet.model.reliability import log_sigmoid, log_softmax
from crystinet.training.draw.source import PatternSource
from crystinet.training.groups import Groups

#: Patterns that are drawn and written at a time.
CHUNK = 256


@dataclass(frozen=True)
class FeatureConfig:
    """What the patterns are of.

    Attributes
    ----------
    patterns
        How many in all.
    new_share, outside_share
        Of the new types, and of structures of none of the types; the rest are of the old types.
    balance
        Classes are drawn in proportion to (number of compounds) ** balance.
    seed
        Decides on everything random.
    """

    patterns: int = 24_000
    new_share: float = 0.4
    outside_share: float = 0.2
    balance: float = 0.4
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Patterns as the shared stages see them, and what the known nets say of them.

    Attributes
    ----------
    features
        Shape (n, c, 1, l), half precision to save memory.
    columns, nets
        Column of the type among all, and index of its group among the new ones; -1 for neither.
    log_share
        ln(C p) of the known types, shape (n, t).
    """

    features: NDArray[np.float16]
    columns: NDArray[np.int64]
    nets: NDArray[np.int64]
    log_share: NDArray[np.float32]


def draw_features(
    bundle: Bundle,
    source: PatternSource,
    old: Groups,
    new: Groups,
    config: FeatureConfig,
    folder: Path,
    *,
    report: Progress = silent,
) -> Features:
    """Draw patterns of training compounds and run the frozen networks on them.

    Each chunk is written to ``folder`` when it is done and not drawn again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = _weights(source, new, config)
    column_of = _places(old, new)
    parts = []
    n_chunks = -(-config.patterns // CHUNK)
    for number in range(n_chunks):
        path = folder / f"{number:05d}.npz"
        if not path.exists():
            rng = np.random.default_rng([config.seed, 31, number])
            chosen = rng.choice(len(weights), CHUNK, p=weights)
            classes = [source.dataset.members[i].class_number for i in chosen]
            places = np.array([column_of.get(c, (-1, -1)) for c in classes])
            features, log_share = _run(bundle, source, chosen, rng)
            drawn = {"features": features, "places": places, "log_share": log_share}
            write_arrays(path, drawn)
        with np.load(path, allow_pickle=False) as file:
            parts.append((file["features"], file["places"], file["log_share"]))
        report("drawing patterns", (number + 1) * CHUNK, n_chunks * CHUNK)
    places = np.concatenate([p for _, p, _ in parts])
    return Features(
        features=np.concatenate([f for f, _, _ in parts]),
        columns=places[:, 0],
        nets=places[:, 1],
        log_share=np.concatenate([s for _, _, s in parts]),
    )


def _places(old: Groups, new: Groups) -> dict[int, tuple[int, int]]:
    """Class number to (column among all types, index of the new group or -1)."""
    n_old = len(old.columns)
    places = {number: (column, -1) for number, (column, _) in old.column_of().items()}
    for number, (column, group) in new.column_of().items():
        places[number] = (n_old + column, group)
    places[OUTSIDE] = (-1, -1)
    return places


def _weights(source: PatternSource, new: Groups, config: FeatureConfig) -> FloatArray:
    """Probability of each compound of the data set."""
    members = source.dataset.members
    classes: IntArray = np.array([m.class_number for m in members])
    training = np.array([m.split is Split.TRAIN for m in members])
    is_new = np.isin(classes, new.columns)
    shares = {"new": config.new_share, "outside": config.outside_share}
    parts = {
        "new": training & is_new,
        "outside": training & (classes == OUTSIDE),
        "old": training & ~is_new & (classes != OUTSIDE),
    }
    shares["old"] = 1.0 - sum(shares.values())
    weights = np.zeros(len(members))
    for name, rows in parts.items():
        if rows.any():
            _, index, count = np.unique(classes[rows], return_inverse=True, return_counts=True)
            own = count[index].astype(np.float64) ** (config.balance - 1.0)
            weights[rows] = shares[name] * own / own.sum()
    normalised: FloatArray = weights / weights.sum()
    return normalised


def _run(
    bundle: Bundle, source: PatternSource, chosen: IntArray, rng: np.random.Generator
) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """Features and ln(C p) of the known types of one new pattern of each chosen compound."""
    features, log_share = [], []
    for start in range(0, len(chosen), 64):
        part = chosen[start : start + 64]
        inputs = source.draw_inputs(part, impurities=rng.permutation(part), rng=rng, variants=True)
        (maps,) = bundle.shared(inputs)
        features.append(maps.astype(np.float16))
        log_share.append(known_log_share(bundle, maps).astype(np.float32))
    return np.concatenate(features), np.concatenate(log_share)


def validation_features(
    bundle: Bundle,
    source: PatternSource,
    old: Groups,
    *,
    n_patterns: int,
    rng: np.random.Generator,
    report: Progress = silent,
) -> Features | None:
    """The same for validation compounds of the old types, all drawn about equally often.

    None where there are no such compounds.
    """
    members = source.dataset.members
    columns = {number: column for number, (column, _) in old.column_of().items()}
    rows = source.dataset.select(Split.VALIDATION)
    rows = rng.permutation([i for i in rows if members[i].class_number in columns])
    if not len(rows):
        return None
    chosen = np.resize(rows, n_patterns)
    parts = []
    for start in range(0, len(chosen), CHUNK):
        parts.append(_run(bundle, source, chosen[start : start + CHUNK], rng))
        report("patterns for caution", min(start + CHUNK, len(chosen)), len(chosen))
    return Features(
        features=np.concatenate([f for f, _ in parts]),
        columns=np.array([columns[members[i].class_number] for i in chosen]),
        nets=np.full(len(chosen), -1),
        log_share=np.concatenate([s for _, s in parts]),
    )


def known_log_share(bundle: Bundle, maps: NDArray[np.float32]) -> FloatArray:
    """ln(C_i p_t|i) of every type of a bundle from shared features (b, c, 1, l), shape (b, t)."""
    sizes = np.array(list(bundle.group_sizes.values()))
    outputs = [net(maps, first=2) for net in bundle.nets]
    types = np.concatenate([out[0] for out in outputs], axis=1).astype(np.float64)
    confidences = np.concatenate([out[1] for out in outputs], axis=1).astype(np.float64)
    parts = np.split(types, np.cumsum(sizes)[:-1], axis=1)
    log_p = np.concatenate([log_softmax(part) for part in parts], axis=1)
    return log_p + np.repeat(log_sigmoid(confidences), sizes, axis=1)
