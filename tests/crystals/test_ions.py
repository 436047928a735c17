import pytest

from crystinet.crystals.ions import (
    balanced_charges,
    bond_mismatch,
    forms_anions,
    has_anions,
    ionic_radii,
    mendeleev_numbers,
    metallic_radii,
    substitutes,
)

ELEMENTS = (
    "Li Na K Rb Cs Be Mg Ca Sr Ba Sc Y La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Ti Zr Hf V Nb "
    "Ta Cr Mo W Mn Tc Re Fe Ru Os Co Rh Ir Ni Pd Pt Cu Ag Au Zn Cd Hg B Al Ga In Tl C Si Ge Sn Pb "
    "P As Sb Bi Th Pa U Np Pu N O S Se Te F Cl Br I"
).split()


def test_radii_are_those_that_pymatgen_holds() -> None:
    element_of = pytest.importorskip("pymatgen.core").Element
    for element in ELEMENTS:
        assert ionic_radii(element)
        for charge, radius in ionic_radii(element).items():
            neighbours = "IV" if (element, charge) == ("N", -3) else "VI"
            table = element_of(element).data["Shannon radii"][str(charge)][neighbours]
            assert radius in [
                pytest.approx(spin["ionic_radius"], abs=0.006) for spin in table.values()
            ]


def test_pettifors_string_is_that_of_pymatgen() -> None:
    element_of = pytest.importorskip("pymatgen.core").Element
    numbers = {e: int(element_of(e).mendeleev_no) for e in mendeleev_numbers()}
    assert dict(mendeleev_numbers()) == numbers


@pytest.mark.parametrize(
    ("amounts", "charges"),
    [
        ({"Mg": 1, "Al": 2, "O": 4}, {"Mg": 2, "Al": 3, "O": -2}),
        ({"Ca": 4, "S": 4, "O": 16}, {"Ca": 2, "S": 6, "O": -2}),
        ({"La": 2, "S": 1, "O": 2}, {"La": 3, "S": -2, "O": -2}),
        ({"Fe": 2, "O": 3}, {"Fe": 3, "O": -2}),
        ({"Fe": 1, "O": 1}, {"Fe": 2, "O": -2}),
        ({"Fe": 3, "O": 4}, None),
        ({"Cu": 2, "Mn": 1, "Al": 1}, None),
        ({"K": 1, "H": 1}, None),
        ({}, None),
    ],
)
def test_charges(amounts: dict[str, float], charges: dict[str, int] | None) -> None:
    assert balanced_charges(amounts) == charges


def test_textbook_substitutions() -> None:
    assert {"Sr", "Cd"} <= set(substitutes("Ca", charge=2, ionic=True))
    assert not {"Ba", "Mg", "Na"} & set(substitutes("Ca", charge=2, ionic=True))
    assert {"Cr", "Fe", "Ga"} <= set(substitutes("Al", charge=3, ionic=True))
    assert "Ge" in substitutes("Si", charge=4, ionic=True)
    assert substitutes("O", charge=-2, ionic=True) == ()
    assert substitutes("S", charge=-2, ionic=True) == ("Se",)
    assert substitutes("Cl", charge=None, ionic=True) == ("Br",)
    assert {"Co", "Mn"} <= set(substitutes("Fe", charge=None, ionic=False))
    assert "Al" not in substitutes("Fe", charge=None, ionic=False)
    assert substitutes("H", charge=None, ionic=True) == ()


def test_sulphate_takes_no_chromate() -> None:
    assert all(forms_anions(element) for element in substitutes("S", charge=6, ionic=True))


@pytest.mark.parametrize("ionic", [True, False])
def test_substitution_is_mutual(ionic: bool) -> None:
    for element in ELEMENTS:
        for other in substitutes(element, charge=None, ionic=ionic):
            assert element in substitutes(other, charge=None, ionic=ionic)


def test_bonds_and_kinds() -> None:
    assert bond_mismatch(1.0, 1.0, anion=False) == 0.0
    assert bond_mismatch(1.84, 1.98, anion=True) == pytest.approx(0.14 / 2.54)
    assert has_anions(["Na", "Cl"])
    assert not has_anions(["S"])
    assert not has_anions(["Fe", "Si"])
    assert metallic_radii()["Al"] == 1.43
