"""Files as other programs and other hands write them: read right, or refused by name.

One pattern in many spellings. What must come out is known, so that a silent misreading shows.
"""

import json
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest

from crystinet.core.errors import (
    CrystinetError,
    InvalidPatternError,
    InvalidWavelengthError,
    UnreadableFileError,
)
from crystinet.core.notes import NoteCode, find_note
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.readers import parse_patterns

AXIS = np.round(10.0 + 0.1 * np.arange(701), 4)
COUNTS = (
    np.random.default_rng(2)
    .poisson(120.0 + 4000.0 * np.exp(-(((AXIS - 28.0) / 0.4) ** 2)))
    .astype(np.float64)
)
COPPER = 1.5405929
Q = 4.0 * np.pi * np.sin(np.radians(AXIS / 2.0)) / COPPER
POINTS = list(zip(AXIS.tolist(), COUNTS.tolist(), strict=True))


def table(form: str = "{x:.2f} {y:.0f}\n", axis: np.ndarray = AXIS) -> str:
    return "".join(form.format(x=x, y=y) for x, y in zip(axis, COUNTS, strict=True))


def commas(text: str) -> str:
    return text.replace(".", ",")


def thousands(form: str, sign: str, *, comma: bool = True) -> str:
    """Rows whose counts have a sign between thousands, and one decimal or none."""
    lines = []
    for x, y in POINTS:
        angle = f"{x:.2f}".replace(".", ",") if comma else f"{x:.2f}"
        count = format(y, form).replace(",", "@").replace(".", "," if comma else ".")
        lines.append(f"{angle};{count.replace('@', sign)}\n")
    return "".join(lines)


def read(text: str | bytes, name: str = "a.txt", column: str | None = None) -> Pattern:
    data = text if isinstance(text, bytes) else text.encode()
    return parse_patterns(data, name=name, column=column)[0]


def assert_right(pattern: Pattern) -> None:
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=2e-3)
    np.testing.assert_allclose(pattern.intensity, COUNTS, rtol=1e-6)


