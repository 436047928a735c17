"""Standard streams that are closed, full or unread, in real processes started by a real shell."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")

Write = Callable[..., Path]
PROGRAM = f"{shlex.quote(sys.executable)} -m crystinet"
#: What needs no pattern, so that it starts quickly.
COMMANDS = (
    "types --json",
    "--version",
    "identify -h",
    "identify --nope --json",
    "identify - --json",
)


def run(command: str, redirected: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a command with redirections that the shell itself sets up."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{PROGRAM} {command} {redirected}"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("redirected", [">&-", "| true"])
def test_nobody_reads_standard_output(command: str, redirected: str) -> None:
    done = run(command, redirected)
    assert done.returncode == 141
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr


@pytest.mark.parametrize("command", ["types", "identify -h"])
def test_a_full_disk_below_standard_output(command: str) -> None:
    done = run(command, ">/dev/full")
    assert done.returncode == 2
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("redirected", ["2>/dev/full", "2> >(true)", "<&- 2>&-"])
def test_standard_error_keeps_no_answer_back(
    redirected: str, pattern_file: Write, bundle_folder: Path, tmp_path: Path
) -> None:
    bare = shlex.quote(str(pattern_file("bare.xy", header="")))  # its wavelength gets a warning
    gone = shlex.quote(str(tmp_path / "gone.xy"))
    model = shlex.quote(str(bundle_folder))
    done = run(f"identify {bare} {gone} --json --model {model}", redirected)
    assert done.returncode == 2
    assert [entry["ok"] for entry in json.loads(done.stdout)["results"]] == [True, False]


def test_an_option_is_refused_where_nobody_hears_it() -> None:
    done = run("identify --nope --json", "2>/dev/full")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "invalid-configuration"


def test_a_closed_output_is_not_taken_by_a_file(tmp_path: Path) -> None:
    # The first file that is opened would get the number 1, and then all that is printed.
    store = shlex.quote(str(tmp_path / "store.sqlite"))
    cif = shlex.quote(str(tmp_path / "salt.cif"))
    (tmp_path / "salt.cif").write_text(
        "data_salt\n_cell_length_a 5.64\n_cell_length_b 5.64\n_cell_length_c 5.64\n"
        "_symmetry_space_group_name_H-M 'F m -3 m'\nloop_\n_atom_site_type_symbol\n"
        "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nNa 0 0 0\nCl .5 .5 .5\n"
    )
    assert run(f"corpus add {cif} --store {store}", ">&- 2>&-").returncode in (0, 141)
    stats = run(f"corpus stats {store} --json", "")
    assert stats.returncode == 0, stats.stderr
    assert json.loads(stats.stdout)
