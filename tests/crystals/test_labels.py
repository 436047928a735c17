"""Labels of databases lead to the types of the catalogue, or honestly to none."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.labels import type_from_label
from crystinet.crystals.structure_type import StructureType

CATALOGUE = load_catalogue()
every_type = pytest.mark.parametrize("kind", list(CATALOGUE), ids=lambda kind: kind.name)


def name_of(label: str) -> str | None:
    kind = type_from_label(label)
    return None if kind is None else kind.name


@every_type
def test_the_name_in_the_databases_spelling_is_known(kind: StructureType) -> None:
    """The ICSD writes # where the method's paper writes a hyphen."""
    for label in (kind.name, kind.name.replace("-", "#", 1), kind.name.replace("-", "#")):
        assert type_from_label(label) is kind


@every_type
def test_every_synonym_means_its_own_type(kind: StructureType) -> None:
    for label in kind.labels:
        assert type_from_label(label) is kind


@every_type
def test_case_spaces_and_the_word_type_do_not_matter(kind: StructureType) -> None:
    label = kind.name.replace("-", "#", 1)
    for variant in (f"  {label} ", f"'{label}'", f"{label} type", f"{label} structure type"):
        assert type_from_label(variant) is kind
    assert type_from_label(label.replace("#", " # ").replace("O", " O")) is kind
    for cased in (label.lower(), label.upper()):
        assert type_from_label(cased) is kind


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Spinel#MgAl2O4", "Spinel-Al2MgO4"),
        ("Spinel#Al2MgO4", "Spinel-Al2MgO4"),
        ("MgAl2O4#Spinel", "Spinel-Al2MgO4"),
        ("Spinel # Mg Al2 O4", "Spinel-Al2MgO4"),
        ("SPINEL", "Spinel-Al2MgO4"),
        ("spinel MgAl2O4", "Spinel-Al2MgO4"),
        ("Al₂MgO₄", "Spinel-Al2MgO4"),
        ("NaCl", "NaCl"),
        ("ClNa", "NaCl"),
        ("NaCl-type", "NaCl"),
        ("Rock salt", "NaCl"),
        ("NaCl(cF8)", "NaCl"),
        ("Perovskite#GdFeO3", "Perovskite-GdFeO3"),
        ("GdFeO3", "Perovskite-GdFeO3"),
        ("Perovskite#CaTiO3", "Perovskite-CaTiO3"),
        ("CaTiO3", "Perovskite-CaTiO3"),
        ("Heusler#AlCu2Mn", "Heusler-AlCu2Mn"),
        ("Heusler#Cu2MnAl", "Heusler-AlCu2Mn"),
        ("Garnet#Al2Ca3Si3O12", "Garnet-Al2Ca3Si3O12"),
        ("Garnet#Ca3Al2(SiO4)3", "Garnet-Al2Ca3Si3O12"),
        ("Fluorite#CaF2", "Fluorite-CaF2"),
        ("Fluorite#CaF2(defect)", "Fluorite-CaF2(defect)"),
        ("Apatite#(HE,P63/m)", "Apatite#-(HE,P63/m)"),
        ("Pyrochlore#NaCa(Nb2O6)F", "Pyrochlore-NaCa(Nb2O6)F"),
        ("Wurtzite#ZnS(2H)", "Wurtzite-ZnS(2H)"),
        ("ZnS(2H)", "Wurtzite-ZnS(2H)"),
        ("ZnS(cF8)", "Sphalerite-ZnS(cF8)"),
        ("CaCO3(hR10)", "Calcite-CaCO3(hR10)"),
        ("CaCO3(oP20)", "Aragonite-CaCO3"),
        ("FeS2(cP12)", "Pyrite-FeS2(cP12)"),
        ("FeS2(oP6)", "Marcasite-FeS2"),
        ("Laves(cub)#Cu2Mg", "Laves(cub)-MgCu2"),
        ("YBa2Cu3O6+x(orh)", "YBa2Cu3O6+x(orh)"),
        ("Zeolite A", "Zeolite-A-frame"),
        ("Sodalite", "Sodalite-frame"),
        ("Sm5Ge4", "Ba5Sb4-Sm5Ge4"),
        ("TiNiSi", "TiNiSi-MgSrSi"),
        ("fcc(ccp)#Cu", "fcc(ccp)-Cu"),
        ("CO2", "CO2(cP12)"),
    ],
)
def test_labels_as_databases_write_them(label: str, name: str) -> None:
    assert name_of(label) == name


@pytest.mark.parametrize(
    "label",
    [
        "",
        "  ",
        "#",
        "?",
        "unknown",
        "Perovskite",  # which of seven?
        "ZnS",  # sphalerite or wurtzite
        "TiO2",  # rutile, anatase or brookite
        "CaCO3",  # calcite or aragonite
        "Zeolite",
        "Laves",
        "NaCl(cP2)",  # another Pearson symbol than rock salt has
        "Calcite#CaCO3(oP20)",
        "Co2",  # cobalt, not carbon dioxide
        "Amphibole#(MO,P121/m1)",
        "Apatite#(MO,P121/m1)",
        "Spinel#MgAl2O4(HT)",
        "Ruddlesden-Popper#Sr4Ti3O10",
        "Spinel#NaCl",
        "(((",
        "Mg(",
    ],
)
def test_other_labels_are_no_type_of_ours(label: str) -> None:
    assert type_from_label(label) is None


@settings(max_examples=200, deadline=None)
@given(label=st.text(max_size=40))
@example(label="N.")  # an amount of a point alone
@example(label="(N2).")
def test_no_text_is_an_error(label: str) -> None:
    assert type_from_label(label) is None or label.strip()
