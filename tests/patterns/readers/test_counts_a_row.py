"""Formats that print several counts a row behind a header: Rigaku ASCII, Jade MDI, JCAMP-DX."""

from itertools import groupby

import numpy as np
import pytest

from crystinet.core.errors import CrystinetError, InvalidPatternError, UnreadableFileError
from crystinet.core.notes import NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.readers.parts.asdf import lines_of_rows
from crystinet.patterns.readers.reading import parse_patterns

COUNTS = np.random.default_rng(0).integers(1, 9999, 1003).astype(float)
AXIS = 10.0 + 0.05 * np.arange(1003)
STOP = AXIS[-1]


def rows(values: np.ndarray, width: int, between: str = ", ") -> str:
    lines = [values[i : i + width] for i in range(0, len(values), width)]
    return "".join(between.join(f"{y:g}" for y in line) + "\n" for line in lines)


def rigaku(
    counts: np.ndarray = COUNTS,
    *,
    unit: str = "deg.",
    axis: str = "2theta/theta",
    end: str = "*END\n",
) -> str:
    return (
        "*TYPE\t\t=  Raw\n*CLASS\t\t=  ASCII CLASS\n*SAMPLE\t\t=  made here\n"
        f"*SCAN_AXIS\t=  {axis}\n*TARGET\t\t=  29\n*WAVE_LENGTH1\t=  1.54059\n"
        f"*WAVE_LENGTH2\t=  1.54441\n*XUNIT\t\t=  {unit}\n*BEGIN\n*START\t\t=  10.0\n"
        f"*STOP\t\t=  {STOP:.2f}\n*STEP\t\t=  0.05\n*COUNT\t\t=  1003\n{rows(counts, 4)}{end}*EOF\n"
    )


def mdi(counts: np.ndarray = COUNTS, *, points: int = 1003, anode: str = "CU 1.540562") -> str:
    head = f"01/02/20 made here\n  10.00 0.0500 1.00 {anode} {STOP:.2f} {points}\n"
    return head + rows(counts, 8, "  ")


def jcamp(
    *, body: str = "", more: str = "", unit: str = "2Theta", kind: str = "X-RAY DIFFRACTION",
    data: str = "XYDATA= (X++(Y..Y))", points: int = 1003, end: str = "##END=\n",
) -> str:  # fmt: skip
    first = [f"{x:.3f} " for x in AXIS[::8]]
    lines = rows(COUNTS, 8, " ").splitlines()
    body = body or "".join(f"{x}{y}\n" for x, y in zip(first, lines, strict=True))
    return (
        f"##TITLE= made here\n##JCAMP-DX= 5.01 $$ a comment\n##DATA TYPE= {kind}\n"
        f"##XUNITS= {unit}\n##YUNITS= Intensity\n##FIRSTX= 10.0\n##LASTX= {STOP:.3f}\n"
        f"##NPOINTS= {points}\n{more}##{data}\n{body}{end}"
    )


def pairs() -> str:
    return "".join(f"{x:.3f}, {y:.0f}; " for x, y in zip(AXIS, COUNTS, strict=True)).strip("; ")


def read(text: str, radiation: float | None = None) -> Pattern:
    (pattern,) = parse_patterns(text.encode(), name="a.txt", wavelength_angstrom=radiation)
    return pattern


@pytest.mark.parametrize(
    "text",
    [
        rigaku(),
        rigaku().replace("\n", "\r\n"),
        mdi(),
        jcamp(),
        jcamp(more="##XFACTOR= 1.0\n##YFACTOR= 1\n"),
        jcamp().replace("##FIRSTX= 10.0\n", ""),
        jcamp(data="XYPOINTS= (XY..XY)", body=pairs() + "\n"),
        jcamp(data="XYDATA= (XY..XY)", body=pairs() + "\n"),
        jcamp(unit="DEGREES 2-THETA"),
        jcamp(unit=""),
    ],
)
def test_every_count_comes_at_its_angle(text: str) -> None:
    pattern = read(text)
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=1e-9)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)


