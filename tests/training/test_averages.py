"""Average patterns and how much they resemble."""

import numpy as np

from crystinet.model.similarity import SimilarityConfig
from crystinet.training.averages import average_of, similarities

AXIS = np.arange(600)
CONFIG = SimilarityConfig(coarsen=2, max_shift=20)


def lines(*centres: float) -> np.ndarray:
    return np.sum([np.exp(-0.5 * ((AXIS - c) / 4.0) ** 2) for c in centres], axis=0)


def inputs(*rows: np.ndarray) -> np.ndarray:
    intensity = np.stack(rows)
    return np.stack([intensity, np.ones_like(intensity)], axis=1).astype(np.float32)


def test_cells_of_other_sizes_do_not_smear_the_average() -> None:
    batch = inputs(*(lines(200 + s, 300 + s, 410 + s) for s in (-16, -8, 0, 8, 16)))
    aligned = average_of(batch, similarity=CONFIG)
    assert aligned.max() == 1.0
    assert (aligned > 0.5).sum() <= 3 * 6  # three lines of the width of one
    smeared = batch[:, 0].mean(axis=0)
    assert smeared.max() < 0.6


def test_similarities_do_not_mind_the_scale_of_the_lattice() -> None:
    averages = np.stack([lines(200, 300), lines(210, 310), lines(130, 480), np.zeros(600)])
    alike = similarities(averages, max_shift=20)
    np.testing.assert_array_equal(alike, alike.T)
    np.testing.assert_array_equal(np.diag(alike), 1.0)
    assert alike[0, 1] > 0.99
    assert alike[0, 2] < 0.6
    assert alike[0, 3] == 0.0
