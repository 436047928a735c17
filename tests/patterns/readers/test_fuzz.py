"""Damaged files give patterns that make sense or one of our errors, and never anything else."""

import io
import os
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import CrystinetError
from crystinet.patterns import Pattern, read_patterns

# Damaged copies of each made file: 11 files of 200 are 2200.
MUTATIONS = 200
MUTATIONS_OF_REAL_FILES = 40
# Each is read by a process of its own.
MUTATIONS_OF_HDF5 = 6
# A real file larger than this is damaged in its first part only.
LARGE = 1_000_000

NUMBER = re.compile(rb"-?\d+(\.\d+)?")
WORDS = (b"nan", b"inf", b"-1", b"0", b"1e999", b"9" * 400, b"", b"x", b"4294967295", b"1e-300")
FIELDS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\xc0\x7f", b"\0\0\0\x80")

Mutation = Callable[[bytes, np.random.Generator], bytes]


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(0, len(data)))]


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for at in rng.integers(0, len(data), rng.integers(1, 12)):
        changed[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(changed)


def flip_header(data: bytes, rng: np.random.Generator) -> bytes:
    head = flip(data[:1024], rng)
    return head + data[1024:]


def overwrite(data: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(0, min(len(data), 1200)))
    field = FIELDS[rng.integers(len(FIELDS))] * int(rng.integers(1, 3))
    return data[:at] + field + data[at + len(field) :]


def remove(data: bytes, rng: np.random.Generator) -> bytes:
    start, stop = sorted(rng.integers(0, len(data), 2).tolist())
    return data[:start] + data[stop:]


def repeat(data: bytes, rng: np.random.Generator) -> bytes:
    start = int(rng.integers(0, len(data)))
    stop = start + int(rng.integers(1, 2000))
    return data[:stop] + data[start:stop] * int(rng.integers(1, 20)) + data[stop:]


def change_number(data: bytes, rng: np.random.Generator) -> bytes:
    found = list(NUMBER.finditer(data[:LARGE]))
    if not found:
        return flip(data, rng)
    number = found[rng.integers(len(found))]
    word = WORDS[rng.integers(len(WORDS))]
    return data[: number.start()] + word + data[number.end() :]


MUTATE: tuple[Mutation, ...] = (
    cut,
    flip,
    flip_header,
    overwrite,
    remove,
    repeat,
    change_number,
    change_number,
)


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """A damaged copy; of an archive, every other time a damaged member in a good archive."""
    mutate = MUTATE[rng.integers(len(MUTATE))]
    if not data.startswith(b"PK") or rng.random() < 0.5:
        return mutate(data, rng)
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as good, zipfile.ZipFile(stream, "w") as bad:
        names = good.namelist()
        victim = names[rng.integers(len(names))]
        for name in names:
            content = good.read(name)
            bad.writestr(name, mutate(content, rng) if name == victim and content else content)
    return stream.getvalue()


def check_outcome(path: Path) -> str:
    """What reading a file comes to; any error but ours leaves the test."""
    try:
        patterns = read_patterns(path)
    except CrystinetError:
        return "refused"
    assert patterns
    for pattern in patterns:
        check_makes_sense(pattern)
    return "read"


def check_makes_sense(pattern: Pattern) -> None:
    x, y = pattern.two_theta_deg, pattern.intensity
    assert len(x) == len(y) > 0
    assert 0.0 < x[0] <= x[-1] <= 180.0
    assert (np.diff(x) > 0.0).all()
    assert np.isfinite(y).all()
    assert 0.05 <= pattern.radiation.wavelength_angstrom <= 5.0


def made_files(files: Any) -> Iterator[tuple[str, bytes]]:
    yield from files.one_of_each().items()
    y = files.counts(150)
    yield "several ranges.raw", files.raw_3([y, y, y])
    yield "several ranges.ras", files.ras([files.ras_scan(y)] * 3)


@pytest.mark.parametrize("number", range(11))
def test_damaged_copies_of_made_files(number: int, instrument_files: Any, tmp_path: Path) -> None:
    name, data = list(made_files(instrument_files))[number]
    assert len(list(made_files(instrument_files))) == 11
    path = tmp_path / name
    path.write_bytes(data)
    assert check_outcome(path) == "read"
    rng = np.random.default_rng(number)
    outcomes = []
    for _ in range(MUTATIONS):
        path.write_bytes(damaged(data, rng))
        outcomes.append(check_outcome(path))
    assert outcomes.count("refused") > MUTATIONS / 10


def test_damaged_copies_of_nexus_files(instrument_files: Any, tmp_path: Path) -> None:
    data = instrument_files.nexus(instrument_files.counts(150))
    path = tmp_path / "a.nxs"
    rng = np.random.default_rng(0)
    for _ in range(MUTATIONS_OF_HDF5):
        path.write_bytes(damaged(data, rng))
        check_outcome(path)


def test_damaged_copies_of_real_files(tmp_path: Path) -> None:
    folder = os.environ.get("CRYSTINET_FORMATS")
    if not folder:
        pytest.skip("CRYSTINET_FORMATS does not name a folder with instrument files")
    for number, real in enumerate(sorted(Path(folder).iterdir())):
        if not real.is_file():
            continue
        data = real.read_bytes()[:LARGE]
        rng = np.random.default_rng(number)
        path = tmp_path / real.name
        is_hdf5 = data.startswith(b"\x89HDF")
        for _ in range(MUTATIONS_OF_HDF5 if is_hdf5 else MUTATIONS_OF_REAL_FILES):
            path.write_bytes(damaged(data, rng))
            check_outcome(path)
