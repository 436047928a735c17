import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.grid import DEFAULT_GRID
from crystinet.patterns.config import PreprocessingConfig
from crystinet.patterns.preprocessing import prepare_simulated
from crystinet.training.draw.compiled import prepare_rows

AXIS = DEFAULT_GRID.two_theta_deg


def noisy_pattern(rng: np.random.Generator) -> np.ndarray:
    curve = rng.uniform(0.01, 0.5) * np.exp(-AXIS / rng.uniform(5.0, 60.0))
    for centre in rng.uniform(10.0, 100.0, 20):
        width = rng.uniform(0.03, 0.5)
        curve += rng.random() * np.exp(-(((AXIS - centre) / width) ** 2))
    counts: np.ndarray = rng.poisson(curve * 10.0 ** rng.uniform(2.0, 5.0)).astype(np.float32)
    return counts


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    first=st.integers(0, 1000),
    length=st.integers(600, 4250),
    config=st.builds(
        PreprocessingConfig,
        background_period_deg=st.floats(2.0, 20.0),
        background_tolerance=st.sampled_from([1e-3, 1e-2]),
        smoothing_window_deg=st.sampled_from([0.02, 0.1, 0.14, 0.3]),
        smoothing_order=st.sampled_from([2, 3, 4]),
    ),
)
def test_it_is_the_chain_of_measured_patterns(
    seed: int, first: int, length: int, config: PreprocessingConfig
) -> None:
    intensity = noisy_pattern(np.random.default_rng(seed))
    mask = np.zeros(len(intensity), dtype=np.bool_)
    mask[first : first + length] = True
    expected = prepare_simulated(intensity.astype(np.float64), mask, config=config)
    rows, visible = prepare_rows(
        intensity[None],
        first=np.array([first]),
        last=np.array([first + length]),
        step_deg=DEFAULT_GRID.step_deg,
        config=config,
    )
    assert visible.all()
    np.testing.assert_allclose(rows[0], expected, atol=2e-6)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_constant_shows_nothing(value: float) -> None:
    rows, visible = prepare_rows(
        np.full((1, 5250), value, dtype=np.float32),
        first=np.array([0]),
        last=np.array([5250]),
        step_deg=0.02,
        config=PreprocessingConfig(),
    )
    assert not visible.any()
    assert not rows.any()


def test_rows_do_not_depend_on_each_other() -> None:
    rng = np.random.default_rng(3)
    several = np.stack([noisy_pattern(rng) for _ in range(4)])
    first, last = np.array([0, 100, 500, 0]), np.array([5250, 4000, 5250, 3000])
    settings_ = {"step_deg": 0.02, "config": PreprocessingConfig()}
    together, _ = prepare_rows(several, first=first, last=last, **settings_)
    for i in range(4):
        alone, _ = prepare_rows(
            several[i : i + 1], first=first[i : i + 1], last=last[i : i + 1], **settings_
        )
        assert np.array_equal(alone[0], together[i])
