import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.model.similarity import SimilarityConfig, best_cosine, coarse

CONFIG = SimilarityConfig(coarsen=2, max_shift=6)


def channels_of(intensity: np.ndarray, mask: np.ndarray | None = None) -> np.ndarray:
    fine = np.repeat(intensity, 2)
    measured = np.ones_like(fine) if mask is None else np.repeat(mask, 2)
    return np.stack([fine * measured, measured])[None].astype(np.float32)


def sticks(places: list[int], n: int = 100) -> np.ndarray:
    x = np.zeros(n)
    x[places] = np.linspace(1.0, 0.4, len(places))
    return x


@given(shift=st.integers(-6, 6), scale=st.floats(0.1, 10.0))
def test_a_shifted_and_scaled_copy_is_found(shift: int, scale: float) -> None:
    average = sticks([20, 33, 47, 70])
    moved = scale * np.roll(average, shift)
    cosine, found = best_cosine(channels_of(moved), average[None].astype(np.float32), config=CONFIG)
    assert cosine[0, 0] == pytest.approx(1.0, abs=1e-5)
    assert found[0, 0] == -shift  # lines at smaller d: a smaller lattice


def test_beyond_the_largest_shift_nothing_is_found() -> None:
    average = sticks([20, 40, 60])
    cosine, _ = best_cosine(
        channels_of(np.roll(average, 9)), average[None].astype(np.float32), config=CONFIG
    )
    assert cosine[0, 0] < 0.01


def test_the_unmeasured_part_of_the_average_does_not_count() -> None:
    average = sticks([20, 40, 60, 80])
    mask = np.ones(100)
    mask[50:] = 0.0
    cosine, _ = best_cosine(
        channels_of(average, mask), average[None].astype(np.float32), config=CONFIG
    )
    assert cosine[0, 0] == pytest.approx(1.0, abs=1e-5)


def test_an_empty_pattern_is_similar_to_nothing() -> None:
    cosine, _ = best_cosine(
        channels_of(np.zeros(100)), sticks([10, 20])[None].astype(np.float32), config=CONFIG
    )
    assert cosine[0, 0] == 0.0


def test_a_coarse_bin_counts_as_measured_only_if_all_of_it_was() -> None:
    channels = np.array([[[1.0, 3.0, 5.0, 7.0], [1.0, 1.0, 1.0, 0.0]]], dtype=np.float32)
    intensity, mask = coarse(channels, factor=2)
    assert intensity.tolist() == [[2.0, 0.0]]
    assert mask.tolist() == [[1.0, 0.0]]
