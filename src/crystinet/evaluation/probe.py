"""A linear probe: how well patterns tell two types apart, at compounds that it never saw."""

from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import BoolArray, Float32Array, FloatArray, IntArray

#: Ridge penalties that training compounds choose from, relative to the largest variance.
_PENALTIES = (1.0, 0.1, 1e-2, 1e-3, 1e-4, 1e-5)
_FOLDS = 3
_DRAWS = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class PairPatterns:
    """Patterns of two types, to learn from or to judge on.

    Attributes
    ----------
    patterns
        Intensity on the coarse axis, aligned, (b, n).
    features
        Whitened features of the shared stages, (b, k).
    second
        Whether each pattern is of the second type, (b,).
    compound
        Number of each pattern's compound, (b,).
    """

    patterns: Float32Array
    features: Float32Array
    second: BoolArray
    compound: IntArray


@dataclass(frozen=True, slots=True)
class Judgement:
    """How well two types were told apart.

    Attributes
    ----------
    accuracy
        Balanced: mean of both types' shares; 0.5 is guessing.
    low, high
        95 % interval of it, by compounds.
    first_right, second_right
        Share of the patterns of each type that are taken for their own, each compound counting the
        same.
    compounds
        Held-out compounds of each type that it was judged on.
    """

    accuracy: float
    low: float
    high: float
    first_right: float
    second_right: float
    compounds: tuple[int, int]


def judge(training: PairPatterns, held_out: PairPatterns, *, seed: int) -> Judgement:
    """Train a linear probe on patterns of some compounds and judge it on those of others.

    It sees the pattern itself, aligned, and the networks' shared features; the features alone might
    have lost what the networks were never asked for. It is a ridge regression on the types; its
    penalty is chosen by cross-validation over training compounds. Both types weigh the same.

    The interval takes each compound for one trial with the share of its patterns that are right:
    a Beta(h + 1/2, n - h + 1/2) for each type (Jeffreys), 20,000 draws of the mean of both.
    """
    x, z = _blocks(training, held_out)
    scores = _scores(x, training.second, z)[_best_penalty(x, training)]
    right = (scores > 0.0) == held_out.second
    rng = np.random.default_rng([seed, 41])
    shares, draws, counts = [], [], []
    for second in (False, True):
        own = held_out.second == second
        compounds = np.unique(held_out.compound[own])
        by_compound = [right[held_out.compound == c].mean() for c in compounds]
        n, hits = len(compounds), float(np.sum(by_compound))
        shares.append(hits / n)
        counts.append(n)
        draws.append(rng.beta(hits + 0.5, n - hits + 0.5, _DRAWS))
    low, high = np.quantile(np.mean(draws, axis=0), [0.025, 0.975])
    accuracy = float(np.mean(shares))
    return Judgement(
        accuracy=round(accuracy, 4),
        low=round(min(float(low), accuracy), 4),
        high=round(max(float(high), accuracy), 4),
        first_right=round(shares[0], 4),
        second_right=round(shares[1], 4),
        compounds=(counts[0], counts[1]),
    )


def _blocks(training: PairPatterns, held_out: PairPatterns) -> tuple[FloatArray, FloatArray]:
    """What the probe sees of both sides, (b, n + k): each block with unit variance in training."""
    x, z = [], []
    for name in ("patterns", "features"):
        block, other = (getattr(side, name).astype(np.float64) for side in (training, held_out))
        mean = block.mean(axis=0)
        spread = max(float(np.sqrt(((block - mean) ** 2).sum(axis=1).mean())), 1e-12)
        x.append((block - mean) / spread)
        z.append((other - mean) / spread)
    return np.concatenate(x, axis=1), np.concatenate(z, axis=1)


def _best_penalty(x: FloatArray, side: PairPatterns) -> int:
    """Index of the penalty with the best balanced accuracy on compounds left out of the fit."""
    fold = side.compound % _FOLDS
    right = np.zeros((len(_PENALTIES), len(x)), dtype=np.bool_)
    for each in range(_FOLDS):
        out = fold == each
        found = _scores(x[~out], side.second[~out], x[out])
        right[:, out] = (found > 0.0) == side.second[out]
    balanced = right[:, side.second].mean(axis=1) + right[:, ~side.second].mean(axis=1)
    return int(balanced.argmax())  # the strongest penalty of equals


def _scores(x: FloatArray, second: BoolArray, judged: FloatArray) -> FloatArray:
    """Scores of patterns by ridge regression on -1 and 1 with each penalty, (penalties, b).

    Both types weigh the same, however many patterns there are of each.
    """
    weight = np.where(second, 0.5 / max(second.sum(), 1), 0.5 / max((~second).sum(), 1))
    centre = weight @ x
    root = np.sqrt(weight)[:, None]
    left, singular, axes = np.linalg.svd(root * (x - centre), full_matrices=False)
    projected = left.T @ (root[:, 0] * np.where(second, 1.0, -1.0))
    penalties = np.array(_PENALTIES)[:, None] * singular[0] ** 2
    slopes = singular * projected / (singular**2 + penalties)
    scores: FloatArray = slopes @ ((judged - centre) @ axes.T).T
    return scores
