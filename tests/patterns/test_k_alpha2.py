from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import d_from_two_theta, two_theta_from_d
from crystinet.core.grid import DEFAULT_GRID
from crystinet.core.radiation import ANODE_LINES, Radiation
from crystinet.patterns import Pattern, preprocess
from crystinet.patterns.k_alpha2 import subtract_k_alpha2

Peaks = Callable[..., FloatArray]
Measured = Callable[..., Pattern]

STEP = "K-alpha2 subtracted"
D_ANGSTROM = np.array([4.2, 3.1, 2.5, 1.9, 1.6, 1.35])
AXIS = np.arange(4.0, 60.0, 0.01)


def lines(peaks: Peaks, *, anode: str, doublet: bool, fwhm: float = 0.08) -> FloatArray:
    """Lines of both wavelengths, those of K-alpha2 half as high."""
    total = np.zeros(len(AXIS))
    for wavelength, weight in zip(ANODE_LINES[anode], (1.0, 0.5 * doublet), strict=True):
        places = tuple(two_theta_from_d(D_ANGSTROM, wavelength))
        total += peaks(AXIS, centres=places, fwhm=fwhm, height=2000.0 * weight)
    return total


def measure(curve: FloatArray, anode: str) -> Pattern:
    counts = np.random.default_rng(0).poisson(curve + 80.0).astype(np.float64)
    return Pattern(AXIS, counts, Radiation.of_anode(anode))


@pytest.mark.parametrize("anode", ["Mo", "Ag", "Cu"])
def test_what_is_left_is_k_alpha1(peaks: Peaks, anode: str) -> None:
    left = subtract_k_alpha2(
        AXIS,
        lines(peaks, anode=anode, doublet=True),
        wavelengths_angstrom=ANODE_LINES[anode],
        ratio=0.5,
    )
    # Lines of K-alpha2 are as wide as those of K-alpha1 in degrees, not in relation to their angle.
    np.testing.assert_allclose(left, lines(peaks, anode=anode, doublet=False), atol=15.0)


@settings(max_examples=30, deadline=None)
@given(ratio=st.floats(0.1, 0.55), seed=st.integers(0, 100))
def test_adding_k_alpha2_to_it_gives_the_pattern_back(ratio: float, seed: int) -> None:
    knots = np.random.default_rng(seed).random(57)
    curve = np.interp(AXIS, np.arange(4.0, 61.0), knots * (np.arange(57) > 2))
    alpha1, alpha2 = ANODE_LINES["Ag"]
    left = subtract_k_alpha2(AXIS, curve, wavelengths_angstrom=(alpha1, alpha2), ratio=ratio)
    shifted = two_theta_from_d(d_from_two_theta(AXIS, alpha2), alpha1)
    again = left + ratio * np.interp(shifted, AXIS, left, left=0.0)
    np.testing.assert_allclose(again, curve, atol=0.01)


@pytest.mark.parametrize("anode", ["Mo", "Ag"])
def test_wide_doublets_look_like_single_lines(peaks: Peaks, anode: str) -> None:
    result = preprocess(measure(lines(peaks, anode=anode, doublet=True), anode))
    assert STEP in result.steps
    assert len(result.radiation.wavelengths_angstrom) == 1
    grid = DEFAULT_GRID
    ratio = ANODE_LINES[anode][1] / ANODE_LINES[anode][0]
    second = two_theta_from_d(D_ANGSTROM / ratio, grid.wavelength_angstrom)
    heights = np.interp(second[2:], grid.two_theta_deg, result.intensity)
    assert heights.max() < 0.1  # 0.5 of the line beside it otherwise


@pytest.mark.parametrize("anode", ["Mo", "Ag"])
@pytest.mark.parametrize("fwhm", [0.03, 0.06, 0.1])
def test_a_monochromatic_pattern_is_left_alone(peaks: Peaks, anode: str, fwhm: float) -> None:
    single = lines(peaks, anode=anode, doublet=False, fwhm=fwhm)
    result = preprocess(measure(single, anode))  # 0.7093 could be either
    assert STEP not in result.steps
    told = replace(measure(single, anode), radiation=Radiation((ANODE_LINES[anode][0],)))
    np.testing.assert_array_equal(preprocess(told).intensity, result.intensity)


@pytest.mark.parametrize("anode", ["Cr", "Fe", "Co", "Cu"])
def test_doublets_like_copper_s_stay(measured: Measured, anode: str) -> None:
    assert STEP not in preprocess(measured(start=12.0, stop=100.0, anode=anode)).steps
