import json
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from crystinet.core.errors import CorpusError, FileMissingError, MissingExtraError
from crystinet.corpus.intake.table import read_table, structure_of_row
from crystinet.crystals.positions import positions_of

#: Halite, and an olivine with iron and magnesium on both sites (cells of the usual textbooks).
SALT: dict[str, Any] = {
    "id": 7,
    "source": "textbook",
    "source_id": "halite",
    "licence": "CC0-1.0",
    "kind": "experimental",
    "known_experimentally": True,
    "formula": "NaCl",
    "space_group": 225,
    "hall_number": 523,
    "a": 5.6402,
    "b": 5.6402,
    "c": 5.6402,
    "alpha": 90.0,
    "beta": 90.0,
    "gamma": 90.0,
    "volume_per_atom": 22.43,
    "sites": json.dumps([[{"Na": 1.0}, "a", 4, [0, 0, 0]], [{"Cl": 1.0}, "b", 4, [0.5, 0.5, 0.5]]]),
}
OLIVINE = {
    **SALT,
    "id": 8,
    "source_id": "olivine",
    "kind": "dft, doped by hand",
    "known_experimentally": False,
    "formula": "Mg1.8Fe0.2SiO4",
    "space_group": 62,
    "hall_number": 292,
    "a": 10.225,
    "b": 5.994,
    "c": 4.762,
    "sites": json.dumps(
        [
            [{"Fe": 0.1, "Mg": 0.9}, "a", 4, [0, 0, 0]],
            [{"Fe": 0.1, "Mg": 0.9}, "c", 4, [0.2774, 0.25, 0.9898]],
            [{"Si": 1.0}, "c", 4, [0.0943, 0.25, 0.4269]],
            [{"O": 1.0}, "c", 4, [0.0919, 0.25, 0.7658]],
            [{"O": 1.0}, "c", 4, [0.4478, 0.25, 0.2201]],
            [{"O": 1.0}, "d", 8, [0.1635, 0.0343, 0.2781]],
        ]
    ),
}


def write(path: Path, *rows: dict[str, Any]) -> Path:
    parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)
    return path


def test_rows_come_in_order_with_what_the_table_says(tmp_path: Path) -> None:
    salt, olivine = read_table(write(tmp_path / "t.parquet", SALT, OLIVINE), batch_size=1)
    assert (salt.id, salt.source, salt.source_id, salt.licence) == (
        7, "textbook", "halite", "CC0-1.0"
    )  # fmt: skip
    assert (salt.kind, salt.known_experimentally) == ("experimental", True)
    assert (olivine.kind, olivine.known_experimentally) == ("dft, doped by hand", False)
    assert (olivine.formula, olivine.space_group) == ("Mg1.8Fe0.2SiO4", 62)


def test_structures_have_their_atoms(tmp_path: Path) -> None:
    rows = read_table(write(tmp_path / "t.parquet", SALT, OLIVINE))
    salt, olivine = (row.structure for row in rows)
    assert salt.cell == (5.6402, 5.6402, 5.6402, 90.0, 90.0, 90.0)
    assert salt.sites[1].xyz == (0.5, 0.5, 0.5)
    assert positions_of(salt).multiplicity.tolist() == [4, 4]
    assert olivine.sites[0].species == (("Fe", 0.1), ("Mg", 0.9))
    assert positions_of(olivine).multiplicity.tolist() == [4, 4, 4, 4, 4, 8]
    assert "NaCl" in salt.name
    assert "halite" in salt.name


def test_a_row_as_a_mapping() -> None:
    assert len(structure_of_row(OLIVINE).sites) == 6


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("sites", "[not json", "is not JSON"),
        ("sites", "[]", "no list of sites"),
        ("sites", '{"Na": 1}', "no list of sites"),
        ("sites", '[[{"Na": 1.0}, "a", 4]]', "site 1"),
        ("sites", '[[{"Na": 1.0}, "a", 4, [0, 0]]]', "site 1"),
        ("sites", '[[{"Na": 1.0}, "a", 4, [0, 0, 0]], [["Cl"], "b", 4, [0, 0, 0]]]', "site 2"),
        ("sites", '[[{"Na": "much"}, "a", 4, [0, 0, 0]]]', "site 1"),
        ("sites", None, "not text"),
        ("hall_number", 531, "no Hall number 531"),
        ("hall_number", None, "not an integer"),
        ("a", None, "not a number"),
        ("gamma", "90", "not a number"),
        ("formula", None, "not text"),
        ("known_experimentally", None, "not a boolean"),
    ],
)
def test_a_bad_value_names_file_row_and_column(
    tmp_path: Path, column: str, value: object, message: str
) -> None:
    path = write(tmp_path / "t.parquet", {**SALT, column: value})
    with pytest.raises(CorpusError, match=message) as error:
        list(read_table(path))
    assert f"{path}: Row 7, column {column}" in error.value.message
    assert error.value.hint


def test_good_rows_before_a_bad_one_are_read(tmp_path: Path) -> None:
    rows = read_table(write(tmp_path / "t.parquet", SALT, {**OLIVINE, "sites": "?"}))
    assert next(rows).id == 7
    with pytest.raises(CorpusError, match="Row 8, column sites"):
        next(rows)


def test_missing_columns_are_named(tmp_path: Path) -> None:
    partial = {key: value for key, value in SALT.items() if key not in ("sites", "hall_number")}
    with pytest.raises(CorpusError, match="lacks the columns sites, hall_number; it has id"):
        list(read_table(write(tmp_path / "t.parquet", partial)))


def test_what_is_no_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(CorpusError, match="cannot be read as a Parquet table"):
        list(read_table(path))
    with pytest.raises(FileMissingError, match="absent"):
        list(read_table(tmp_path / "absent"))


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "t.parquet", SALT)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="pyarrow") as error:
        list(read_table(path))
    assert "pip install" in error.value.hint
