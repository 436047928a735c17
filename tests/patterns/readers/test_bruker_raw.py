import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import InvalidPatternError, InvalidWavelengthError, UnreadableFileError
from crystinet.core.radiation import Radiation
from crystinet.patterns import read_pattern, read_patterns

Save = Callable[[bytes, str], Path]
WRITERS = ("raw_1", "raw_2", "raw_3", "raw_4")
LINES = {
    "raw_1": Radiation((1.540562, 1.54439), (1.0, 0.5)),
    "raw_2": Radiation((1.78897, 1.79285), (1.0, 0.497)),
    "raw_3": Radiation((1.5406, 1.54439), (1.0, 0.5)),
    "raw_4": Radiation((1.5406, 1.54439), (1.0, 0.5)),
}


@pytest.mark.parametrize("version", WRITERS)
@pytest.mark.parametrize("name", ["a.raw", "a.xy", "a"])
def test_a_range_of_every_version(
    version: str, name: str, instrument_files: Any, save: Save
) -> None:
    y = instrument_files.counts(700)
    pattern = read_pattern(save(getattr(instrument_files, version)([y]), name))
    np.testing.assert_array_equal(pattern.intensity, y)
    np.testing.assert_allclose(pattern.two_theta_deg, 10.0 + 0.05 * np.arange(700), rtol=1e-12)
    assert pattern.radiation == LINES[version]
    assert (pattern.name, pattern.warnings) == (name, ())


@pytest.mark.parametrize("version", WRITERS)
def test_several_ranges_are_several_patterns(
    version: str, instrument_files: Any, save: Save
) -> None:
    ranges = [instrument_files.counts(n) for n in (300, 450, 30)]
    path = save(getattr(instrument_files, version)(ranges), "a.raw")
    patterns = read_patterns(path)
    assert [pattern.name for pattern in patterns] == ["a.raw [1]", "a.raw [2]", "a.raw [3]"]
    for pattern, y in zip(patterns, ranges, strict=True):
        np.testing.assert_array_equal(pattern.intensity, y)
    with pytest.raises(UnreadableFileError, match=r"a\.raw holds 3 patterns"):
        read_pattern(path)


def test_version_1_may_repeat_its_signature_or_not(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts(300)
    first, second = instrument_files.raw_1([y, y]), instrument_files.raw_1([y])
    assert first.endswith(second)
    without = first[: -len(second)] + second[4:]
    patterns = read_patterns(save(without, "a.raw"))
    np.testing.assert_array_equal(patterns[1].intensity, y)


def test_the_wavelength_of_the_user_comes_first(instrument_files: Any, save: Save) -> None:
    path = save(instrument_files.raw_3([instrument_files.counts()]), "a.raw")
    assert read_pattern(path, wavelength_angstrom=0.7093).radiation == Radiation.of_anode("Mo")


@pytest.mark.parametrize("version", ["raw_3", "raw_4"])
def test_a_range_measured_with_another_line(
    version: str, instrument_files: Any, save: Save
) -> None:
    write = getattr(instrument_files, version)
    y = instrument_files.counts()
    beta = read_pattern(save(write([y], used=1.39222), "a.raw"))
    assert beta.radiation == Radiation((1.39222,))
    for as_usual in (0.0, 1.5418, 1.5406):  # the header says K-alpha, its mean or K-alpha1
        assert read_pattern(save(write([y], used=as_usual), "a.raw")).radiation == LINES[version]
    with pytest.raises(InvalidWavelengthError, match=r"154\.06 angstrom"):
        read_pattern(save(write([y], used=154.06), "a.raw"))


def test_version_4_without_a_tube(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts()
    named = read_pattern(save(instrument_files.raw_4([y], tube=False, used=0.7093172), "a.raw"))
    assert named.radiation == Radiation.of_anode("Mo")
    silent = read_pattern(save(instrument_files.raw_4([y], tube=False, used=0.0), "a.raw"))
    assert silent.radiation.assumed
    assert "Cu K-alpha was assumed" in silent.warnings[0]


def test_points_may_carry_more_than_their_counts(instrument_files: Any, save: Save) -> None:
    y = instrument_files.counts()
    wide = (
        instrument_files.raw_4([y, y], stride=8),
        instrument_files.raw_3([y, y], varying=2, extra=bytes(40)),
    )
    for data in wide:
        for pattern in read_patterns(save(data, "a.raw")):
            np.testing.assert_array_equal(pattern.intensity, y)


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (3, "rocking curve"),
        (4, "chi scan"),
        (5, "phi scan"),
        (8, "position"),
        (14, "map of reciprocal space"),
        (9, "aux1"),
    ],
)
def test_version_3_says_by_a_code_what_was_scanned(
    code: int, what: str, instrument_files: Any, save: Save
) -> None:
    path = save(instrument_files.raw_3([instrument_files.counts()], scan_type=code), "a.raw")
    with pytest.raises(InvalidPatternError, match=f"holds .*{what}.*, not a powder") as caught:
        read_pattern(path)
    assert "intensity against 2theta" in caught.value.hint


