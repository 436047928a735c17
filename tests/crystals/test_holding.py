"""Which types can hold a formula: stoichiometry and the rules of assignment decide."""

import pytest

from crystinet.crystals.catalogue import find_type
from crystinet.crystals.holding import Holding, holding, holding_elements
from crystinet.fit.whole_pattern.composition import parsed_formula


@pytest.mark.parametrize(
    ("name", "formula", "expected"),
    [
        ("NaCl", "MgO", Holding.ORDERED),
        ("NaCl", "TiO2", Holding.CANNOT),
        ("Heusler-AlCu2Mn", "Fe", Holding.TOO_FEW),
        ("Heusler-AlCu2Mn", "Fe3Al", Holding.TOO_FEW),
        ("Rutile-TiO2", "SnO2", Holding.ORDERED),
        ("Spinel-Al2MgO4", "ZnFe2O4", Holding.ORDERED),
        ("Spinel-Al2MgO4", "Fe3O4", Holding.JOINED),
        ("Perovskite-SrTiO3", "La0.7Sr0.3MnO3", Holding.MIXED),
        ("Perovskite-SrTiO3", "Cu2O", Holding.CANNOT),
        ("Pyrochlore-NaCa(Nb2O6)F", "Sb2O3", Holding.CANNOT),
        ("Sphalerite-ZnS(cF8)", "Si", Holding.TOO_FEW),
        ("Sphalerite-ZnS(cF8)", "GaAs", Holding.ORDERED),
        ("Nickeline-NiAs", "Sn", Holding.TOO_FEW),
        ("Elpasolite-K2NaAlF6", "Cs2AgBiBr6", Holding.ORDERED),
        ("fcc(ccp)-Cu", "Ni", Holding.ORDERED),
        ("fcc(ccp)-Cu", "CoCrFeNi", Holding.MIXED),
        ("NaCl", "KH", Holding.ORDERED),
        ("Sodalite-frame", "TiO2", Holding.OPEN),
    ],
)
def test_a_type_holds_what_its_sites_hold(name: str, formula: str, expected: Holding) -> None:
    assert holding(find_type(name), parsed_formula(formula)) is expected


def test_amounts_count_on_any_scale_and_in_any_order() -> None:
    kind = find_type("Spinel-Al2MgO4")
    whole = holding(kind, {"Mg": 1.0, "Al": 2.0, "O": 4.0})
    assert whole is holding(kind, {"O": 40.0, "Al": 20.0, "Mg": 10.0})
    assert whole is Holding.ORDERED


@pytest.mark.parametrize(
    ("name", "elements", "possible"),
    [
        ("Sphalerite-ZnS(cF8)", ["Si"], False),
        ("Sphalerite-ZnS(cF8)", ["Zn", "S"], True),
        ("Nickeline-NiAs", ["Sn"], False),
        ("fcc(ccp)-Cu", ["Cu"], True),
        ("Spinel-Al2MgO4", ["Fe", "O"], True),
        ("Fluorite-CaF2", [], False),
    ],
)
def test_elements_alone(name: str, elements: list[str], *, possible: bool) -> None:
    assert (holding_elements(find_type(name), elements) > Holding.CANNOT) is possible
