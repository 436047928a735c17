"""``crystinet types``."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app


def types(*words: str) -> Result:
    return CliRunner().invoke(app, ["types", *words])


def listed(*words: str) -> list[dict[str, Any]]:
    result = types(*words, "--json")
    assert result.exit_code == 0
    found: list[dict[str, Any]] = json.loads(result.stdout)["types"]
    return found


def test_the_default_is_the_published_hundred() -> None:
    found = listed()
    assert [entry["number"] for entry in found] == list(range(1, 101))
    assert len({entry["class"] for entry in found}) == 91
    assert not any(entry["extension"] for entry in found)
    rutile = found[17]
    assert (rutile["type"], rutile["group"], rutile["class_number"]) == ("Rutile-TiO2", 3, 18)
    assert rutile["space_groups"] == [136]
    assert rutile["pearson"] == ["tP6"]


def test_groups_and_extensions() -> None:
    assert {entry["group"] for entry in listed("--group", "3")} == {3}
    extensions = listed("--extensions")
    assert len(extensions) >= 20
    assert all(entry["extension"] and entry["number"] is None for entry in extensions)
    assert len(listed("--all")) == 100 + len(extensions)


def test_table() -> None:
    result = types("--group", "3")
    assert result.exit_code == 0
    assert "Rutile-TiO2" in result.stdout
    assert "tP6" in result.stdout
    assert "Olivine" not in result.stdout


@pytest.mark.parametrize(
    "words",
    [["--extensions", "--all"], ["--extensions", "--group", "3"], ["--group", "11"]],
)
def test_impossible_choices(words: list[str]) -> None:
    result = types(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
