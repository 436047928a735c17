import math

import numpy as np
import pytest

from crystinet.evaluation.metrics import (
    auroc,
    calibration_error,
    rank_of_truth,
    ranking_accuracy,
)


def test_rank_counts_ties_against_the_truth() -> None:
    scores = np.array([[0.9, 0.1, 0.0], [0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])
    assert rank_of_truth(scores, np.array([0, 0, 0])).tolist() == [0, 1, 2]


def test_accuracy_by_hand() -> None:
    rank, target = np.array([0, 0, 0, 1, 5]), np.array([7, 7, 7, 8, 8])
    a = ranking_accuracy(rank, target)
    assert (a.patterns, a.classes) == (5, 2)
    assert (a.top1, a.top3) == pytest.approx((0.6, 0.8))
    assert a.mean_over_classes == pytest.approx(0.5)


def test_accuracy_of_nothing_is_not_a_number() -> None:
    a = ranking_accuracy(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
    assert math.isnan(a.top1)


def test_auroc_against_counting_pairs() -> None:
    rng = np.random.default_rng(2)
    negatives, positives = rng.integers(0, 8, 50), rng.integers(2, 10, 40)
    pairs = [(p > n) + 0.5 * (p == n) for n in negatives for p in positives]
    assert auroc(negatives=negatives, positives=positives) == pytest.approx(np.mean(pairs))


def test_calibration_error_of_a_liar_and_of_an_honest_forecast() -> None:
    right = np.array([1.0, 0.0] * 500)
    assert calibration_error(np.full(1000, 0.5), right) == pytest.approx(0.0)
    assert calibration_error(np.full(1000, 1.0), right) == pytest.approx(0.5)
