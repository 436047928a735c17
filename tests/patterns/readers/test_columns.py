import json
import re

import pytest

from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.notes import NoteCode, find_note, texts_of
from crystinet.patterns.readers import parse_patterns
from crystinet.patterns.readers.parts.columns import (
    CHOOSE,
    Columns,
    announced_points,
    find_columns,
)
from crystinet.patterns.readers.parts.dialect import Dialect, dialect_of
from crystinet.patterns.readers.parts.quantities import Quantity, quantity_of

SPACES = Dialect(None)


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("5.02 100.5", [5.02, 100.5]),
        ("5.02\t100.5", [5.02, 100.5]),
        ("5.02,100.5", [5.02, 100.5]),
        ("5.02, 100.5", [5.02, 100.5]),
        ("5.02;100.5", [5.02, 100.5]),
        ("5,02;100,5", [5.02, 100.5]),
        ("5,02\t100,5", [5.02, 100.5]),
        ("5,02 100,5", [5.02, 100.5]),
        ("5,02 100", [5.02, 100.0]),
        ("5,100", [5.0, 100.0]),
        ("5 100", [5.0, 100.0]),
        ("  5.0200000E+00 1.00E+02  ", [5.02, 100.0]),
        ("+5.02 -3", [5.02, -3.0]),
    ],
)
def test_the_ways_to_write_two_numbers(line: str, numbers: list[float]) -> None:
    dialect = dialect_of(line)
    assert dialect is not None
    assert [float(field) for field in dialect.split(line)] == numbers


@pytest.mark.parametrize("line", ["", "5.02", "2 theta", "a b", "5.02 x", "12:30 5"])
def test_other_lines_are_no_rows(line: str) -> None:
    assert dialect_of(line) is None


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("2theta", Quantity.TWO_THETA),
        ("2-Theta", Quantity.TWO_THETA),
        ("TwoTheta", Quantity.TWO_THETA),
        ("Pos. [°2Th.]", Quantity.TWO_THETA),
        ("Angle", Quantity.TWO_THETA),
        ("2θ (°)", Quantity.TWO_THETA),
        ("tth", Quantity.TWO_THETA),
        ("2th_deg", Quantity.TWO_THETA),
        ("theta", Quantity.THETA),
        ("d [Å]", Quantity.D),
        ("d-spacing", Quantity.D),
        ("dspacing", Quantity.D),
        ("q_A^-1", Quantity.Q),
        ("Q (1/nm)", Quantity.Q),
        ("Q", Quantity.Q),
        ("TOF", Quantity.OTHER_AXIS),
        ("Energy", Quantity.OTHER_AXIS),
        ("Intensity", Quantity.INTENSITY),
        ("I(obs)", Quantity.INTENSITY),
        ("counts", Quantity.INTENSITY),
        ("Lin (Cps)", Quantity.INTENSITY),
        ("y", Quantity.INTENSITY),
        ("I", Quantity.INTENSITY),
        ("y_calc", None),
        ("counts_esd", None),
        ("background counts", None),
        ("date", None),
        ("quartz", None),
        ("sigma", None),
        ("Yobs", Quantity.INTENSITY),
        ("I_meas", Quantity.INTENSITY),
        ("Ycal", None),
        ("Yobs-Ycal", None),
        ("TimePerStep", Quantity.TIME),
        ("Count time (s)", Quantity.TIME),
        ("time", Quantity.OTHER_AXIS),
        ("q_nm^-1", Quantity.Q),
        ("Q, 1/nm", Quantity.Q),
        ("q(Å⁻¹)", Quantity.Q),
        ("2π/d", Quantity.Q),
        ("s (1/Å)", Quantity.S),
        ("1/d (nm^-1)", Quantity.S),
        ("sin(theta)/lambda", Quantity.SINE),
        ("theta (rad)", Quantity.THETA),
        ("2theta (rad)", Quantity.TWO_THETA),
        ("Raman shift (cm-1)", Quantity.OTHER_AXIS),
        ("Wavelength (nm)", Quantity.OTHER_AXIS),
        ("Photon energy (eV)", Quantity.OTHER_AXIS),
        ("chi_deg", Quantity.OTHER_AXIS),
    ],
)
def test_names_of_columns(name: str, quantity: Quantity | None) -> None:
    assert quantity_of(name) is quantity


