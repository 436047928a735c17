"""The notebooks run from the first cell to the last, and their pages show what comes out."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("nbclient", reason="needs the extra docs")
pytest.importorskip("ipykernel", reason="needs the extra docs")
ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "notebooks.py"
FOLDER = ROOT / "docs" / "notebooks"
NEEDS = {
    "identify": ("rietx", "matplotlib"),
    "refine": ("rietx", "matplotlib"),
    "train": ("torch",),
    "autonomous": ("fastapi", "httpx", "matplotlib"),
}


def check(tool: Path, *names: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(tool), "--check", *names]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_all_are_here() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(NEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", NEEDS)
def test_a_notebook_does_what_its_page_says(name: str) -> None:
    for module in NEEDS[name]:
        pytest.importorskip(module)
    done = check(TOOL, name)
    assert done.returncode == 0, done.stdout + done.stderr


SMALL = """{"cells": [
 {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Small"]},
 {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": null, "outputs": [],
  "source": ["CODE"]}],
 "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return the tool beside a small notebook and its page."""
    tool, folder = tmp_path / "tools" / TOOL.name, tmp_path / "docs" / "notebooks"
    tool.parent.mkdir()
    folder.mkdir(parents=True)
    tool.write_bytes(TOOL.read_bytes())
    (folder / "small.ipynb").write_text(SMALL.replace("CODE", "print('a =', 2.5)"))
    done = subprocess.run([sys.executable, str(tool)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tool


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [("a = 2.5", "a = 2.6", False), ("a = 2.5", "a = 2.9", True), ("a = 2.5", "b = 2.5", True)],
)
def test_a_stale_page_is_told(copy: Path, old: str, new: str, stale: bool) -> None:
    page = copy.parents[1] / "docs" / "notebooks" / "small.md"
    text = page.read_text("utf-8")
    assert f"```text\n{old}\n```" in text
    page.write_text(text.replace(old, new), "utf-8")
    done = check(copy)
    assert (done.returncode != 0) == stale
    assert ("small.md is not what it does" in done.stderr) == stale


@pytest.mark.slow
@pytest.mark.parametrize("code", ["1 / 0", "import sys; sys.stderr.write('careful')"])
def test_a_notebook_that_fails_or_complains_is_told(copy: Path, code: str) -> None:
    notebook = copy.parents[1] / "docs" / "notebooks" / "small.ipynb"
    notebook.write_text(SMALL.replace("CODE", code))
    assert check(copy).returncode != 0
