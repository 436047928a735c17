"""What laboratories measure every day has a type, and its simulated pattern is the known one.

Strongest lines after the Powder Diffraction File; cells and sites of the structures after the
textbooks (Wyckoff, Crystal Structures; Deer, Howie & Zussman).
"""

import numpy as np
import pytest

import crystinet
from crystinet.core.diffraction import d_from_two_theta
from crystinet.crystals.assignment import assign
from crystinet.crystals.catalogue import find_type
from crystinet.crystals.structure import Site, Structure

#: Type: d of the strongest line of the compound that its reference is, angstrom; None where the
#: reference is another compound of the type.
STRONGEST = {
    "Diamond-C": 2.06, "Quartz-alpha": 3.342, "Quartz-beta": 3.40, "Cristobalite-alpha": 4.05,
    "Cristobalite-beta": 4.13, "Tridymite-beta": None, "Anatase-TiO2": 3.52, "Brookite-TiO2": None,
    "Baddeleyite-ZrO2": 3.16, "Zirconia-tetragonal": 2.95, "Graphite(2H)": 3.36,
    "Tin-beta-Sn": 2.915, "Cuprite-Cu2O": 2.465, "Tenorite-CuO": None,
    "Senarmontite-Sb2O3": 3.20, "Valentinite-Sb2O3": None, "Sulfur-S8": 3.85, "Selenium-Se": 3.00,
    "Tellurium-Te": 3.23, "Gallium-Ga": 2.95, "Arsenic-As": 3.28, "MoS2(2H)": 6.15, "WC": None,
    "Si3N4-alpha": None, "Si3N4-beta": None, "B4C": 2.38, "BN(hexagonal)": 3.33, "Mullite": 3.39,
    "Cordierite-Mg2Al4Si5O18": 8.50, "Gypsum": None, "Bassanite-CaSO4.0.5H2O": None, "CdI2": None,
    "Boehmite-AlOOH": None, "Gibbsite-Al(OH)3": 4.85, "Diaspore-AlOOH": 3.99,
    "Kaolinite-Al2Si2O5(OH)4": 7.16, "Muscovite-KAl2(AlSi3O10)(OH)2": None,
    "Talc-Mg3Si4O10(OH)2": 9.35, "Albite-NaAlSi3O8": 3.20, "Sanidine-KAlSi3O8": 3.32,
    "Anorthite-CaAl2Si2O8": 3.21, "Aragonite-CaCO3": None, "Dolomite-CaMg(CO3)2": 2.89,
    "Barite-BaSO4": None, "Anhydrite-CaSO4": 3.50, "Alite-Ca3SiO5(monoclinic)": 2.77,
    "Alite-Ca3SiO5(triclinic)": None, "Alite-Ca3SiO5(rhombohedral)": None,
    "Larnite-Ca2SiO4": None, "Ca3Al2O6": 2.70, "Ettringite(hexagonal)": 9.73,
    "Apatite#-(HE,P63/m)": 2.81, "Triphylite-LiFePO4": None, "Delafossite-NaCrS2": None,
    "Spinel-Al2MgO4": 2.437, "Garnet-Al2Ca3Si3O12": 2.56, "Li7La3Zr2O12-tetragonal": None,
    "Argyrodite-Li6PS5Cl": None, "Argyrodite-Ag8GeS6": 3.06, "Na3PS4-tetragonal": None,
    "Na3PS4-cubic": None, "Perovskite-CaTiO3": None, "Perovskite-CsPbBr3(tetragonal)": None,
    "Perovskite-SrTiO3": None, "Perovskite-GdFeO3": None, "NH4CdCl3": None, "CsNiCl3": None,
    "PbI2-4H": 3.23, "Chalcopyrite-CuFeS2": 3.04, "Kesterite-Cu2ZnSnS4": 3.13,
    "Tetradymite-Bi2Te3": 3.22, "Skutterudite-CoAs3": 2.59, "Heusler-AlLiSi": None,
    "Cr2AlC": None, "Ti3SiC2": 2.28, "Ti4AlN3": None, "fcc(ccp)-Cu": 2.088, "bcc-W": 2.225,
}  # fmt: skip
CUBIC = (90.0, 90.0, 90.0)


@pytest.mark.parametrize("name", STRONGEST)
def test_an_everyday_type_has_the_pattern_that_is_known(name: str) -> None:
    kind = find_type(name)
    found = assign(kind.reference).type
    assert found is kind
    pattern = crystinet.simulate(kind.reference, size_nm=60)
    assert float(pattern.intensity.max()) == pytest.approx(100.0)
    expected = STRONGEST[name]
    if expected is not None:
        strongest = pattern.two_theta_deg[[pattern.intensity.argmax()]]
        (d_angstrom,) = d_from_two_theta(strongest, 1.5405929)
        assert d_angstrom == pytest.approx(expected, rel=0.02)


def alloy(elements: str, cell_a: float, hall: str) -> Structure:
    share = 1.0 / len(elements.split())
    species = tuple((element, share) for element in sorted(elements.split()))
    return Structure((cell_a, cell_a, cell_a, *CUBIC), hall, (Site(species, (0, 0, 0)),))


def layered(*metals: tuple[str, float]) -> Structure:
    """LiMO2 in space group R-3m."""
    sites = (
        Site((("Li", 1.0),), (0, 0, 0.5)),
        Site(metals, (0, 0, 0)),
        Site((("O", 1.0),), (0, 0, 0.2412)),
    )
    return Structure((2.86, 2.86, 14.24, 90, 90, 120), '-R 3 2"', sites)


TITANATE = Structure(
    (8.36, 8.36, 8.36, *CUBIC),
    "-F 4vw 2vw 3",
    (
        Site((("Li", 1.0),), (0.125, 0.125, 0.125)),
        Site((("Li", 1 / 6), ("Ti", 5 / 6)), (0.5, 0.5, 0.5)),
        Site((("O", 1.0),), (0.2625, 0.2625, 0.2625)),
    ),
)
LEPIDOCROCITE = Structure(
    (3.072, 12.516, 3.873, *CUBIC),
    "-C 2c 2",
    tuple(
        Site(((element, 1.0),), (0, y, 0.25))
        for element, y in (("Fe", 0.678), ("O", 0.289), ("O", 0.075))
    ),
)


@pytest.mark.parametrize(
    ("structure", "name"),
    [
        (alloy("Cr Mn Fe Co Ni", 3.60, "-F 4 2 3"), "fcc(ccp)-Cu"),
        (alloy("Ti Zr Hf Nb Ta", 3.40, "-I 4 2 3"), "bcc-W"),
        (layered(("Co", 1.0)), "Delafossite-NaCrS2"),
        (layered(("Co", 0.2), ("Mn", 0.2), ("Ni", 0.6)), "Delafossite-NaCrS2"),
        (TITANATE, "Spinel-Al2MgO4"),
        (LEPIDOCROCITE, "Boehmite-AlOOH"),
    ],
    ids=["Cantor", "refractory", "LiCoO2", "NMC622", "titanate", "lepidocrocite"],
)
def test_an_everyday_structure_has_its_type(structure: Structure, name: str) -> None:
    found = assign(structure)
    assert found.type is not None, found.evidence
    assert found.type.name == name
    assert np.isfinite(crystinet.simulate(structure).intensity).all()