@pytest.mark.parametrize(
    ("header", "dialect", "n_fields", "x", "y", "axis"),
    [
        ([], SPACES, 2, 0, 1, Quantity.TWO_THETA),
        ([], SPACES, 3, 0, 1, Quantity.TWO_THETA),
        (["2theta,intensity"], Dialect(","), 2, 0, 1, Quantity.TWO_THETA),
        (["intensity;2theta"], Dialect(";"), 2, 1, 0, Quantity.TWO_THETA),
        ([",2theta,obs,calc"], Dialect(","), 4, 1, 2, Quantity.TWO_THETA),
        (["2theta\tcalc\tobs\tdiff"], Dialect("\t"), 4, 0, 2, Quantity.TWO_THETA),
        (["Angle,TimePerStep,Intensity,ESD"], Dialect(","), 4, 0, 2, Quantity.TWO_THETA),
        (["# 2 theta intensity"], SPACES, 2, 0, 1, Quantity.TWO_THETA),
        (["# q_nm^-1 I sigma"], SPACES, 3, 0, 1, Quantity.Q),
        (["x,esd,intensity"], Dialect(","), 3, 0, 2, Quantity.TWO_THETA),
        (["d,counts"], Dialect(","), 2, 0, 1, Quantity.D),
        (["title", "Q (Inverse Angstrom)", "Intensity", " 7000"], SPACES, 2, 0, 1, Quantity.Q),
        (["title", "2-Theta Angle (Degrees)", "Intensity"], SPACES, 2, 0, 1, Quantity.TWO_THETA),
        (["Q-Space (Inverse Nanometres)", "Intensity"], SPACES, 2, 0, 1, Quantity.Q),
        (["Scattering vector (nm^-1)", "Intensity"], SPACES, 2, 0, 1, Quantity.Q),
        (["d-spacing [Å]"], SPACES, 2, 0, 1, Quantity.D),
        # A title of one letter.
        (["D"], SPACES, 2, 0, 1, Quantity.TWO_THETA),
        # Sentences of as many words as there are columns.
        (["# my XRD pattern"], SPACES, 3, 0, 1, Quantity.TWO_THETA),
        (["XRD pattern intensity"], SPACES, 3, 0, 1, Quantity.TWO_THETA),
        (["Energy 12.4 keV"], SPACES, 3, 0, 1, Quantity.TWO_THETA),
        (["# d = 3.2"], SPACES, 2, 0, 1, Quantity.TWO_THETA),
        # Names stand right before the numbers.
        (["intensity 2theta", *("more",) * 9], SPACES, 2, 0, 1, Quantity.TWO_THETA),
    ],
)
def test_finding_the_columns(
    header: list[str], dialect: Dialect, n_fields: int, x: int, y: int, axis: Quantity
) -> None:
    found = find_columns(header, dialect=dialect, n_fields=n_fields)
    assert (found.x, found.y, found.axis, found.notes) == (x, y, axis, ())


def test_the_first_of_two_angles_is_taken_and_d_is_kept_beside_it() -> None:
    header = ["image twotheta twotheta_cuka dspacing qvalue intensity frame"]
    found = find_columns(header, dialect=SPACES, n_fields=7)
    assert found == Columns(x=1, y=5, d=3, named=True)


def test_units_of_nanometres() -> None:
    assert find_columns(["q_nm^-1 I"], dialect=SPACES, n_fields=2).per_nm
    assert find_columns(["Q-Space (Inverse Nanometres)"], dialect=SPACES, n_fields=2).per_nm
    assert not find_columns(["q_A^-1 I"], dialect=SPACES, n_fields=2).per_nm


def test_guesses_are_said() -> None:
    nameless = find_columns([], dialect=SPACES, n_fields=5)
    assert texts_of(nameless.notes) == (
        f"Of 5 columns without names, the first two were read. {CHOOSE}",
    )


