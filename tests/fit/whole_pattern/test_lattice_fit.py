"""The whole-pattern fit on simulated patterns."""

import numpy as np
import pytest

import crystinet
from crystinet.crystals.catalogue import load_catalogue
from crystinet.fit.whole_pattern.lattice_fit import Lattice, LatticeFit, fit_lattices
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.patterns.sample import Sample


def _fitted(name: str, **simulation: float) -> tuple[crystinet.Structure, LatticeFit]:
    reference = load_catalogue().by_name(name).reference
    pattern = crystinet.simulate(reference, counts=5000, seed=1, **simulation)
    points = PatternPoints.of(Sample.of(pattern))
    found = fit_lattices(points, [Lattice(reference.hall_symbol, reference.cell.scaled(1.002))])
    assert found is not None
    return reference, found


@pytest.mark.parametrize("name", ["NaCl", "Rutile-TiO2", "Olivine-Mg2SiO4"])
def test_the_lattice_of_a_simulated_pattern_is_found(name: str) -> None:
    reference, found = _fitted(name)
    assert found.residual < 0.1
    assert np.allclose(found.cell()[:3], reference.cell[:3], rtol=1e-4)
    assert np.allclose(found.cell()[3:], reference.cell[3:])


def test_a_cell_of_another_size_is_given_up() -> None:
    reference = load_catalogue().by_name("Rutile-TiO2").reference
    points = PatternPoints.of(Sample.of(crystinet.simulate(reference, counts=5000, seed=1)))
    found = fit_lattices(points, [Lattice(reference.hall_symbol, reference.cell.scaled(0.87))])
    assert found is not None
    assert found.residual > 0.5
