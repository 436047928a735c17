"""The table of minerals: sensible in itself, and applied to compositions and space groups."""

import pytest

from crystinet.corpus.labels.minerals import (
    Mineral,
    agreement_with_minerals,
    load_minerals,
    mineral_of,
)
from crystinet.crystals.catalogue import load_catalogue

MINERALS = load_minerals()


def test_the_table_is_large_and_names_types_of_the_catalogue() -> None:
    types = {kind.name for kind in load_catalogue()}
    assert len(MINERALS) >= 200
    assert len({mineral.name for mineral in MINERALS}) == len(MINERALS)
    assert {mineral.type_name for mineral in MINERALS} <= types | {""}
    assert len({mineral.type_name for mineral in MINERALS}) >= 60


@pytest.mark.parametrize("mineral", MINERALS, ids=lambda mineral: mineral.name)
def test_no_element_is_in_two_groups_and_the_ideal_formula_is_the_mineral(mineral: Mineral) -> None:
    elements = [element for group, _ in mineral.formula for element in group]
    assert len(set(elements)) == len(elements)
    amounts = {min(group): amount for group, amount in mineral.formula}
    total = sum(amounts.values())
    assert mineral.has_composition({element: n / total for element, n in amounts.items()})


@pytest.mark.parametrize(
    ("formula", "space_group", "name"),
    [
        ("ClNa", 225, "halite"),
        ("Al3Fe3O12Si3", 230, None),  # too much aluminium
        ("Al2Mg3O12Si3", 230, "pyrope"),
        ("Fe5.71Mg22.86O57.14Si14.29%", 62, "forsterite"),
        ("CaMgO6Si2", 15, "diopside"),
        ("FeS2", 205, "pyrite"),
        ("FeS2", 58, "marcasite"),
        ("FeS2", 62, None),
        ("MgO2", 164, "brucite"),
        ("H2MgO2", 164, "brucite"),
        ("Fe3O4", 227, "magnetite"),
        ("Fe2.2Ti0.8O4", 227, None),
        ("C2CaMgO6", 148, "dolomite"),
    ],
)
def test_composition_and_space_group_name_the_mineral(
    formula: str, space_group: int, name: str | None
) -> None:
    found = mineral_of(formula, space_group)
    assert (found.name if found else None) == name


def test_agreement_counts_right_missing_and_wrong_types() -> None:
    found = agreement_with_minerals(
        [
            ("ClNa", 225, "NaCl", "one"),
            ("ClNa", 225, "NaCl", "two"),
            ("FeS2", 205, "", "three"),
            ("FeS2", 58, "Pyrite-FeS2(cP12)", "four"),
            ("HgO", 62, "", "five"),  # montroydite, a type of its own
            ("Ne", 1, "NaCl", "no mineral"),
        ]
    )
    assert (found.minerals, found.correct, found.none, found.wrong) == (4, 3, 1, 1)
    assert found.differing == (
        "marcasite: Marcasite-FeS2 expected, Pyrite-FeS2(cP12) assigned, 1 structures, such as "
        "four",
        "pyrite: Pyrite-FeS2(cP12) expected, none assigned, 1 structures, such as three",
    )
