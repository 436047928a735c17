import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.diffraction import (
    LARGEST_SINE,
    d_from_two_theta,
    dispersion_deg,
    inverse_d_squared_slope,
    lorentz_polarisation,
    lorentz_polarisation_of_d,
    two_theta_from_d,
    two_theta_of,
    wavelength_of,
)
from crystinet.core.grid import DEFAULT_GRID


@given(two_theta=st.floats(1.0, 179.0), wavelength=st.floats(0.3, 2.5))
def test_bragg_inverts(two_theta: float, wavelength: float) -> None:
    d = d_from_two_theta(np.array([two_theta]), wavelength)
    np.testing.assert_allclose(two_theta_from_d(d, wavelength), two_theta, rtol=1e-9)


def test_silicon_111_with_copper() -> None:
    # SRM 640 silicon: a = 5.4312 angstrom gives the 111 line at 28.44 degrees
    d = np.array([5.4312 / np.sqrt(3.0)])
    np.testing.assert_allclose(two_theta_from_d(d, 1.5405929), 28.442, atol=2e-3)


def test_out_of_reach_is_not_a_number() -> None:
    assert np.isnan(two_theta_from_d(np.array([0.5]), 1.54)).all()


def test_the_published_grid() -> None:
    axis = DEFAULT_GRID.two_theta_deg
    assert len(axis) == 5250
    np.testing.assert_allclose([axis[0], axis[-1]], [5.0, 109.98])


@given(two_theta=st.floats(2.0, 150.0), wavelength=st.floats(0.3, 2.5))
def test_every_form_of_braggs_law_is_the_same(two_theta: float, wavelength: float) -> None:
    angle = np.array([two_theta])
    d = d_from_two_theta(angle, wavelength)
    np.testing.assert_allclose(two_theta_of(d**-2.0, wavelength), angle, rtol=1e-9)
    np.testing.assert_allclose(wavelength_of(d, angle), wavelength, rtol=1e-12)
    step = 1e-4
    ends = d_from_two_theta(angle + np.array([-step, step]), wavelength) ** -2.0
    slope = inverse_d_squared_slope(angle, wavelength)
    np.testing.assert_allclose(slope, np.diff(ends) / (2.0 * step), rtol=1e-6)
    longer = two_theta_from_d(d, wavelength * (1.0 + 1e-6)) - angle
    np.testing.assert_allclose(dispersion_deg(angle, 1e-6), longer, rtol=1e-3)


def test_lorentz_polarisation_stays_finite() -> None:
    d = np.array([2.0, 0.5, 0.1])
    factor = lorentz_polarisation_of_d(d, 1.5405929)
    assert factor[0] == lorentz_polarisation(two_theta_from_d(d[:1], 1.5405929))[0]
    farthest = np.degrees(2.0 * np.arcsin(LARGEST_SINE))
    limit = float(lorentz_polarisation(np.array([farthest]))[0])
    np.testing.assert_allclose(factor[1:], limit, rtol=1e-9)
