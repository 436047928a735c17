"""From the answers of the nets to reliability, probability and the score of being unknown."""

from dataclasses import asdict, dataclass

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.config import from_table
from crystinet.model.screening import FEATURES, LOWEST_LOG


@dataclass(frozen=True)
class Calibration:
    """Numbers fitted on validation compounds after the nets were trained.

    Attributes
    ----------
    alpha
        Weight of the similarity in the reliability.
    score_weight, similarity_weight
        Weights of ln(C p) and of the similarity in the logits of the probability.
    unknown_weights
        Weights of the features of `screening` in the logit of the unknown score.
    unknown_share_weights
        Weights of ln(C p) of the first types in the same logit: some types are imitated by
        structures of other types more often than others. Types beyond them have none.
    known_below, unknown_above
        Unknown scores that separate the verdicts.
    certain_above
        Probability of the best candidate below which the verdict is at most "uncertain".
    set_probability
        The first candidates whose probabilities add up to it hold the right type in at least
        90 % of the validation patterns.
    composition_weight
        Weight of ln p(elements | type) against ln(C p) where the user names elements.
    winners_of
        Empty where all types of all nets compete. Else the published rule holds: only the winner of
        each net has a reliability of its own, see `winner_reliability`; these are the numbers of
        types of the nets, in the order of the columns.
    r0
        By the published rule, the largest reliability above which a pattern is of a known type.
    """

    alpha: float = 0.7
    score_weight: float = 1.0
    similarity_weight: float = 0.0
    unknown_weights: tuple[float, ...] = (0.0,) * len(FEATURES)
    unknown_share_weights: tuple[float, ...] = ()
    known_below: float = 0.35
    unknown_above: float = 0.65
    certain_above: float = 0.5
    set_probability: float = 0.9
    composition_weight: float = 0.0
    winners_of: tuple[int, ...] = ()
    r0: float = 0.6

    def to_dict(self) -> dict[str, object]:
        """The numbers as plain data, for the manifest."""
        return asdict(self)

    @classmethod
    def from_dict(cls, table: dict[str, object]) -> "Calibration":
        """The inverse of `to_dict`."""
        return from_table(cls, table)


def reliability(*, share: FloatArray, similarity: FloatArray, alpha: float) -> FloatArray:
    """R = alpha S + (1 - alpha) C p, elementwise; 0 to 1.

    ``share`` is C_i p_t|i: the confidence of the net times its probability of the type. The
    published method gives R = alpha S + (1 - alpha) C to the winner of each net alone; with p in
    the formula all types of all nets are ranked, and for a sure winner (p = 1) it is the same.
    """
    return alpha * similarity + (1.0 - alpha) * share


def winner_reliability(
    *,
    log_share: FloatArray,
    confidence: FloatArray,
    similarity: FloatArray,
    alpha: float,
    sizes: tuple[int, ...],
) -> FloatArray:
    """R = alpha S + (1 - alpha) C of the winner of each net, the published rule, shape (b, t).

    The published method ranks nothing else. The other types come after all winners here, in the
    order of C_i p_t|i: they get the lowest reliability of a winner times C_i p_t|i, which is less
    than 1/2 or, in a tie, equal to it.

    Parameters
    ----------
    log_share, confidence, similarity
        ln(C_i p_t|i), C_i and S_t of every type, shape (b, t).
    alpha
        Weight of the similarity.
    sizes
        Number of types of each net, in the order of the columns.
    """
    ends = np.cumsum(sizes)
    winners = np.stack(
        [
            end - n + log_share[:, end - n : end].argmax(axis=1)
            for n, end in zip(sizes, ends, strict=True)
        ],
        axis=1,
    )
    of_winners = alpha * np.take_along_axis(similarity, winners, axis=1)
    of_winners += (1.0 - alpha) * np.take_along_axis(confidence, winners, axis=1)
    r: FloatArray = of_winners.min(axis=1, keepdims=True) * np.exp(log_share)
    np.put_along_axis(r, winners, of_winners, axis=1)
    return r


def winner_unknown_score(best: FloatArray, *, r0: float) -> FloatArray:
    """Unknown score of the published rule: 0 for R = 1, 0.5 for R = R0, 1 for R = 0.

    ``best`` is the largest reliability of each pattern, (b,); the score is linear on either side.
    """
    above = 0.5 * (1.0 - best) / (1.0 - r0)
    return np.where(best > r0, above, 1.0 - 0.5 * best / r0)


def log_softmax(values: FloatArray) -> FloatArray:
    """Logarithm of the softmax over the last axis."""
    shifted = values - values.max(axis=-1, keepdims=True)
    result: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def log_softmax_of_groups(values: FloatArray, sizes: IntArray) -> FloatArray:
    """`log_softmax` over each of some groups of columns that follow each other, (b, t).

    ``sizes`` are the numbers of their columns, none of them 0.
    """
    first = np.cumsum(sizes) - sizes
    shifted = values - np.repeat(np.maximum.reduceat(values, first, axis=1), sizes, axis=1)
    sums = np.add.reduceat(np.exp(shifted), first, axis=1)
    result: FloatArray = shifted - np.repeat(np.log(sums), sizes, axis=1)
    return result


def log_sigmoid(values: FloatArray) -> FloatArray:
    """Logarithm of the logistic function."""
    result: FloatArray = -np.logaddexp(0.0, -values)
    return result


def probability(
    *, log_share: FloatArray, similarity: FloatArray, calibration: Calibration
) -> FloatArray:
    """Calibrated probability of each type, (b, t), rows add up to 1."""
    logits = calibration.score_weight * log_share + calibration.similarity_weight * similarity
    return np.exp(log_softmax(logits))


def unknown_score(
    features: FloatArray, log_share: FloatArray, *, calibration: Calibration
) -> FloatArray:
    """0 (surely one of the known types) to 1 (surely not), shape (b,).

    Parameters
    ----------
    features
        Of `screening.screening_features`, (b, f).
    log_share
        ln(C_i p_t|i) of every type, (b, t).
    calibration
        The weights.
    """
    weights = np.array(calibration.unknown_share_weights)
    shares = np.maximum(log_share[:, : len(weights)], LOWEST_LOG)
    logit = features @ np.array(calibration.unknown_weights) + shares @ weights
    return np.exp(log_sigmoid(logit))


def candidate_set_size(ranked_probability: FloatArray, *, set_probability: float) -> int:
    """How many first candidates it takes for their probabilities (t,) to add up."""
    reached = np.cumsum(ranked_probability) >= set_probability
    return int(reached.argmax()) + 1 if reached.any() else len(ranked_probability)