@pytest.mark.parametrize(
    ("header", "taken", "left_out"),
    [
        ("2theta,empty holder,sample", 2, "'empty holder'"),
        ("2theta,holder,rutile", 2, "'holder'"),
        ("2theta,sample,background", 1, "'background'"),
        ("2theta,rutile,anatase,esd", 1, "'anatase'"),
        ("2theta,Intensity of rutile A,Intensity of rutile B", 1, "'Intensity of rutile B'"),
        ("2theta,blank counts,rutile counts", 2, "'blank counts'"),
    ],
)
def test_which_of_several_samples_is_taken_is_said(header: str, taken: int, left_out: str) -> None:
    n_fields = header.count(",") + 1
    found = find_columns([header], dialect=Dialect(","), n_fields=n_fields)
    assert found.y == taken
    assert [note.code for note in found.notes] == [NoteCode.COLUMNS_GUESSED]
    name = header.split(",")[taken]
    assert found.notes[0].text == (
        f"The column {name!r} was taken as the intensity; left out: {left_out}. {CHOOSE}"
    )


@pytest.mark.parametrize(
    "header", ["used,2theta,obs,calc,bkg,diff", "2theta,intensity,sigma", "2theta,I,frame,weight"]
)
def test_what_belongs_to_an_intensity_is_no_other_sample(header: str) -> None:
    n_fields = header.count(",") + 1
    assert not find_columns([header], dialect=Dialect(","), n_fields=n_fields).notes


@pytest.mark.parametrize(
    "lines",
    [
        ("made.tif", "q_nm^-1", "1000"),  # the line of the intensity is blank
        ("made.tif", "q_nm^-1", "Intensity", "1000"),
        ("made.tif", "Q (nm^-1)", "Intensity", "1000"),
        ("Q (nm^-1)",),
        ("# Q (nm^-1) I",),
    ],
)
def test_spellings_of_q_in_nanometres(lines: tuple[str, ...]) -> None:
    found = find_columns(lines, dialect=SPACES, n_fields=2)
    assert (found.axis, found.per_nm) == (Quantity.Q, True)


@pytest.mark.parametrize(
    "lines",
    [
        ("made.tif", "chi_deg", "Intensity", "1000"),
        ("Energy (keV),counts",),
        ("Energy [keV],a.u.",),
        ("Wavelength (nm),Absorbance",),
        ("Temperature (°C),Weight (mg)",),
        ("Raman shift (cm-1),Intensity (a.u.)",),
        ("Channel,Counts",),
        ("time (s),counts",),
        ("wavelength (nm),intensity",),
    ],
)
def test_an_axis_of_something_else_is_refused_by_its_name(lines: tuple[str, ...]) -> None:
    dialect = Dialect(",") if "," in lines[0] else SPACES
    name = lines[1] if len(lines) > 1 else lines[0].split(",")[0]
    with pytest.raises(UnreadableFileError, match="The axis is") as caught:
        find_columns(lines, dialect=dialect, n_fields=2)
    assert repr(name) in caught.value.message


def test_headings_with_commas_in_quotes() -> None:
    header = 'used,"x, 2theta (deg)",obs,calc,bkg,diff'
    found = find_columns([header], dialect=Dialect(","), n_fields=6)
    assert (found.x, found.y) == (1, 2)


