"""The published rule: only the winner of each net has a reliability of its own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from crystinet.core.grid import DEFAULT_GRID
from crystinet.model.reliability import (
    Calibration,
    log_sigmoid,
    log_softmax,
    winner_reliability,
    winner_unknown_score,
)
from crystinet.model.scores import Scores
from crystinet.model.similarity import PUBLISHED_SIMILARITY, best_cosine

SIZES = (3, 1, 2)
RULE = Calibration(alpha=0.7, winners_of=SIZES, r0=0.6, known_below=0.5, unknown_above=0.5)
LOGITS = npst.arrays(np.float64, (2, 6), elements=st.floats(-30.0, 30.0))
CONFIDENCES = npst.arrays(np.float64, (2, 3), elements=st.floats(-30.0, 30.0))
SIMILARITIES = npst.arrays(np.float64, (2, 6), elements=st.floats(0.5, 1.0))


def scores_of(logits: np.ndarray, confidences: np.ndarray, similarity: np.ndarray) -> Scores:
    log_c = np.repeat(log_sigmoid(confidences), SIZES, axis=1)
    parts = np.split(logits, np.cumsum(SIZES)[:-1], axis=1)
    log_p = np.concatenate([log_softmax(part) for part in parts], axis=1)
    return Scores(log_p + log_c, similarity, np.exp(log_c), np.zeros_like(similarity))


def test_by_hand() -> None:
    p = np.array([[0.5, 0.3, 0.2, 1.0, 0.1, 0.9]])
    c = np.array([[0.8, 0.8, 0.8, 0.1, 0.6, 0.6]])
    s = np.array([[0.9, 1.0, 1.0, 0.7, 1.0, 0.6]])
    r = winner_reliability(
        log_share=np.log(c * p), confidence=c, similarity=s, alpha=0.7, sizes=SIZES
    )
    lowest = 0.7 * 0.7 + 0.3 * 0.1
    winners = {0: 0.7 * 0.9 + 0.3 * 0.8, 3: lowest, 5: 0.7 * 0.6 + 0.3 * 0.6}
    others = {1: lowest * 0.24, 2: lowest * 0.16, 4: lowest * 0.06}
    for column, value in {**winners, **others}.items():
        assert r[0, column] == pytest.approx(value)


@settings(deadline=None)
@given(LOGITS, CONFIDENCES, SIMILARITIES)
def test_winners_come_first_and_the_others_by_share(
    logits: np.ndarray, confidences: np.ndarray, similarity: np.ndarray
) -> None:
    scores = scores_of(logits, confidences, similarity)
    r = scores.reliability(RULE)
    assert ((r >= 0.0) & (r <= 1.0)).all()
    ends = np.cumsum(SIZES)
    for row in range(2):
        winners = [e - n + scores.log_share[row, e - n : e].argmax()
                   for n, e in zip(SIZES, ends, strict=True)]  # fmt: skip
        others = [i for i in range(6) if i not in winners]
        assert r[row, winners].min() >= r[row, others].max()
        expected = 0.7 * similarity[row] + 0.3 * scores.confidence[row]
        np.testing.assert_allclose(r[row, winners], expected[winners])
        by_share = np.argsort(scores.log_share[row, others], kind="stable")
        # Shares that differ by less than the last digit of a reliability are equal there.
        assert (np.diff(r[row, others][by_share]) >= 0.0).all()


@settings(deadline=None)
@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.05, 0.95))
def test_the_unknown_score_falls_with_reliability_and_is_half_at_r0(
    first: float, second: float, r0: float
) -> None:
    low, high = sorted((first, second))
    score = winner_unknown_score(np.array([low, high, r0, 0.0, 1.0]), r0=r0)
    assert 0.0 <= score[1] <= score[0] + 1e-12 <= 1.0 + 1e-12
    assert score[2:].tolist() == pytest.approx([0.5, 1.0, 0.0])
    for best, value in ((low, score[0]), (high, score[1])):
        if abs(best - r0) > 1e-9:
            assert (value < 0.5) == (best > r0)


def test_the_published_similarity_is_the_mapped_cosine() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((3, 1, DEFAULT_GRID.n_points), dtype=np.float32)
    averages = rng.random((4, DEFAULT_GRID.n_points), dtype=np.float32)
    found, shift = best_cosine(x, averages, config=PUBLISHED_SIMILARITY)
    norms = np.linalg.norm(x[:, 0], axis=1)[:, None] * np.linalg.norm(averages, axis=1)
    np.testing.assert_allclose(found, 0.5 + 0.5 * (x[:, 0] @ averages.T) / norms, rtol=1e-5)
    assert not shift.any()
    nothing, _ = best_cosine(np.zeros_like(x), averages, config=PUBLISHED_SIMILARITY)
    assert (nothing == 0.5).all()


def test_a_hint_moves_shares_and_lowers_confidences() -> None:
    scores = scores_of(np.zeros((1, 6)), np.zeros((1, 3)), np.full((1, 6), 0.8))
    hint = np.log(np.array([1.0, 0.5, 0.25, 1.0, 0.5, 0.5]))
    hinted = scores.with_hint(hint)
    ratio = np.exp(hinted.log_share - scores.log_share)[0]
    np.testing.assert_allclose(ratio / ratio[0], np.exp(hint))
    np.testing.assert_allclose(hinted.confidence[0], 0.5 * np.exp(hint))
