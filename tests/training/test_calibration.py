import numpy as np

from crystinet.model.union import Scores
from crystinet.training.calibration import best_alpha


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
