import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import read_pattern

Save = Callable[[bytes, str], Path]


def test_the_range_of_a_file(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts(700)
    pattern = read_pattern(save(instrument_files.stoe(y), "a.raw"))
    np.testing.assert_array_equal(pattern.intensity, y)
    np.testing.assert_allclose(pattern.two_theta_deg, 10.0 + 0.05 * np.arange(700), rtol=1e-12)
    assert pattern.radiation == Radiation((1.54056, 1.5444), (1.0, 0.5))
    assert pattern.warnings == ()


@pytest.mark.parametrize(
    ("at", "form", "value"), [(0x822, "H", 500), (0x834, "f", 80.0), (0x87C, "I", 7)]
)
def test_a_header_that_does_not_fit_the_data(
    at: int, form: str, value: float, instrument_files: Any, save: Save
) -> None:
    data = bytearray(instrument_files.stoe(instrument_files.counts(600)))
    struct.pack_into("<" + form, data, at, value)
    with pytest.raises(UnreadableFileError, match="its header says"):
        read_pattern(save(bytes(data), "a.raw"))


def test_a_file_that_was_cut_off(instrument_files: Any, save: Save) -> None:
    data = instrument_files.stoe(instrument_files.counts(600))
    with pytest.raises(UnreadableFileError, match=r"announces 600 points"):
        read_pattern(save(data[:-900], "a.raw"))