@pytest.mark.parametrize("code", [0, 1, 2, 20, 129, 130])
def test_version_3_scans_of_2theta(code: int, instrument_files: Any, save: Save) -> None:
    path = save(instrument_files.raw_3([instrument_files.counts()], scan_type=code), "a.raw")
    assert read_pattern(path).warnings == ()


def test_version_3_with_an_unknown_code_is_read_with_a_warning(
    instrument_files: Any, save: Save
) -> None:
    path = save(instrument_files.raw_3([instrument_files.counts()], scan_type=77), "a.raw")
    assert read_pattern(path).warnings == (
        "The scan type 77 is not known; it was taken as a scan of 2theta.",
    )


@pytest.mark.parametrize(
    ("name", "two_theta", "what"),
    [
        (b"Rocking Curve", 30.0, "rocking curve"),
        (b"Phi scan", 30.0, "phi scan"),
        (b"Z scan", 30.0, "position"),
        (b"Something New", 30.0, "'Something New'"),
    ],
)
def test_version_4_says_by_name_what_was_scanned(
    name: bytes, two_theta: float, what: str, instrument_files: Any, save: Save
) -> None:
    data = instrument_files.raw_4([instrument_files.counts()], name=name, two_theta=two_theta)
    with pytest.raises(InvalidPatternError, match=what):
        read_pattern(save(data, "a.raw"))


def test_version_4_under_a_new_name_is_read_where_2theta_starts(
    instrument_files: Any, save: Save
) -> None:
    data = instrument_files.raw_4([instrument_files.counts()], name=b"Something New")
    assert len(read_pattern(save(data, "a.raw")).intensity) == 600


@pytest.mark.parametrize("version", WRITERS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.999])
def test_a_file_that_was_cut_off(
    version: str, share: float, instrument_files: Any, save: Save
) -> None:
    data = getattr(instrument_files, version)([instrument_files.counts()])
    with pytest.raises(UnreadableFileError, match=r"and has \d+ bytes|ends at byte|damaged"):
        read_pattern(save(data[: int(share * len(data))], "a.raw"))


@pytest.mark.parametrize(
    ("version", "at", "form", "value", "message"),
    [
        ("raw_1", 4, "I", 2**32 - 1, "damaged: a range starts at"),
        ("raw_1", 12, "f", 0.0, "steps of 0 degrees"),
        ("raw_2", 4, "H", 0, "announces 0 ranges"),
        ("raw_2", 256, "H", 8, "a range header has 8 bytes"),
        ("raw_3", 12, "I", 10**6, "announces 1000000 ranges"),
        ("raw_3", 712 + 176, "d", float("nan"), "steps of nan degrees"),
        ("raw_3", 712 + 252, "I", 2**31, r"announces 600 points of \d+ bytes"),
        ("raw_3", 712 + 304 + 40, "f", float("nan"), "intensity nan at point 11"),
        ("raw_3", 712 + 304 + 40, "f", 1e30, r"intensity 1e\+30 at point 11"),
        ("raw_4", 61 + 4, "I", 0, "a segment at byte 61 has 0 bytes"),
        ("raw_4", 61 + 40 + 136 + 136, "I", 3, "points of 3 bytes"),
        ("raw_4", 61 + 40 + 136 + 140, "I", 100, "the segments of a range end"),
    ],
)
def test_a_header_that_cannot_be_right(
    version: str,
    at: int,
    form: str,
    value: float,
    message: str,
    instrument_files: Any,
    save: Save,
) -> None:
    data = bytearray(getattr(instrument_files, version)([instrument_files.counts()]))
    struct.pack_into("<" + form, data, at, value)
    with pytest.raises((UnreadableFileError, InvalidPatternError), match=message) as caught:
        read_pattern(save(bytes(data), "a.raw"))
    assert "copy or export" in caught.value.hint.lower()


def test_a_file_without_ranges(instrument_files: Any, save: Save) -> None:
    with pytest.raises(UnreadableFileError, match=r"a\.raw holds no scan"):
        read_pattern(save(instrument_files.raw_4([]), "a.raw"))
