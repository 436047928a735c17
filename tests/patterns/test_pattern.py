from dataclasses import replace

import numpy as np
import pytest

from crystinet.core.errors import InvalidPatternError, InvalidWavelengthError
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern

COPPER = Radiation.of_anode("Cu")


def test_arrays_are_copied_and_read_only() -> None:
    axis, intensity = np.array([10.0, 10.1, 10.2]), np.array([1.0, 2.0, 3.0])
    pattern = Pattern(axis, intensity, COPPER)
    intensity[0] = 99.0
    assert pattern.intensity.tolist() == [1.0, 2.0, 3.0]
    with pytest.raises(ValueError, match="read-only"):
        pattern.intensity[0] = 5.0
    with pytest.raises(ValueError, match="read-only"):
        pattern.mask[0] = False


def test_everything_counts_as_measured_without_a_mask() -> None:
    pattern = Pattern([10.0, 10.1, 10.2], [1.0, 2.0, 3.0], COPPER)  # type: ignore[arg-type]
    assert pattern.mask.tolist() == [True, True, True]
    assert pattern.measured_range_deg == (10.0, 10.2)


def test_measured_range_follows_the_mask() -> None:
    axis, mask = np.arange(5.0), np.array([False, True, True, False, False])
    assert Pattern(axis, np.ones(5), COPPER, mask=mask).measured_range_deg == (1.0, 2.0)
    nothing = Pattern(axis, np.ones(5), COPPER, mask=np.zeros(5, dtype=np.bool_))
    assert np.isnan(nothing.measured_range_deg).all()


@pytest.mark.parametrize(
    ("axis", "intensity", "message", "hint"),
    [
        ([10.0, 10.1], [1.0], r"Shapes differ: 2theta \(2,\), intensity \(1,\)", "for each 2theta"),
        ([10.0, np.nan], [1.0, 2.0], r"Point 2 is not a finite number \(2theta nan", "NaN"),
        ([10.0, 10.1], [np.inf, 2.0], r"Point 1 .* intensity inf", "infinite"),
        ([10.0, 10.2, 10.2], [1.0, 2.0, 3.0], "increase at point 3: 10.2, then 10.2", "Sort"),
        ([10.0, 10.2, 10.1], [1.0, 2.0, 3.0], "increase at point 3: 10.2, then 10.1", "Sort"),
    ],
)
def test_impossible_numbers_are_refused(
    axis: list[float], intensity: list[float], message: str, hint: str
) -> None:
    with pytest.raises(InvalidPatternError, match=message) as caught:
        Pattern(np.array(axis), np.array(intensity), COPPER)
    assert hint in caught.value.hint


X = np.arange(10.0, 60.0, 0.1)


def test_a_pattern_from_arrays_and_a_wavelength() -> None:
    pattern = Pattern.from_arrays(list(X), X * 2, wavelength_angstrom=1.5418, name="mine")
    assert pattern.radiation == Radiation.of_anode("Cu")
    assert pattern.name == "mine"
    assert pattern.warnings == ()
    assert pattern.mask.all()
    np.testing.assert_array_equal(pattern.intensity, X * 2)


def test_a_wavelength_that_is_not_given_is_assumed_aloud() -> None:
    pattern = Pattern.from_arrays(X, X)
    assert pattern.radiation.assumed
    assert "assumed" in pattern.warnings[0]


@pytest.mark.parametrize("radiation", [None, 1.5406, "Cu", (1.54,)])
def test_a_radiation_must_be_one(radiation: object) -> None:
    with pytest.raises(InvalidWavelengthError) as caught:
        Pattern(X, X, radiation)  # type: ignore[arg-type]
    assert "from_arrays" in caught.value.hint
    with pytest.raises(InvalidWavelengthError):
        Pattern(X, X)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (["a", "b"], [1, 2]),
        (None, [1, 2]),
        ([1, 2], [[1, 2], [3]]),
        ([1, 2], [1, 2j]),
        ([1, 2], {}),
        ([1, 2], "12"),
        (3.0, 4.0),
        ([[1, 2]], [[3, 4]]),
        ([1, 2], [1, 2, 3]),
        ([1, 2], [1, np.nan]),
        ([1, np.inf], [1, 2]),
        ([2, 1], [1, 2]),
        ([1, 2], [1, 1e300]),
        ([1, 2], [-1e300, 1]),
    ],
)
def test_what_is_no_pattern_is_our_error(x: object, y: object) -> None:
    with pytest.raises(InvalidPatternError):
        Pattern.from_arrays(x, y, wavelength_angstrom=1.54)  # type: ignore[arg-type]
    with pytest.raises(InvalidPatternError):
        Pattern(x, y, Radiation.of_anode("Cu"))  # type: ignore[arg-type]


@pytest.mark.parametrize("mask", [[True], [[True] * len(X)], "yes"])
def test_a_mask_must_fit(mask: object) -> None:
    with pytest.raises(InvalidPatternError):
        Pattern(X, X, Radiation.of_anode("Cu"), mask)  # type: ignore[arg-type]


def test_notes_are_notes_and_not_prose() -> None:
    pattern = Pattern.from_arrays([10.0, 10.1], [1.0, 2.0], wavelength_angstrom=1.5406)
    with pytest.raises(InvalidPatternError, match="not notes") as caught:
        replace(pattern, notes=("sorted",))  # type: ignore[arg-type]
    assert "Note(code, text)" in caught.value.hint
