import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.errors import InvalidWavelengthError
from crystinet.core.radiation import Radiation
from crystinet.patterns.readers.parts.header import find_radiation

COPPER = Radiation.of_anode("Cu")


@pytest.mark.parametrize(
    "line",
    [
        "# wavelength = 1.5406",
        "! Wavelength: 1.5406 Å",
        "#wavelength [A] 1.5406",
        "##X-RAY WAVELENGTH=1.541838",
        "##WAVELENGTH=1.541838",
        "Wavelength (nm): 0.15406",
        "wavelength 0.15406 nm",
        "# Wavelength: 1.5406e-10 m",
        "# wavelength - 1.5406",
        "Wellenlänge [Å]; 1,5406",
        "lambda=1.5406",
        "# lambda1 = 1.54056, lambda2 = 1.54439",
        "_WL1=1.540600",
        'WL1: "1.5406" WL2: "1.54439"',
        "K-Alpha1 wavelength,1.5405980",
        "K-Alpha1 = 1.5406",
        '*HW_XG_WAVE_LENGTH_ALPHA1 "1.540593"',
        "Anode material,Cu",
        'Comment: "x" Anode: "Cu" Scantype: "Coupled TwoTheta/Theta"',
        "_ANODE='Cu'",
        "# Cu Ka",
        "# CuKα radiation",
        "# radiation: Cu K-alpha",
        "Radiation CuKa1",
        r"Cu K\a",
    ],
)
def test_copper_is_recognised(line: str) -> None:
    assert find_radiation(["a title", line]) == COPPER


@pytest.mark.parametrize(
    ("line", "wavelength"),
    [
        ("# Calibrated wavelength = 0.413909", 0.413909),
        ("wavelength = 1", 1.0),
        ("# Photon energy: 30.0 keV", 0.413281),
        ("# Energy (keV): 12.398419843", 1.0),
        ("Beam_energy = 12398.419843 eV", 1.0),
        ("# Wavelength: 4.1391e-11", 0.41391),
    ],
)
def test_synchrotron_lines_are_single(line: str, wavelength: float) -> None:
    radiation = find_radiation([line])
    assert radiation is not None
    assert radiation.wavelengths_angstrom == (pytest.approx(wavelength, rel=1e-5),)


@pytest.mark.parametrize(("line", "anode"), [("Mo Ka", "Mo"), ("Anode: Co", "Co"), ("CrKα", "Cr")])
def test_other_anodes(line: str, anode: str) -> None:
    assert find_radiation([line]) == Radiation.of_anode(anode)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Sample: Co3O4 and Cu2O, X-ray pattern of Fe",
        "Co Kamacite",
        "target: Co3O4",
        "_WL2=1.54443",
        "_WLRATIO=0.514000",
        "K-Alpha2 wavelength,1.5444260",
        '*HW_XG_WAVE_LENGTH_ALPHA2 "1.544414"',
        '*HW_XG_WAVE_LENGTH_BETA "1.392250"',
        "Ratio K-Alpha2/K-Alpha1,0.50000",
        "Intended wavelength type,K-Alpha 1",
        "# Threshold energy: 6.0 keV",
        "wavelength unknown",
        "wavelength calibrated on 2020-01-02",
        "K-Alpha1 50 %",
    ],
)
def test_what_names_no_wavelength(line: str) -> None:
    assert find_radiation([line]) is None


def test_a_number_says_more_than_an_anode() -> None:
    lines = ["Anode material,Cu", "Intended wavelength type,K-Alpha 1", "wavelength,0.7093"]
    assert find_radiation(lines) == Radiation.of_anode("Mo")


@pytest.mark.parametrize(
    "lines",
    [["Cu Ka and Mo Ka"], ["Anode: Cu", "# Co radiation", "Target: Mo"], ["CuKα", "Anode: 'Ag'"]],
)
def test_a_header_that_names_two_anodes_is_refused_with_both(lines: list[str]) -> None:
    with pytest.raises(InvalidWavelengthError, match=r"names two anodes, Cu and (Co|Mo|Ag)"):
        find_radiation(lines)
    assert find_radiation([*lines, "wavelength = 0.7093"]) == Radiation.of_anode("Mo")


def test_one_anode_named_twice_is_one() -> None:
    assert find_radiation(["Anode: Cu", "Cu Ka radiation"]) == COPPER


@given(wavelength=st.floats(0.06, 4.9))
def test_any_wavelength_is_read_as_written(wavelength: float) -> None:
    radiation = find_radiation([f"# wavelength = {wavelength:.6f} A"])
    assert radiation == Radiation.of_wavelength(float(f"{wavelength:.6f}"))


