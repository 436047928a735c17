from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.errors import ConfigError
from crystinet.model.identification import Verdict
from crystinet.model.reliability import (
    Calibration,
    candidate_set_size,
    log_sigmoid,
    log_softmax,
    log_softmax_of_groups,
    probability,
    reliability,
    unknown_score,
)
from crystinet.model.screening import FEATURES
from crystinet.model.verdicts import verdict

UNIT = st.floats(0.0, 1.0)


@given(share=UNIT, similarity=UNIT, alpha=UNIT)
def test_reliability_lies_between_its_parts(share: float, similarity: float, alpha: float) -> None:
    r = reliability(share=np.array(share), similarity=np.array(similarity), alpha=alpha)
    assert min(share, similarity) - 1e-12 <= r <= max(share, similarity) + 1e-12


def test_published_formula_for_a_sure_winner() -> None:
    # R = 0.7 S + 0.3 C, with p = 1
    r = reliability(share=np.array([0.9]), similarity=np.array([0.8]), alpha=0.7)
    assert r[0] == pytest.approx(0.83)


@given(st.lists(st.floats(-30.0, 0.0), min_size=2, max_size=9))
def test_probabilities_add_up_to_one(log_share: list[float]) -> None:
    row = np.array([log_share])
    p = probability(log_share=row, similarity=np.zeros_like(row), calibration=Calibration())
    assert p.sum() == pytest.approx(1.0)
    assert (p >= 0.0).all()


def test_softmax_and_sigmoid_do_not_overflow() -> None:
    assert np.isfinite(log_softmax(np.array([1e4, -1e4]))).all()
    assert log_sigmoid(np.array([-1e4, 0.0, 1e4])) == pytest.approx([-1e4, np.log(0.5), 0.0])


def test_unknown_score_is_a_logistic_function_of_the_features() -> None:
    weights = (3.0, *[0.0] * (len(FEATURES) - 2), -4.0)
    features = np.array([[1.0, *[9.0] * (len(FEATURES) - 2), 0.75]])
    calibration = Calibration(unknown_weights=weights)
    log_share = np.array([[-2.0, -40.0, -1.0]])
    assert unknown_score(features, log_share, calibration=calibration)[0] == pytest.approx(0.5)
    # Of two types of three, the second one's share below the lowest that counts.
    shares = replace(calibration, unknown_share_weights=(0.5, 0.1))
    score = unknown_score(features, log_share, calibration=shares)[0]
    assert score == pytest.approx(1.0 / (1.0 + np.exp(0.5 * 2.0 + 0.1 * 15.0)))


@pytest.mark.parametrize(("mass", "size"), [(0.0, 1), (0.5, 1), (0.7, 2), (0.95, 3), (1.0, 4)])
def test_candidate_sets_reach_their_probability(mass: float, size: int) -> None:
    ranked = np.array([0.6, 0.3, 0.08, 0.02])
    assert candidate_set_size(ranked, set_probability=mass) == size


def test_verdicts() -> None:
    calibration = Calibration(known_below=0.3, unknown_above=0.7, certain_above=0.5)
    assert verdict(0.1, 0.9, calibration)[0] is Verdict.KNOWN
    assert verdict(0.1, 0.4, calibration)[0] is Verdict.UNCERTAIN
    assert verdict(0.5, 0.9, calibration)[0] is Verdict.UNCERTAIN
    assert verdict(0.8, 0.9, calibration)[0] is Verdict.UNKNOWN


def test_calibration_survives_the_manifest_and_refuses_unknown_keys() -> None:
    calibration = Calibration(alpha=0.25, unknown_weights=(1.0, 2.0, 3.0, 4.0))
    table = {**calibration.to_dict(), "unknown_weights": [1.0, 2.0, 3.0, 4.0]}  # as JSON gives it
    assert Calibration.from_dict(table) == calibration
    with pytest.raises(ConfigError, match="alfa"):
        Calibration.from_dict({"alfa": 0.5})


def test_shares_of_groups_are_those_of_each_alone() -> None:
    values = 50.0 * np.random.default_rng(2).standard_normal((3, 9))
    sizes = np.array([4, 1, 4])
    alone = [log_softmax(part) for part in np.split(values, [4, 5], axis=1)]
    found = log_softmax_of_groups(values, sizes)
    np.testing.assert_allclose(found, np.concatenate(alone, axis=1), atol=1e-12)
    assert (found[:, 4] == 0.0).all()
