"""The commands of the tutorial on refinement run as they stand, in order."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "refine.md"

pytestmark = pytest.mark.skipif(
    find_spec("rietx") is None or find_spec("matplotlib") is None,
    reason='needs rietx and matplotlib: pip install "crystinet[example,report]"',
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run all commands; give the folder in which they ran."""
    folder: Path = tmp_path_factory.mktemp("refine_tutorial")
    programs = folder / ".programs"
    programs.mkdir()
    program = programs / "crystinet"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m crystinet "$@"\n')
    program.chmod(0o755)
    commands = re.findall(r"^```bash\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(commands) == 5
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        cwd=folder,
        env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    (folder / "output.txt").write_text(done.stdout)
    return folder


def test_the_fit_bears_the_answer_out(folder: Path) -> None:
    said = (folder / "output.txt").read_text()
    assert "The fit bears out Apatite#-(HE,P63/m)." in said
    # The cell that comes with the example's structure is 9.3717, 6.8859.
    a, c = re.findall(r"Cell: a = ([\d.]+)\(\d+\), c = ([\d.]+)\(", said)[0]
    assert float(a) == pytest.approx(9.3717, abs=0.004)
    assert float(c) == pytest.approx(6.8859, abs=0.003)
    assert (folder / "fluorapatite.png").read_bytes().startswith(b"\x89PNG")


def test_all_files_are_there(folder: Path) -> None:
    endings = {path.suffix for path in folder.glob("fluorapatite.*")}
    assert endings == {".png", ".cif", ".xye", ".instprm", ".pcr", ".dat", ".inp"}


def test_the_instrument_serves_again(folder: Path) -> None:
    phase = json.loads((folder / "again.json").read_text())["phases"][0]
    assert phase["verified"] == "yes"
