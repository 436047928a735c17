import warnings

import numpy as np
import pytest

from crystinet.patterns.airpls import airpls


def curves() -> list[np.ndarray]:
    x = np.arange(1050.0)
    rng = np.random.default_rng(4)
    made = []
    for noise, hump, decay in ((1.0, 0.0, 50.0), (10.0, 300.0, 20.0), (30.0, 50.0, 400.0)):
        peaks = sum(
            1000.0 * rng.random() * np.exp(-(((x - c) / 3.0) ** 2))
            for c in rng.uniform(0, 1050, 30)
        )
        background = 50.0 + 500.0 * np.exp(-x / decay) + hump * np.exp(-(((x - 250.0) / 60.0) ** 2))
        made.append(peaks + background + noise * rng.standard_normal(1050))
    return made


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("penalty", [1e2, 1e4, 1e7])
@pytest.mark.parametrize(("tolerance", "limit"), [(1e-3, 15), (1e-2, 15), (1e-4, 60)])
def test_agrees_with_pybaselines(index: int, penalty: float, tolerance: float, limit: int) -> None:
    whittaker = pytest.importorskip("pybaselines.whittaker")
    y = curves()[index]
    with warnings.catch_warnings():
        # It says so where it stops before it has converged, as both are made to do here.
        warnings.simplefilter("ignore", pytest.importorskip("pybaselines.utils").ParameterWarning)
        expected, _ = whittaker.airpls(y, lam=penalty, max_iter=limit, tol=tolerance)
    got = airpls(y, penalty=penalty, max_iterations=limit, tolerance=tolerance)
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6 * y.max())


def test_a_straight_line_is_its_own_background() -> None:
    line = np.linspace(5.0, 9.0, 60)
    got = airpls(line, penalty=1e5, max_iterations=15, tolerance=1e-3)
    np.testing.assert_allclose(got, line, rtol=1e-6)


def test_peaks_are_not_followed() -> None:
    x = np.arange(400.0)
    peak = 100.0 * np.exp(-(((x - 200.0) / 4.0) ** 2))
    got = airpls(peak + 10.0, penalty=1e5, max_iterations=15, tolerance=1e-3)
    assert np.abs(got - 10.0).max() < 1.0