MO = Radiation.of_anode("Mo")
# Every kind of made file that users' programs export and that was misread or refused once.
KINDS: dict[str, str | bytes] = {
    "thousands point": "2Theta;I\n" + thousands(",.1f", "."),
    "thousands point, whole counts": "2Theta;I\n" + thousands(",.0f", "."),
    "thousands blank": "2Theta;I\n" + thousands(",.1f", "\u202f"),
    "thousands apostrophe": "2Theta;I\n" + thousands(",.1f", "'", comma=False),
    "quoted numbers": '"2Theta";"I"\n' + table('"{x:.2f}";"{y:.0f}"\n'),
    "comma inside a quoted heading": '2Theta,"I, counts"\n' + table("{x:.2f},{y:.0f}\n"),
    "empty holder beside the sample": "2Theta,empty holder,sample\n" + table("{x:.2f},5,{y:.0f}\n"),
    "two named samples": "2Theta,holder,rutile\n" + table("{x:.2f},7,{y:.0f}\n"),
    "Q in 1/nm": "a\nq_nm^-1\n\n  701\n" + table("{x:.6f} {y:.0f}\n", 10.0 * Q),
    "Q in 1/angstrom": "a\nq_A^-1\n\n  701\n" + table("{x:.6f} {y:.0f}\n", Q),
    "Q (nm^-1)": "a\nQ (nm^-1)\nI\n  701\n" + table("{x:.6f} {y:.0f}\n", 10.0 * Q),
    "INTER after any line": "XYDATA\n! a\nTEMP 300\n! b\n! c\n! d\nINTER 1.0 1.0 2 0\n" + table(),
    "radians by name": "2th_rad,I\n" + table("{x:.9f},{y:.0f}\n", np.radians(AXIS)),
    "Excel with a separator line": "sep=;\n2Theta;I\n" + commas(table("{x:.2f};{y:.1f}\n")),
    "UTF-16": ("2Theta\tI\n" + table("{x:.2f}\t{y:.0f}\n")).encode("utf-16"),
    "Latin-1": ("2Theta [°];Intensität\n" + table("{x:.2f};{y:.0f}\n")).encode("latin-1"),
    "Shift JIS": ("2θ,強度\n" + table("{x:.2f},{y:.0f}\n")).encode("shift_jis"),
    "Origin": "A(X)\tB(Y)\n2Theta\tI\n°\tcounts\n\tSample 1\n" + table("{x:.2f}\t{y:.0f}\n"),
    "FullProf prf": "a\n2Theta\tYobs\tYcal\tYobs-Ycal\n" + table("{x:.2f}\t{y:.0f}\t1.5\t0.5\n"),
    "TOPAS": "x, Yobs, Ycalc, Ydiff\n" + table("{x:.2f}, {y:.0f}, 1.5, 0.5\n"),
    "GSAS-II": '"x","y_obs","weight","y_calc"\n' + table("{x:.2f},{y:.0f},0.5,1.5\n"),
    "RIETAN": "GENERAL\n 701\n" + table(),
    "SPEC": "#S 1 ascan\n#L tth  Epoch  Monitor  Detector\n" + table("{x:.2f} 17.5 1000 {y:.0f}\n"),
    "number of points first": "701\n" + table(),
    "number of points and of columns": "a sample\n701 2\n" + table(),
    "pandas": ",2theta,intensity\n" + "".join(f"{i},{x},{y}\n" for i, (x, y) in enumerate(POINTS)),
    "separators at the ends": "2theta,I,\n" + table("{x:.2f},{y:.0f},\n"),
    "an empty column": "2theta,,I\n" + table("{x:.2f},,{y:.0f}\n"),
    "background first": "2theta,background,intensity\n" + table("{x:.2f},90,{y:.0f}\n"),
    "exponents of Fortran": table("{x:.6E} {y:.6E}\n").replace("E", "D"),
    "deviations in brackets": table("{x:.2f} {y:.0f}(12)\n"),
    "time beside the angle": "time (s),2theta,counts\n" + table("3,{x:.2f},{y:.0f}\n"),
    "records in JSON": json.dumps([{"2theta": x, "I": y} for x, y in POINTS]),
    "Q in JSON": json.dumps({"q": Q.tolist(), "intensity": COUNTS.tolist()}),
    "a corrected angle": "2theta raw,2theta corr,I\n" + table("5.5,{x:.2f},{y:.0f}\n"),
    "an offset before the angle": "2Theta offset,2Theta,I\n" + table("0.01,{x:.2f},{y:.0f}\n"),
    "a model beside the data": "2theta,model,data\n" + table("{x:.2f},5,{y:.0f}\n"),
    "a reference beside the sample": "2theta,reference,sample\n" + table("{x:.2f},5,{y:.0f}\n"),
    "German": "2Theta;Untergrund;berechnet;gemessen\n" + table("{x:.2f};5;7;{y:.0f}\n"),
    "Spanish": "2theta;fondo;cuentas\n" + commas(table("{x:.2f};5;{y:.0f}\n")),
    "Italian": "2theta;fondo;conteggi\n" + commas(table("{x:.2f};5;{y:.0f}\n")),
    "Chinese": "衍射角 2θ (°),强度\n" + table("{x:.2f},{y:.0f}\n"),
    "monitor first": "2theta,I0,I\n" + table("{x:.2f},1000,{y:.0f}\n"),
    "Glanzwinkel": "Glanzwinkel;Impulse\n" + commas(table("{x:.3f};{y:.0f}\n", AXIS / 2.0)),
    "s = 1/d": "s = 1/d (1/Å),I\n" + table("{x:.7f},{y:.0f}\n", Q / (2.0 * np.pi)),
    "old Macintosh": table().replace("\n", "\r"),
    "falling angles": "".join(reversed(table().splitlines(keepends=True))),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_pattern_comes_out_of_every_spelling(kind: str) -> None:
    assert_right(read(KINDS[kind]))


@pytest.mark.parametrize(
    ("head", "wavelength"),
    [
        ("# X-ray source: Mo\n", MO.wavelength_angstrom),
        ("# E = 17.48 keV\n", 12.39842 / 17.48),
        ("# 60 keV beam\n", 12.39842 / 60.0),
        ("# tube = molybdenum\n", MO.wavelength_angstrom),
        ("# Wavelengths: 0.70932, 0.71361\n", MO.wavelength_angstrom),
        ("# lam=0.70932\n", MO.wavelength_angstrom),
        ("# lambda = 0.70932\n", MO.wavelength_angstrom),
        ("# Wellenlaenge [A]; 0,70932\n", MO.wavelength_angstrom),
        ("# Longueur d'onde (Å);0,70932\n", MO.wavelength_angstrom),
        ("'lam 0.70932\n", MO.wavelength_angstrom),
        ("  0.69126\n", 0.69126),  # DASH
        ("# wavelength = 0.15406\n", COPPER),  # nanometres of somebody who did not say so
        ("# wavelength = 0.15406 A\n", 0.15406),
        ("# on Cu foil; Mo radiation\n", MO.wavelength_angstrom),
        ("# Mo 50kV 40mA\n", MO.wavelength_angstrom),
        ("# anode: mo\n", MO.wavelength_angstrom),
        ("# MoKa radiation, Fe K-beta filter\n", MO.wavelength_angstrom),
        ("# measured with Co Ka, converted to Mo Ka\n", MO.wavelength_angstrom),
        ("# lambda = 0.4139 A; 2theta converted to lambda = 0.70932\n", MO.wavelength_angstrom),
        ("# beamline ID15A, 0.1767 Å\n", 0.1767),
        ("SCAN: 10.0/80.0/0.1/1(sec), Mo(40kV,30mA), I(max)=9\n", MO.wavelength_angstrom),
        ("Position [°2θ] (Cobalt (Co)) Counts\n", Radiation.of_anode("Co").wavelength_angstrom),
    ],
)
def test_the_wavelength_of_a_header(head: str, wavelength: float) -> None:
    pattern = read(head + table("{x:.2f} {y:.0f} 3.5\n"))
    assert_right(pattern)
    assert pattern.radiation.wavelength_angstrom == pytest.approx(wavelength, abs=2e-4)
    assert not pattern.radiation.assumed


def test_a_wavelength_after_many_lines_of_xydata_is_taken() -> None:
    head = "XYDATA\n" + "".join(f"! line {n}\n" for n in range(8)) + "! wavelength 0.70932\n"
    assert read(head + table()).radiation == MO


@pytest.mark.parametrize(("missing", "where"), [("NaN", 20), ("", 33), ("--", 50)])
def test_single_missing_intensities_are_counted(missing: str, where: int) -> None:
    lines = table("{x:.2f};{y:.0f}\n").splitlines()
    lines[where] = f"{AXIS[where]:.2f};{missing}"
    pattern = read("2Theta;I\n" + "\n".join(lines))
    note = find_note(pattern.notes, NoteCode.POINTS_NOT_MEASURED)
    assert note
    assert "1 of 701 points" in note.text
    np.testing.assert_array_equal(pattern.intensity, np.delete(COUNTS, where))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# Time-of-flight, Y, E\n" + table("{x:.2f},{y:.0f},3\n"), "times of flight"),
        ("Raman shift (cm-1),I\n" + table("{x:.2f},{y:.0f}\n"), "Raman shift"),
        ("Position (mm),Counts\n" + table("{x:.2f},{y:.0f}\n"), "Position"),
        ("Depth (um),Counts\n" + table("{x:.2f},{y:.0f}\n"), "Depth"),
        ("Strain (%),Stress (MPa)\n" + table("{x:.2f},{y:.0f}\n"), "Strain"),
        ("Magnetic field (mT),Intensity\n" + table("{x:.2f},{y:.0f}\n"), "Magnetic field"),
        ("ppm,intensity\n" + table("{x:.2f},{y:.0f}\n"), "ppm"),
        ("Omega (°),Counts\n" + table("{x:.2f},{y:.0f}\n"), "Omega"),
        ("Phi,Intensity\n" + table("{x:.2f},{y:.0f}\n"), "Phi"),
        ("#FORMAT : EMSA/MAS\n#XUNITS : keV\n#SPECTRUM :\n" + table("{x:.2f}, {y:.0f}\n"), "keV"),
        ("#S 1\n#L r($\\AA$)  G($\\AA^{-2}$)\n" + table(), "r("),
        ("2theta,log10(Intensity)\n" + table("{x:.2f},{y:.0f}\n"), "logarithms"),
        ("2theta,sqrt(I)\n" + table("{x:.2f},{y:.0f}\n"), "roots"),
        (
            ",".join(f"{x:.2f}" for x in AXIS) + "\n" + ",".join(f"{y:.0f}" for y in COUNTS) + "\n",
            "rows and columns look swapped",
        ),
        ("".join(f"{x:.2f};{y / 1000:.3f}k\n" for x, y in POINTS), "no table of numbers"),
    ],
)
def test_what_is_no_powder_pattern_is_named(text: str, said: str) -> None:
    with pytest.raises((UnreadableFileError, InvalidPatternError)) as caught:
        read(text)
    assert said in caught.value.message


