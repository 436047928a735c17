import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.diffraction import d_from_two_theta
from crystinet.core.errors import InvalidPatternError, MissingExtraError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import read_pattern, read_patterns

h5py: Any = pytest.importorskip("h5py")

Save = Callable[[bytes, str], Path]


def changed(data: bytes, change: Callable[[Any], None]) -> bytes:
    stream = io.BytesIO(data)
    with h5py.File(stream, "r+") as file:
        change(file)
    return stream.getvalue()


def test_a_profile(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts()
    pattern = read_pattern(save(instrument_files.nexus(y), "a.nxs"))
    np.testing.assert_array_equal(pattern.intensity, y)
    np.testing.assert_allclose(pattern.two_theta_deg, 10.0 + 0.05 * np.arange(600))
    assert (pattern.radiation, pattern.warnings) == (Radiation.of_wavelength(1.5405), ())


@pytest.mark.parametrize(
    ("axis", "units", "convert"),
    [
        ("polar_angle", "degrees", lambda x: x),
        ("two_theta", "rad", np.radians),
        ("2theta", "deg", lambda x: x),
        ("q", "1/angstrom", lambda x: 2.0 * np.pi / d_from_two_theta(x, 0.5)),
        ("Q", "1/nm", lambda x: 20.0 * np.pi / d_from_two_theta(x, 0.5)),
    ],
)
def test_the_axis_in_other_words_and_units(
    axis: str, units: str, convert: Callable[[Any], Any], instrument_files: Any, save: Save
) -> None:
    x = 10.0 + 0.05 * np.arange(600)
    data = instrument_files.nexus(
        instrument_files.counts(),
        axis=axis,
        units=units,
        values=convert(x),
        wavelength=(0.05, "nm"),
    )
    pattern = read_pattern(save(data, "a.nxs"))
    np.testing.assert_allclose(pattern.two_theta_deg, x, rtol=1e-9)
    assert pattern.radiation == Radiation((0.5,))
    assert pattern.warnings == (("2theta was calculated from Q.",) if axis in "qQ" else ())


def test_without_a_wavelength(instrument_files: Any, save: Save) -> None:
    data = instrument_files.nexus(instrument_files.counts(), wavelength=None)
    assert read_pattern(save(data, "a.nxs")).radiation.assumed

    def name_the_anode(file: Any) -> None:
        file["entry/xray_tube_material"] = "Mo"

    named = read_pattern(save(changed(data, name_the_anode), "a.nxs"))
    assert named.radiation == Radiation.of_anode("Mo")


def test_a_map_and_a_scan_of_another_axis_are_refused(instrument_files: Any, save: Save) -> None:
    image = instrument_files.nexus(np.ones((50, 40)), values=np.arange(50.0))
    with pytest.raises(InvalidPatternError, match="an image or a map of 50 x 40 values"):
        read_pattern(save(image, "a.nxs"))
    rocking = instrument_files.nexus(instrument_files.counts(), axis="omega")
    with pytest.raises(InvalidPatternError, match="a scan of omega"):
        read_pattern(save(rocking, "a.nxs"))


def test_a_scan_axis_that_the_instrument_names(instrument_files: Any, save: Save) -> None:
    data = instrument_files.nexus(instrument_files.counts())
    for name, refused in (("Gonio", False), ("Phi", True)):

        def say(file: Any, name: str = name) -> None:
            file["entry/scan_axis"] = name

        path = save(changed(data, say), "a.nxs")
        if refused:
            with pytest.raises(InvalidPatternError, match="a phi scan"):
                read_pattern(path)
        else:
            assert len(read_pattern(path).intensity) == 600


def test_links_inside_the_file_are_followed_and_others_are_not(
    instrument_files: Any, save: Save
) -> None:
    y = instrument_files.counts()
    other = save(instrument_files.nexus(y), "other.nxs")

    def link(file: Any, outside: bool) -> None:
        file["entry/detector/polar_angle"] = 10.0 + 0.05 * np.arange(600)
        del file["entry/data/two_theta"]
        there = h5py.ExternalLink(str(other), "/entry/data/two_theta")
        here = h5py.SoftLink("/entry/detector/polar_angle")
        file["entry/data/two_theta"] = there if outside else here

    inside = changed(instrument_files.nexus(y), lambda file: link(file, outside=False))
    assert len(read_pattern(save(inside, "a.nxs")).intensity) == 600
    outside = changed(instrument_files.nexus(y), lambda file: link(file, outside=True))
    with pytest.raises(InvalidPatternError, match="a scan of two_theta"):
        read_pattern(save(outside, "a.nxs"))


def test_a_data_set_that_keeps_its_values_elsewhere(instrument_files: Any, save: Save) -> None:
    secret = save(bytes(4800), "secret.bin")

    def point_outside(file: Any) -> None:
        del file["entry/data/counts"]
        file["entry/data"].create_dataset(
            "counts", shape=(600,), dtype="f8", external=[(str(secret), 0, 4800)]
        )

    data = changed(instrument_files.nexus(instrument_files.counts()), point_outside)
    with pytest.raises(UnreadableFileError, match="keeps its values in another file"):
        read_pattern(save(data, "a.nxs"))


def test_sizes_are_checked_before_anything_is_read(instrument_files: Any, save: Save) -> None:
    def announce(file: Any) -> None:
        del file["entry/data/counts"]
        file["entry/data"].create_dataset("counts", shape=(10**12,), dtype="f8", chunks=(1000,))

    data = changed(instrument_files.nexus(instrument_files.counts()), announce)
    with pytest.raises(UnreadableFileError, match="holds 1000000000000 values"):
        read_pattern(save(data, "a.nxs"))


@pytest.mark.parametrize("soft", [False, True])
def test_a_group_that_links_lead_to_in_circles_is_read_once(
    instrument_files: Any, save: Save, soft: bool
) -> None:
    def tie(file: Any) -> None:
        for name in ("entry/a", "entry/data/up", "entry/detector/up", "zz"):
            file[name] = h5py.SoftLink("/entry") if soft else file["entry"]
        file["entry/again"] = h5py.SoftLink("/entry/data") if soft else file["entry/data"]

    y = instrument_files.counts()
    (pattern,) = read_patterns(save(changed(instrument_files.nexus(y), tie), "a.nxs"))
    np.testing.assert_array_equal(pattern.intensity, y)


def test_a_file_of_very_many_groups(instrument_files: Any, save: Save) -> None:
    def fill(file: Any) -> None:
        for n in range(1001):
            file.create_group(f"entry/{n}")

    with pytest.raises(UnreadableFileError, match="more than 1000 groups"):
        read_pattern(save(changed(instrument_files.nexus(np.arange(600.0)), fill), "a.nxs"))


def test_hdf5_of_another_kind(save: Save) -> None:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file["table"] = np.arange(5)
    with pytest.raises(UnreadableFileError, match="no group of class NXdata"):
        read_pattern(save(stream.getvalue(), "a.h5"))


def test_without_h5py_the_extra_is_named(
    instrument_files: Any, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(instrument_files.nexus(instrument_files.counts()), "a.nxs")
    monkeypatch.setattr(sys, "path", [p for p in sys.path if not Path(p, "h5py").is_dir()])
    monkeypatch.delitem(sys.modules, "h5py")
    with pytest.raises(MissingExtraError, match="needs h5py") as caught:
        read_pattern(path)
    assert "crystinet[formats]" in caught.value.hint
