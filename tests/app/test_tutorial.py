"""The commands of the tutorial run as they stand, in order."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "unknowns.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run all commands; give the folder in which they ran."""
    folder: Path = tmp_path_factory.mktemp("tutorial")
    programs = folder / ".programs"
    programs.mkdir()
    program = programs / "crystinet"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m crystinet "$@"\n')
    program.chmod(0o755)
    commands = re.findall(r"^```bash\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(commands) == 7
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
    (folder / "errors.txt").write_text(done.stderr)
    return folder


def test_unknown_patterns_are_collected_once(folder: Path) -> None:
    told = re.findall(r"(\d+) unknown patterns added", (folder / "errors.txt").read_text())
    records = [json.loads(path.read_text()) for path in (folder / "unknown").glob("*.json")]
    assert told == [str(len(records)), "0"]
    files = {record["file"] for record in records}
    assert {"Mn3O4.xy", "ZnMn2O4.xy", "MgMn2O4.xy"} <= files
    assert "NaCl.xy" not in files


def test_they_are_grouped_by_type(folder: Path) -> None:
    first = (folder / "output.txt").read_text().split("Group 1: ")[1].split("Group 2: ")[0]
    assert set(re.findall(r"  (\w+)\.xy  ", first)) == {"Mn3O4", "ZnMn2O4", "MgMn2O4"}


def test_what_was_named_is_known(folder: Path) -> None:
    again = re.findall(
        r"No longer unknown: \S+  (\w+)\.xy: \w+, (\S+),", (folder / "output.txt").read_text()
    )
    assert dict(again).get("Mn3O4") == "Hausmannite-Mn3O4"
    assert not {"MoSi2", "WSi2"} & dict(again).keys()


def test_the_former_model_is_back(folder: Path) -> None:
    from crystinet.model.bundle_files import default_bundle_folder, load_bundle

    assert load_bundle(folder / "former").id == load_bundle().id
    names = {path.name for path in (folder / "former").iterdir()}
    assert names <= {path.name for path in default_bundle_folder().iterdir()}