@pytest.mark.parametrize("value", ["0", "-1.5406", "0.0", "154.06", "1e-3", "nan", "inf"])
def test_an_impossible_wavelength_is_an_error_that_quotes_the_line(value: str) -> None:
    with pytest.raises(InvalidWavelengthError, match=rf"wavelength = {value}'") as caught:
        find_radiation([f"# wavelength = {value}"])
    assert "give the wavelength in angstrom" in caught.value.hint


def test_the_time_does_not_grow_with_the_square_of_a_line() -> None:
    assert find_radiation(["wavelength " * 100_000, "wavelength = 0.7093"]) == Radiation.of_anode(
        "Mo"
    )


@pytest.mark.parametrize(
    "line",
    [
        "# lambda = 0.70932 A",
        "# X-ray source: Mo",
        "# E = 17.48 keV",
        "# tube = molybdenum",
        "# Wavelengths: 0.70932, 0.71361",
        "# lam=0.70932",
        "Wellenlänge [Å]; 0,70932",
        "Wellenlaenge = 0,70932 A",
        "# Wellenlänge: 70,932 pm",
        "# longueur d'onde : 0,70932 Å",
        "# longueur d’onde (nm) = 0.070932",
        "# Longueur d'onde : 0.70932 Å",
        "# Source: Mo",
        "# source = Molybdenum",
        "X-Ray Tube: Mo",
        "Anode material;Molybdän",
        '"Target","Mo"',
        "Anode: 42",
        "# Mo tube",
        "# radiation MoKa",
        "# Mo-Kα1",
        "# Molybdenum K-alpha",
        "# Radiation: Mo Kα, λ = 0.71073 Å",
        "wavelength(s): 0.70932 0.71361",
        "# K-alpha1/K-alpha2 wavelengths: 0.70932 / 0.71361 A",
        "# wavelength (Å) K-Alpha1: 0.70932 K-Alpha2: 0.71361",
        "# wavelength = 0.70932 (Mo)",
        "# Photon energy = 17480 eV",
        "# Energy: 17.48 keV",
        "#Photonenergie 17,48 keV",
        "# wave = 0.70932",
        "# Wavelength: Mo",
        "# wavelength Mo Ka1",
        "# X-ray source: rotating anode Mo",
        "# Tube: Mo 50 kV 30 mA",
        "# No filter, Mo Ka",
        "# Röntgenröhre: Mo",
        "# Strahlung: Mo-Kα",
        "# lambda1: 0.70932; lambda2: 0.71361",
        "# ka1=0.70932, ka2=0.71361",
        "# Lambda(Mo) 0.70932",
        "# wavelength 0.070932 nm",
        "# Incident wavelength [nm] = 0.070932",
        "# Synchrotron beam 0.70932 Å",
        "# X-ray wavelength used: 0.70932 Angstrom",
        "# wavelength 0.70932 Å, calibrated 2020-01-02",
        "# Wavelength, 0.70932, Angstrom",
        '"Wavelength";"0,70932"',
        "# Monochromatic radiation, 0.70932 A",
        "# lambda: 0,70932 0,71361",
        "wavelength=0.71361,0.70932",
        '# {"wavelength": 7.0932e-11, "dist": 0.2}',
        "# Wavelength(A): 0.70932",
        "Lam1: 0.70932 Lam2: 0.71361",
        "Wavelength : 0.70932 Mo",
        "Radiation: MOKA1",
        "Radiation: MO KA",
        "ANODE=MO",
        'TARGET: "MO"',
        "# Mo(Kα)",
        "# Mo K\\alpha",
        "# Mo K_alpha1",
        "# λ(Mo Kα)=0.71073 Å",
        "# lambda(MoKa) = 0.71073",
        "wavelength 1: 0.70932",
        "##XRAY SOURCE= Mo",
        "##$WAVELENGTH= 0.70932",
        "wavelength,0.70932,Angstroms",
        "_diffrn_radiation_wavelength 0.70932",
        "# lambda 0.70932",
        "[Wavelength] 0.70932",
        "Wavelength\t0.70932",
        '"Radiation","Mo"',
        "Radiation\tMo",
        "# Lambda [A] = 0.70932",
        "# wave length: .70932 A",
        "Used wavelength: K-Alpha1 0.70932",
        "K-Alpha1 [Å],0.70932",
        "K-Alpha1 wavelength [Å],0.7093200",
        "Röntgenquelle: Molybdän",
        "anode : molybdène",
        "# x-ray wavelength = 0.70932 Å, K-beta filter Zr",
        "# Mo Kα radiation (λ = 0.71073 Å)",
        "#lambda=7.0932e-11",
        "# wavelength_angstrom: 0.70932",
        "# xray_wavelength_A = 0.70932",
        "Wavelength (Angström) = 0,70932",
        "# WAVELENGTH=0.70932 ANGSTROM",
        "# MoKα1,2",
        "XRD source = Mo K alpha",
        "# molybdenum anode",
    ],
)
def test_molybdenum_in_the_wordings_of_laboratories(line: str) -> None:
    radiation = find_radiation(["# a title", line])
    assert radiation is not None
    assert radiation.wavelength_angstrom == pytest.approx(0.7093, abs=1e-3)
    assert len(radiation.wavelengths_angstrom) == 2
    assert radiation.origin.startswith("the file says ")


