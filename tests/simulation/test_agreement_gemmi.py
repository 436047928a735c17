"""``|F|^2`` against gemmi's direct summation over the atoms of a small-molecule structure.

Form factors are the same table; positions under symmetry, occupancies, displacement factors,
absences and multiplicities are each program's own.
"""

import math
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.symmetry import hall_symbol_of
from crystinet.simulation.reflections import compute_reflections

CASES = tomllib.loads((Path(__file__).parent / "structures.toml").read_text("utf-8"))["structure"]
RELATIVE_TOLERANCE = 1e-6
DEFAULT_B = 0.5


def structure_of(case: dict[str, Any], *, seed: int) -> Structure:
    """The case with random occupancies and displacement parameters, some sites without."""
    rng = np.random.default_rng(seed)
    sites = []
    for text in case["sites"]:
        species, *xyz = text.split()
        pairs = [part.partition(":") for part in species.split(",")]
        filled = rng.uniform(0.4, 1.0)
        x, y, z = (float(Fraction(value)) for value in xyz)
        sites.append(
            Site(
                tuple((name, filled * float(amount or 1.0)) for name, _, amount in pairs),
                (x, y, z),
                b_iso=None if rng.random() < 0.3 else rng.uniform(0.1, 3.0),
            )
        )
    return Structure(tuple(case["cell"]), hall_symbol_of(case["hall_number"]), tuple(sites))


if gemmi.SmallStructure.spacegroup.fset is None:  # before 0.7.5
    pytest.skip("this gemmi takes no space group as referee", allow_module_level=True)


def gemmi_structure(structure: Structure) -> gemmi.SmallStructure:
    small = gemmi.SmallStructure()
    small.cell = gemmi.UnitCell(*structure.cell)
    operations = gemmi.symops_from_hall(structure.hall_symbol.replace("=", '"'))
    small.spacegroup = gemmi.find_spacegroup_by_ops(operations)
    for site in structure.sites:
        for name, occupancy in site.species:
            atom = gemmi.SmallStructure.Site()
            atom.element = gemmi.Element(name)
            atom.fract = gemmi.Fractional(*site.xyz)
            atom.occ = occupancy
            atom.u_iso = (DEFAULT_B if site.b_iso is None else site.b_iso) / (8.0 * math.pi**2)
            small.add_site(atom)
    small.setup_cell_images()
    small.change_occupancies_to_crystallographic()
    return small


def gemmi_squares(structure: Structure, hkl: list[list[int]]) -> np.ndarray:
    small = gemmi_structure(structure)
    calculator = gemmi.StructureFactorCalculatorX(small.cell)
    return np.array([abs(calculator.calculate_sf_from_small_structure(small, h)) ** 2 for h in hkl])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_squared_structure_factors(case: dict[str, Any]) -> None:
    structure = structure_of(case, seed=len(case["name"]))
    d_min = max(1.0, 0.12 * max(structure.cell[:3]))
    ours = compute_reflections(
        structure, d_min_angstrom=d_min, default_b_iso=DEFAULT_B, relative_minimum=0.0
    )
    theirs = gemmi_squares(structure, ours.hkl.tolist())
    np.testing.assert_allclose(
        ours.f_squared, theirs, rtol=RELATIVE_TOLERANCE, atol=RELATIVE_TOLERANCE * theirs.max()
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_independent_reflections_and_multiplicities(case: dict[str, Any]) -> None:
    """gemmi's lists of the unique and of all allowed reflections."""
    structure = structure_of(case, seed=0)
    d_min = max(1.0, 0.12 * max(structure.cell[:3]))
    group = gemmi_structure(structure).spacegroup
    cell = gemmi.UnitCell(*structure.cell)
    ours = compute_reflections(structure, d_min_angstrom=d_min, relative_minimum=0.0)
    assert len(ours.hkl) == len(gemmi.make_miller_array(cell, group, d_min))
    everything = gemmi.make_miller_array(cell, group, d_min, unique=False)
    assert int(ours.multiplicity.sum()) == len(everything)
