import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.errors import InvalidPatternError
from crystinet.core.notes import Note, NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.pattern import ASSUMED_WAVELENGTH, Pattern
from crystinet.patterns.readers.parts.scan import pattern_from_scan, split_scans

REMARK = Note(NoteCode.READER_REMARK, "first line skipped")

COPPER = Radiation.of_anode("Cu")
AXIS = np.linspace(10.0, 60.0, 501)
CURVE = np.arange(501.0) ** 2


def scan(axis: np.ndarray, intensity: np.ndarray) -> Pattern:
    return pattern_from_scan(axis, intensity, radiation=COPPER, name="a.xy")


def test_a_good_scan_passes_unchanged() -> None:
    pattern = pattern_from_scan(AXIS, CURVE, radiation=COPPER, name="a.xy", notes=(REMARK,))
    np.testing.assert_array_equal(pattern.two_theta_deg, AXIS)
    np.testing.assert_array_equal(pattern.intensity, CURVE)
    assert (pattern.name, pattern.notes) == ("a.xy", (REMARK,))
    assert pattern.radiation == COPPER


def test_a_silent_file_gets_copper_and_the_warning() -> None:
    pattern = pattern_from_scan(AXIS, CURVE, radiation=None, name="a.xy")
    assert pattern.radiation == Radiation.of_anode("Cu", assumed=True)
    assert pattern.notes == (ASSUMED_WAVELENGTH,)


@settings(max_examples=30)
@given(seed=st.integers(0, 10_000))
def test_shuffled_points_are_sorted(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(AXIS))
    pattern = scan(AXIS[order], CURVE[order])
    np.testing.assert_array_equal(pattern.two_theta_deg, AXIS)
    np.testing.assert_array_equal(pattern.intensity, CURVE)
    assert pattern.warnings == (
        "The points were not in the order of increasing 2theta; they were sorted.",
    )


def test_a_scan_from_high_to_low_angles_is_one_scan() -> None:
    pattern = scan(AXIS[::-1], CURVE[::-1])
    np.testing.assert_array_equal(pattern.intensity, CURVE)
    assert "sorted" in pattern.warnings[0]


def test_ranges_in_any_order_that_hardly_overlap_are_one_scan() -> None:
    order = np.concatenate((np.arange(300, 501), np.arange(100, 305), np.arange(100)))
    pattern = scan(AXIS[order], CURVE[order])
    np.testing.assert_array_equal(pattern.two_theta_deg, AXIS)
    np.testing.assert_array_equal(pattern.intensity, CURVE)


def test_one_misplaced_line_is_sorted() -> None:
    order = np.arange(501)
    order[[250, 251]] = order[[251, 250]]
    np.testing.assert_array_equal(scan(AXIS[order], CURVE[order]).intensity, CURVE)


@pytest.mark.parametrize("shift", [0.0, 0.03, 2.0])
def test_two_scans_over_one_range_are_refused(shift: float) -> None:
    axis = np.concatenate((AXIS, AXIS + shift))
    with pytest.raises(InvalidPatternError, match=r"jumps back 1 times .* 60 to 1") as caught:
        scan(axis, np.ones(1002))
    assert "file of its own" in caught.value.hint


def test_repeated_points_are_averaged() -> None:
    axis = np.concatenate((AXIS, AXIS[[7, 7, 100]]))
    curve = np.concatenate((CURVE, [1.0, 16.0, 20_000.0]))
    pattern = scan(axis, curve)
    expected = CURVE.copy()
    expected[7], expected[100] = (49.0 + 1.0 + 16.0) / 3.0, 15_000.0
    np.testing.assert_allclose(pattern.intensity, expected)
    assert any(text.startswith("3 points repeated") for text in pattern.warnings)


def test_an_axis_of_few_values_is_no_axis() -> None:
    with pytest.raises(InvalidPatternError, match="400 points have only 5 different") as caught:
        scan(np.repeat(np.arange(5.0), 80), np.ones(400))
    assert "list of counts" in caught.value.hint


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        (AXIS + 130.0, "from 140 to 190, outside 0 to 180"),
        (-AXIS, "from -60 to -10, outside 0 to 180"),
        (AXIS * 1000.0, "from 10000 to 60000, outside 0 to 180"),
    ],
)
def test_angles_no_diffractometer_reaches(axis: np.ndarray, message: str) -> None:
    with pytest.raises(InvalidPatternError, match=message) as caught:
        scan(axis, CURVE)
    assert "2theta in degrees" in caught.value.hint


def test_the_direct_beam_is_left_out() -> None:
    pattern = scan(np.linspace(-5.0, 45.0, 501), CURVE)
    assert pattern.two_theta_deg[0] == pytest.approx(0.1)
    assert len(pattern.two_theta_deg) == 450
    assert pattern.warnings == ("51 points at or below 0 degrees 2theta were left out.",)


def test_scans_over_one_range_are_told_apart() -> None:
    one = np.arange(10.0, 40.0, 0.1)
    n = len(one)
    assert split_scans(one) == [(0, n)]
    assert split_scans(np.concatenate([one, one, one])) == [(0, n), (n, 2 * n), (2 * n, 3 * n)]
    # Ranges of one measurement, a falling axis and points in disorder are left to others.
    assert split_scans(np.concatenate([one, one + 29.9])) == [(0, 2 * n)]
    assert split_scans(one[::-1]) == [(0, n)]
    assert split_scans(np.concatenate([one, [12.0], one])) == [(0, 2 * n + 1)]
    assert split_scans(np.empty(0)) == [(0, 0)]