@pytest.mark.parametrize(
    "head",
    ["Pos. [°2Th.],Height [cts],FWHM [°2Th.],d [Å]\n", "2theta,I,hkl,d\n"],
)
def test_a_list_of_peaks_is_no_pattern(head: str) -> None:
    angles = np.sort(np.random.default_rng(1).uniform(10.0, 80.0, 150))
    rows = "".join(f"{x:.4f},{100 * n % 97},0.1,2.5\n" for n, x in enumerate(angles))
    with pytest.raises(InvalidPatternError, match="list of 150 peaks"):
        read(head + rows)


def test_indices_beside_a_scan_are_no_list_of_peaks() -> None:
    text = "#S 1 ascan\n#L Two Theta  H  K  L  Detector\n" + table("{x:.2f} 0 0 1 {y:.0f}\n")
    assert_right(read(text))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("2", "", 5),
        lambda text: text.replace("\n", "", 3),
        lambda text: text.replace(".", "", 2),
        lambda text: "\ufeff" + text,
        lambda text: text + "\x1a",
    ],
)
def test_damage_gives_one_of_our_errors_or_a_pattern(change: Callable[[str], str]) -> None:
    for text in KINDS.values():
        if isinstance(text, str):
            with suppress(CrystinetError):
                read(change(text))


def test_a_tube_whose_lines_are_not_known_is_refused() -> None:
    with pytest.raises(InvalidWavelengthError, match="the anode W"):
        read("# Anode: W\n" + table())
    assert read("# Anode: W, wavelength 1.4764\n" + table()).radiation == Radiation((1.4764,))


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        (2.0 * np.pi / Q[::-1], "d in angstrom"),
        (10.0 * Q, "Q in 1/nm"),
        (Q, "Q in 1/angstrom"),
    ],
)
def test_an_axis_without_a_name_that_is_none_of_2theta_by_its_steps(
    axis: np.ndarray, said: str
) -> None:
    with pytest.raises(InvalidPatternError, match=said):
        read(table("{x:.5f} {y:.0f}\n", axis))
