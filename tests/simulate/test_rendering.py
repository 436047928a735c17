import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.simulate.rendering import render_peaks

AXIS = {"start_deg": 5.0, "step_deg": 0.02, "n_points": 5250}
GRID = 5.0 + 0.02 * np.arange(5250)


def direct_sum(two_theta: np.ndarray, area: np.ndarray, fwhm: np.ndarray, eta: float) -> np.ndarray:
    z = GRID - two_theta[:, None]
    sigma = (fwhm / (2.0 * np.sqrt(2.0 * np.log(2.0))))[:, None]
    gauss = np.exp(-0.5 * (z / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
    half = fwhm[:, None] / 2.0
    lorentz = half / np.pi / (z**2 + half**2)
    curve: np.ndarray = area @ ((1.0 - eta) * gauss + eta * lorentz)
    return curve


@settings(max_examples=25, deadline=None)
@given(centre=st.floats(20.0, 95.0), fwhm=st.floats(0.05, 0.8), eta=st.floats(0.0, 0.3))
def test_area_is_conserved(centre: float, fwhm: float, eta: float) -> None:
    curve = render_peaks(
        two_theta_deg=np.array([centre]),
        area=np.array([3.0]),
        fwhm_deg=np.array([fwhm]),
        lorentz_fraction=eta,
        **AXIS,
    )
    assert curve.min() >= 0.0
    assert curve.sum() * 0.02 == pytest.approx(3.0, rel=0.02)  # the rest is Lorentzian tail


def test_agrees_with_the_direct_sum() -> None:
    rng = np.random.default_rng(0)
    centres = np.sort(rng.uniform(8.0, 107.0, 200))
    area, fwhm = rng.random(200), 0.08 + 0.2 * (centres / 110.0) ** 2
    fast = render_peaks(
        two_theta_deg=centres, area=area, fwhm_deg=fwhm, lorentz_fraction=0.5, **AXIS
    )
    slow = direct_sum(centres, area, fwhm, 0.5)
    assert np.abs(fast - slow).max() < 0.03 * slow.max()
    assert np.abs(fast - slow).mean() < 0.015 * slow.mean()


def test_no_line_in_reach_gives_nothing() -> None:
    curve = render_peaks(
        two_theta_deg=np.array([170.0]),
        area=np.array([1.0]),
        fwhm_deg=np.array([0.1]),
        lorentz_fraction=0.5,
        **AXIS,
    )
    assert not curve.any()
