"""Analytic derivatives against differences: of lines, of atoms, and of the whole."""

import numpy as np
import pytest

import crystinet
from crystinet.core.arrays import FloatArray
from crystinet.crystals.catalogue import load_catalogue
from crystinet.fit.whole_pattern.atom_starts import AtomStart
from crystinet.fit.whole_pattern.atoms import AtomModel
from crystinet.fit.whole_pattern.candidate import atoms_on
from crystinet.fit.whole_pattern.lattice_fit import Lattice, LatticeFit, fit_lattices
from crystinet.fit.whole_pattern.normal import curves_of, normal_of, slopes_of
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.patterns.sample import Sample


@pytest.fixture(scope="module")
def olivine() -> LatticeFit:
    reference = load_catalogue().by_name("Olivine-Mg2SiO4").reference
    pattern = crystinet.simulate(reference, counts=20000, seed=2, axial=0.04, background=0.05)
    points = PatternPoints.of(Sample.of(pattern))
    found = fit_lattices(points, [Lattice(reference.hall_symbol, reference.cell)])
    assert found is not None
    return found


def _atoms(found: LatticeFit) -> AtomModel:
    reference = load_catalogue().by_name("Olivine-Mg2SiO4").reference
    return atoms_on(found, AtomStart("Olivine-Mg2SiO4", "reference", "", reference))


def test_lines_move_and_widen_as_the_derivatives_say(olivine: LatticeFit) -> None:
    at = olivine.parameters.copy()
    at[olivine.model.shared["axial"]] = 0.03**2
    sizes = np.maximum(1e-6 * np.abs(at), 1e-9)

    def calculated(parameters: FloatArray) -> FloatArray:
        return curves_of(olivine.points, olivine.model, parameters, olivine.intensity)[0]

    steps = np.eye(len(at)) * sizes[:, None]
    differences = [(calculated(at + s) - calculated(at - s)) / (2.0 * s.sum()) for s in steps]
    form = normal_of(olivine.points, olivine.model, at)
    slopes = slopes_of(olivine.points, olivine.model, at, olivine.intensity, form)
    again = slopes_of(olivine.points, olivine.model, at, olivine.intensity, form.alone())
    np.testing.assert_array_equal(again.jacobian, slopes.jacobian)
    factor = np.linalg.inv(olivine.points.spline_normal)
    weight = olivine.points.weight
    for number, slope in enumerate(differences):
        crossed = factor @ (olivine.points.splines.T @ (weight * slope))
        expected = float(weight @ slope**2 - crossed @ crossed)  # the background is eliminated
        assert slopes.jacobian[number, number] == pytest.approx(expected, rel=2e-3, abs=1e-9)


def test_areas_change_as_the_derivatives_say(olivine: LatticeFit) -> None:
    atoms = _atoms(olivine)
    rng = np.random.default_rng(3)
    at = rng.normal(0.0, 0.05, len(atoms.contents))
    _, slopes = atoms.areas_and_slopes(at)
    for number, step in enumerate(1e-6 * np.eye(len(at))):
        difference = (atoms.areas(at + step) - atoms.areas(at - step)) / 2e-6
        assert np.allclose(slopes[:, number], difference, rtol=1e-5, atol=1e-6 * difference.std())


def test_without_an_inversion_centre_too() -> None:
    reference = load_catalogue().by_name("Wurtzite-ZnS(2H)").reference
    pattern = crystinet.simulate(reference, counts=20000, seed=2)
    found = fit_lattices(
        PatternPoints.of(Sample.of(pattern)), [Lattice(reference.hall_symbol, reference.cell)]
    )
    assert found is not None
    atoms = atoms_on(found, AtomStart("", "", "", reference))
    at = np.random.default_rng(4).normal(0.0, 0.05, len(atoms.contents))
    _, slopes = atoms.areas_and_slopes(at)
    for number, step in enumerate(1e-6 * np.eye(len(at))):
        difference = (atoms.areas(at + step) - atoms.areas(at - step)) / 2e-6
        assert np.allclose(slopes[:, number], difference, rtol=1e-5, atol=1e-6 * difference.std())


def test_the_quadratic_form_is_the_misfit(olivine: LatticeFit) -> None:
    form = normal_of(olivine.points, olivine.model, olivine.parameters)
    curve = curves_of(olivine.points, olivine.model, olivine.parameters, olivine.intensity)[0]
    left = olivine.points.net - curve
    weight, splines = olivine.points.weight, olivine.points.splines
    pull = olivine.points.spline_normal
    normal = pull @ pull.T
    coefficients = np.linalg.solve(normal, splines.T @ (weight * left))
    misfit = float(weight @ left**2 - coefficients @ normal @ coefficients)
    assert form.misfit(olivine.intensity) == pytest.approx(misfit, rel=1e-6)