def test_packed_numbers() -> None:
    rows_of_numbers = jcamp().partition("(X++(Y..Y))\n")[2].removesuffix("##END=\n")
    body = rows_of_numbers.replace(" ", "+")
    np.testing.assert_array_equal(read(jcamp(body=body)).intensity, COUNTS)


def test_factors_of_jcamp() -> None:
    pattern = read(jcamp(more="##YFACTOR= 0.5\n"))
    np.testing.assert_array_equal(pattern.intensity, COUNTS / 2.0)


def test_q_in_jcamp() -> None:
    q = 4.0 * np.pi * np.sin(np.radians(AXIS) / 2.0) / 1.5405929
    body = "".join(f"{x * 10.0:.9f}, {y:.0f}\n" for x, y in zip(q, COUNTS, strict=True))
    pattern = read(jcamp(data="XYPOINTS= (XY..XY)", body=body, unit="Q (1/nm)"))
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS, atol=1e-5)


def test_the_radiation() -> None:
    assert read(rigaku()).radiation == Radiation((1.54059, 1.54441), (1.0, 0.5))
    molybdenum = rigaku().replace("= 29", "= 42").replace("=  29", "=  42")
    without = "".join(line for line in molybdenum.splitlines(True) if "WAVE" not in line)
    assert read(without).radiation == Radiation.of_anode("Mo")
    assert read(mdi()).radiation == Radiation.of_anode("Cu")
    assert read(mdi(anode="MO 0")).radiation == Radiation.of_anode("Mo")
    assert read(mdi(), 0.5).radiation == Radiation((0.5,))
    assert read(jcamp(more="##$WAVELENGTH= 0.7093\n")).radiation == Radiation.of_anode("Mo")


def test_a_stopped_scan_keeps_its_step() -> None:
    pattern = read(rigaku(COUNTS[:500]))
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS[:500])
    assert NoteCode.MEASUREMENT_NOT_COMPLETED in [note.code for note in pattern.notes]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            rigaku(COUNTS[:500], end="").replace("*EOF\n", ""),
            "announces 1003 points; there are 500",
        ),
        (rigaku(unit="mm"), "in 'mm'"),
        (rigaku().replace("*START\t\t=  10.0", "*START\t\t=  ten"), "'ten', not a number"),
        (mdi(COUNTS[:500]), "announces 1003 points; there are 500"),
        (mdi(COUNTS[:500], points=500), "announces 1003 points; there are 500"),
        (jcamp(points=1004), "announces 1004 points; there are 1003"),
        (jcamp(end=""), "no record ##END="),
        (jcamp().replace("\n20.000 ", "\n21.000 "), "does not begin with the x"),
        (jcamp(body="10.0A23%5?x\n"), "Line 10 of a.txt is damaged"),
        (jcamp(body="10.0J4\n"), "Line 10 of a.txt is damaged"),
        (jcamp(body="10.0S\n"), "Line 10 of a.txt is damaged"),
        (jcamp(body="10.0@s99999999\n"), "Line 10 of a.txt is damaged"),
        (
            jcamp(body="10.0A0J4\n10.05A5\n"),
            "begins with the value 15, the line before ends with 24",
        ),
        (jcamp(more="##XFACTOR= 0\n"), "XFACTOR is 0"),
    ],
)
def test_what_is_not_complete_or_not_understood_is_refused(text: str, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        read(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (jcamp(unit="1/CM", kind="INFRARED SPECTRUM"), "'INFRARED SPECTRUM' against '1/CM'"),
        (jcamp(unit="NANOMETERS", kind="UV/VIS SPECTRUM"), "against 'NANOMETERS'"),
        (jcamp(unit="", kind="MASS SPECTRUM"), "against 'an unnamed axis'"),
        (rigaku(axis="omega"), "rocking curve"),
    ],
)
def test_what_is_no_powder_pattern_is_named(text: str, message: str) -> None:
    with pytest.raises(InvalidPatternError, match=message):
        read(text)


SQUEEZED = dict(zip(range(-9, 10), "ihgfedcba@ABCDEFGHI", strict=True))
DIFFERENCES = dict(zip(range(-9, 10), "rqponmlkj%JKLMNOPQR", strict=True))
TIMES = dict(zip(range(1, 10), "STUVWXYZs", strict=True))


