"""The banded solver agrees with the one of `scipy.linalg`, and does not need that package."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.linalg import solveh_banded

from crystinet.patterns import banded
from crystinet.patterns.banded import solve_banded


@pytest.fixture
def bands() -> np.ndarray:
    rng = np.random.default_rng(0)
    bands = rng.random((3, 40))
    bands[0] += 4.0
    return bands


def test_it_solves_as_scipy_does(bands: np.ndarray) -> None:
    right = np.arange(40.0)
    expected = solveh_banded(bands, right, lower=True)
    np.testing.assert_array_equal(solve_banded(bands.copy(), right.copy()), expected)


def test_it_takes_the_public_way_where_the_wrappers_lie_elsewhere(
    bands: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = np.arange(40.0)
    expected = solve_banded(bands.copy(), right.copy())
    monkeypatch.setattr(banded, "_WRAPPERS", "_nowhere")
    banded._solver.cache_clear()
    try:
        np.testing.assert_array_equal(solve_banded(bands.copy(), right.copy()), expected)
    finally:
        banded._solver.cache_clear()


def test_what_is_not_positive_definite_is_refused() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        solve_banded(np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 0.0]]), np.ones(3))


def test_the_package_itself_is_not_imported_and_still_can_be() -> None:
    program = (
        "import sys; import numpy as np; from crystinet.patterns.banded import solve_banded;"
        "solve_banded(np.array([[4., 4., 4.], [1., 1., 0.]]), np.ones(3));"
        "assert 'scipy.linalg' not in sys.modules;"
        "import scipy.linalg; scipy.linalg.eigh(np.eye(2))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