@pytest.mark.parametrize(
    ("header", "n_fields", "message", "hint"),
    [
        ("A,B,C,data", 4, "Which of the 4 columns .* 'A,B,C,data'", '"2theta"'),
        ("TOF,counts", 2, "The axis is 'TOF', not 2theta, d or Q", "Convert the axis"),
        ("2theta,d,remarks", 3, "Which column is the intensity", '"intensity"'),
        ("counts_esd,2theta", 2, "Which column is the intensity", '"intensity"'),
    ],
)
def test_names_that_do_not_tell(header: str, n_fields: int, message: str, hint: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        find_columns([header], dialect=Dialect(","), n_fields=n_fields)
    assert hint in caught.value.hint


@pytest.mark.parametrize("header", ["X  Y  Z  data", "Chi Phi counts sigma", "# alpha beta I esd"])
def test_pole_figures_and_maps_are_named(header: str) -> None:
    with pytest.raises(InvalidPatternError, match="a pole figure or a map over") as caught:
        find_columns([header], dialect=SPACES, n_fields=4)
    assert "against 2theta" in caught.value.hint


@pytest.mark.parametrize(
    ("header", "announced"),
    [
        (["GENERAL", " 5751"], 5751),
        (["GENERAL", "of the army"], None),
        (["title", "2-Theta Angle (Degrees)", "Intensity", "2048"], 2048),
        (["Q (Inverse Angstrom)", "Intensity", "2048 1"], 2048),
        (["title", "2048"], None),
        (["2-Theta Angle (Degrees)", "Intensity", "9" * 5000], None),
        ([], None),
    ],
)
def test_how_many_points_a_header_announces(header: list[str], announced: int | None) -> None:
    assert announced_points(header) == announced


SEVERAL = "2theta,Empty holder,Sample A,Sample B (300 K)\n" + "".join(
    f"{10.0 + 0.1 * i:.1f},{5 + i % 3},{100 + i},{900 - i}\n" for i in range(200)
)


@pytest.mark.parametrize(
    ("column", "first"),
    [
        ("Sample A", 100.0),
        ("sample  a", 100.0),
        ("Sample B (300 K)", 900.0),
        ("sample_b_300_k", 900.0),
        ("4", 900.0),
        ("Empty holder", 5.0),
        ("2", 5.0),
    ],
)
def test_the_column_that_the_user_names_is_the_intensity(column: str, first: float) -> None:
    (pattern,) = parse_patterns(SEVERAL.encode(), name="a.csv", column=column)
    assert pattern.intensity[0] == first
    assert not find_note(pattern.notes, NoteCode.COLUMNS_GUESSED)


def test_the_note_names_the_columns_that_were_left_out_and_how_to_take_them() -> None:
    (pattern,) = parse_patterns(SEVERAL.encode(), name="a.csv")
    note = find_note(pattern.notes, NoteCode.COLUMNS_GUESSED)
    assert note
    for words in ("'Sample A' was taken", "'Empty holder'", "'Sample B (300 K)'", "--column"):
        assert words in note.text


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("Sample C", "no column 'Sample C'; the table has 4 columns: '2theta', 'Empty holder'"),
        ("5", "no column '5'"),
        ("0", "no column '0'"),
        ("2theta", "is the axis"),
    ],
)
def test_a_column_that_is_not_there_is_refused_with_those_that_are(column: str, said: str) -> None:
    with pytest.raises(UnreadableFileError, match=re.escape(said)):
        parse_patterns(SEVERAL.encode(), name="a.csv", column=column)


def test_a_column_has_the_axis_to_its_left() -> None:
    text = "2theta A,I,2theta B,I\n" + "".join(
        f"{10.0 + 0.1 * i:.1f},{100 + i},{20.0 + 0.1 * i:.1f},{900 - i}\n" for i in range(200)
    )
    (pattern,) = parse_patterns(text.encode(), name="a.csv", column="4")
    assert (pattern.two_theta_deg[0], pattern.intensity[0]) == (20.0, 900.0)


def test_columns_without_names_are_chosen_by_number() -> None:
    text = "".join(f"{i} {10.0 + 0.1 * i:.1f} {100 + i} 7 {900 - i}\n" for i in range(200))
    (pattern,) = parse_patterns(text.encode(), name="a.xy", column="5")
    assert (pattern.two_theta_deg[5], pattern.intensity[5]) == (10.5, 895.0)


def test_a_format_without_columns_refuses_one() -> None:
    with pytest.raises(UnreadableFileError, match="no table with a column"):
        parse_patterns(b"_DRIVE='COUPLED'\n_COUNTS\n1 2\n", name="a.uxd", column="2")


def test_json_has_columns_too() -> None:
    text = json.dumps(
        {"2theta": [10 + i / 10 for i in range(99)], "a": [5] * 99, "b": list(range(99))}
    )
    (pattern,) = parse_patterns(text.encode(), name="a.json", column="b")
    assert pattern.intensity[3] == 3.0
