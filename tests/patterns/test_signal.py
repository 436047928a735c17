from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.signal import savgol_filter

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError
from crystinet.core.grid import DEFAULT_GRID
from crystinet.patterns import PreprocessingConfig
from crystinet.patterns.signal import (
    estimate_background,
    estimate_noise,
    normalise,
    remove_background_and_smooth,
    scale_intensity,
    smooth,
)

Peaks = Callable[..., FloatArray]

CONFIG = PreprocessingConfig()
AXIS = DEFAULT_GRID.two_theta_deg
STEP = DEFAULT_GRID.step_deg
CENTRES = (20.0, 30.0, 45.0, 60.0, 80.0)


def background_of(curve: FloatArray, step: float = STEP) -> FloatArray:
    return estimate_background(curve, step_deg=step, config=CONFIG)


# --- background ---------------------------------------------------------------------------


@pytest.mark.parametrize("fwhm", [0.05, 0.1, 0.3, 1.0])
def test_peaks_up_to_one_degree_wide_are_not_eaten(peaks: Peaks, fwhm: float) -> None:
    curve = peaks(AXIS, centres=CENTRES, fwhm=fwhm) + 200.0
    left = (curve - background_of(curve))[np.searchsorted(AXIS, CENTRES)]
    np.testing.assert_allclose(left, 1000.0, rtol=0.01)


def test_a_straight_background_is_found_to_half_a_percent_of_the_peaks(peaks: Peaks) -> None:
    line = 700.0 - 5.0 * AXIS
    found = background_of(line + peaks(AXIS, centres=CENTRES, fwhm=0.15))
    np.testing.assert_allclose(found, line, atol=5.0)


def counted(curve: FloatArray) -> FloatArray:
    """The curve as counts: airPLS follows a curve better where noise lies on both sides of it."""
    return np.random.default_rng(6).poisson(curve).astype(np.float64)


@pytest.mark.parametrize(("decay_deg", "from_deg"), [(3.0, 10.0), (10.0, 5.0)])
def test_a_rise_to_low_angles_is_followed(peaks: Peaks, decay_deg: float, from_deg: float) -> None:
    # The first degrees of a steep rise are not: a stiff curve cannot bend there.
    background = 200.0 + 3000.0 * np.exp(-(AXIS - 5.0) / decay_deg)
    found = background_of(counted(background + peaks(AXIS, centres=CENTRES, fwhm=0.15)))
    assert np.abs(background - found)[from_deg <= AXIS].max() < 0.03 * 3000.0


def test_most_of_a_hump_as_wide_as_of_glass_is_followed(peaks: Peaks) -> None:
    background = 200.0 + peaks(AXIS, centres=(25.0,), fwhm=10.0, height=500.0)
    found = background_of(counted(background + peaks(AXIS, centres=CENTRES, fwhm=0.15)))
    assert np.abs(background - found).max() < 0.1 * 500.0


@settings(max_examples=40, deadline=None)
@given(
    n=st.integers(1, 400),
    level=st.sampled_from([0.0, -50.0, 1e-9, 1e9]),
    spread=st.sampled_from([0.0, 1e-12, 1.0, 1e6]),
    seed=st.integers(0, 5),
)
def test_the_background_is_always_finite(n: int, level: float, spread: float, seed: int) -> None:
    curve = level + spread * np.random.default_rng(seed).random(n)
    found = background_of(curve)
    assert found.shape == (n,)
    assert np.isfinite(found).all()


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(1e-3, 1e6), offset=st.floats(-1e3, 1e3))
def test_the_background_scales_and_shifts_with_the_curve(factor: float, offset: float) -> None:
    curve = np.random.default_rng(0).poisson(100.0 + 80.0 * np.cos(AXIS / 9.0)).astype(np.float64)
    np.testing.assert_allclose(
        background_of(factor * (curve + offset)),
        factor * (background_of(curve) + offset),
        rtol=1e-6,
        atol=1e-6 * factor * 200.0,
    )


def test_the_background_does_not_depend_on_the_step(peaks: Peaks) -> None:
    coarse = np.arange(5.0, 100.0, 0.05)
    fine = np.arange(5.0, 100.0, 0.01)
    on_coarse, on_fine = (
        background_of(
            peaks(axis, centres=CENTRES, fwhm=0.3) + 300.0 * np.cos(axis / 15.0), step=step
        )
        for axis, step in ((coarse, 0.05), (fine, 0.01))
    )
    np.testing.assert_allclose(on_coarse, np.interp(coarse, fine, on_fine), atol=5.0)


# --- smoothing ----------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize(("window_deg", "points"), [(0.14, 7), (0.15, 7), (0.18, 9), (0.3, 15)])
def test_smoothing_agrees_with_scipy(order: int, window_deg: float, points: int) -> None:
    config = PreprocessingConfig(smoothing_order=order, smoothing_window_deg=window_deg)
    curve = np.random.default_rng(2).normal(size=500).cumsum()
    np.testing.assert_allclose(
        smooth(curve, step_deg=STEP, config=config),
        savgol_filter(curve, points, order, mode="nearest"),
        rtol=0,
        atol=1e-10,
    )


