"""``crystinet types``."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import crystinet
from crystinet.cli import app
from crystinet.model.bundle_files import bundle_types, packaged_bundles


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
    generated = listed("--generated")
    assert len(generated) >= 409
    assert all(entry["generated"] and entry["extension"] for entry in generated)
    assert not any(entry["generated"] for entry in extensions)
    assert len(listed("--all")) == 100 + len(extensions) + len(generated)


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


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("TiO2", "Rutile-TiO2"),
        ("O2Ti", "Rutile-TiO2"),
        ("halite", "NaCl"),
        ("Rock salt", "NaCl"),
        ("spinel", "Spinel-Al2MgO4"),
        ("MgAl2O4", "Spinel-Al2MgO4"),
        ("uraninite", "Fluorite-CaF2"),
        ("PrCoO3", "Perovskite-CaTiO3"),
        ("Ca(OH)2", "CdI2"),
        ("quartz", "Quartz-alpha"),
        ("tI26", "ThMn12"),
        ("C", "Diamond-C"),
        ("Cu", "fcc(ccp)-Cu"),
        ("SiO2", "Quartz-alpha"),
    ],
)
def test_a_search_by_name_mineral_formula_or_symbol(text: str, first: str) -> None:
    assert listed(text)[0]["type"] == first
    assert crystinet.types(text)[0].name == first


def test_a_search_says_why_and_which_bundles_know_the_type() -> None:
    rows = types("TiO2").stdout.splitlines()
    rutile = next(row for row in rows if "Rutile" in row)
    assert "default, extended" in rutile
    assert rutile.split()[-1] == "name"
    anatase = next(row for row in rows if "Anatase" in row)
    known = {name: bundle_types(folder) for name, folder in packaged_bundles().items()}
    (told,) = (e["bundles"] for e in listed("TiO2") if e["type"] == "Anatase-TiO2")
    assert told == [name for name in known if "Anatase-TiO2" in known[name]]
    assert (not told) is (" - " in anatase)
    assert "known compound PrCoO3" in types("PrCoO3").stdout
    merged = next(e for e in listed() if e["number"] == 92)
    assert "default" in merged["bundles"]


def test_what_is_not_found_is_said() -> None:
    result = types("xyzzy")
    assert result.exit_code == 2
    assert "No structure type is found for 'xyzzy'" in result.stderr
    assert crystinet.types("xyzzy") == []
    for nothing in ("", "  "):
        with pytest.raises(crystinet.ConfigError, match="to look for"):
            crystinet.types(nothing)


def test_a_search_stays_within_the_choice() -> None:
    assert {kind.group for kind in crystinet.types("perovskite", group=8)} == {8}
    assert all(kind.extension for kind in crystinet.types("O2", published=False))
    assert crystinet.types("quartz", extensions=False) == []
