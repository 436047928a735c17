"""The catalogue: complete, consistent, quick to look things up in."""

import importlib.resources
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from crystinet.core.errors import ConfigError, UnknownTypeError
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.coordination import fingerprint
from crystinet.crystals.expansion import basis_vectors
from crystinet.crystals.structure_type import StructureType
from crystinet.crystals.symmetry import analyse

CATALOGUE = load_catalogue()
every_type = pytest.mark.parametrize("kind", list(CATALOGUE), ids=lambda kind: kind.name)

#: Group: numbers of its classes, after the paper.
GROUPS = {
    1: range(1, 10), 2: range(10, 15), 3: range(15, 28), 4: range(28, 39), 5: range(39, 52),
    6: range(52, 62), 7: range(62, 70), 8: range(70, 77), 9: range(77, 86), 10: range(86, 92),
}  # fmt: skip
MERGED = {92: 7, 93: 12, 94: 16, 95: 55, 96: 62, 97: 63, 98: 72, 99: 65, 100: 87}


def test_the_hundred_types_are_numbered_and_the_extensions_are_not() -> None:
    numbers = [kind.number for kind in CATALOGUE if not kind.extension]
    assert numbers == list(range(1, 101))
    extensions = [kind for kind in CATALOGUE if kind.extension]
    assert len(extensions) >= 25
    assert {(kind.number, kind.group, kind.merged_into) for kind in extensions} == {
        (None, None, None)
    }


def test_groups_and_classes_are_those_of_the_paper() -> None:
    for kind in CATALOGUE.classes:
        assert kind.number in GROUPS[kind.group or 0]
    assert len(CATALOGUE.classes) == 91
    assert {k.number: k.merged_into for k in CATALOGUE if k.merged_into} == MERGED
    for kind in CATALOGUE:
        if kind.merged_into is not None:
            assert CATALOGUE.class_of(kind).group == kind.group
        else:
            assert CATALOGUE.class_of(kind) is kind


def test_names_are_unique_and_found() -> None:
    assert len({kind.name for kind in CATALOGUE}) == len(CATALOGUE)
    assert CATALOGUE.by_name("Spinel-Al2MgO4").number == 62
    assert CATALOGUE.by_number(71).name == "Apatite#-(HE,P63/m)"


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [("spinel", "Spinel-Al2MgO4"), ("Olivin-Mg2SiO4", "Olivine-Mg2SiO4"), ("Rutil", "Rutile-TiO2")],
)
def test_a_wrong_name_is_answered_with_the_right_one(wrong: str, hint: str) -> None:
    with pytest.raises(UnknownTypeError, match=f"No structure type is called '{wrong}'") as error:
        CATALOGUE.by_name(wrong)
    assert hint in error.value.hint


def test_a_name_like_no_other_points_to_the_list() -> None:
    with pytest.raises(UnknownTypeError, match="crystinet types"):
        CATALOGUE.by_name("")


@pytest.mark.parametrize("number", [0, 101, -1])
def test_a_wrong_number_is_refused(number: int) -> None:
    with pytest.raises(UnknownTypeError, match="1 to 100"):
        CATALOGUE.by_number(number)


def test_a_rule_for_a_site_that_is_not_there_is_refused() -> None:
    (definition,) = CATALOGUE.by_name("NaCl").definitions
    with pytest.raises(ConfigError, match="Rules for the sites Q"):
        replace(definition, unlike=("AQ",))


@every_type
def test_what_the_file_says_is_what_the_structure_has(kind: StructureType) -> None:
    """Space group, Hall number, letters and multiplicities in the file match a symmetry search."""
    found = analyse(kind.reference)
    table = tomllib.loads(_text("extensions.toml" if kind.extension else "catalogue.toml"))
    entry = next(entry for entry in table["type"] if entry["name"] == kind.name)
    positions = sorted(line.split()[1] for line in entry["sites"])
    assert found.space_group == entry["space_group"]
    assert len(positions) == len(found.orbits)
    multiplicities = sorted(int(position[:-1]) for position in positions)
    assert multiplicities == sorted(orbit.multiplicity for orbit in found.orbits)
    for definition in kind.definitions:
        again = analyse(definition.reference.structure())
        assert again.wyckoff == definition.reference.wyckoff
        assert again.pearson_symbol == definition.reference.pearson_symbol
    assert kind.source
    assert kind.reference.hall_symbol


@every_type
def test_no_two_atoms_of_a_reference_touch(kind: StructureType) -> None:
    """The shortest distance is a bond: typing errors in coordinates show here."""
    symmetry = analyse(kind.reference)
    volume = _volume(symmetry.cell)
    atoms = sum(orbit.multiplicity for orbit in symmetry.orbits if orbit.occupancy > 0.5)
    full = tuple(orbit for orbit in symmetry.orbits if orbit.occupancy > 0.5)
    shortest = fingerprint(symmetry, full).min() * (volume / atoms) ** (1 / 3)
    hydrogen = any(element == "H" for orbit in full for element, _ in orbit.species)
    assert shortest > (0.7 if hydrogen else 1.1)


@every_type
def test_volume_per_atom_is_that_of_a_solid(kind: StructureType) -> None:
    symmetry = analyse(kind.reference)
    atoms = sum(orbit.multiplicity * orbit.occupancy for orbit in symmetry.orbits)
    assert 5.0 < _volume(symmetry.cell) / atoms < 60.0


def _text(name: str) -> str:
    folder = importlib.resources.files("crystinet.crystals").joinpath("data")
    return folder.joinpath(name).read_text("utf-8")


def _volume(cell: tuple[float, ...]) -> float:
    return float(abs(np.linalg.det(basis_vectors(cell))))
