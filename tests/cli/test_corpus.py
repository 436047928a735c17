"""``crystinet corpus`` from CIF files to a data set; its use cases are tested in tests/app."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app


def corpus(*words: object) -> Result:
    return CliRunner().invoke(app, ["corpus", *map(str, words)])


def done(*words: object) -> Result:
    result = corpus(*words)
    assert result.exit_code == 0, result.stderr
    return result


def test_from_files_to_a_data_set(salts: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    store, names, table, dataset, card = (
        tmp_path / name for name in ("c.sqlite", "types.txt", "h.parquet", "d.npz", "CARD.md")
    )
    assert "2 structures added" in done("add", salts, "--store", store, "--workers", 1).stderr
    assert done("types", store, "-o", names).stdout == ""
    (entry,) = json.loads(done("types", store, "--json").stdout)["types"]
    assert (entry["rank"], entry["key"], entry["compounds"]) == (1, "NaCl", 2)
    assert "NaCl" in done("types", store).stdout
    options = ("--types", "NaCl", "--per-type", 4, "--workers", 1)
    assert "4 hypothetical compounds" in done("imagine", store, "-o", table, *options).stderr
    built = done("build", store, table, dataset, "--types", names, "--workers", 1, "--variants", 1)
    assert "6 compounds" in built.stderr
    for source in (store, dataset):
        assert done("card", source, "-o", card).stdout == ""
        assert card.read_text() == done("card", source).stdout


def test_stats_for_people_and_programs(salts: Path, tmp_path: Path) -> None:
    store, dataset = tmp_path / "c.sqlite", tmp_path / "d.npz"
    done("add", salts, "--store", store, "--workers", 1)
    done("build", store, dataset, "--workers", 1)
    document = json.loads(done("stats", store, "--json").stdout)
    assert document["structures"] == 2
    assert document["elements"] == {"Cl": 2, "K": 1, "Na": 1}
    assert "2 NaCl" in done("stats", store).stdout
    (row,) = json.loads(done("stats", dataset, "--json").stdout)["classes"]
    assert row["name"] == "NaCl"
    assert "NaCl" in done("stats", dataset).stdout


def test_a_rejected_file_is_told_and_listed(salts: Path, tmp_path: Path) -> None:
    store = tmp_path / "c.sqlite"
    (salts / "letter.cif").write_text("Dear colleague,\n")
    result = corpus("add", salts, "--store", store, "--workers", 1, "--json")
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert document["added"] == 2
    assert document["problems"][0]["error"]["code"] == "unreadable-file"
    assert "letter.cif" in result.stderr
    assert json.loads(done("problems", store, "--json").stdout)["problems"] == document["problems"]
    assert "letter.cif" in done("problems", store).stdout


@pytest.mark.parametrize("command", ["problems", "types", "stats", "card"])
def test_what_is_no_store(command: str, tmp_path: Path) -> None:
    path = tmp_path / "text.sqlite"
    path.write_text("no store")
    result = corpus(command, path)
    assert result.exit_code == 2
    assert "Hint: " in result.stderr
    assert "Traceback" not in result.stderr
