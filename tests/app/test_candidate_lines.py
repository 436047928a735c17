"""Lines of candidates lie where the simulated sample has them, with their indices."""

import numpy as np
import pytest

import crystinet
from crystinet.app.candidate_lines import LineFinder


@pytest.fixture(scope="module")
def finder() -> LineFinder:
    return LineFinder()


def test_lines_of_the_right_type_lie_on_those_of_the_sample(finder: LineFinder) -> None:
    kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    pattern = crystinet.simulate(kind.reference, counts=20000, seed=2)
    right, wrong = finder.find(pattern, ["Rutile-TiO2", "NaCl"])
    first = right.to_dict()["lines"][0]
    assert first["hkl"] == [[1, 1, 0]]
    a = kind.reference.cell.a
    assert first["d"] == pytest.approx(a / np.sqrt(2.0), rel=2e-3)
    assert right.to_dict()["explained"] > 0.95 > wrong.to_dict()["explained"]
    assert right.to_dict()["nearest"][0]["type"] == "Rutile-TiO2"


def test_a_type_that_the_model_does_not_know_is_refused(finder: LineFinder) -> None:
    pattern = crystinet.Pattern.from_arrays(np.arange(10.0, 60.0, 0.1), np.ones(500))
    with pytest.raises(crystinet.UnknownTypeError, match="no-such"):
        finder.find(pattern, ["no-such"])


@pytest.mark.parametrize("anode", ["Mo", "Co"])
def test_lines_lie_at_the_angles_of_the_measurement(finder: LineFinder, anode: str) -> None:
    kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    pattern = crystinet.simulate(kind.reference, anode=anode, counts=20000, seed=2)
    (found,) = finder.find(pattern, ["Rutile-TiO2"])
    assert found.lines is not None
    strongest = found.lines.two_theta_deg[found.lines.intensity.argmax()]
    assert strongest == pytest.approx(pattern.two_theta_deg[pattern.intensity.argmax()], abs=0.05)
    low, high = pattern.measured_range_deg
    assert low <= found.lines.two_theta_deg.min() <= found.lines.two_theta_deg.max() <= high
