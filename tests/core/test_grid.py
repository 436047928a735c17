import numpy as np
import pytest

from crystinet.core.errors import ConfigError, InvalidWavelengthError
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid


def test_the_default_axis_is_the_published_one() -> None:
    axis = DEFAULT_GRID.two_theta_deg
    assert axis.shape == (5250,)
    assert axis[0] == 5.0
    assert axis[-1] == pytest.approx(DEFAULT_GRID.stop_deg) == pytest.approx(109.98)
    np.testing.assert_allclose(np.diff(axis), 0.02)


@pytest.mark.parametrize(
    "settings",
    [
        {"n_points": 1},
        {"step_deg": 0.0},
        {"step_deg": -0.02},
        {"start_deg": 0.0},
        {"n_points": 9000},
    ],
)
def test_an_impossible_axis_is_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="no axis between 0 and 180"):
        TwoThetaGrid(**settings)  # type: ignore[arg-type]


def test_an_impossible_wavelength_is_refused() -> None:
    with pytest.raises(InvalidWavelengthError):
        TwoThetaGrid(wavelength_angstrom=-1.0)