def pseudo(value: int, letters: dict[int, str]) -> str:
    """A number whose sign and first digit are a letter."""
    digits = str(abs(value))
    first = int(digits[0]) * (-1 if value < 0 else 1)
    return letters[first] + digits[1:]


def repeated(words: list[str]) -> str:
    """Words of which equal ones in a row are counted."""
    groups = [(word, len(list(group))) for word, group in groupby(words)]
    return "".join(word + (pseudo(n, TIMES) if n > 1 else "") for word, n in groups)


def compressed(counts: np.ndarray, form: str) -> str:
    """The body of a block in one of the forms of the standard, 40 points a line."""
    text, values = "", counts.astype(int).tolist()
    starts = range(0, len(values), 40)
    for start in starts:
        line = values[start : start + 40]
        words = [pseudo(value, SQUEEZED) for value in line]
        if "DIF" in form:
            steps = np.diff(line).tolist()
            words = [words[0], *(pseudo(step, DIFFERENCES) for step in steps)]
            if start:  # the check: the last value of the line before, at its x
                step = line[0] - values[start - 1]
                words = [
                    pseudo(values[start - 1], SQUEEZED),
                    pseudo(step, DIFFERENCES),
                    *words[1:],
                ]
        x = AXIS[start - 1 if start and "DIF" in form else start]
        text += f"{x:.3f}{repeated(words) if 'DUP' in form else ''.join(words)}\n"
    if "DIF" in form:
        text += f"{AXIS[len(values) - 1]:.3f}{pseudo(values[-1], SQUEEZED)}\n"
    return text


@pytest.mark.parametrize("form", ["SQZ", "SQZ DUP", "DIF", "DIF DUP"])
def test_the_compressed_forms_of_jcamp_dx(form: str) -> None:
    flat = np.where(np.arange(1003) % 90 < 50, 300.0, COUNTS)  # equal numbers in a row
    for counts in (COUNTS, flat, flat - 4000.0):
        pattern = read(jcamp(body=compressed(counts, form)))
        np.testing.assert_allclose(pattern.two_theta_deg, AXIS)
        np.testing.assert_array_equal(pattern.intensity, counts)


@pytest.mark.parametrize("row", ["1 2 3 3 2 1 0 -1 -2 -3", "1+2+3+3+2+1+0-1-2-3", "1BCCBA@abc",
                                 "1JJ%jjjjjj", "1JJ%jX"])  # fmt: skip
def test_the_numbers_of_the_standard_in_all_forms(row: str) -> None:
    (line,) = lines_of_rows([(1, f"20.0 {row}")], name="a")
    assert (line.x, line.y) == (20.0, (1, 2, 3, 3, 2, 1, 0, -1, -2, -3))


def test_values_that_jcamp_dx_lacks_are_left_out_and_counted() -> None:
    lines = [f"{x:.3f} {pseudo(int(y), SQUEEZED)}" for x, y in zip(AXIS, COUNTS, strict=True)]
    lines[7] = f"{AXIS[7]:.3f} ?"
    pattern = read(jcamp(body="\n".join(lines) + "\n"))
    np.testing.assert_array_equal(pattern.intensity, np.delete(COUNTS, 7))
    assert "1 of 1003 points have no intensity" in " ".join(pattern.warnings)


def test_the_counts_of_jade_may_end_with_minus_one() -> None:
    np.testing.assert_array_equal(read(mdi() + "  -1\n").intensity, COUNTS)


@pytest.mark.parametrize("text", [rigaku(), mdi(), jcamp()])
def test_a_file_cut_anywhere_gives_one_of_our_errors_or_a_shorter_pattern(text: str) -> None:
    for length in range(0, len(text), 97):
        try:
            pattern = read(text[:length])
        except CrystinetError:
            continue
        n = len(pattern.two_theta_deg)
        np.testing.assert_array_equal(pattern.intensity[: n - 1], COUNTS[: n - 1])
