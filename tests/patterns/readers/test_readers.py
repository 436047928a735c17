import gzip
import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import (
    CrystinetError,
    FileMissingError,
    InvalidPatternError,
    InvalidWavelengthError,
    UnreadableFileError,
)
from crystinet.core.radiation import Radiation
from crystinet.patterns import read_pattern, read_patterns

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(content: str | bytes, name: str = "a.xy") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def rows(n: int = 500, *, start: float = 10.0, step: float = 0.1) -> str:
    return "".join(f"{start + step * i:.4f} {100 + i % 7}\n" for i in range(n))


def bank(number: int) -> str:
    fields = "".join(f"{100 + i % 7:8d}" + ("\n" if i % 10 == 9 else "") for i in range(1000))
    return f"BANK {number} 1000 100 CONST 1500 5 0 0 STD\n{fields}"


def test_a_file_is_read_under_its_name(write: Write) -> None:
    path = write(rows())
    pattern = read_pattern(path)
    assert pattern.name == "a.xy"
    assert len(pattern.intensity) == 500
    assert pattern.intensity[:3].tolist() == [100.0, 101.0, 102.0]
    np.testing.assert_array_equal(read_pattern(str(path)).intensity, pattern.intensity)


@pytest.mark.parametrize("suffix", ["xy", "xye", "csv", "tsv", "dat", "txt", "XY", "raw", ""])
def test_the_content_decides_and_not_the_suffix(write: Write, suffix: str) -> None:
    assert len(read_pattern(write(rows(), f"a.{suffix}")).intensity) == 500
    assert read_pattern(write("title\n" + bank(1), f"b.{suffix}")).two_theta_deg[0] == 15.0


def test_the_wavelength_of_the_user_comes_first(write: Write) -> None:
    path = write("# wavelength = 0.5\n" + rows())
    assert read_pattern(path).radiation == Radiation((0.5,))
    given = read_pattern(path, wavelength_angstrom=1.5406)
    assert given.radiation == Radiation.of_anode("Cu")
    assert given.warnings == ()
    silent = read_pattern(write(rows()))
    assert silent.radiation.assumed
    assert "Cu K-alpha was assumed" in silent.warnings[0]


def test_the_user_can_overrule_an_impossible_wavelength_in_the_file(write: Write) -> None:
    path = write("# wavelength = 0\n" + rows())
    with pytest.raises(InvalidWavelengthError, match="The file says '# wavelength = 0'"):
        read_pattern(path)
    assert read_pattern(path, wavelength_angstrom=0.5).radiation == Radiation((0.5,))


def test_several_patterns_in_a_file(write: Write) -> None:
    path = write("title\n" + bank(1) + bank(2), "a.gsas")
    assert [pattern.name for pattern in read_patterns(path)] == [
        "a.gsas [1]",
        "a.gsas [2]",
    ]
    with pytest.raises(UnreadableFileError, match=r"a\.gsas holds 2 patterns") as caught:
        read_pattern(path)
    assert len(read_patterns(write(rows() + rows()))) == 2
    assert "read_patterns" in caught.value.hint


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match=r"no file .*nowhere\.xy") as caught:
        read_pattern(tmp_path / "nowhere.xy")
    assert "spelling" in caught.value.hint
    with pytest.raises(FileMissingError, match="is a folder") as caught:
        read_pattern(tmp_path)
    assert "Give the file" in caught.value.hint


