import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError, UnreadableFileError
from crystinet.core.notes import Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.readers.parts.scans import (
    Scan,
    patterns_of_scans,
    to_common_time,
    undo_attenuation,
    unlike_powder,
)
from crystinet.patterns.readers.parts.tube import radiation_of_lines

HOT = Note(NoteCode.READER_REMARK, "hot")

X = 10.0 + 0.05 * np.arange(300)
Y = 5.0 + np.arange(300) % 11


@pytest.mark.parametrize(
    "name",
    """Gonio|2Theta|2Theta-Omega|Omega-2Theta|TwoTheta|TwoThetaTheta|TwoThetaChiPhi|2θ/θ|
    Locked Coupled|Unlocked Coupled|Detector Scan|Coupled TwoTheta/Theta|PSD Fast Scan|
    unlocked coupled HR XRD|2Theta/Omega""".replace("\n", "").split("|"),
)
def test_scans_in_which_2theta_moves(name: str) -> None:
    assert unlike_powder(name.strip()) is None


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("Omega", "rocking curve"),
        ("Rocking Curve", "rocking curve"),
        ("Theta", "rocking curve"),
        ("Chi", "chi scan"),
        ("khi scan", "chi scan"),
        ("Phi", "phi scan"),
        ("Z-Drive", "position"),
        ("X scan", "position"),
        ("Pole figure", "pole figure"),
        ("Area measurement", "map"),
        ("Reciprocal Space", "map"),
        ("Still", "one angle"),
        ("Divergence Slit", "'Divergence Slit'"),
        ("", "''"),
    ],
)
def test_scans_in_which_it_does_not(name: str, what: str) -> None:
    assert what in str(unlike_powder(name))


def test_a_file_without_scans_and_one_with_none_of_powder() -> None:
    with pytest.raises(UnreadableFileError, match="a holds no scan"):
        patterns_of_scans([], name="a", radiation=None)
    with pytest.raises(InvalidPatternError, match="a holds a phi scan, not a powder pattern"):
        patterns_of_scans([Scan(unlike_powder="a phi scan")] * 2, name="a", radiation=None)


def test_scans_are_numbered_without_those_that_are_left_out() -> None:
    scans = [Scan(X, Y), Scan(unlike_powder="a phi scan"), Scan(X, Y, notes=(HOT,))]
    first, second = patterns_of_scans(scans, name="a", radiation=Radiation((0.5,)))
    assert (first.name, second.name) == ("a [1]", "a [2]")
    assert first.warnings == ("1 of 3 scans were left out: a phi scan.",)
    assert second.notes == (HOT, *first.notes)


def test_more_scans_than_any_program_writes() -> None:
    endless = (Scan(X, Y) for _ in iter(int, 1))
    with pytest.raises(UnreadableFileError, match="more than 4096 scans"):
        patterns_of_scans(endless, name="a", radiation=None)


def test_scans_at_many_omegas_are_a_map_and_at_few_are_not() -> None:
    few = [Scan(X, Y, omega_deg=20.0 + i % 3) for i in range(9)]
    assert len(patterns_of_scans(few, name="a", radiation=None)) == 9
    many = [Scan(X, Y, omega_deg=20.0 + i) for i in range(9)]
    with pytest.raises(InvalidPatternError, match="9 scans at omega from 20 to 28 degrees"):
        patterns_of_scans(many, name="a", radiation=None)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X, Y[:-1], "300 angles and 299 intensities"),
        (X[:0], Y[:0], "0 angles"),
        (np.where(X > 20, np.nan, X), Y, "2theta nan at point 202"),
        (X * 1e6, Y, r"2theta 1e\+07 at point 1"),
        (X, np.where(X > 20, np.inf, Y), "intensity inf at point 202"),
        (X, -1e13 * Y, "intensity -5e\\+13 at point 1"),
    ],
)
def test_numbers_of_a_damaged_file(x: FloatArray, y: FloatArray, message: str) -> None:
    with pytest.raises((UnreadableFileError, InvalidPatternError), match=message):
        patterns_of_scans([Scan(x, y)], name="a", radiation=None)


POSITIVE = st.floats(0.1, 100.0)


@given(arrays(np.float64, 30, elements=POSITIVE), arrays(np.float64, 30, elements=POSITIVE))
def test_common_time_and_open_beam_give_back_the_rate(rate: FloatArray, factor: FloatArray) -> None:
    counts, _ = to_common_time(rate * factor, factor)
    np.testing.assert_allclose(counts, rate * np.median(factor), rtol=1e-5)
    opened, _ = undo_attenuation(rate / factor, factor)
    if np.ptp(factor) > 0.0:
        np.testing.assert_allclose(opened, rate, rtol=1e-12)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
def test_times_and_factors_must_be_positive(bad: float) -> None:
    with pytest.raises(UnreadableFileError, match="counting times go from"):
        to_common_time(np.ones(3), np.array([1.0, bad, 1.0]))
    with pytest.raises(UnreadableFileError, match="beam attenuator go from"):
        undo_attenuation(np.ones(3), np.array([1.0, bad, 1.0]))


@pytest.mark.parametrize(
    ("lines", "anode", "radiation"),
    [
        ((1.5406, 1.5444, 0.497), "", Radiation((1.5406, 1.5444), (1.0, 0.497))),
        ((1.5406, 1.5444, 0.0), "", Radiation((1.5406, 1.5444), (1.0, 0.5))),
        ((1.5406, 0.0, 0.5), "", Radiation((1.5406,))),
        ((1.5406, 1.5406, 0.5), "", Radiation((1.5406,))),
        ((1.5406, 1.39, 0.5), "", Radiation((1.5406,))),
        ((0.0, 0.0, 0.0), "Mo", Radiation.of_anode("Mo")),
        ((0.0, 0.0, 0.0), "CU_1", Radiation.of_anode("Cu")),
        ((0.0, 0.0, 0.0), "Xx", None),
        ((0.0, 0.0, 0.0), "", None),
    ],
)
def test_lines_of_a_tube(
    lines: tuple[float, float, float], anode: str, radiation: Radiation | None
) -> None:
    assert radiation_of_lines(*lines, anode=anode) == radiation
