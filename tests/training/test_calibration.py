import numpy as np

from crystinet.model.reliability import Calibration
from crystinet.model.scores import Scores
from crystinet.training.calibration import (
    ValidationScores,
    best_alpha,
    fit_thresholds,
    fit_unknown,
)


def scores(share: list[list[float]], similarity: list[list[float]]) -> Scores:
    p = np.array(share)
    return Scores(
        log_share=np.log(p),
        similarity=np.array(similarity),
        confidence=np.ones_like(p),
        squared_distance=np.zeros_like(p),
    )


def test_alpha_is_large_where_the_similarity_is_right() -> None:
    given = scores([[0.4, 0.6], [0.6, 0.4]], [[0.9, 0.1], [0.1, 0.9]])
    assert best_alpha(given, np.array([0, 1])) == 1.0


def test_a_similarity_that_pushes_the_second_best_down_has_no_weight() -> None:
    # The first type of both rows is the same for all alphas, but the right one of the second row
    # is second for alpha = 0 alone.
    share = [[0.9, 0.05, 0.03, 0.02], [0.9, 0.06, 0.03, 0.01]]
    similarity = [[1.0, 0.0, 0.0, 0.0], [0.9, 0.1, 0.8, 0.7]]
    alpha = best_alpha(scores(share, similarity), np.array([0, 1]))
    assert alpha == 0.0


def test_types_that_other_structures_imitate_are_trusted_less() -> None:
    rng = np.random.default_rng(0)

    def drawn(n: int, *, column: int) -> Scores:
        p = np.full((n, 3), 0.02)
        p[np.arange(n), column] = rng.uniform(0.7, 0.95, n)
        return Scores(np.log(p), p, p, np.ones_like(p))

    def validation(outside: Scores) -> ValidationScores:
        inside = Scores.join([drawn(60, column=0), drawn(60, column=1), drawn(60, column=2)])
        target = np.repeat([0, 1, 2], 60)
        return ValidationScores(np.arange(180), inside, target, outside, drawn(0, column=0))

    fitted = fit_unknown(validation(drawn(60, column=1)), Calibration(alpha=0.0))
    assert len(fitted.unknown_share_weights) == 3
    imitated, other = (
        drawn(30, column=c).unknown_score(fitted).mean() for c in (1, 2)
    )  # fmt: skip
    assert imitated > 0.6 > 0.4 > other


def test_a_model_that_is_right_nowhere_calls_nothing_known() -> None:
    p = np.array([[0.1, 0.9], [0.9, 0.1]])
    wrong = Scores(np.log(p), similarity=p, confidence=p, squared_distance=np.ones_like(p))
    validation = ValidationScores(np.arange(2), wrong, np.array([0, 1]), wrong, wrong)
    fitted = fit_thresholds(validation, Calibration(alpha=0.0))
    assert fitted.known_below == 0.0
    assert fitted.unknown_above >= fitted.known_below
