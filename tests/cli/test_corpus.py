import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app

HALITE = """data_halite
_cell_length_a 5.6402
_cell_length_b 5.6402
_cell_length_c 5.6402
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na 0 0 0
Cl .5 .5 .5
"""


def corpus(*words: object) -> Result:
    return CliRunner().invoke(app, ["corpus", *map(str, words)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inner = tmp_path / "in"
    inner.mkdir()
    (inner / "halite.cif").write_text(HALITE)
    (inner / "sylvite.cif").write_text(HALITE.replace("5.6402", "6.293").replace("Na", "K"))
    return inner


@pytest.fixture
def store(folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "corpus.sqlite"
    result = corpus("add", folder, "--store", path, "--workers", 1)
    assert result.exit_code == 0, result.stderr
    assert "2 structures added" in result.stderr
    return path


def test_a_rejected_file_is_told_and_listed(folder: Path, store: Path) -> None:
    (folder / "letter.cif").write_text("Dear colleague,\n")
    result = corpus("add", folder, "--store", store, "--workers", 1, "--json")
    assert result.exit_code == 2
    document = json.loads(result.stdout)
    assert (document["added"], document["known_inputs"]) == (0, 2)
    assert document["problems"][0]["error"]["code"] == "unreadable-file"
    assert "letter.cif" in result.stderr
    listed = json.loads(corpus("problems", store, "--json").stdout)
    assert listed["problems"] == document["problems"]
    assert "letter.cif" in corpus("problems", store).stdout


def test_a_mistyped_path_makes_no_store(tmp_path: Path) -> None:
    result = corpus("add", tmp_path / "absent", "--store", tmp_path / "new.sqlite")
    assert result.exit_code == 2
    assert "absent does not exist" in result.stderr
    assert not (tmp_path / "new.sqlite").exists()


def test_from_store_to_data_set_and_card(store: Path, tmp_path: Path) -> None:
    names, dataset, card = (tmp_path / name for name in ("types.txt", "d.npz", "CARD.md"))
    assert corpus("types", store, "-o", names).exit_code == 0
    assert names.read_text().splitlines()[-1] == "NaCl"
    (entry,) = json.loads(corpus("types", store, "--json").stdout)["types"]
    assert (entry["rank"], entry["key"], entry["compounds"]) == (1, "NaCl", 2)
    built = corpus("build", store, dataset, "--types", names, "--workers", 1)
    assert built.exit_code == 0, built.stderr
    (row,) = json.loads(corpus("stats", dataset, "--json").stdout)["classes"]
    assert (row["number"], row["name"]) == (15, "NaCl")
    assert "NaCl" in corpus("stats", dataset).stdout
    for source in (store, dataset):
        assert corpus("card", source, "-o", card).exit_code == 0
        assert card.read_text() == corpus("card", source).stdout


def test_stats_of_a_store(store: Path) -> None:
    document = json.loads(corpus("stats", store, "--json").stdout)
    assert document["structures"] == 2
    assert document["types"] == {"NaCl": 2}
    assert document["elements"] == {"Cl": 2, "K": 1, "Na": 1}
    assert "2 NaCl" in corpus("stats", store).stdout


@pytest.mark.parametrize("command", ["problems", "types", "stats", "card"])
def test_what_is_no_store(command: str, tmp_path: Path) -> None:
    path = tmp_path / "text.sqlite"
    path.write_text("no store")
    result = corpus(command, path)
    assert result.exit_code == 2
    assert "Hint: " in result.stderr
    assert "Traceback" not in result.stderr


def test_hypothetical_compounds_are_invented_and_used(store: Path, tmp_path: Path) -> None:
    table, dataset = tmp_path / "h.parquet", tmp_path / "d.npz"
    options = ("--types", "NaCl", "--per-type", 4, "--workers", 1)
    result = corpus("imagine", store, "-o", table, *options)
    assert result.exit_code == 0, result.stderr
    assert "4 hypothetical compounds" in result.stderr
    result = corpus("build", store, table, dataset, "--workers", 1, "--variants", 1)
    assert result.exit_code == 0, result.stderr
    assert "6 compounds" in result.stderr
    result = corpus("imagine", store, "-o", table, "--types", "NaCI")
    assert result.exit_code == 2
    assert "NaCl" in result.stderr
