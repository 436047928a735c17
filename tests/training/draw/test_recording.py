import numpy as np
import pytest
import torch
from scipy import stats

from crystinet.core.grid import DEFAULT_GRID
from crystinet.training.draw.augmentation_config import AugmentationConfig
from crystinet.training.draw.recording import (
    add_counting_noise,
    add_spikes,
    coarsen,
    draw_background,
    draw_ranges,
    record,
)

LIKE = torch.zeros(1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("expected", [0.1, 1.0, 5.0, 15.0, 17.0, 40.0, 1000.0])
def test_counting_noise_is_poisson(expected: float) -> None:
    counts_at_one = 50.0
    noisy = add_counting_noise(
        torch.full((1, 200_000), expected / counts_at_one, dtype=torch.float64),
        counts_at_one=torch.tensor([counts_at_one], dtype=torch.float64),
        generator=generator(7),
    )
    scaled = (noisy * counts_at_one).numpy().ravel()
    counts = np.rint(scaled)
    np.testing.assert_allclose(scaled, counts, atol=1e-9)
    assert counts.min() >= 0.0
    assert counts.mean() == pytest.approx(expected, rel=0.02)
    assert counts.var() == pytest.approx(expected, rel=0.02)
    assert stats.skew(counts) == pytest.approx(expected**-0.5, abs=0.03)
    values = np.arange(int(expected + 6.0 * expected**0.5) + 5)
    observed = np.searchsorted(np.sort(counts), values, side="right") / len(counts)
    assert np.abs(observed - stats.poisson.cdf(values, expected)).max() < 0.008


def test_backgrounds_are_smooth_and_positive() -> None:
    config = AugmentationConfig()
    background = draw_background(
        50, grid=DEFAULT_GRID, config=config, like=LIKE, generator=generator()
    )
    assert background.shape == (50, DEFAULT_GRID.n_points)
    assert background.min() > 0.0
    steps = background.diff(dim=1).abs().amax(dim=1) / background.amax(dim=1)
    assert steps.max() < 0.02  # per 0.02 degrees


def test_coarse_steps_are_straight_between_the_points() -> None:
    curve = torch.rand(3, 50, generator=generator())
    coarse = coarsen(curve, torch.tensor([1, 2, 5]))
    assert torch.equal(coarse[0], curve[0])
    for row, step in ((1, 2), (2, 5)):
        x = np.arange(0, 50, step)
        x = np.append(x, 49)  # the last point is always measured
        y = curve[row].numpy()[x]
        np.testing.assert_allclose(coarse[row], np.interp(np.arange(50), x, y), atol=1e-6)


def test_spikes_raise_three_points_of_the_rows_named() -> None:
    flat = torch.zeros(4, 200)
    spiky = add_spikes(flat, rows=torch.tensor([1, 3]), generator=generator(2))
    assert not flat.any()
    assert not spiky[[0, 2]].any()
    assert ((spiky > 0.0).sum(dim=1)[[1, 3]] == 3).all()
    assert spiky.max() <= 3.0


def test_whole_range_where_nothing_is_truncated() -> None:
    config = AugmentationConfig(truncated_share=0.0)
    first, last = draw_ranges(
        20, grid=DEFAULT_GRID, config=config, like=LIKE, generator=generator()
    )
    assert first.tolist() == [0] * 20
    assert last.tolist() == [DEFAULT_GRID.n_points] * 20


def test_ranges_are_those_of_laboratories() -> None:
    config = AugmentationConfig(truncated_share=1.0)
    first, last = draw_ranges(
        2000, grid=DEFAULT_GRID, config=config, like=LIKE, generator=generator()
    )
    starts = DEFAULT_GRID.two_theta_deg[first.numpy()]
    stops = DEFAULT_GRID.two_theta_deg[last.numpy() - 1]
    assert starts.min() == 5.0
    assert 24.0 < starts.max() <= 25.02
    assert 49.98 <= stops.min() < 52.0
    assert stops.max() == pytest.approx(DEFAULT_GRID.stop_deg)


def test_recorded_patterns_are_finite_and_not_negative() -> None:
    profile = torch.zeros(30, DEFAULT_GRID.n_points)
    profile[:, 1000] = 1.0
    raw = record(profile, grid=DEFAULT_GRID, config=AugmentationConfig(), generator=generator(3))
    assert torch.isfinite(raw).all()
    assert raw.min() >= 0.0
