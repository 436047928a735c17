"""Space groups, standard settings and Wyckoff sequences, against facts and against themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.expansion import expand
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.symmetry import Symmetry, analyse, pseudo_species


def sites(*lines: str) -> tuple[Site, ...]:
    """Read sites written as ``"Na 0 0 0"`` or ``"Fe:0.7,Mg:0.3 0 0 0"``."""
    found = []
    for line in lines:
        species, *xyz = line.split()
        pairs = (part.partition(":") for part in species.split(","))
        x, y, z = map(float, xyz)
        found.append(Site(tuple((e, float(n or 1)) for e, _, n in pairs), (x, y, z)))
    return tuple(found)


ROCK_SALT = Structure((5.64,) * 3 + (90.0,) * 3, "-F 4 2 3", sites("Na 0 0 0", "Cl 0.5 0.5 0.5"))


@pytest.mark.parametrize(
    ("cell", "hall", "lines", "number", "pearson", "wyckoff", "system"),
    [
        # International Tables A; the positions are those of textbooks.
        ((5.64, 5.64, 5.64, 90, 90, 90), "-F 4 2 3", ["Na 0 0 0", "Cl .5 .5 .5"],
         225, "cF8", "b a", "cubic"),
        ((3.567, 3.567, 3.567, 90, 90, 90), "F 4d 2 3 -1d", ["C 0 0 0"], 227, "cF8", "a", "cubic"),
        ((4.594, 4.594, 2.959, 90, 90, 90), "-P 4n 2n", ["Ti 0 0 0", "O .305 .305 0"],
         136, "tP6", "f a", "tetragonal"),
        ((4.759, 4.759, 12.991, 90, 90, 120), "-R 3 2\"c", ["Al 0 0 .3522", "O .3063 0 .25"],
         167, "hR10", "e c", "trigonal"),
        ((3.209, 3.209, 5.211, 90, 90, 120), "-P 6c 2c", ["Mg .33333 .66667 .25"],
         194, "hP2", "c", "hexagonal"),
        ((4.913, 4.913, 5.405, 90, 90, 120), "P 31 2\"", ["Si .4697 0 .3333", "O .4133 .2672 .452"],
         152, "hP9", "c a", "trigonal"),
    ],
)  # fmt: skip
def test_known_structures(cell, hall, lines, number, pearson, wyckoff, system) -> None:
    found = analyse(Structure(tuple(map(float, cell)), hall, sites(*lines)))
    assert (found.space_group, found.pearson_symbol, found.wyckoff) == (number, pearson, wyckoff)
    assert found.crystal_system == system


def test_the_standardised_structure_has_the_same_symmetry_and_composition() -> None:
    corundum = Structure(
        (4.759, 4.759, 12.991, 90.0, 90.0, 120.0),
        '-R 3 2"c',
        sites("Al 0 0 .3522", "O .3063 0 .25"),
    )
    first = analyse(corundum)
    again = analyse(first.structure())
    assert (again.space_group, again.wyckoff) == (first.space_group, first.wyckoff)
    assert again.composition == pytest.approx({"Al": 12, "O": 18})
    np.testing.assert_allclose(again.cell, first.cell, atol=1e-4)


def test_mixed_sites_are_one_species_and_unlike_occupancies_are_two() -> None:
    half = (("Cu", 0.5), ("Zn", 0.5))
    assert pseudo_species((half, (("Cu", 0.51), ("Zn", 0.49)), (("Cu", 0.6), ("Zn", 0.4)))) == [
        1,
        1,
        2,
    ]
    assert pseudo_species(((("O", 1.0),), (("O", 0.9),))) == [1, 2]
    cell = (2.95,) * 3 + (90.0,) * 3
    disordered = Structure(cell, "P 1", (Site(half, (0, 0, 0)), Site(half, (0.5, 0.5, 0.5))))
    assert analyse(disordered).pearson_symbol == "cI2"
    vacancies = Structure(
        cell, "P 1", (Site(half, (0, 0, 0)), Site((("Cu", 0.5),), (0.5, 0.5, 0.5)))
    )
    assert analyse(vacancies).pearson_symbol == "cP2"


def test_two_lines_on_one_position_are_a_mixed_site() -> None:
    structure = Structure(
        (4.2,) * 3 + (90.0,) * 3,
        "-F 4 2 3",
        sites("Mg:0.6 0 0 0", "Fe2+:0.4 0 0 0", "O2-:0.7 .5 .5 .5", "O:0.3 .5 .5 .5"),
    )
    found = analyse(structure)
    assert found.wyckoff == "b a"
    occupancies = [dict(orbit.species) for orbit in found.orbits]
    assert {"Fe": 0.4, "Mg": 0.6} in map(pytest.approx, occupancies)
    assert {"O": 1.0} in map(pytest.approx, occupancies)


def test_nearly_special_positions_are_made_special() -> None:
    cell = (3.209, 3.209, 5.211, 90.0, 90.0, 120.0)
    assert len(expand(Structure(cell, "-P 6c 2c", sites("Mg .333 .667 .25"))).species) == 2


@pytest.mark.parametrize(
    ("cell", "lines", "message"),
    [
        ((5, 5, 5, 90, 90, 300), ["Na 0 0 0"], "no cell has the angles"),
        ((-5, 5, 5, 90, 90, 90), ["Na 0 0 0"], "cell edges"),
        ((5, 5, 5, 90, 90, 90), ["Na 0 0 nan"], "are no fractions of a cell"),
        ((5, 5, 5, 90, 90, 90), ["Na:-0.5 0 0 0"], "occupancy of Na"),
        ((5, 5, 5, 90, 90, 90), ["Na:0 0 0 0"], "empty"),
    ],
)
def test_impossible_structures_are_refused(cell, lines, message) -> None:
    with pytest.raises(InvalidStructureError, match=message):
        analyse(Structure(tuple(map(float, cell)), "P 1", sites(*lines)))


def test_unknown_hall_number() -> None:
    orbits = analyse(ROCK_SALT).orbits
    with pytest.raises(InvalidStructureError, match="no Hall number 999"):
        _ = Symmetry(225, 999, (5, 5, 5, 90, 90, 90), orbits).hall_symbol


@settings(max_examples=25, deadline=None)
@given(shift=st.tuples(*[st.floats(0, 1)] * 3), permutation=st.permutations(range(3)))
def test_symmetry_does_not_depend_on_origin_and_axes(shift, permutation) -> None:
    cell = expand(ROCK_SALT)
    points = (cell.positions + np.array(shift))[:, permutation] % 1.0
    moved = Structure(
        ROCK_SALT.cell,
        "P 1",
        tuple(Site(kind, tuple(xyz)) for kind, xyz in zip(cell.species, points, strict=True)),
    )
    found = analyse(moved)
    assert (found.space_group, found.pearson_symbol, found.wyckoff) == (225, "cF8", "b a")
