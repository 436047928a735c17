"""What is known of the composition, and the sites that agree with it."""

import pytest

from crystinet.core.errors import ConfigError
from crystinet.crystals.catalogue import load_catalogue
from crystinet.fit.whole_pattern.atom_starts import AtomStart
from crystinet.fit.whole_pattern.composition import Composition, parsed_formula


def _start(name: str) -> AtomStart:
    return AtomStart(name, name, "", load_catalogue().by_name(name).reference)


def _known(formula: str | None = None, elements: list[str] | None = None) -> Composition:
    found = Composition.of(formula=formula, elements=elements)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("formula", "amounts"),
    [
        ("Ca(OH)2", {"Ca": 1.0, "O": 2.0, "H": 2.0}),
        ("Dy0.5Sr0.5MnO3", {"Dy": 0.5, "Sr": 0.5, "Mn": 1.0, "O": 3.0}),
        ("Ca5(PO4)3F", {"Ca": 5.0, "P": 3.0, "O": 12.0, "F": 1.0}),
        ("Ti\u2080.\u2085O", {"Ti": 0.5, "O": 1.0}),
        ("La.5H2O", {"La": 1.0, "H": 10.0, "O": 5.0}),
        ("La0.5H2O", {"La": 0.5, "H": 2.0, "O": 1.0}),
        ("CaSO4.2H2O", {"Ca": 1.0, "S": 1.0, "O": 6.0, "H": 4.0}),
        ("CaSO4.0.5H2O", {"Ca": 1.0, "S": 1.0, "O": 4.5, "H": 1.0}),
        ("CaSO4 \u00b7 0.5 H2O", {"Ca": 1.0, "S": 1.0, "O": 4.5, "H": 1.0}),
        ("CaSO4\u00b71.5H2O", {"Ca": 1.0, "S": 1.0, "O": 5.5, "H": 3.0}),
        ("FeSO4.7 H2O", {"Fe": 1.0, "S": 1.0, "O": 11.0, "H": 14.0}),
        ("3CdSO4*8H2O", {"Cd": 3.0, "S": 3.0, "O": 20.0, "H": 16.0}),
        ("K4[Fe(CN)6]", {"K": 4.0, "Fe": 1.0, "C": 6.0, "N": 6.0}),
    ],
)
def test_formulas_are_read(formula: str, amounts: dict[str, float]) -> None:
    assert parsed_formula(formula) == amounts


@pytest.mark.parametrize(
    "formula", ["", "(Ca", "Ca)2", "water", "Xx2", "TiO.", "Ca\u00b7", "2TiO2"]
)
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(ConfigError):
        parsed_formula(formula)


def test_hydrogen_alone_is_refused() -> None:
    with pytest.raises(ConfigError, match="no element that X-rays see"):
        Composition.of(formula="H2", elements=None)


def test_every_way_has_the_right_amounts() -> None:
    starts = _known("SrTiO3").starts(_start("Perovskite-CaTiO3"))
    assert len(starts) == 2  # either metal on either site
    for start in starts:
        held = [name for site in start.structure.sites for name, _ in site.species]
        assert sorted(held) == ["O", "Sr", "Ti"]


def test_elements_share_a_site_of_a_solid_solution() -> None:
    (start, *_) = _known("Mg0.5Fe0.5O").starts(_start("NaCl"))
    shared = next(site for site in start.structure.sites if len(site.species) == 2)
    assert dict(shared.species) == {"Fe": 0.5, "Mg": 0.5}


def test_another_stoichiometry_has_no_way() -> None:
    assert _known("Al2O3").starts(_start("NaCl")) == []


def test_anions_stay_anions_where_only_elements_are_known() -> None:
    for start in _known(elements=["Ti", "O"]).starts(_start("Rutile-TiO2")):
        assert {site.species[0][0] for site in start.structure.sites} == {"Ti", "O"}
        assert start.structure.sites[0].species[0][0] == "Ti"


def test_an_element_lies_on_several_kinds_of_site_where_the_type_stays_what_it_is() -> None:
    (start, *_) = _known("Fe3O4").starts(_start("Spinel-Al2MgO4"))  # magnetite
    held = [name for site in start.structure.sites for name, _ in site.species]
    assert sorted(held) == ["Fe", "Fe", "O"]


def test_an_element_alone_makes_another_type_of_an_ordered_one() -> None:
    assert _known("Fe").starts(_start("Heusler-AlCu2Mn")) == []  # it would be bcc
    assert _known("Cu").starts(_start("NaCl")) == []
