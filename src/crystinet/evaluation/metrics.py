"""Figures of merit of a ranking and of a score, as pure functions."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from crystinet.core.arrays import BoolArray, FloatArray, IntArray


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


def share(flags: BoolArray) -> float:
    """Share of what is true, NaN of nothing."""
    return float(np.mean(flags)) if len(flags) else float("nan")


def wilson_interval(hits: int, n: int, *, z: float = 1.96) -> tuple[float, float]:
    """Interval that holds a share of which ``hits`` of ``n`` were seen, at 95 % unless ``z`` says.

    Wilson, J. Am. Stat. Assoc. 22 (1927) 209. NaN of nothing.
    """
    if not n:
        return float("nan"), float("nan")
    p, spread = hits / n, z * z / n
    half = z * np.sqrt(p * (1.0 - p) / n + spread / (4.0 * n))
    low, high = ((p + spread / 2.0 + side * half) / (1.0 + spread) for side in (-1.0, 1.0))
    return max(0.0, float(low)), min(1.0, float(high))


def balanced_accuracy(known: FloatArray, unknown: FloatArray, thresholds: FloatArray) -> FloatArray:
    """Accuracy of "known where the score is above the threshold", both sides weighing the same.

    Parameters
    ----------
    known, unknown
        Scores of patterns that are known and that are not, shapes (k,) and (u,).
    thresholds
        Shape (n,), as the result. NaN where one side is empty.
    """
    if not len(known) or not len(unknown):
        return np.full(len(thresholds), np.nan)
    above = 1.0 - np.searchsorted(np.sort(known), thresholds, side="right") / len(known)
    below = np.searchsorted(np.sort(unknown), thresholds, side="right") / len(unknown)
    accuracy: FloatArray = 0.5 * (above + below)
    return accuracy


def best_threshold(thresholds: FloatArray, accuracy: FloatArray) -> tuple[float, float]:
    """The threshold with the largest accuracy, the middle one of equals, and that accuracy."""
    if np.isnan(accuracy).all():
        return float("nan"), float("nan")
    best = np.flatnonzero(accuracy == np.nanmax(accuracy))
    middle = best[len(best) // 2]
    return float(thresholds[middle]), float(accuracy[middle])


def shares_in_bins(values: FloatArray, edges: FloatArray) -> FloatArray:
    """Share of the values in each bin, the last bin with its upper edge; zeros of nothing."""
    counts = np.histogram(values, bins=edges)[0].astype(np.float64)
    shares: FloatArray = counts / max(1, len(values))
    return shares
