from pathlib import Path

import numpy as np
import pytest

import crystinet
from crystinet.core.errors import ConfigError, InvalidWavelengthError
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


def test_an_anode_is_a_wavelength_and_not_both_are_given(tmp_path: Path) -> None:
    x = np.arange(10.0, 90.0, 0.02)
    y = 20.0 + 900.0 * np.exp(-(((x - 38.0) / 0.1) ** 2))
    np.savetxt(tmp_path / "a.xy", np.column_stack([x, y]))
    result = crystinet.identify(tmp_path / "a.xy", anode="molybdenum")
    assert (result.wavelength_angstrom, result.wavelength_from) == (0.7093172, "given")
    assert crystinet.identify_many([tmp_path / "a.xy"], anode="Co")[0].ok
    with pytest.raises(ConfigError, match="Both a wavelength"):
        crystinet.identify(tmp_path / "a.xy", anode="Mo", wavelength_angstrom=0.7)
    with pytest.raises(InvalidWavelengthError, match="Unknown anode 'Xy'"):
        crystinet.identify(tmp_path / "a.xy", anode="Xy")


def test_a_pattern_says_where_its_wavelength_came_from(tmp_path: Path) -> None:
    x = np.arange(10.0, 90.0, 0.02)
    bare = crystinet.Pattern.from_arrays(x, x)
    assert bare.radiation.origin == "assumed"
    given = crystinet.Pattern.from_arrays(x, x, wavelength_angstrom=0.7)
    assert given.radiation.origin == "given"
    np.savetxt(tmp_path / "a.xy", np.column_stack([x, x]), header="lam = 0.5")
    read = crystinet.read_pattern(tmp_path / "a.xy")
    assert read.radiation.origin == "the file says '# lam = 0.5'"


@pytest.mark.parametrize("words", ["Mo", "molybdenum", "0,7093", "17.48 keV", "0.07093 nm"])
def test_python_understands_what_the_command_line_does(tmp_path: Path, words: str) -> None:
    x = np.arange(10.0, 90.0, 0.02)
    y = 20.0 + 900.0 * np.exp(-(((x - 38.0) / 0.1) ** 2))
    path = tmp_path / "a.xy"
    np.savetxt(path, np.column_stack([x, y]))
    read = crystinet.read_pattern(path, wavelength_angstrom=words)
    assert read.radiation.wavelength_angstrom == pytest.approx(0.7093, abs=1e-4)
    assert read.radiation.origin == "given"
    answer = crystinet.identify(path, wavelength_angstrom=words)
    assert answer.wavelength_angstrom == pytest.approx(0.7093, abs=1e-4)
    kind = crystinet.types()[14]
    simulated = crystinet.simulate(kind.reference, wavelength_angstrom=words)
    assert simulated.radiation.wavelength_angstrom == pytest.approx(0.7093, abs=1e-4)


def test_reading_takes_an_anode(tmp_path: Path) -> None:
    x = np.arange(10.0, 90.0, 0.02)
    np.savetxt(tmp_path / "a.xy", np.column_stack([x, 100.0 + x]), header="Cu Ka")
    for read in (crystinet.read_pattern, lambda *a, **k: crystinet.read_patterns(*a, **k)[0]):
        assert read(tmp_path / "a.xy", anode="Co").radiation == crystinet.Radiation.of_anode("Co")
    with pytest.raises(ConfigError, match="Both a wavelength"):
        crystinet.read_pattern(tmp_path / "gone.xy", anode="Mo", wavelength_angstrom=0.7)
