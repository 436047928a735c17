"""Every command explains itself."""

import re
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from crystinet.cli import app
from crystinet.model.bundle_files import packaged_bundles


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
    assert re.search(rf"Examples?:\n +crystinet {name}\s", result.stdout)


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_the_short_option_is_the_long_one(name: str) -> None:
    short, long = (CliRunner().invoke(app, [*name.split(), word]) for word in ("-h", "--help"))
    assert (short.exit_code, short.stdout) == (0, long.stdout)


def test_the_help_names_the_bundles_that_there_are() -> None:
    shown = " ".join(CliRunner().invoke(app, ["identify", "-h"]).stdout.split())
    for name in packaged_bundles():
        assert re.search(rf"--model BUNDLE .*\b{name}\b.* --plot", shown), name


def test_an_unknown_bundle_is_told_which_there_are() -> None:
    result = CliRunner().invoke(app, ["identify", "a.xy", "--model", "extendd"])
    assert result.exit_code == 2
    assert "There is no model bundle" in result.stderr
    assert all(name in result.stderr for name in packaged_bundles())


def test_version() -> None:
    import crystinet

    result = CliRunner().invoke(app, ["--version"])
    assert result.exit_code == 0
    assert result.stdout == f"crystinet {crystinet.__version__}\n"


def test_a_mistyped_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(app, ["identfy"])
    assert result.exit_code == 2
    assert "identify" in result.stderr
