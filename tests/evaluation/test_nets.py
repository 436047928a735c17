"""Hand-made cases: two nets, of two types and of one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.evaluation.nets import (
    ablation,
    ablation_of_all,
    confusion,
    correct_inside,
    flow,
    most_populated,
    net_maximum,
    published_reliability,
    shares_by_net,
    winners,
)

NETS = np.array([0, 0, 1])
#: Rows: right; wrong inside the net; right inside the net, but another net claims it; net 1's own.
VALUES = np.array([[0.9, 0.1, 0.2], [0.6, 0.5, 0.1], [0.4, 0.3, 0.8], [0.7, 0.1, 0.6]])
TARGET = np.array([0, 1, 0, 2])


def test_a_net_asked_alone_hears_nothing_of_the_others() -> None:
    assert correct_inside(np.log(VALUES), TARGET, NETS).tolist() == [True, False, True, True]


def test_winners_are_one_of_each_net() -> None:
    assert winners(VALUES, NETS).tolist() == [[True, False, True]] * 4


def test_flow_counts_pattern_by_net() -> None:
    assert flow(VALUES, TARGET, NETS).tolist() == [[2, 1], [1, 0]]


def test_shares_by_net_of_a_net_without_patterns() -> None:
    shares = shares_by_net(np.array([True, False]), np.array([0, 1]), NETS)
    assert shares[0] == 0.5
    assert np.isnan(shares[1])


def test_ablation_by_hand() -> None:
    gain = ablation(VALUES, TARGET, NETS)
    # Without net 1 the third pattern becomes right: one of net 0's three.
    assert gain[1, 0] == pytest.approx(1.0 / 3.0)
    assert gain[0, 1] == pytest.approx(1.0)
    assert np.isnan(np.diag(gain)).all()
    assert ablation_of_all(VALUES, TARGET, NETS) == pytest.approx([1.0, 1.0 / 3.0])


def test_one_net_has_nothing_to_remove() -> None:
    nets = np.zeros(3, dtype=np.int64)
    assert np.isnan(ablation(VALUES, TARGET, nets)).all()
    assert np.isnan(ablation_of_all(VALUES, TARGET, nets)).all()


@given(st.integers(0, 2**32 - 1))
def test_removing_a_net_never_harms_the_others(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nets = np.array([0, 0, 1, 2, 2])
    gain = ablation(rng.random((20, 5)), rng.integers(0, 5, 20), nets)
    assert np.nanmin(gain) >= 0.0


def test_published_rule_ranks_winners_by_confidence() -> None:
    share = np.log(np.array([[0.5, 0.4, 0.6]]))
    confidence = np.array([[0.9, 0.9, 0.6]])
    similarity = np.array([[0.2, 0.9, 0.4]])
    r = published_reliability(
        log_share=share, confidence=confidence, similarity=similarity, nets=NETS, alpha=0.5
    )
    assert r[0, [0, 2]] == pytest.approx([0.55, 0.5])
    assert np.isneginf(r[0, 1])  # not its net's first choice, though alike


def test_confusion_and_the_most_populated() -> None:
    counts = confusion(np.array([0, 2, 2, 2]), np.array([0, 2, 2, 1]), n_types=4)
    assert counts.tolist() == [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 2, 0], [0, 0, 0, 0]]
    assert most_populated(counts, 2).tolist() == [2, 0]
    assert most_populated(counts, 9).tolist() == [2, 0, 1]  # the one without patterns is left out


def test_net_maximum() -> None:
    assert net_maximum(VALUES, NETS)[0].tolist() == [0.9, 0.2]
