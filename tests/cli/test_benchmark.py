"""``crystinet benchmark``; what it counts is tested in tests/evaluation/benchmark."""

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app


def benchmark(*words: object) -> Result:
    return CliRunner().invoke(app, ["benchmark", *map(str, words)])


def test_the_table_in_every_form(measured_folder: Path, judged_dataset: Path) -> None:
    pytest.importorskip("torch")
    given = ("--measured", measured_folder, "--dataset", judged_dataset, "--patterns", 4)
    told = benchmark(*given, "--json")
    assert told.exit_code == 0, told.output
    rows = json.loads(told.stdout)["rows"]
    assert [row["rival"] for row in rows[:6]] == [
        "this bundle",
        "1-NN",
        "1-NN, own elements left out",
        "peak list",
        "peak list, own elements left out",
        "published design",
    ]
    sets = {row["patterns_of"]: row["patterns"] for row in rows if row["rival"] == "this bundle"}
    assert sets == {
        "held-out compounds, simulated": 4,
        f"measured, {measured_folder.name}": 1,
    }
    table = benchmark(*given, "--format", "csv").stdout
    lines = [line for line in table.splitlines() if not line.startswith("#")]
    assert [row["rival"] for row in csv.DictReader(lines)] == [row["rival"] for row in rows]
    assert "# seed: 1" in table
    page = benchmark(*given, "--format", "markdown").stdout
    assert page.startswith("| patterns | who is asked |")
    text = benchmark(*given).stdout
    assert "1-NN" in text
    assert "index of known compounds: " in text


def test_a_bundle_of_the_published_design_takes_part(
    measured_folder: Path, bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch")
    monkeypatch.chdir(measured_folder)
    told = benchmark("--measured", ".", "--published", bundle_folder, "--json")
    assert told.exit_code == 0, told.output
    document = json.loads(told.stdout)
    last = document["rows"][-1]
    assert (last["rival"], last["patterns"]) == ("published design", 1)
    assert last["patterns_of"] == f"measured, {measured_folder.name}"
    assert f"manifest of {measured_folder.name}, SHA-256" in document["provenance"]


def test_nothing_to_ask_about() -> None:
    told = benchmark()
    assert told.exit_code == 2
    assert "--measured FOLDER" in told.stderr


def test_the_schema_of_a_manifest() -> None:
    schema = json.loads(benchmark("--schema").stdout)
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["items"]["required"][:2] == ["id", "file"]
