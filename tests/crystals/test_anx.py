import re

import pytest

from crystinet.corpus.compound import composition_of
from crystinet.crystals.anx import anions_of, anx_formula
from crystinet.crystals.catalogue import load_catalogue


@pytest.mark.parametrize(
    ("formula", "anions"),
    [
        ("CaSO4", "O"),
        ("La2O2S", "O S"),
        ("PbClF", "Cl F"),
        ("KClO4", "O"),
        ("KNO3", "O"),
        ("Fe2S3O12", "O"),
        ("K2PtCl6", "Cl"),
        ("ZnS", "S"),
        ("GaN", "N"),
        ("CuAl2", ""),
        ("O2", ""),
    ],
)
def test_anions_balance_the_charges(formula: str, anions: str) -> None:
    assert anions_of(composition_of(formula)) == set(anions.split())


@pytest.mark.parametrize(
    "name",
    [
        "Olivine-Mg2SiO4", "Perovskite-CaTiO3", "Fluorite-CaF2", "Garnet-Al2Ca3Si3O12", "PbClF",
        "K2PtCl6", "Spinel-Al2MgO4", "Calcite-CaCO3(hR10)", "Scheelite-CaWO4", "Sr3Ti2O7",
    ],
)  # fmt: skip
def test_ionic_types_have_the_formula_of_the_catalogue(name: str) -> None:
    kind = load_catalogue().by_name(name)
    assert counted(anx_formula(kind.definitions[0].reference)) == counted(kind.anx)


def test_letters_rise_with_the_amounts() -> None:
    reference = load_catalogue().by_name("Garnet-Al2Ca3Si3O12").definitions[0].reference
    assert anx_formula(reference) == "A2B3C3X12"
    intermetallic = load_catalogue().by_name("Cr3Si").definitions[0].reference
    assert anx_formula(intermetallic) == "AB3"


def counted(anx: str) -> list[tuple[bool, int]]:
    """Amounts of cations and anions, whatever their letters."""
    parts = re.findall(r"([A-Z])(\d*)", anx)
    return sorted((letter in "STUVWXYZ", int(n or 1)) for letter, n in parts)
