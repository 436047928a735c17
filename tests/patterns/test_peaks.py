"""The one peak finder."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.arrays import FloatArray
from crystinet.core.grid import DEFAULT_GRID
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.peaks import LEAST_SIGMAS, count_peaks, find_peaks
from crystinet.patterns.sample import Sample
from crystinet.patterns.signal import count_of

AXIS = DEFAULT_GRID.two_theta_deg


def line(centre: float, fwhm: float) -> FloatArray:
    curve: FloatArray = np.exp(-4.0 * np.log(2.0) * ((AXIS - centre) / fwhm) ** 2)
    return curve


def pattern(intensity: FloatArray) -> Pattern:
    return Pattern(AXIS, np.asarray(intensity), Radiation((1.5405929,)))


def test_peaks_are_where_they_are() -> None:
    places, heights = np.array([20.013, 35.5071, 35.95, 80.0]), np.array([0.5, 1.0, 0.3, 0.02])
    y = sum(h * line(p, 0.16) for p, h in zip(places, heights, strict=True))
    found = find_peaks(pattern(y), noise=0.001)
    np.testing.assert_allclose(found.two_theta_deg, places, atol=0.003)
    np.testing.assert_allclose(found.height, heights, rtol=0.02)
    assert found.width_deg == pytest.approx(0.16, rel=0.05)


@given(noise=st.floats(0.0, 0.2), most=st.integers(1, 4))
def test_what_the_noise_hides_is_no_peak(noise: float, most: int) -> None:
    heights = {30.0: 1.0, 40.0: 0.3, 70.0: 0.5}
    y = sum(height * line(place, 0.2) for place, height in heights.items())
    visible = sorted(height for height in heights.values() if height > LEAST_SIGMAS * noise)
    found = find_peaks(pattern(y), noise=noise)
    np.testing.assert_allclose(sorted(found.height), visible, rtol=0.01)
    assert count_peaks(pattern(y), noise=noise, enough=most) == min(most, len(visible))


def test_noise_and_humps_are_no_peaks() -> None:
    noise = np.random.default_rng(0).standard_normal(len(AXIS))
    smooth = np.abs(np.convolve(noise, np.ones(3) / 3.0, mode="same"))  # as the preparation does
    assert len(find_peaks(pattern(smooth / smooth.max()), noise=1.0 / smooth.max())) == 0
    assert len(find_peaks(pattern(line(25.0, 8.0)), noise=0.001)) == 0
    assert len(find_peaks(pattern(np.zeros(len(AXIS))), noise=0.0)) == 0


def test_lines_of_a_few_nanometres_and_crowded_ones_are_peaks() -> None:
    assert len(find_peaks(pattern(line(28.0, 3.0) + 0.6 * line(54.0, 3.0)), noise=0.02)) == 2
    crowd = sum(line(20.0 + 0.4 * i, 0.2) for i in range(100))
    assert len(find_peaks(pattern(crowd / crowd.max()), noise=0.01)) == 100


def test_what_was_not_measured_is_no_peak() -> None:
    y = line(30.0, 0.2) + line(60.0, 0.2)
    half = Pattern(AXIS, y, Radiation((1.5405929,)), AXIS < 45.0)
    assert find_peaks(half, noise=0.001).two_theta_deg == pytest.approx([30.0], abs=1e-3)


@pytest.mark.parametrize("highest", [30, 60, 200, 5000])
def test_counting_noise_makes_no_lines(highest: int) -> None:
    """Without a background the noise is where the lines are, and point to point there is none."""
    x = np.arange(10.0, 90.0, 0.02)
    lines = np.linspace(15.0, 85.0, 10)
    curve = sum(np.exp(-(((x - line) / 0.15) ** 2)) for line in lines)
    counts = np.random.default_rng(highest).poisson(highest * curve).astype(np.float64)
    pattern = Pattern(x, counts, Radiation.of_anode("Cu"))
    assert len(Sample.of(pattern).sure_peaks) == 10


def test_what_one_count_is() -> None:
    rng = np.random.default_rng(2)
    curve = 5.0 + 400.0 * np.exp(-(((np.arange(900.0) - 300.0) / 60.0) ** 2))
    counts = rng.poisson(curve).astype(np.float64)
    assert count_of(counts) == 1.0
    assert count_of(0.25 * counts) == 0.25
    assert count_of(np.rint(curve)) == 0.0  # rounded, and as smooth as no counts are
    assert count_of(curve + rng.normal(size=900)) == 0.0
    assert count_of(np.full(900, 7.0)) == 0.0
