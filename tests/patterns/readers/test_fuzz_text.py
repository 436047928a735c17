"""Damaged text files give patterns that make sense or one of our errors, and nothing else."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import CrystinetError
from crystinet.patterns import Pattern, read_patterns
from crystinet.patterns.readers.parts.lines import looks_like_text

# Damaged copies of each made file: 14 files of 120 are 1680.
MUTATIONS = 120
MUTATIONS_OF_REAL_FILES = 20
# Of larger real files, the first part is damaged.
LARGE = 300_000
POINTS = 150
AXIS = np.round(10.0 + 0.2 * np.arange(POINTS), 2)
COUNTS = np.random.default_rng(5).integers(50, 9000, POINTS)
ROWS = "".join(f"{x:.2f} {y}\n" for x, y in zip(AXIS, COUNTS, strict=True))
LIST = "".join(f"{y:8d}" + ("\n" if i % 10 == 9 else "") for i, y in enumerate(COUNTS))
STOP = AXIS[-1]

FILES = {
    "a.xy": "# wavelength = 1.5406\n" + ROWS,
    "a.csv": "2theta;intensity;time\n" + ROWS.replace(".", ",").replace(" ", ";"),
    "q.csv": "q_A^-1,I\n"
    + "".join(f"{x / 10:.4f},{y}\n" for x, y in zip(AXIS, COUNTS, strict=True)),
    "rruff.txt": "##NAMES=Corundum\n##X-RAY WAVELENGTH=1.541838\n" + ROWS.replace(" ", ", ")
    + "##END=\n",
    "a.chi": f"title\n2-Theta Angle (Degrees)\nIntensity\n {POINTS}\n" + ROWS,
    "a.int": f"GENERAL\n {POINTS}\n" + ROWS,
    "ins0.dat": f"! a comment\n  10.0 0.2 {STOP} title\n" + LIST,
    "maud.dat": f"A title\n{POINTS} 0.2 10 1.540598 1\n" + "".join(f"{y}\n" for y in COUNTS),
    "ins10.dat": "XYDATA\nINTER 1.0 2.0 0 0\nTEMP 300\n\n\n\n" + ROWS,
    "a.uxd": "; made\n_FILEVERSION=1\n_WL1=1.540600\n_WL2=1.544430\n_WLRATIO=0.5\n_ANODE='Cu'\n"
    f"; (Data for Range number 1)\n_DRIVE='COUPLED'\n_STEPTIME=1.0\n_STEPSIZE=0.2\n_START=10.0\n"
    f"_COUNTS\n{LIST}; range 2\n_DRIVE='COUPLED'\n_2THETACPS\n{ROWS}",
    "a.udf": "SampleIdent,x,/\nAnode,Cu,/\nLabdaAlpha1, 1.54056,/\n"
    f"DataAngleRange, 10.0, {STOP},/\n"
    "ScanStepSize, 0.2,/\nRawScan\n" + ", ".join(map(str, COUNTS)) + "/\n",
    "a.cpi": f"SIETRONICS XRD SCAN\n10.00\n{STOP}\n0.2\nCu\n1,5406\n1/1/2020\n2,0\nname\nSCANDATA\n"
    + "".join(f"{y}.0\n" for y in COUNTS),
    "a.gsas": f"title\nBANK 1 {POINTS} 15 CONST 1000 20 0 0 STD\n{LIST}",
    "a.cif": "data_a\n_diffrn_radiation_wavelength 1.5406\n_pd_meas_2theta_range_min 10\n"
    f"_pd_meas_2theta_range_max {STOP}\n_pd_meas_2theta_range_inc 0.2\nloop_\n"
    f"_pd_meas_counts_total\n_pd_calc_intensity_total\n" + "".join(f"{y} 1.0\n" for y in COUNTS)
    + "data_b\nloop_\n_pd_proc_2theta_corrected\n_pd_proc_intensity_total\n" + ROWS,
}  # fmt: skip

NUMBER = re.compile(rb"[-+]?\d+(\.\d+)?")
WORDS = (
    b"nan", b"-inf", b"-1", b"0", b"1e999", b"1e300", b"1e-300", b"9" * 400, b"99999999999", b"?",
    b"-2147483648", b"1_0", b"x", b"", b"1e", b"--5", b"0x10", b"1.5.5", b"'", b";", b"\0",
)  # fmt: skip
Mutation = Callable[[bytes, np.random.Generator], bytes]


def cut(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: int(rng.integers(0, len(data))) + 1]


def flip(data: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(data)
    for at in rng.integers(0, len(data), rng.integers(1, 12)):
        changed[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(changed)


def change_number(data: bytes, rng: np.random.Generator) -> bytes:
    found = list(NUMBER.finditer(data))
    if not found:
        return flip(data, rng)
    # Every other time one of the first, which belong to the header.
    number = found[rng.integers(min(len(found), 12) if rng.random() < 0.5 else len(found))]
    word = WORDS[rng.integers(len(WORDS))]
    return data[: number.start()] + word + data[number.end() :]


def change_sign_or_exponent(data: bytes, rng: np.random.Generator) -> bytes:
    found = list(NUMBER.finditer(data))
    if not found:
        return flip(data, rng)
    number = found[rng.integers(len(found))]
    suffix = (b"e5", b"e-5", b"e95", b"E+308", b"d3", b"-", b"%")[rng.integers(7)]
    return (
        data[: number.start()]
        + b"-" * int(rng.integers(2))
        + number[0]
        + suffix
        + data[number.end() :]
    )


def join_lines(data: bytes, rng: np.random.Generator) -> bytes:
    lines = data.split(b"\n")
    at = int(rng.integers(0, len(lines)))
    return b"\n".join(lines[:at]) + (b" ", b"", b"\0", b"\n\n\n")[rng.integers(4)].join(lines[at:])


def lengthen_a_line(data: bytes, rng: np.random.Generator) -> bytes:
    at = int(rng.integers(0, len(data) + 1))
    piece = (b"lambda ", b"5 ", b"wavelength k", b"1.0,", b"\0", b"energy ", b"'")[rng.integers(7)]
    return data[:at] + piece * int(rng.integers(100, 30_000)) + data[at:]


def move_lines(data: bytes, rng: np.random.Generator) -> bytes:
    lines = data.split(b"\n")
    first, last = sorted(rng.integers(0, len(lines), 2).tolist())
    piece = lines[first:last]
    if rng.random() < 0.5:
        return b"\n".join(lines[:first] + lines[last:])
    return b"\n".join(lines[:last] + piece * int(rng.integers(1, 5)) + lines[last:])


MUTATE: tuple[Mutation, ...] = (
    cut,
    flip,
    change_number,
    change_number,
    change_sign_or_exponent,
    join_lines,
    lengthen_a_line,
    move_lines,
)


def check_makes_sense(pattern: Pattern) -> None:
    x, y = pattern.two_theta_deg, pattern.intensity
    assert len(x) == len(y) > 0
    assert 0.0 < x[0] <= x[-1] <= 180.0
    assert (np.diff(x) > 0.0).all()
    assert np.isfinite(y).all()
    assert np.abs(y).max() <= 1e15
    assert 0.05 <= pattern.radiation.wavelength_angstrom <= 5.0


@pytest.mark.parametrize("name", FILES)
def test_damaged_copies(name: str, tmp_path: Path) -> None:
    data = FILES[name].encode()
    path = tmp_path / name
    path.write_bytes(data)
    assert len(read_patterns(path)[0].intensity) == POINTS
    refused = read_damaged_copies(path, mutations=MUTATIONS)
    assert refused > MUTATIONS / 10


def read_damaged_copies(path: Path, *, mutations: int) -> int:
    """Read damaged copies in the place of a file; returns how many were refused."""
    data = path.read_bytes()
    rng = np.random.default_rng(len(data))
    refused = 0
    for _ in range(mutations):
        damaged = MUTATE[rng.integers(len(MUTATE))](data, rng)
        if rng.random() < 0.3:
            damaged = MUTATE[rng.integers(len(MUTATE))](damaged or data, rng)
        path.write_bytes(damaged)
        try:
            patterns = read_patterns(path)
        except CrystinetError:
            refused += 1
        else:
            assert patterns
            for pattern in patterns:
                check_makes_sense(pattern)
    return refused


def test_damaged_copies_of_real_text_files(tmp_path: Path) -> None:
    folder = os.environ.get("CRYSTINET_FORMATS")
    if not folder:
        pytest.skip("CRYSTINET_FORMATS does not name a folder with instrument files")
    for real in sorted(Path(folder).iterdir()):
        if real.is_file() and looks_like_text(real.read_bytes()[:4096]):
            path = tmp_path / real.name
            path.write_bytes(real.read_bytes()[:LARGE])
            read_damaged_copies(path, mutations=MUTATIONS_OF_REAL_FILES)
