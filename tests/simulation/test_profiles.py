import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import voigt_profile

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import lorentz_polarisation
from crystinet.core.errors import ConfigError
from crystinet.simulation.profiles import (
    WINDOW_FWHM,
    PeakProfile,
    add_peaks,
    thompson_cox_hastings,
)

START, STEP, POINTS = 5.0, 0.02, 5250
AXIS = START + STEP * np.arange(POINTS)


def drawn(
    positions: list[float], areas: list[float], fwhm: float | list[float], eta: float | list[float]
) -> FloatArray:
    out = np.zeros(POINTS)
    add_peaks(
        out,
        positions_deg=np.array(positions),
        areas=np.array(areas),
        fwhm_deg=fwhm,
        eta=eta,
        start_deg=START,
        step_deg=STEP,
    )
    return out


def pseudo_voigt(x: FloatArray, *, centre: float, fwhm: float, eta: float) -> FloatArray:
    """The textbook formula, of area 1."""
    u = (x - centre) / fwhm
    lorentz = 2.0 / (math.pi * fwhm) / (1.0 + 4.0 * u**2)
    gauss = 2.0 / fwhm * math.sqrt(math.log(2.0) / math.pi) * np.exp(-4.0 * math.log(2.0) * u**2)
    return np.asarray(eta * lorentz + (1.0 - eta) * gauss)


@settings(max_examples=60, deadline=None)
@given(
    centre=st.floats(45.0, 70.0),
    fwhm=st.floats(1e-4, 1.0),
    eta=st.floats(0.0, 1.0),
    area=st.floats(1e-3, 1e6),
)
def test_area_is_conserved_at_any_width(
    centre: float, fwhm: float, eta: float, area: float
) -> None:
    y = drawn([centre], [area], fwhm, eta)
    assert y.sum() * STEP == pytest.approx(area, rel=1e-6 if fwhm < 16 * STEP else 1e-4)
    assert (y >= 0.0).all()
    assert np.average(AXIS, weights=y) == pytest.approx(centre, abs=0.02 + 0.01 * fwhm)


@settings(max_examples=60, deadline=None)
@given(centre=st.floats(40.0, 80.0), fwhm=st.floats(0.04, 3.0), eta=st.floats(0.0, 1.0))
def test_shape_is_the_pseudo_voigt_formula(centre: float, fwhm: float, eta: float) -> None:
    y = drawn([centre], [1.0], fwhm, eta)
    expected = pseudo_voigt(AXIS, centre=centre, fwhm=fwhm, eta=eta)
    inside = np.abs(AXIS - centre) < (WINDOW_FWHM - 1.0) * fwhm
    scale = (y @ expected) / (expected @ expected)
    # The tails beyond the window are added to the line: 2 / (pi 4 * 40) of its Lorentzian part.
    assert 0.995 <= scale <= 1.015
    np.testing.assert_allclose(
        y[inside], scale * expected[inside], rtol=0, atol=0.003 * expected.max()
    )


@pytest.mark.parametrize("fwhm", [1.0, 5.0, 20.0])
def test_area_of_wide_lines_is_conserved_where_the_axis_holds_them(fwhm: float) -> None:
    out = np.zeros(100_000)
    add_peaks(
        out,
        positions_deg=np.array([0.0]),
        areas=np.array([7.0]),
        fwhm_deg=fwhm,
        eta=1.0,
        start_deg=-1000.0,
        step_deg=STEP,
    )
    assert out.sum() * STEP == pytest.approx(7.0, rel=2e-3)


def test_thompson_cox_hastings_ends_and_convolution() -> None:
    width = np.array([0.1])
    assert thompson_cox_hastings(gauss=width, lorentz=0 * width)[1] == pytest.approx(0.0)
    fwhm, eta = thompson_cox_hastings(gauss=0 * width, lorentz=width)
    assert (fwhm[0], eta[0]) == pytest.approx((0.1, 1.0), abs=1e-5)
    # By scipy's Voigt function, of sigma and half width at half maximum.
    gauss, lorentz = 0.1, 0.07
    x = np.arange(-40.0, 40.0, 1e-3)
    voigt = voigt_profile(x, gauss / 2.354820, lorentz / 2.0)
    fwhm, eta = thompson_cox_hastings(gauss=np.array([gauss]), lorentz=np.array([lorentz]))
    assert fwhm[0] == pytest.approx(np.ptp(x[voigt > voigt.max() / 2.0]), rel=0.02)
    ours = pseudo_voigt(x, centre=0.0, fwhm=float(fwhm[0]), eta=float(eta[0]))
    assert np.abs(ours - voigt).max() < 0.015 * voigt.max()


def test_without_eta_the_shape_follows_from_the_widths() -> None:
    angles = np.array([20.0, 80.0])
    instrument = PeakProfile(fwhm_deg=0.1, eta=None)
    assert instrument.shape(angles, wavelength_angstrom=1.54)[1] == pytest.approx(0.0)
    fine = PeakProfile(fwhm_deg=0.1, eta=None, size_nm=20.0, strain=0.002)
    fwhm, eta = fine.shape(angles, wavelength_angstrom=1.54)
    assert (fwhm > 0.1).all()
    assert 0.5 < eta[0] < eta[1] < 1.0


