"""Points that were not measured are left out, in text and in instrument files, and counted."""

from typing import Any

import numpy as np
import pytest

from crystinet.core.notes import NoteCode, find_note
from crystinet.patterns.readers import parse_patterns
from crystinet.patterns.readers.parts.missing import is_measured

COUNTS = np.random.default_rng(1).integers(1, 999, 300).astype(np.float64)
NOTHING = np.zeros(40)


@pytest.mark.parametrize(
    ("intensity", "n"),
    [
        (COUNTS, 300),
        (np.concatenate([COUNTS, NOTHING]), 300),
        (np.concatenate([NOTHING, COUNTS]), 300),
        (np.concatenate([NOTHING, COUNTS, NOTHING]), 300),
        (np.concatenate([COUNTS, NOTHING - 1.0]), 300),
        (np.concatenate([COUNTS, NOTHING[:9]]), 309),  # so few may have been counted
        (np.concatenate([NOTHING, COUNTS, [0.0], COUNTS]), 641),  # zeros are counted here
        (np.concatenate([COUNTS, [-9999.0, np.nan], COUNTS]), 600),
        (NOTHING, 40),
    ],
)
def test_what_was_measured(intensity: np.ndarray, n: int) -> None:
    assert np.count_nonzero(is_measured(intensity)) == n


def test_points_of_no_time_were_not_measured() -> None:
    seconds = np.ones(4)
    seconds[2:] = 0.0
    assert is_measured(np.array([5.0, 0.0, 0.0, 7.0]), seconds).tolist() == [
        True,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize("form", ["raw_1", "raw_2", "raw_3"])
def test_tails_of_binary_files(form: str, instrument_files: Any) -> None:
    data = getattr(instrument_files, form)([np.concatenate([COUNTS, NOTHING])])
    (pattern,) = parse_patterns(data, name="a.raw")
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    note = find_note(pattern.notes, NoteCode.POINTS_NOT_MEASURED)
    assert note
    assert "40 of 340 points" in note.text


def test_tails_of_uxd() -> None:
    rows = [f"{10 + 0.1 * i:.1f} {y:.0f} 1.0" for i, y in enumerate(COUNTS)]
    rows += [f"{40 + 0.1 * i:.1f} 0 0.0" for i in range(40)]
    text = "_DRIVE='COUPLED'\n_2THETACOUNTSTIME\n" + "\n".join(rows) + "\n"
    (pattern,) = parse_patterns(text.encode(), name="a.uxd")
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert find_note(pattern.notes, NoteCode.POINTS_NOT_MEASURED)


def test_tails_of_brml(instrument_files: Any) -> None:
    made = instrument_files.brml_range(
        np.concatenate([COUNTS, NOTHING]), seconds=lambda i: 2.0 if i < len(COUNTS) else 0.0
    )
    (pattern,) = parse_patterns(
        instrument_files.archive({"Experiment0/RawData0.xml": made}), name="a.brml"
    )
    np.testing.assert_array_equal(pattern.intensity, COUNTS)
    assert find_note(pattern.notes, NoteCode.POINTS_NOT_MEASURED)
