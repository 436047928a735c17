from pathlib import Path

import numpy as np
import pytest

from crystinet.core.arguments import as_count, as_path, as_range, as_wavelength
from crystinet.core.errors import ConfigError, FileMissingError, InvalidWavelengthError


def test_good_arguments_pass() -> None:
    assert as_path("a.xy", name="source") == Path("a.xy")
    assert as_path(Path("a.xy"), name="source") == Path("a.xy")
    assert as_count(np.int64(3), name="top") == 3
    assert as_wavelength(np.float32(0.5)) == 0.5
    assert as_wavelength(2) == 2.0


@pytest.mark.parametrize("value", [None, 3, b"a.xy", ["a.xy"], np.zeros((30, 30))])
def test_what_is_no_path_is_named(value: object) -> None:
    with pytest.raises(ConfigError, match=r"^source is .*, not a path") as caught:
        as_path(value, name="source", of="a measured pattern")
    assert "a measured pattern" in caught.value.hint
    assert len(caught.value.message) < 120


@pytest.mark.parametrize("value", ["", "a\0b.xy"])
def test_text_that_is_no_name_is_refused(value: str) -> None:
    with pytest.raises(FileMissingError, match="source is '"):
        as_path(value, name="source")


@pytest.mark.parametrize("value", [0, -1, "3", 2.0, None, True])
def test_what_is_no_count_is_named(value: object) -> None:
    with pytest.raises(ConfigError, match=r"^top is .* not a whole number of at least 1"):
        as_count(value, name="top")


@pytest.mark.parametrize("value", ["1.54", None, True, [1.54], 1j])
def test_what_is_no_wavelength_is_named(value: object) -> None:
    with pytest.raises(InvalidWavelengthError, match="not a number") as caught:
        as_wavelength(value)
    assert "angstrom" in caught.value.hint


def test_good_ranges_pass() -> None:
    assert as_range((5, 65), name="range") == (5.0, 65.0)
    assert as_range(np.array([5.5, 65.0]), name="range") == (5.5, 65.0)


@pytest.mark.parametrize(
    "value",
    [(5,), (5, 6, 7), (6, 5), (5, 5), ("5", "6"), "56", None, 5, (float("nan"), 6), (True, 6), ()],
)
def test_what_is_no_range_is_named(value: object) -> None:
    with pytest.raises(ConfigError, match=r"^range is .*, not two numbers"):
        as_range(value, name="range")
