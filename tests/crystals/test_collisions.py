"""Types with the same space group and Wyckoff sequence are told apart.

Cells and coordinates are those of the standard tables (W. B. Pearson, Handbook of Lattice Spacings;
R. W. G. Wyckoff, Crystal Structures; P. Villars & L. D. Calvert), rounded.
"""

from collections.abc import Callable

import pytest

from crystinet.crystals.assignment import assign
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.structure import Structure

Build = Callable[..., Structure]

PNMA, CMCM = "-P 2ac 2n", "-C 2c 2"

#: What, cell, Hall symbol, sites, type (none for "").
MEMBERS = [
    # Pnma, c2
    ("FeB", "5.506 2.952 4.061 90 90 90", PNMA, "Fe .18 .25 .125; B .036 .25 .61", "FeB"),
    ("NiB-like GdNi", "7.70 4.30 5.50 90 90 90", PNMA, "Gd .18 .25 .133; Ni .035 .25 .63", "FeB"),
    ("MnP", "5.258 3.172 5.918 90 90 90", PNMA, "Mn .0049 .25 .1965; P .1878 .25 .5686", "MnP"),
    ("FeAs", "5.442 3.373 6.028 90 90 90", PNMA, "Fe .004 .25 .199; As .199 .25 .577", "MnP"),
    ("GeS", "10.481 3.646 4.299 90 90 90", PNMA, "Ge .1221 .25 .1065; S .8482 .25 .5031", "GeS"),
    # Cmcm, c2
    ("TlI", "4.582 12.92 5.251 90 90 90", CMCM, "Tl 0 .392 .25; I 0 .133 .25", "TlI"),
    ("CaSi", "4.545 10.728 3.890 90 90 90", CMCM, "Ca 0 .36 .25; Si 0 .07 .25", "CaSi-AlTh"),
    ("CrB", "2.969 7.858 2.932 90 90 90", CMCM, "Cr 0 .146 .25; B 0 .44 .25", "CrB"),
    # Perovskites: one composition, five symmetries
    ("CaTiO3, mineral", "5.3796 5.4423 7.6401 90 90 90", "-P 2c 2ab",
     "Ca -.0068 .0356 .25; Ti 0 .5 0; O .0711 .4838 .25; O .7108 .2888 .0371",
     "Perovskite-GdFeO3"),
    ("GdFeO3", "5.349 5.611 7.669 90 90 90", "-P 2c 2ab",
     "Gd -.0157 .0626 .25; Fe 0 .5 0; O .1005 .4672 .25; O .6984 .3013 .0506",
     "Perovskite-GdFeO3"),
    ("CaTiO3 above 1580 K", "3.895", "-P 4 2 3", "Ca .5 .5 .5; Ti 0 0 0; O .5 0 0",
     "Perovskite-CaTiO3"),
    ("LaAlO3", "5.364 5.364 13.11 90 90 120", '-R 3 2"c', "La 0 0 .25; Al 0 0 0; O .5256 0 .25",
     "Perovskite-NdAlO3"),
    ("SrTiO3 below 106 K", "5.507 5.507 7.796 90 90 90", "-I 4 2c",
     "Sr 0 .5 .25; Ti 0 0 0; O 0 0 .25; O .2451 .7451 0", "Perovskite-SrTiO3"),
    ("PbTiO3", "3.899 3.899 4.153 90 90 90", "P 4 -2",
     "Pb 0 0 0; Ti .5 .5 .5377; O .5 .5 .1118; O .5 0 .6174", "Perovskite-PbTiO3"),
    # Two ways to order BaAl4
    ("BaFe2As2", "3.963 3.963 13.017 90 90 90", "-I 4 2", "Ba 0 0 0; Fe .5 0 .25; As 0 0 .3545",
     "ThCr2Si2"),
    ("LaPt2Si2", "4.287 4.287 9.83 90 90 90", "-P 4a 2a",
     "La .25 .25 .7448; Pt .75 .25 0; Pt .25 .25 .3785; Si .75 .25 .5; Si .25 .25 .133",
     "Be2CaGe2"),
    # P-3m1
    ("La2O3", "3.934 3.934 6.136 90 90 120", '-P 3 2"',
     "La .33333 .66667 .2467; O .33333 .66667 .6470; O 0 0 0", "La2O3"),
    ("Al3Ni2", "4.036 4.036 4.897 90 90 120", '-P 3 2"',
     "Al 0 0 0; Al .33333 .66667 .648; Ni .33333 .66667 .149", "Al3Ni2"),
    ("CdI2", "4.24 4.24 6.84 90 90 120", '-P 3 2"', "Cd 0 0 0; I .33333 .66667 .249", "CdI2"),
    ("brucite with its protons", "3.142 3.142 4.766 90 90 120", '-P 3 2"',
     "Mg 0 0 0; O .33333 .66667 .2203; H .33333 .66667 .43", "CdI2"),
    # I4_1/amd
    ("anatase", "3.785 3.785 9.514 90 90 90", "-I 4bd 2", "Ti 0 .75 .125; O 0 .25 .0831",
     "Anatase-TiO2"),
    ("ThSi2", "4.135 4.135 14.375 90 90 90", "-I 4bd 2", "Th 0 .75 .125; Si 0 .25 .2915",
     "ThSi2"),
    # I4/mmm, e a
    ("CaC2", "3.89 3.89 6.38 90 90 90", "-I 4 2", "Ca 0 0 0; C 0 0 .4068", "CaC2"),
    ("MoSi2", "3.20 3.20 7.861 90 90 90", "-I 4 2", "Mo 0 0 0; Si 0 0 .3333", "MoSi2"),
    ("Zr2Cu", "3.22 3.22 11.183 90 90 90", "-I 4 2", "Cu 0 0 0; Zr 0 0 .346", "Zr2Cu"),
    ("XeF2", "4.315 4.315 6.99 90 90 90", "-I 4 2", "Xe 0 0 0; F 0 0 .2837", ""),
    # Pa-3, c a
    ("pyrite", "5.418", "-P 2ac 2ab 3", "Fe 0 0 0; S .385 .385 .385", "Pyrite-FeS2(cP12)"),
    ("PtP2", "5.696", "-P 2ac 2ab 3", "Pt 0 0 0; P .39 .39 .39", "Pyrite-FeS2(cP12)"),
    ("dry ice", "5.624", "-P 2ac 2ab 3", "C 0 0 0; O .1185 .1185 .1185", "CO2(cP12)"),
    # Hexagonal metals and pnictides
    ("NiAs", "3.619 3.619 5.034 90 90 120", "-P 6c 2c", "Ni 0 0 0; As .33333 .66667 .25",
     "Nickeline-NiAs"),
    ("Ni2In", "4.179 4.179 5.131 90 90 120", "-P 6c 2c",
     "Ni 0 0 0; Ni .33333 .66667 .75; In .33333 .66667 .25", "Ni2In"),
    ("ZrBeSi", "3.71 3.71 7.19 90 90 120", "-P 6c 2c",
     "Zr 0 0 0; Be .33333 .66667 .25; Si .33333 .66667 .75", "ZrBeSi"),
    ("MgB2", "3.086 3.086 3.524 90 90 120", "-P 6 2", "Mg 0 0 0; B .33333 .66667 .5", "AlB2"),
    ("ErSi1.67", "3.798 3.798 4.088 90 90 120", "-P 6 2", "Er 0 0 0; Si:.83 .33333 .66667 .5",
     "AlB2"),
    ("WC", "2.906 2.906 2.837 90 90 120", "P -6 2", "W 0 0 0; C .33333 .66667 .5", "WC"),
    # P6_3mc and F-43m: the two zinc sulfides
    ("zincite", "3.250 3.250 5.207 90 90 120", "P 6c -2c",
     "Zn .33333 .66667 0; O .33333 .66667 .3825", "Wurtzite-ZnS(2H)"),
    ("sphalerite", "5.409", "F -4 2 3", "Zn 0 0 0; S .25 .25 .25", "Sphalerite-ZnS(cF8)"),
    # Pnma, c3
    ("TiNiSi", "6.149 3.670 7.018 90 90 90", PNMA,
     "Ti .0212 .25 .1803; Ni .1420 .25 .5609; Si .7651 .25 .6229", "TiNiSi-MgSrSi"),
    ("cotunnite", "7.620 4.534 9.045 90 90 90", PNMA,
     "Pb .2461 .25 .0872; Cl .8539 .25 .0742; Cl .9767 .25 .6623", "PbCl2-Co2Si"),
    # P4/nmm, c2 a and c2 b
    ("matlockite", "4.110 4.110 7.246 90 90 90", "-P 4a 2a",
     "F .75 .25 0; Pb .25 .25 .2058; Cl .25 .25 .6497", "PbClF"),
    ("Cu2Sb", "4.00 4.00 6.104 90 90 90", "-P 4a 2a",
     "Cu .75 .25 0; Cu .25 .25 .27; Sb .25 .25 .70", "Cu2Sb"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "cell", "hall_symbol", "sites", "name"), MEMBERS, ids=[m[0] for m in MEMBERS]
)
def test_each_member_of_a_colliding_pair_is_its_own_type(
    what: str, cell: str, hall_symbol: str, sites: str, name: str, structure_of: Build
) -> None:
    found = assign(structure_of(cell, hall_symbol, sites, what))
    assert (found.type.name if found.type else "") == name, found.evidence


