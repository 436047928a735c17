from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.arrays import FloatArray
from crystinet.core.notes import NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern, preprocess
from crystinet.patterns.despike import find_lines, find_spikes, noise_of_counts, remove_spikes

Measured = Callable[..., Pattern]


def with_spike(pattern: Pattern, *heights: float, at_deg: float = 25.0) -> Pattern:
    """Add counts to one point or to neighbours."""
    counts = pattern.intensity.copy()
    first = int(np.searchsorted(pattern.two_theta_deg, at_deg - 1e-6))
    counts[first : first + len(heights)] += heights
    return replace(pattern, intensity=counts)


def lines(
    axis: FloatArray, *, fwhm: float, eta: float, rng: np.random.Generator, base: float
) -> FloatArray:
    """Counts of 25 pseudo-Voigt lines of all heights at any place between the points."""
    centres = rng.uniform(axis[0] + 1.0, axis[-1] - 1.0, 25)
    heights = 10.0 ** rng.uniform(1.5, 4.0, 25)
    z = (axis - centres[:, None]) / (fwhm / 2.0)
    shape = eta / (1.0 + z**2) + (1.0 - eta) * np.exp(-np.log(2.0) * z**2)
    counts: FloatArray = rng.poisson(base + heights @ shape).astype(np.float64)
    return counts


# --- what is a spike ----------------------------------------------------------------------


@pytest.mark.parametrize("heights", [(900.0,), (50_000.0,), (4000.0, 2500.0)])
def test_a_spike_goes_and_the_answer_says_so(
    measured: Measured, heights: tuple[float, ...]
) -> None:
    clean = measured()
    mended = remove_spikes(with_spike(clean, *heights))
    changed = np.flatnonzero(mended.intensity != clean.intensity)
    spike = np.searchsorted(clean.two_theta_deg, 25.0 - 1e-6) + np.arange(len(heights))
    assert set(changed) <= set(spike)
    # what is put there is background, known to within its noise
    np.testing.assert_allclose(mended.intensity[spike], clean.intensity[spike], atol=100.0)
    assert mended.steps == ("1 spike removed, at 25.00 deg",)
    (note,) = mended.notes
    assert note.code is NoteCode.SPIKES_REMOVED
    assert note.text.startswith("Removed 1 spike at 25.00 degrees 2theta")


def test_several_spikes_are_counted_and_placed(measured: Measured) -> None:
    spiky = with_spike(with_spike(measured(), 5000.0), 900.0, 900.0, at_deg=61.0)
    mended = remove_spikes(spiky)
    assert mended.warnings[0].startswith("Removed 2 spikes at 25.00, 61.00 degrees 2theta")


def test_a_spike_would_have_become_the_strongest_line(measured: Measured) -> None:
    clean = preprocess(measured())
    spiky = with_spike(measured(), 50_000.0)
    np.testing.assert_allclose(preprocess(spiky).intensity, clean.intensity, atol=0.02)
    assert np.abs(preprocess(spiky, despike=False).intensity - clean.intensity).max() > 0.5
    assert preprocess(spiky).warnings != clean.warnings == ()


@settings(max_examples=25, deadline=None)
@given(
    at=st.floats(12.0, 78.0),
    height=st.floats(5e3, 1e6),
    scale=st.floats(1e-3, 1e3),
)
def test_scale_and_place_do_not_matter(
    measured: Measured, at: float, height: float, scale: float
) -> None:
    pattern = with_spike(measured(), height, at_deg=at)
    found = find_spikes(pattern.two_theta_deg, pattern.intensity)
    scaled = find_spikes(pattern.two_theta_deg, scale * pattern.intensity)
    np.testing.assert_array_equal(found, scaled)
    assert found.sum() <= 1
    on_slope = np.abs(np.array([20.0, 31.3, 42.0, 55.5, 70.0]) - at).min() < 0.3
    assert found.any() or on_slope


def test_a_direct_beam_does_not_hide_a_spike(measured: Measured) -> None:
    spiky = with_spike(measured(), 20_000.0)
    beam = 1e8 * np.exp(-(spiky.two_theta_deg - 10.0) / 0.2)
    mended = remove_spikes(replace(spiky, intensity=spiky.intensity + beam))
    assert mended.steps == ("1 spike removed, at 25.00 deg",)


# --- what is none -------------------------------------------------------------------------


def test_an_ordinary_pattern_comes_back_itself(measured: Measured) -> None:
    pattern = measured()
    assert remove_spikes(pattern) is pattern


