import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.simulation.axial import axial_parts


def parts(two_theta: float, *, fwhm: float, axial: float) -> tuple[np.ndarray, np.ndarray]:
    found = list(axial_parts(np.array([two_theta]), fwhm_deg=np.array([fwhm]), axial=axial))
    assert all(rows.tolist() == [0] for rows, _, _ in found)
    return np.array([p[0] for _, p, _ in found]), np.array([s[0] for _, _, s in found])


@settings(max_examples=60, deadline=None)
@given(
    two_theta=st.floats(1.0, 175.0),
    fwhm=st.floats(0.005, 2.0),
    axial=st.floats(1e-4, 0.2),
)
def test_area_is_conserved_and_lines_lean_away_from_the_equator(
    two_theta: float, fwhm: float, axial: float
) -> None:
    places, shares = parts(two_theta, fwhm=fwhm, axial=axial)
    assert shares.sum() == pytest.approx(1.0)
    assert (shares >= 0.0).all()
    lean = (places - two_theta) * math.copysign(1.0, 90.0 - two_theta)
    assert (lean <= 1e-9).all()


@pytest.mark.parametrize("two_theta", [10.0, 25.0, 60.0, 120.0])
@pytest.mark.parametrize("fwhm", [0.01, 0.05, 0.3])
def test_mean_shift_is_that_of_rays_drawn_at_random(two_theta: float, fwhm: float) -> None:
    """The rays' own geometry, weighted by 1 / (cos^2 2phi sin 2phi) as Finger et al. do."""
    axial = 0.06
    z, h = np.random.default_rng(0).uniform(-axial / 2, axial / 2, (2, 400_000))
    cosine = math.cos(math.radians(two_theta)) * np.sqrt(1.0 + (z - h) ** 2)
    weight = 1.0 / (cosine**2 * np.sqrt(1.0 - cosine**2))
    phi = np.degrees(np.arccos(cosine))
    expected = np.average(phi - two_theta, weights=weight)
    spread = np.average((phi - two_theta) ** 2, weights=weight)
    places, shares = parts(two_theta, fwhm=fwhm, axial=axial)
    shift = places - two_theta
    assert shares @ shift == pytest.approx(expected, rel=0.02)
    if len(places) > 1:
        assert shares @ shift**2 == pytest.approx(spread, rel=0.03)


def test_lines_with_little_tail_cost_one_part() -> None:
    assert len(parts(60.0, fwhm=0.2, axial=0.01)[0]) == 1
    assert len(parts(5.0, fwhm=0.02, axial=0.06)[0]) > 20