def test_the_answer_says_how_far_it_is_and_what_comes_next(structure_of: Build) -> None:
    """FeB: a small distance from FeB, a large one from MnP and GeS, which share its letters."""
    _, cell, hall_symbol, sites, _ = MEMBERS[0]
    found = assign(structure_of(cell, hall_symbol, sites))
    assert found.match is not None
    assert found.second is not None
    assert found.match.kind is found.type
    assert found.match.distance < found.match.definition.tolerance < found.second.distance
    assert found.second.kind.name in ("MnP", "GeS")
    assert found.runner_up is found.second.kind
    assert f"{found.match.distance:.3f}" in found.evidence
    assert f"next {found.second.kind.name}" in found.evidence
    assert f"{found.second.distance:.3f}" in found.evidence


def test_without_a_type_the_nearest_is_named_with_its_distance(structure_of: Build) -> None:
    by_name = {member[0]: member for member in MEMBERS}
    _, _, hall_symbol, sites, _ = by_name["FeB"]
    found = assign(structure_of("5.0 3.0 12.0 90 90 90", hall_symbol, sites))
    assert found.type is None
    assert found.match is None
    assert found.second is not None
    assert found.second.problem in found.evidence


def test_a_type_alone_with_its_letters_has_no_runner_up() -> None:
    found = assign(load_catalogue().by_name("Cuprite-Cu2O").reference)
    assert found.second is None
    assert "no other type has this space group" in found.evidence
