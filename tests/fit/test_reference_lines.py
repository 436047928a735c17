"""Lines of a reference structure, laid on a pattern of another cell."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crystinet
from crystinet.core.diffraction import d_from_two_theta
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.radiation import ANODE_LINES, Radiation
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.structure import Structure
from crystinet.fit.reference_lines import ReferenceLines, fit_reference_lines
from crystinet.patterns import Pattern, preprocess


def scaled(structure: Structure, scale: float) -> Structure:
    a, b, c, alpha, beta, gamma = structure.cell
    return replace(structure, cell=(scale * a, scale * b, scale * c, alpha, beta, gamma))


def fit(structure: Structure, pattern: Pattern) -> ReferenceLines:
    prepared = preprocess(pattern)
    return fit_reference_lines(structure, prepared, grid=DEFAULT_GRID, knee=0.02)


@settings(max_examples=20, deadline=None)
@given(
    name=st.sampled_from(
        [
            "NaCl",
            "CsCl",
            "Rutile-TiO2",
            "Corundum-Al2O3",
            "Olivine-Mg2SiO4",
            "Pyrochlore-NaCa(Nb2O6)F",
        ]
    ),
    scale=st.floats(0.75, 1.33),
    seed=st.integers(0, 1000),
)
def test_the_scale_of_the_cell_is_found(name: str, scale: float, seed: int) -> None:
    reference = load_catalogue().by_name(name).reference
    pattern = crystinet.simulate(scaled(reference, scale), counts=3000, background=0.05, seed=seed)
    assert fit(reference, pattern).scale == pytest.approx(scale, rel=1e-3)


def test_lines_lie_on_those_of_the_pattern_for_any_wavelength() -> None:
    reference = load_catalogue().by_name("Fluorite-CaF2").reference
    for anode in ANODE_LINES:
        pattern = crystinet.simulate(
            scaled(reference, 1.07),
            radiation=Radiation.of_anode(anode),
            grid=TwoThetaGrid(start_deg=8.0, n_points=6500),
        )
        found = fit(reference, pattern)
        # International Tables: the first lines of a face-centred cell are 111, 200 and 220.
        d = d_from_two_theta(found.two_theta_deg[:3], DEFAULT_GRID.wavelength_angstrom)
        np.testing.assert_allclose(d / d[0], np.sqrt(3.0 / np.array([3, 4, 8])), rtol=1e-6)
        assert d[0] == pytest.approx(1.07 * reference.cell[0] / np.sqrt(3.0), rel=2e-3)


def test_only_the_measured_range_decides() -> None:
    reference = load_catalogue().by_name("Spinel-Al2MgO4").reference
    pattern = crystinet.simulate(scaled(reference, 1.03), grid=TwoThetaGrid(25.0, 0.02, 1500))
    found = fit(reference, pattern)
    assert found.scale == pytest.approx(1.03, rel=1e-3)
    assert found.two_theta_deg[0] < 25.0 < 55.0 < found.two_theta_deg[-1]
