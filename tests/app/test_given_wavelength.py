from pathlib import Path

import numpy as np
import pytest

import crystinet
from crystinet.core.errors import InvalidWavelengthError
from crystinet.core.notes import NoteCode, find_note


def test_a_given_wavelength_ends_the_warning_and_never_relabels_a_d_axis(tmp_path: Path) -> None:
    x = np.arange(10.0, 90.0, 0.02)
    y = 20.0 + 900.0 * np.exp(-(((x - 38.0) / 0.1) ** 2))
    np.savetxt(tmp_path / "a.xy", np.column_stack([x, y]))
    pattern = crystinet.read_pattern(tmp_path / "a.xy")
    result = crystinet.identify(pattern, wavelength_angstrom=1.5406)
    assert not find_note(result.notes, NoteCode.ASSUMED_WAVELENGTH)
    d = 1.5405929 / (2.0 * np.sin(np.radians(x) / 2.0))
    np.savetxt(tmp_path / "d.csv", np.column_stack([d, y]), delimiter=",", header="d,intensity")
    with pytest.raises(InvalidWavelengthError, match="another wavelength"):
        crystinet.identify(crystinet.read_pattern(tmp_path / "d.csv"), wavelength_angstrom=0.7)