def test_lines_add_up_whatever_their_order() -> None:
    rng = np.random.default_rng(1)
    n = 300
    positions = rng.uniform(0.0, 115.0, n)
    areas, widths, eta = rng.random(n), np.exp(rng.uniform(-4.0, 1.0, n)), rng.random(n)
    together = drawn(positions.tolist(), areas.tolist(), widths.tolist(), eta.tolist())
    shuffled = rng.permutation(n)
    again = drawn(*(v[shuffled].tolist() for v in (positions, areas, widths, eta)))
    # Only where windows end do lines that are drawn together hide a swing of each other.
    one_by_one = sum(
        drawn([p], [a], w, e) for p, a, w, e in zip(positions, areas, widths, eta, strict=True)
    )
    np.testing.assert_allclose(together, again, atol=1e-5 * together.max())
    np.testing.assert_allclose(together, one_by_one, atol=1e-3 * together.max())


@pytest.mark.parametrize("fwhm", [0.01, 0.1, 1.0, 5.0])
@pytest.mark.parametrize("centre", [4.9, 5.0, 109.98, 110.05, 112.0])
def test_lines_at_and_beyond_the_ends(centre: float, fwhm: float) -> None:
    y = drawn([centre], [1.0], fwhm, 0.5)
    expected = pseudo_voigt(AXIS, centre=centre, fwhm=max(fwhm, STEP), eta=0.5)
    expected[np.abs(AXIS - centre) > WINDOW_FWHM * fwhm] = 0.0
    # A line a step wide is a few points; only its formula's height is compared there.
    peak = pseudo_voigt(np.zeros(1), centre=0.0, fwhm=max(fwhm, STEP), eta=0.5)[0]
    np.testing.assert_allclose(y, expected, rtol=0, atol=(0.08 if fwhm < STEP else 0.03) * peak)


def test_lines_far_away_and_no_lines_leave_the_pattern_alone() -> None:
    assert not drawn([200.0, -50.0], [1.0, 1.0], 0.1, 0.5).any()
    assert not drawn([], [], 0.1, 0.5).any()


def test_peaks_are_added_to_what_is_there() -> None:
    out = np.full(POINTS, 2.0)
    add_peaks(
        out,
        positions_deg=np.array([50.0]),
        areas=np.array([3.0]),
        fwhm_deg=0.1,
        eta=0.0,
        start_deg=START,
        step_deg=STEP,
    )
    assert out[0] == 2.0
    assert (out - 2.0).sum() * STEP == pytest.approx(3.0)


def test_lorentz_polarisation_by_hand() -> None:
    # At 90 degrees cos 2theta is 0: 1 / (sin^2 45 cos 45) = 2 sqrt 2; at 60 degrees 5 / sqrt 3.
    angles = np.array([60.0, 90.0])
    expected = [(1 + 0.25) / (0.25 * math.sqrt(3) / 2), 2.0 * math.sqrt(2.0)]
    assert lorentz_polarisation(angles).tolist() == pytest.approx(expected)


def test_monochromator_changes_the_polarisation_only() -> None:
    angles = np.array([20.0, 60.0, 90.0, 120.0])
    ratio = lorentz_polarisation(angles, monochromator_deg=26.6) / lorentz_polarisation(angles)
    k = math.cos(math.radians(26.6)) ** 2
    c = np.cos(np.radians(angles)) ** 2
    np.testing.assert_allclose(ratio, 2.0 * (1.0 + k * c) / ((1.0 + k) * (1.0 + c)))


def test_width_of_the_instrument_and_the_sample() -> None:
    angles = np.array([30.0, 60.0, 90.0])
    theta = np.radians(angles) / 2.0

    def width(profile: PeakProfile) -> FloatArray:
        return profile.width_deg(angles, wavelength_angstrom=1.5406)

    np.testing.assert_allclose(width(PeakProfile(fwhm_deg=0.2)), 0.2)
    caglioti = PeakProfile(fwhm_deg=0.1, caglioti_u=0.02, caglioti_v=-0.01)
    t = np.tan(theta)
    np.testing.assert_allclose(width(caglioti), np.sqrt(0.02 * t**2 - 0.01 * t + 0.01))
    size = np.degrees(0.94 * 1.5406 / (100.0 * np.cos(theta)))
    strain = np.degrees(4.0 * 0.002 * t)
    sample = PeakProfile(fwhm_deg=0.1, size_nm=10.0, strain=0.002)
    np.testing.assert_allclose(width(sample), np.hypot(0.1, size + strain))


@pytest.mark.parametrize(
    "values",
    [
        {"fwhm_deg": 0.0},
        {"fwhm_deg": math.nan},
        {"eta": 1.2},
        {"size_nm": 0.0},
        {"strain": -0.1},
    ],
)
def test_impossible_profiles_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(values))}="):
        PeakProfile(**values)


def test_imaginary_width_is_refused() -> None:
    profile = PeakProfile(fwhm_deg=0.1, caglioti_v=-0.1)
    with pytest.raises(ConfigError, match="imaginary at 60 degrees"):
        profile.width_deg(np.array([5.0, 60.0]), wavelength_angstrom=1.54)
