"""The look at the numbers of atoms never rules out a type, and spares most other structures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.contents import is_possible
from crystinet.crystals.expansion import UnitCell, expand
from crystinet.crystals.structure_type import StructureType
from crystinet.crystals.views import framework_of

CATALOGUE = load_catalogue()


def repeated(cell: UnitCell, times: int) -> UnitCell:
    """A supercell along a."""
    shifts = np.array([[n, 0, 0] for n in range(times)])
    positions = ((cell.positions[:, None, :] + shifts) / [times, 1, 1]).reshape(-1, 3)
    basis = cell.basis * np.array([[times], [1], [1]])
    return UnitCell(basis, positions, tuple(k for k in cell.species for _ in shifts))


def cell_of(**amounts: int) -> UnitCell:
    species = tuple(((element, 1.0),) for element, n in amounts.items() for _ in range(n))
    positions = np.random.default_rng(0).uniform(size=(len(species), 3))
    return UnitCell(10.0 * np.eye(3), positions, species)


@pytest.mark.parametrize("kind", list(CATALOGUE), ids=lambda kind: kind.name)
def test_the_reference_of_every_type_is_possible_in_any_cell(kind: StructureType) -> None:
    cell = expand(kind.reference)
    joins = [d.framework for d in kind.definitions if d.framework is not None]
    for times in (1, 2, 3):
        larger = repeated(cell, times)
        if joins:
            framework = framework_of(larger, anions_join=joins[0])
            assert framework is not None
            assert is_possible(framework, CATALOGUE, framework=True)
        else:
            assert is_possible(larger, CATALOGUE)


@settings(max_examples=50, deadline=None)
@given(
    shares=st.lists(st.sampled_from([0.25, 0.5, 0.75]), min_size=1, max_size=2),
    kind=st.sampled_from([kind for kind in CATALOGUE if len(kind.reference.sites) < 4]),
)
def test_mixing_every_site_leaves_it_possible(kind: StructureType, shares: list[float]) -> None:
    """The same solid solution on all sites of an element keeps the ratios."""
    cell = expand(kind.reference)
    mixed = tuple(tuple((e, n * shares[0]) for e, n in k) for k in cell.species)
    filled = tuple((*k, ("Xe", 1.0 - shares[0])) for k in mixed)
    assert is_possible(UnitCell(cell.basis, cell.positions, filled), CATALOGUE)


@pytest.mark.parametrize(
    ("amounts", "possible"),
    [
        ({"Na": 1, "Cl": 1}, True),
        ({"Na": 3, "Cl": 3}, True),  # a supercell of rock salt
        ({"Ca": 1, "Ti": 1, "O": 3}, True),
        ({"Ca": 2, "Ti": 3, "O": 11}, False),
        ({"K": 3, "Bi": 7}, False),
        ({"Zr": 2, "Si": 2, "O": 8}, True),
    ],
)
def test_ratios_and_numbers_decide(amounts: dict[str, int], possible: bool) -> None:
    assert is_possible(cell_of(**amounts), CATALOGUE) is possible


def test_protons_are_disregarded_where_a_type_says_so() -> None:
    gypsum = expand(CATALOGUE.by_name("Gypsum").reference)
    protons = [k[0][0] == "H" for k in gypsum.species]
    bare = np.flatnonzero(~np.array(protons))
    without = UnitCell(gypsum.basis, gypsum.positions[bare], tuple(gypsum.species[i] for i in bare))
    assert is_possible(gypsum, CATALOGUE)
    assert is_possible(without, CATALOGUE)
