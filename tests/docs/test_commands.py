"""The page of the commands is what they say; fragments of the changelog have names that count."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOL = ROOT / "tools" / "cli_page.py"


def test_the_page_of_the_commands_is_up_to_date() -> None:
    command = [sys.executable, str(TOOL), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Rank the structure types", "Rank all structure types", "is not what the commands say"),
        ("## crystinet assign\n", "## crystinet asign\n", "crystinet asign"),
    ],
)
def test_a_stale_page_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    for name in ("tools", "docs/reference"):
        (tmp_path / name).mkdir(parents=True)
    copy = tmp_path / "tools" / TOOL.name
    copy.write_text(TOOL.read_text("utf-8"), encoding="utf-8")
    page = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
    assert old in page
    (tmp_path / "docs/reference/cli.md").write_text(page.replace(old, new, 1), encoding="utf-8")
    command = [sys.executable, str(copy), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert told in done.stderr


def test_fragments_of_the_changelog_have_names_that_are_found() -> None:
    others = {"README.md", "template.md.jinja"}
    names = {path.name for path in (ROOT / "changelog.d").iterdir()} - others
    kinds = "added|changed|fixed|removed"
    assert [name for name in names if not re.fullmatch(rf"\d+\.[\w-]+\.({kinds})\.md", name)] == []
