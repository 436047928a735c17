import json

import numpy as np
import pytest

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.readers.reading import parse_patterns

AXIS = np.round(10.0 + 0.05 * np.arange(600), 2).tolist()
COUNTS = np.random.default_rng(0).integers(1, 9999, 600).tolist()


def read(document: object) -> Pattern:
    data = json.dumps(document).encode()
    (pattern,) = parse_patterns(data, name="a.json", wavelength_angstrom=None)
    return pattern


@pytest.mark.parametrize(
    "document",
    [
        {"2theta": AXIS, "counts": COUNTS},
        {"counts": COUNTS, "two_theta": AXIS},
        {"x": AXIS, "y": COUNTS},
        {"sample": "rutile", "data": {"2theta": AXIS, "intensity": COUNTS}},
        {"patterns": [{"2theta": x, "intensity": y} for x, y in zip(AXIS, COUNTS, strict=True)]},
        [AXIS, COUNTS],
        [list(pair) for pair in zip(AXIS, COUNTS, strict=True)],
        [{"2theta": x, "intensity": y} for x, y in zip(AXIS, COUNTS, strict=True)],
    ],
)
def test_the_shapes_of_two_arrays(document: object) -> None:
    pattern = read(document)
    np.testing.assert_array_equal(pattern.two_theta_deg, AXIS)
    np.testing.assert_array_equal(pattern.intensity, COUNTS)


def test_what_stands_beside_the_arrays_is_the_header() -> None:
    pattern = read({"wavelength": 0.7093, "2theta": AXIS, "counts": COUNTS})
    assert pattern.radiation == Radiation.of_anode("Mo")


def test_null_is_no_intensity() -> None:
    pattern = read({"2theta": AXIS, "counts": [None, *COUNTS[1:]]})
    np.testing.assert_array_equal(pattern.intensity, COUNTS[1:])


def test_an_axis_of_something_else_is_refused_by_its_name() -> None:
    with pytest.raises(UnreadableFileError, match="The axis is 'energy_keV'"):
        read({"energy_keV": AXIS, "counts": COUNTS})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"2theta": [1, 2', "not well-formed JSON"),
        ('{"a": 1}', "without two arrays"),
        ('[{"a": 1}]', "without two arrays"),
        ("[[1, 2], [3, 4, 5]]", "without two arrays"),
        ("[" * 100_000 + "]" * 100_000, "JSON"),
    ],
)
def test_other_json_is_refused(text: str, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message):
        parse_patterns(text.encode(), name="a.json")
