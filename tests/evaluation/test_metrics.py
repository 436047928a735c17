import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.evaluation.metrics import (
    auroc,
    balanced_accuracy,
    best_threshold,
    calibration_error,
    rank_of_truth,
    ranking_accuracy,
    shares_in_bins,
    wilson_interval,
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


def test_wilson_interval_against_published_values() -> None:
    # Newcombe, Statist. Med. 17 (1998) 857, table I: 81 of 263 and 0 of 20.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson_interval(29, 29)[1] == 1.0
    assert math.isnan(wilson_interval(0, 0)[0])


scores = st.lists(st.sampled_from(np.linspace(0.0, 1.0, 7).tolist()), min_size=1, max_size=15)


@given(scores, scores)
def test_balanced_accuracy_against_counting(known: list[float], unknown: list[float]) -> None:
    thresholds = np.linspace(0.0, 1.0, 13)
    found = balanced_accuracy(np.array(known), np.array(unknown), thresholds)
    for threshold, accuracy in zip(thresholds, found, strict=True):
        above = sum(value > threshold for value in known) / len(known)
        below = sum(value <= threshold for value in unknown) / len(unknown)
        assert accuracy == pytest.approx(0.5 * (above + below))


def test_screening_of_nothing_is_not_a_number() -> None:
    thresholds = np.linspace(0.0, 1.0, 3)
    accuracy = balanced_accuracy(np.array([0.5]), np.array([]), thresholds)
    assert np.isnan(accuracy).all()
    assert all(math.isnan(value) for value in best_threshold(thresholds, accuracy))


def test_best_threshold_is_the_middle_of_equals() -> None:
    thresholds, accuracy = np.arange(5.0), np.array([0.1, 0.9, 0.9, 0.9, 0.2])
    assert best_threshold(thresholds, accuracy) == (2.0, 0.9)


def test_shares_in_bins() -> None:
    edges = np.array([0.0, 0.5, 1.0])
    assert shares_in_bins(np.array([0.0, 0.5, 1.0, 1.0]), edges).tolist() == [0.25, 0.75]
    assert shares_in_bins(np.array([]), edges).tolist() == [0.0, 0.0]