@pytest.mark.parametrize(
    "line",
    [
        "# not measured with Mo",
        "# not measured with Mo Ka radiation",
        "# Sample: Mo Ka test",
        "# sample name = Mo target",
        "# Sample: Mo",
        "# sample: lambda 2 phase",
        "# Fe source",
        "# source: Co mine",
        "# iron source",
        "# Mo Ka was not used",
        "# wavelength range 0.5 - 1.5 A",
        "# wavelength not 0.7093",
        "# sputtered from a Mo target",
        "# Mo foil",
        "# silver behenate",
        "# wavelengths: 0.709, 1.54",
        "# no wavelength 0.7093",
        "# wavelength: see file 3",
        "# 57Co source",
        "# E = 14.7 meV",
        "# tube 3",
        "# element: Mo",
        "# data source: Fe2O3 sample",
        "# without Mo radiation",
        "# copper oxide, source: Aldrich",
        "! Lambda1  Lambda2 Ratio Bkpos",
        "# lambda 2",
        "CO gas, target 5",
        "# Al Kα or Mg Kα",
        "# Agilent tube",
        "# Comment: Cobalt oxide",
        "# Copper sample, slow scan",
        "# Co-doped ZnO radiation damage",
        "Wavelength (Å)",
        "# wavelength dispersive",
        "# Source code: Fe",
        "# max wavelength 3",
        "# data wavelength_id 1",
        "K-Alpha1",
        "#  iron(III) source solution",
        "lambda2 = 1.54439",
        "WAVE_LENGTH2 = 1.54441",
        "# background by airPLS, lambda = 1e5",
        "# smoothing: lambda = 1.5",
        "# Sample in a quartz tube: Cu foil",
        "# in a copper capsule tube",
        "# irradiated with 60Co radiation",
    ],
)
def test_samples_denials_ranges_and_weaker_lines_set_no_wavelength(line: str) -> None:
    assert find_radiation([line]) is None


def test_two_values_are_the_doublet_of_an_anode_without_a_table_of_lines_too() -> None:
    radiation = find_radiation(["Wavelengths: 1.6579 1.6618 A"])  # nickel
    assert radiation == Radiation((1.6579, 1.6618), (1.0, 0.5))


def test_a_second_number_that_is_no_k_alpha_2_is_left_alone() -> None:
    assert find_radiation(["# wavelength = 0.4139 0.5"]) == Radiation((0.4139,))


def test_a_written_word_comes_before_a_symbol() -> None:
    radiation = find_radiation(["# lambda = 2.0 of the filter", "# Wavelength: 0.4139 A"])
    assert radiation == Radiation((0.4139,))


def test_k_alpha_1_and_2_may_be_joined_by_a_dash() -> None:
    assert find_radiation(["wavelength 0.70932-0.71361"]) == Radiation.of_anode("Mo")


def test_lines_that_name_different_wavelengths_are_refused_with_both() -> None:
    with pytest.raises(InvalidWavelengthError, match=r"two wavelengths, 0\.4139 and 1\.5406"):
        find_radiation(["# Wavelength: 0.4139 A", "# converted to wavelength 1.5406"])
    lines = ["# Wavelength: 1.5406", "# wavelength K-alpha mean: 1.5418", "wavelength beta: 1.39"]
    assert find_radiation(lines) == COPPER


@pytest.mark.parametrize("line", ["# synchrotron", "Source: Synchrotron radiation, beamline X"])
def test_a_synchrotron_without_a_wavelength_is_refused(line: str) -> None:
    with pytest.raises(InvalidWavelengthError, match="names a synchrotron and no wavelength"):
        find_radiation([line])
    assert find_radiation([line, "lambda = 0.4139"]) == Radiation((0.4139,))


@pytest.mark.parametrize(
    "line", ["# no synchrotron, a laboratory tube", "sample: synchrotron standard"]
)
def test_other_words_on_synchrotrons_say_nothing(line: str) -> None:
    assert find_radiation([line]) is None
