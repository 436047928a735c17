"""Taking turns over a file: one process at a time, and a killed one holds nobody up."""

import subprocess
import sys
from pathlib import Path

import pytest

from crystinet.core.errors import FileMissingError
from crystinet.core.turns import turn

HOLDER = """
import sys, time
from pathlib import Path
from crystinet.core.turns import turn
with turn(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
    Path(sys.argv[1]).with_name("done").touch()
"""


def hold(path: Path, seconds: float) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_another_waits_for_the_end_of_the_block(tmp_path: Path) -> None:
    first = hold(tmp_path / "lock", 1.0)
    with turn(tmp_path / "lock"):
        assert (tmp_path / "done").exists()
    first.communicate(timeout=30)


def test_a_process_that_is_killed_lets_go(tmp_path: Path) -> None:
    first = hold(tmp_path / "lock", 600.0)
    first.kill()
    first.communicate(timeout=30)
    for _ in range(2):  # and again by the same process
        with turn(tmp_path / "lock"):
            assert not (tmp_path / "done").exists()


def test_a_place_without_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="Cannot write"), turn(tmp_path / "gone" / "lock"):
        pass
