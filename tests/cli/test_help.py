"""Every command explains itself."""

import re
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from crystinet.cli import app


def leaves(group: Any, path: str = "") -> dict[str, Any]:
    """Collect the commands below a group by their full name."""
    found = {}
    for name, command in group.commands.items():
        full = f"{path} {name}".strip()
        found |= leaves(command, full) if hasattr(command, "commands") else {full: command}
    return found


COMMANDS = leaves(typer.main.get_command(app))


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
