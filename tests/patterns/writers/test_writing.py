"""Patterns that are written are read back by our own readers, point by point."""

from pathlib import Path

import gemmi
import numpy as np
import pytest

import crystinet
from crystinet import ConfigError, InvalidPatternError, Pattern
from crystinet.patterns.writers.writing import ENDINGS

SAID: dict[str, str | float] = {
    "sample": 'lot "12" of größe',
    "instrument": "D8",
    "anode": "Mo",
    "measured_at": "2024-03-02T10:11:12",
    "voltage_kv": 40.0,
    "temperature_k": 300.0,
}


def measured(said: dict[str, str | float] = SAID, **given: object) -> Pattern:
    two_theta = np.round(np.arange(10.0, 60.0, 0.02), 4)
    counts = np.round(40.0 + 900.0 * np.exp(-(((two_theta - 31.7) / 0.1) ** 2)))
    return Pattern.from_arrays(two_theta, counts, name="a scan.xrdml", metadata=said, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_point_comes_back_with_its_wavelength(ending: str, tmp_path: Path) -> None:
    if ending == ".nxs":
        pytest.importorskip("h5py")
    pattern = measured(anode="Mo").within((12.0, 50.0))
    crystinet.write_pattern(pattern, tmp_path / f"a{ending}")
    back = crystinet.read_pattern(tmp_path / f"a{ending}")
    np.testing.assert_array_equal(back.two_theta_deg, pattern.two_theta_deg[pattern.mask])
    np.testing.assert_array_equal(back.intensity, pattern.intensity[pattern.mask])
    assert back.radiation == pattern.radiation
    assert not back.radiation.assumed
    if ending in (".cif", ".nxs"):
        assert back.metadata["instrument"] == "D8"
        assert back.metadata["measured_at"] == SAID["measured_at"]
        assert "lot" in str(back.metadata["sample" if ending == ".nxs" else "comment"])


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_wavelength_that_was_assumed_is_not_written(ending: str, tmp_path: Path) -> None:
    if ending == ".nxs":
        pytest.importorskip("h5py")
    pattern = measured({"sample": "tin"})
    crystinet.write_pattern(pattern, tmp_path / f"a{ending}")
    assert crystinet.read_pattern(tmp_path / f"a{ending}").radiation.assumed


def test_uncertainties_are_the_square_root_of_counts(tmp_path: Path) -> None:
    pattern = Pattern.from_arrays([20.0, 20.1, 20.2], [0.0, 9.0, 1e4], anode="Cu")
    crystinet.write_pattern(pattern, tmp_path / "a.xye")
    rows = np.loadtxt(tmp_path / "a.xye")
    np.testing.assert_allclose(rows[:, 2], [1.0, 3.0, 100.0])


def test_a_cif_is_one_that_gemmi_and_its_dictionary_take(tmp_path: Path) -> None:
    crystinet.write_pattern(measured(anode="Mo"), tmp_path / "a.cif")
    assert (tmp_path / "a.cif").read_bytes().isascii()
    block = gemmi.cif.read(str(tmp_path / "a.cif")).sole_block()
    assert block.name == "a_scan.xrdml"
    assert len(block.find_loop("_pd_meas_intensity_total")) == 2500
    assert gemmi.cif.as_string(block.find_value("_pd_spec_description")) == 'lot "12" of gr??e'


def test_an_array_of_xarray_and_back() -> None:
    pytest.importorskip("xarray")
    pattern = measured(anode="Mo").within((12.0, 50.0))
    array = crystinet.to_xarray(pattern)
    assert array.two_theta.units == "degree"
    assert array.attrs["instrument"] == "D8"
    back = Pattern.from_arrays(array)
    np.testing.assert_array_equal(back.intensity, pattern.intensity[pattern.mask])
    assert back.radiation == pattern.radiation
    assert Pattern.from_arrays(array, anode="Co").radiation.wavelength_angstrom > 1.7
    assert crystinet.identify(array).wavelength_angstrom == pattern.radiation.wavelength_angstrom


def test_the_wavelength_of_an_array_survives_numpy_and_is_no_guess() -> None:
    pytest.importorskip("xarray")
    array = crystinet.to_xarray(measured(anode="Mo"))
    for name in ("wavelengths_angstrom", "weights"):  # as netCDF gives them back
        array.attrs[name] = np.array(array.attrs[name])
    assert Pattern.from_arrays(array).radiation == measured(anode="Mo").radiation
    assumed = Pattern.from_arrays(crystinet.to_xarray(measured()))
    assert assumed.radiation.assumed
    array.attrs["wavelengths_angstrom"] = "none"
    with pytest.raises(crystinet.InvalidWavelengthError):
        Pattern.from_arrays(array)


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    pattern = measured()
    with pytest.raises(ConfigError, match=r"a\.raw ends in none of \.xy, \.xye"):
        crystinet.write_pattern(pattern, tmp_path / "a.raw")
    with pytest.raises(InvalidPatternError, match="no Pattern"):
        crystinet.write_pattern("a.xy", tmp_path / "a.xy")  # type: ignore[arg-type]
    with pytest.raises(crystinet.FileMissingError):
        crystinet.write_pattern(pattern, tmp_path / "nowhere" / "a.xy")
    assert not list(tmp_path.iterdir())
