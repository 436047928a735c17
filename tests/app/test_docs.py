"""Every error code is documented, and every command has an example."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from crystinet.cli import app
from crystinet.core.errors import CrystinetError

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def leaves(group: Any, path: str = "") -> dict[str, Any]:
    """Collect the commands below a group by their full name."""
    found = {}
    for name, command in group.commands.items():
        full = f"{path} {name}".strip()
        found |= leaves(command, full) if hasattr(command, "commands") else {full: command}
    return found


COMMANDS = leaves(typer.main.get_command(app))


def test_every_error_code_is_documented_once() -> None:
    page = (REFERENCE / "errors.md").read_text("utf-8")
    pending, classes = [CrystinetError], set()
    while pending:
        error = pending.pop()
        classes.add(error)
        pending.extend(error.__subclasses__())
    ours = {error for error in classes if error.__module__.startswith("crystinet.")}
    codes = [error.code for error in ours]
    assert len(set(codes)) == len(codes), "two errors share a code"
    headings = re.findall(r"^## (\S+)$", page, flags=re.MULTILINE)
    assert sorted(headings) == sorted(codes)
    for error in ours:
        assert f"## {error.code}\n\n`{error.__name__}`" in page


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str) -> None:
    result = CliRunner().invoke(app, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert re.search(rf"Examples?:\n +crystinet {name} ", result.stdout)


def test_version() -> None:
    import crystinet

    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout == f"crystinet {crystinet.__version__}\n"


def test_a_mistyped_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(app, ["identfy"])
    assert result.exit_code == 2
    assert "identify" in result.stderr