def test_smoothing_keeps_a_parabola_and_halves_the_noise() -> None:
    parabola = (AXIS - 50.0) ** 2
    inner = slice(10, -10)
    np.testing.assert_allclose(
        smooth(parabola, step_deg=STEP, config=CONFIG)[inner], parabola[inner], atol=1e-6
    )
    noise = np.random.default_rng(3).normal(size=5250)
    assert 0.5 < smooth(noise, step_deg=STEP, config=CONFIG).std() < 0.62  # sqrt(1/3) = 0.577


def test_smoothing_erases_no_peak(peaks: Peaks) -> None:
    narrow = peaks(AXIS, centres=(40.0,), fwhm=0.1)
    assert smooth(narrow, step_deg=STEP, config=CONFIG).max() > 0.95 * narrow.max()


@pytest.mark.parametrize(("n", "step"), [(5, 0.02), (100, 0.1)])
def test_smoothing_leaves_a_window_without_enough_points_alone(n: int, step: float) -> None:
    curve = np.random.default_rng(4).random(n)
    np.testing.assert_array_equal(smooth(curve, step_deg=step, config=CONFIG), curve)


# --- noise and scales ---------------------------------------------------------------------


def test_noise_is_that_of_the_counts_and_not_of_the_peaks(peaks: Peaks) -> None:
    curve = 500.0 + 3.0 * AXIS + peaks(AXIS, centres=CENTRES, fwhm=0.15, height=1e4)
    noisy = curve + np.random.default_rng(5).normal(scale=7.0, size=len(AXIS))
    assert estimate_noise(noisy) == pytest.approx(7.0, rel=0.05)


@given(
    curve=arrays(np.float64, 30, elements=st.floats(-1e6, 1e6)),
    mask=arrays(np.bool_, 30),
)
def test_normalised_intensity_is_between_0_and_1(curve: FloatArray, mask: FloatArray) -> None:
    positive = mask & (curve > 0.0)
    if not positive.any():
        with pytest.raises(InvalidPatternError, match="stands above the background") as caught:
            normalise(curve, mask=mask)
        assert "second column" in caught.value.hint
        return
    result = normalise(curve, mask=mask)
    assert result.max() == 1.0
    assert result.min() >= 0.0
    assert not result[~positive].any()


@given(knee=st.floats(1e-4, 10.0))
def test_scaling_keeps_0_and_1_and_the_order(knee: float) -> None:
    scaled = scale_intensity(np.linspace(0.0, 1.0, 101), knee=knee)
    assert scaled[0] == 0.0
    assert scaled[-1] == pytest.approx(1.0, abs=1e-12)
    assert (np.diff(scaled) > 0.0).all()


def test_scaling_lifts_weak_peaks_and_not_the_residue() -> None:
    residue, weak = scale_intensity(np.array([1e-4, 0.05]), knee=0.02)
    assert weak > 0.3
    assert residue < 0.2 * np.sqrt(1e-4)


# --- both together ------------------------------------------------------------------------


def test_outside_the_mask_is_zero_and_has_no_influence(peaks: Peaks) -> None:
    curve = 200.0 + peaks(AXIS, centres=CENTRES, fwhm=0.15)
    mask = (AXIS > 12.0) & (AXIS < 70.0) & ~((AXIS > 50.0) & (AXIS < 53.0))
    clean = remove_background_and_smooth(curve, mask=mask, step_deg=STEP, config=CONFIG)
    dirty = remove_background_and_smooth(
        np.where(mask, curve, 1e9), mask=mask, step_deg=STEP, config=CONFIG
    )
    np.testing.assert_array_equal(clean, dirty)
    assert not clean[~mask].any()
    assert clean[np.searchsorted(AXIS, 45.0)] == pytest.approx(1000.0, rel=0.02)


@pytest.mark.parametrize("curve", [np.zeros(5250), np.full(5250, 7.0), 3.0 + 0.5 * AXIS])
def test_a_straight_line_has_no_peaks(curve: FloatArray) -> None:
    mask = np.ones(5250, dtype=np.bool_)
    with pytest.raises(InvalidPatternError, match=r"straight line|above the background"):
        remove_background_and_smooth(curve, mask=mask, step_deg=STEP, config=CONFIG)


def test_nothing_on_the_grid_is_an_error() -> None:
    with pytest.raises(InvalidPatternError, match="No point of the pattern") as caught:
        remove_background_and_smooth(
            np.zeros(5250), mask=np.zeros(5250, dtype=np.bool_), step_deg=STEP, config=CONFIG
        )
    assert "wavelength" in caught.value.hint