@pytest.mark.skipif(
    sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="this user may read every file",
)
def test_a_file_without_permission(write: Write) -> None:
    path = write(rows())
    path.chmod(0)
    with pytest.raises(FileMissingError, match="cannot be opened") as caught:
        read_pattern(path)
    assert "permissions" in caught.value.hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a\.xy is empty"),
        (b" \r\n\t\n", r"a\.xy is empty"),
        (bytes(range(256)) * 40, r"a\.xy is a binary file, which cannot be read"),
        (b"RAW1.01\x00" + bytes(500), "Bruker RAW file .* ends at byte 508"),
        (b"RAW9.00\x00" + bytes(500), "a RAW file of an unknown version"),
        (b"PK\x03\x04" + bytes(500), "a damaged ZIP archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(500), "a damaged HDF5 file"),
        (b"<?xml version='1.0'?>\n<xrdMeasurements/>", "holds no scan"),
        (b"<?xml version='1.0'?>\n<!-- a -->\n<html/>", "an XML or HTML file of <html>"),
        (b"<?xml version='1.0'?>\n", "an XML or HTML file, which"),
        (b"\x1f\x8b\x08\x00" + bytes(50), "a damaged gzip file"),
        (b"data_quartz\n_cell_length_a 4.91\n", "a CIF"),
        (b"*RAS_DATA_START\n", "ends inside scan 1"),
        (b"SampleIdent,x,/\nRawScan\n 1, 2, 3\n", "ends before the counts do"),
        (b"just some words\n", "no table of numbers"),
    ],
)
def test_content_that_cannot_be_read(write: Write, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read_pattern(write(content))
    assert len(caught.value.hint) > 10


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.xy"
    with path.open("wb") as file:
        file.truncate(300 * 2**20)  # no bytes on the disk
    with pytest.raises(UnreadableFileError, match="has 300 MB or more; the limit") as caught:
        read_pattern(path)
    assert "right file" in caught.value.hint


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a system with named pipes")
def test_a_pipe_or_a_device_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xy")
    for path in (tmp_path / "pipe.xy", Path("/dev/zero")):
        with pytest.raises(UnreadableFileError, match="a device, a pipe or a socket") as caught:
            read_pattern(path)
        assert "Save the measurement" in caught.value.hint


def test_a_compressed_file_is_read_like_the_file_in_it(write: Write) -> None:
    plain = read_pattern(write(rows()))
    packed = read_pattern(write(gzip.compress(rows().encode()), "a.xy.gz"))
    np.testing.assert_array_equal(packed.intensity, plain.intensity)
    with pytest.raises(UnreadableFileError, match="a damaged gzip file"):
        read_pattern(write(gzip.compress(rows().encode())[:-500], "a.xy.gz"))


def test_a_compressed_file_may_not_inflate_without_limit(write: Write) -> None:
    bomb = write(gzip.compress(bytes(210 * 2**20), compresslevel=1), "a.xy.gz")
    with pytest.raises(UnreadableFileError, match="the limit is 200 MB"):
        read_pattern(bomb)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (rows(99), "99 measured points; at least 100", "point by point"),
        (rows(500, step=0.01), r"spans 4\.99 degrees .*at least 10", "wider range"),
        (rows(500, start=150.0), r"150 to 199\.9, outside 0 to 180", "2theta in degrees"),
        (rows(500, start=-90.0), r"-90 to -40\.1, outside 0 to 180", "2theta in degrees"),
        (rows().replace(" 10", " -10"), "intensity is never positive", "second column"),
        (rows().replace("15.0000 101", "15.0000 inf"), "Line 51 is not finite", "repair"),
        (
            "".join(f"{0.5 + i / 100} {10 + i % 7}\n" for i in range(600)),
            "spans 5.99",
            "look like Q",
        ),
    ],
)
def test_numbers_that_are_no_pattern(write: Write, text: str, message: str, hint: str) -> None:
    with pytest.raises(InvalidPatternError, match=message) as caught:
        read_pattern(write(text))
    assert hint in caught.value.hint


@pytest.mark.parametrize("wavelength", [0.0, -1.5406, 154.06, 1e-3, float("nan"), float("inf")])
def test_a_wavelength_that_is_impossible(write: Write, wavelength: float) -> None:
    with pytest.raises(InvalidWavelengthError, match="A wavelength of") as caught:
        read_pattern(write(rows()), wavelength_angstrom=wavelength)
    assert "Cu K-alpha1 is 1.5406" in caught.value.hint


def test_every_error_is_ours(write: Write) -> None:
    rng = np.random.default_rng(0)
    for n in range(60):
        content = rng.integers(9, 127, 400).astype(np.uint8).tobytes()
        prefix = (b"10.0 5\n10.1 6\n10.2 7\n", b"BANK 1 99 10 CONST 1 2 0 0 STD\n", b"")[n % 3]
        with pytest.raises(CrystinetError):
            read_pattern(write(prefix + content))
