import numpy as np
import pytest

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.readers.formats.xydata import XydataReader

AXIS = np.round(5.0 + 0.05 * np.arange(400), 2)
COUNTS = np.random.default_rng(0).integers(1, 9999, 400)
ROWS = "".join(f"{x:.2f} {y} 1.5\n" for x, y in zip(AXIS, COUNTS, strict=True))
HEAD = "XYDATA\n{}\nTEMP 298.0\n1 2 3\n4 5 6\n7 8\n"


def read(text: str, radiation: Radiation | None = None) -> Pattern:
    (pattern,) = XydataReader().read(text.encode(), name="a.dat", radiation=radiation)
    return pattern


def test_six_lines_belong_to_the_header_whatever_they_hold() -> None:
    pattern = read(HEAD.format("! wavelength = 0.5") + ROWS.replace("10.00", "! a\n#b\n\n10.00"))
    np.testing.assert_array_equal(pattern.two_theta_deg, AXIS)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert pattern.radiation == Radiation((0.5,))
    assert pattern.warnings == ()


def test_inter_scales_both_columns() -> None:
    pattern = read(HEAD.format("INTER  0.5 10.0 2 0.02") + ROWS)
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS / 2.0)
    np.testing.assert_allclose(pattern.intensity, COUNTS * 10.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD.format("INTER -1 1") + ROWS, "multiplies x by -1 and y by 1"),
        (HEAD.format("INTER nan 1") + ROWS, "multiplies x by nan"),
        (HEAD.format("INTER a 1") + ROWS, "A factor of INTER in a.dat is 'a'"),
        (HEAD.format("") + ROWS + "25.0\n", "Line 407 of a.dat does not hold two numbers"),
        ("XYDATA\n", "0 angles"),
    ],
)
def test_damaged_files(text: str, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read(text)
    assert len(caught.value.hint) > 10


def test_the_first_word_decides() -> None:
    assert XydataReader().accepts(b"XYDATA\nINTER", ".dat")
    assert not XydataReader().accepts(b"# XYDATA\n", ".dat")


@pytest.mark.parametrize("n", [0, 1, 3, 20])
def test_instructions_may_stand_after_any_line(n: int) -> None:
    comments = "".join(f"! comment {i}\n" for i in range(n))
    header = f"XYDATA\n{comments}INTER 0.5 10.0 2 0.02\n! a\n! Calibrated wavelength = 0.4139\n"
    pattern = read(header + ROWS)
    np.testing.assert_allclose(pattern.two_theta_deg, AXIS / 2.0)
    np.testing.assert_allclose(pattern.intensity, COUNTS * 10.0)
    assert pattern.radiation == Radiation((0.4139,))


@pytest.mark.parametrize("line", ["INTER 0.5 10.0\n", "! x\nINTER 0.5 10.0\nTEMP 5\n"])
def test_instructions_between_and_behind_the_rows_hold_for_all(line: str) -> None:
    for text in (ROWS.replace("10.00", f"{line}10.00"), ROWS + line):
        pattern = read(HEAD.format("! a") + text)
        np.testing.assert_allclose(pattern.intensity, COUNTS * 10.0)


def test_two_different_factors_are_refused() -> None:
    with pytest.raises(UnreadableFileError, match="several lines INTER with different factors"):
        read(HEAD.format("INTER 0.5 10.0") + ROWS + "INTER 1 1\n")
