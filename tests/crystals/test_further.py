"""The further types: each recognises its reference, no other claims it, and daily use is spared."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from crystinet.crystals.assignment import SYMPREC_LADDER, assign
from crystinet.crystals.catalogue import find_type, load_catalogue, load_further
from crystinet.crystals.expansion import expand
from crystinet.crystals.matching import Difference
from crystinet.crystals.plausibility import lonely_atom
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.structure_type import StructureType, key_of
from crystinet.crystals.symmetry import analyse

FURTHER = load_further()
GENERATED = [kind for kind in FURTHER if kind.generated]
#: Types by even steps, for what takes longer.
SAMPLE = GENERATED[:: max(1, len(GENERATED) // 25)]


def test_there_are_hundreds_and_their_names_are_their_own() -> None:
    names = [kind.name for kind in (*load_catalogue(), *FURTHER)]
    assert len(names) == len(set(names))
    assert len(GENERATED) >= 409
    assert all(kind.extension and kind.number is None and kind.source for kind in FURTHER)


def test_each_type_recognises_its_reference_and_no_other_type_does() -> None:
    wrong = {}
    for kind in FURTHER:
        found = assign(kind.reference)
        second = found.second
        if found.type is not kind or (second is not None and not second.problem):
            wrong[kind.name] = found.evidence
    assert not wrong


def test_the_files_say_what_a_symmetry_search_finds_and_no_tolerance_changes_it() -> None:
    wrong = []
    for kind in FURTHER:
        (definition,) = kind.definitions
        reference = definition.reference
        found = analyse(kind.reference)
        wide = analyse(kind.reference, symprec=SYMPREC_LADDER[-1])
        same = (reference.space_group, reference.wyckoff, reference.pearson_symbol)
        if (found.space_group, found.wyckoff, found.pearson_symbol) != same:
            wrong.append(kind.name)
        elif kind.generated and key_of(wide) != key_of(found):
            wrong.append(kind.name)
    assert not wrong


def test_no_reference_has_an_atom_far_from_all_others() -> None:
    assert not [kind.name for kind in FURTHER if lonely_atom(expand(kind.reference))]


@pytest.mark.parametrize("kind", SAMPLE, ids=lambda kind: kind.name)
def test_a_reference_is_recognised_in_another_cell_with_noise(kind: StructureType) -> None:
    cell = expand(kind.reference)
    rng = np.random.default_rng(1)
    moved = cell.positions + rng.normal(size=cell.positions.shape) * 0.003 @ np.linalg.inv(
        cell.basis
    )
    points = (moved[:, [2, 0, 1]] + rng.random(3)) % 1.0
    lengths = np.linalg.norm(cell.basis, axis=1)[[2, 0, 1]]
    angles = np.array(kind.reference.cell[3:])[[2, 0, 1]]
    sites = (Site(s, tuple(xyz)) for s, xyz in zip(cell.species, points.tolist(), strict=True))
    other = Structure((*lengths.tolist(), *angles.tolist()), "P 1", tuple(sites), kind.name)
    found = assign(other).type
    assert found is not None
    assert found.name == kind.name


def test_a_further_type_is_found_by_its_name() -> None:
    assert find_type(GENERATED[0].name) is GENERATED[0]
    assert find_type("NaCl").number == 15


def test_daily_use_does_not_read_the_further_types() -> None:
    code = (
        "import crystinet as c, crystinet.crystals.catalogue as k\n"
        "kind = next(kind for kind in c.types() if kind.name == 'NaCl')\n"
        "pattern = c.simulate(kind.reference)\n"
        "c.identify(pattern)\n"
        "assert k.load_further.cache_info().currsize == 0\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize(
    ("name", "elements", "reason"),
    [
        ("K2MgF4", {"A": "Cl", "B": "O", "X": "K"}, Difference.ANTI_TYPE),
        ("Delafossite-NaCrS2", {"A": "Br", "B": "N", "X": "Sr"}, Difference.ANTI_TYPE),
        ("Titanite-CaTiSiO5", {"X": "Se"}, Difference.ELEMENTS),
    ],
)
def test_what_keeps_a_structure_out_of_a_type_is_named(
    name: str, elements: dict[str, str], reason: Difference
) -> None:
    definition = load_catalogue().by_name(name).definitions[0]
    reference = definition.reference
    orbits = tuple(
        replace(orbit, species=((elements.get(role, orbit.main_element), 1.0),))
        for role, orbit in zip(definition.roles, reference.orbits, strict=True)
    )
    found = assign(replace(reference, orbits=orbits).structure())
    assert found.isopointal_to is not None
    assert found.isopointal_to.type.name == name
    assert found.isopointal_to.reason is reason


def test_a_cell_that_is_too_flat_is_named() -> None:
    kind = load_catalogue().by_name("ThCr2Si2")
    cell = kind.reference.cell
    low, _ = kind.definitions[0].c_over_a or (0.0, 0.0)
    flat = replace(kind.reference, cell=(cell.a, cell.b, 0.97 * low * cell.a, 90, 90, 90))
    found = assign(flat)
    assert found.isopointal_to is not None
    assert found.isopointal_to.type.name == "ThCr2Si2"
    assert found.isopointal_to.reason is Difference.CELL


def test_a_structure_of_a_type_is_isopointal_to_nothing() -> None:
    assert assign(load_catalogue().by_name("NaCl").reference).isopointal_to is None
