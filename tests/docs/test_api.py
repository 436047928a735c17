"""The reference of Python is what docstrings say, and every public name is in it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import crystinet

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "api_page.py"
FOLDER = ROOT / "docs" / "reference"
PAGE = (FOLDER / "api.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^### crystinet\.(\w+)\n(.*?)(?=^##|\Z)", PAGE, re.M | re.S))


def check(tool: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(tool), "--check"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return the tool beside copies of its pages."""
    for name in ("tools", "docs/reference"):
        (tmp_path / name).mkdir(parents=True)
    for page in FOLDER.glob("api*.md"):
        (tmp_path / "docs/reference" / page.name).write_bytes(page.read_bytes())
    tool = tmp_path / "tools" / TOOL.name
    tool.write_bytes(TOOL.read_bytes())
    return tool


def test_the_pages_are_up_to_date() -> None:
    done = check(TOOL)
    assert done.returncode == 0, done.stderr


def test_every_public_name_has_its_section() -> None:
    assert set(SECTIONS) == {name for name in crystinet.__all__ if not name.startswith("_")}


@pytest.mark.parametrize("name", [name for name in SECTIONS if name.islower()])
def test_functions_say_all_that_a_caller_needs(name: str) -> None:
    for part in ("```python", "**Parameters**", "**Returns**", "**Raises**", "**Examples**"):
        assert part in SECTIONS[name]


@pytest.mark.parametrize("page", ["api.md", "api-building.md"])
def test_a_stale_page_is_told(copy: Path, page: str) -> None:
    stale = copy.parents[1] / "docs/reference" / page
    stale.write_text(stale.read_text("utf-8").replace("**Raises**", "**Wants**", 1), "utf-8")
    done = check(copy)
    assert done.returncode != 0
    assert f"{page} is not what docstrings say" in done.stderr


def test_a_parameter_without_words_is_told(copy: Path) -> None:
    text = copy.read_text("utf-8")
    assert "import crystinet\n" in text
    forgetful = "import crystinet\n\ncrystinet.assign.__doc__ = 'Find a type.'\n"
    copy.write_text(text.replace("import crystinet\n", forgetful, 1), "utf-8")
    done = check(copy)
    assert done.returncode != 0
    assert "crystinet.assign lacks parameters: ['source']" in done.stderr
