import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.model.likeness import (
    LikenessConfig,
    cosines,
    group_by_likeness,
    intensity_cosines,
    likeness,
    representative,
)
from crystinet.model.similarity import SimilarityConfig

N = 1024


def pattern(lines: list[int], *, first: int = 0, last: int = N) -> np.ndarray:
    """Network input (2, n) with lines at some bins, measured over a range."""
    x = np.arange(N)
    intensity = sum(np.exp(-0.5 * ((x - line) / 3.0) ** 2) for line in lines)
    mask = (x >= first) & (x < last)
    return np.stack([np.where(mask, intensity, 0.0), mask]).astype(np.float32)


LINES = [300, 420, 555, 640, 700]


def test_a_larger_cell_is_as_like_as_itself() -> None:
    inputs = np.stack([pattern(LINES), pattern([line + 40 for line in LINES]), pattern([250, 777])])
    alike = intensity_cosines(inputs, config=SimilarityConfig(max_shift=30))
    assert alike[0, 1] == pytest.approx(1.0, abs=1e-3)
    assert alike[0, 2] < 0.6
    np.testing.assert_array_equal(alike, alike.T)
    far = intensity_cosines(inputs, config=SimilarityConfig(max_shift=10))
    assert far[0, 1] < 0.6


def test_a_short_range_is_compared_where_it_was_measured() -> None:
    inputs = np.stack([pattern(LINES), pattern(LINES, first=380, last=600)])
    alike = intensity_cosines(inputs, config=SimilarityConfig(max_shift=5))
    assert alike[0, 1] == pytest.approx(1.0, abs=1e-3)


def test_features_and_intensities_are_weighed() -> None:
    inputs = np.stack([pattern(LINES), pattern([250, 777])])
    features = np.array([[1.0, 0.0], [2.0, 0.0]], dtype=np.float32)
    only = [
        likeness(inputs, features, coarsen=2, config=LikenessConfig(feature_weight=w))[0, 1]
        for w in (0.0, 0.5, 1.0)
    ]
    assert only[2] == pytest.approx(1.0)
    assert only[1] == pytest.approx(0.5 * (only[0] + only[2]))


def test_groups_are_found_and_numbered_by_size() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(3, 20))
    truth = np.array([0, 1, 1, 1, 2, 0])
    features = (centres[truth] + 0.1 * rng.normal(size=(6, 20))).astype(np.float32)
    found = group_by_likeness(cosines(features), least=0.7)
    assert found.tolist() == [1, 0, 0, 0, 2, 1]
    assert representative(cosines(features)[1:4, 1:4]) in (0, 1, 2)


@given(st.integers(0, 7), st.floats(0.05, 0.95), st.integers(0, 100))
def test_every_pattern_is_in_one_group(n: int, least: float, seed: int) -> None:
    features = np.random.default_rng(seed).normal(size=(n, 4)).astype(np.float32)
    found = group_by_likeness(cosines(features), least=least)
    assert len(found) == n
    assert set(found.tolist()) == set(range(len(np.unique(found))))
    sizes = np.bincount(found) if n else np.zeros(0)
    assert (np.diff(sizes) <= 0).all()
