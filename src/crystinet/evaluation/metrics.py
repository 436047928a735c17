"""Figures of merit of a ranking and of a score, as pure functions."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from crystinet.core.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class RankingAccuracy:
    """How often the truth stands first, or among the first three.

    ``mean_over_classes`` is the mean of the top-1 accuracies of the classes, so that a class of
    two patterns counts as much as one of two hundred.
    """

    patterns: int
    classes: int
    top1: float
    top3: float
    mean_over_classes: float


def rank_of_truth(scores: FloatArray, target: IntArray) -> IntArray:
    """Place (0 is first) of the true column in each row of scores (b, t); ties count against."""
    own = scores[np.arange(len(target)), target][:, None]
    rank: IntArray = (scores >= own).sum(axis=1) - 1
    return rank


def ranking_accuracy(rank: IntArray, target: IntArray) -> RankingAccuracy:
    """Summary of places (b,) of the truth, by true class (b,)."""
    if not len(rank):
        return RankingAccuracy(0, 0, float("nan"), float("nan"), float("nan"))
    first = rank == 0
    by_class = [first[target == c].mean() for c in np.unique(target)]
    return RankingAccuracy(
        patterns=len(rank),
        classes=len(by_class),
        top1=float(first.mean()),
        top3=float((rank < 3).mean()),
        mean_over_classes=float(np.mean(by_class)),
    )


def auroc(*, negatives: FloatArray, positives: FloatArray) -> float:
    """Chance that a positive scores above a negative (area under the ROC curve)."""
    n, p = len(negatives), len(positives)
    if not n or not p:
        return float("nan")
    ranks = rankdata(np.concatenate([negatives, positives]))
    return float((ranks[n:].sum() - p * (p + 1) / 2.0) / (n * p))


def calibration_error(probability: FloatArray, correct: FloatArray, *, bins: int = 15) -> float:
    """Expected calibration error: mean |accuracy - probability| over equal-width bins."""
    index = np.minimum((probability * bins).astype(np.int64), bins - 1)
    total = 0.0
    for i in range(bins):
        chosen = index == i
        if chosen.any():
            total += chosen.mean() * abs(correct[chosen].mean() - probability[chosen].mean())
    return float(total)