@pytest.mark.parametrize("step", [0.001, 0.01, 0.02, 0.05, 0.1])
@pytest.mark.parametrize("steps_in_width", [1.0, 1.5, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("eta", [0.0, 0.7])
@pytest.mark.parametrize("base", [0.0, 0.2, 100.0])
def test_sharp_lines_stay(step: float, steps_in_width: float, eta: float, base: float) -> None:
    rng = np.random.default_rng(round(1e3 * step) + 10 * round(steps_in_width))
    axis = np.arange(10.0, min(10.0 + 8000 * step, 150.0), step)
    for _ in range(4):
        counts = lines(axis, fwhm=steps_in_width * step, eta=eta, rng=rng, base=base)
        assert not find_spikes(axis, counts).any()


def test_sharp_lines_beside_broad_ones_stay() -> None:
    # A standard of large crystals in a sample of small ones, with two steps in its width.
    rng = np.random.default_rng(5)
    axis = np.arange(10.0, 110.0, 0.05)
    for _ in range(20):
        broad = lines(axis, fwhm=1.0, eta=0.5, rng=rng, base=50.0)
        sharp = lines(axis, fwhm=0.1, eta=0.3, rng=rng, base=0.0)
        assert not find_spikes(axis, broad + sharp).any()


def test_counts_of_an_empty_background_stay() -> None:
    rng = np.random.default_rng(6)
    axis = np.arange(10.0, 80.0, 0.02)
    for mean in (0.02, 0.3, 2.0):
        curve = mean + 60.0 * np.exp(-((((axis % 7.0) - 3.0) / 0.1) ** 2))
        counts = rng.poisson(curve).astype(np.float64)
        for scale in (1.0, 0.125):  # counts per 8 seconds
            assert not find_spikes(axis, scale * counts).any()


def test_no_line_means_no_measure_of_narrowness() -> None:
    counts = np.random.default_rng(7).poisson(100.0, 3000).astype(np.float64)
    counts[1500] += 1e4
    axis = np.linspace(10.0, 70.0, 3000)
    widths, _ = find_lines(counts, sigma=noise_of_counts(counts))
    assert len(widths) == 1  # the spike itself
    assert not find_spikes(axis, counts).any()


def test_noise_that_differs_from_place_to_place_is_no_spike() -> None:
    # The ends of a scan with a position-sensitive detector are counted for a shorter time.
    rng = np.random.default_rng(8)
    axis = np.arange(10.0, 80.0, 0.02)
    curve = 1000.0 + 8000.0 * np.exp(-((((axis % 7.0) - 3.0) / 0.06) ** 2))
    for _ in range(10):
        noise = rng.normal(size=len(axis)) * np.where(axis < 11.0, 150.0, 5.0)
        assert not find_spikes(axis, curve + noise).any()


def test_a_point_across_a_gap_is_no_neighbour() -> None:
    axis = np.concatenate((np.arange(10.0, 40.0, 0.02), np.arange(45.0, 80.0, 0.02)))
    curve = 100.0 + 5000.0 * np.exp(-((((axis % 7.0) - 3.0) / 0.06) ** 2))
    curve[np.searchsorted(axis, 42.0) - 1] = 9e3
    assert not find_spikes(axis, curve).any()


def test_points_that_were_not_measured_are_left_alone(measured: Measured) -> None:
    spiky = with_spike(measured(), 50_000.0)
    hidden = Pattern(
        spiky.two_theta_deg,
        spiky.intensity,
        Radiation.of_anode("Cu"),
        mask=np.abs(spiky.two_theta_deg - 25.0) > 0.1,
    )
    assert remove_spikes(hidden) is hidden


# --- its measures -------------------------------------------------------------------------


@pytest.mark.parametrize("fwhm", [0.06, 0.2, 0.5])
def test_the_width_of_lines_is_measured_in_steps(fwhm: float) -> None:
    rng = np.random.default_rng(9)
    axis = np.arange(10.0, 80.0, 0.02)
    centres = np.arange(12.0, 80.0, 4.0) + rng.uniform(0.0, 0.02, 17)
    z = (axis - centres[:, None]) / fwhm
    curve = 50.0 + 5000.0 * np.exp(-4.0 * np.log(2.0) * z**2).sum(axis=0)
    counts = rng.poisson(curve).astype(np.float64)
    widths, heights = find_lines(counts, sigma=noise_of_counts(counts))
    assert 17 <= len(widths) <= 20  # noise may show one line twice
    np.testing.assert_allclose(0.02 * widths, fwhm, rtol=0.2)
    np.testing.assert_allclose(heights, 5000.0, rtol=0.1)


def test_noise_is_never_below_that_of_counts() -> None:
    counts = np.zeros(1000)
    counts[::10] = 3.0
    counts[5] = 100.0
    noise = noise_of_counts(counts)
    assert noise[0] == noise[1] == pytest.approx(3.0)  # one count is worth 3 here
    assert noise[5] == pytest.approx(np.sqrt(300.0))
