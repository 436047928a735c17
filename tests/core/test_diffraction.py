import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.diffraction import d_from_two_theta, two_theta_from_d
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
