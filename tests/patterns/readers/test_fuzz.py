"""Damaged files, whichever reader takes them, give patterns that make sense or one of our errors.

`test_contract` damages the files of each reader more often; here a damaged file may look like one
of another format, and real files are damaged where there are some.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import CrystinetError
from crystinet.patterns import Pattern
from crystinet.patterns.readers import parse_patterns
from crystinet.testing.damage import damaged_copies

COPIES, COPIES_OF_REAL_FILES = 40, 40
# Each is read by a process of its own.
COPIES_OF_HDF5 = 6
# A real file larger than this is damaged in its first part only.
LARGE = 1_000_000


def refusals(copies: Iterable[bytes], *, name: str) -> int:
    """How many copies are refused; any error but ours leaves the test."""
    refused = 0
    for copy in copies:
        try:
            patterns = parse_patterns(copy, name=name)
        except CrystinetError:
            refused += 1
        else:
            assert patterns
            for pattern in patterns:
                check_makes_sense(pattern)
    return refused


def check_makes_sense(pattern: Pattern) -> None:
    x, y = pattern.two_theta_deg, pattern.intensity
    assert len(x) == len(y) > 0
    assert 0.0 < x[0] <= x[-1] <= 180.0
    assert (np.diff(x) > 0.0).all()
    assert np.abs(y).max() <= 1e15
    assert 0.05 <= pattern.radiation.wavelength_angstrom <= 5.0


def test_damaged_copies_of_made_files(instrument_files: Any) -> None:
    files = instrument_files.one_of_each()
    for seed, (name, data) in enumerate(files.items()):
        assert refusals([data], name=name) == 0
        copies = damaged_copies(data, count=COPIES, seed=seed)
        assert refusals(copies, name=name) > COPIES / 10, name


def test_damaged_copies_of_real_files() -> None:
    folder = os.environ.get("CRYSTINET_FORMATS")
    if not folder:
        pytest.skip("CRYSTINET_FORMATS does not name a folder with instrument files")
    for seed, real in enumerate(sorted(Path(folder).iterdir())):
        if real.is_file():
            data = real.read_bytes()[:LARGE]
            count = COPIES_OF_HDF5 if data.startswith(b"\x89HDF") else COPIES_OF_REAL_FILES
            refusals(damaged_copies(data, count=count, seed=seed), name=real.name)
