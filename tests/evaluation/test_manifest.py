"""The JSON Schema of a manifest against the reader of manifests."""

import csv
from pathlib import Path
from typing import Any

import pytest

from crystinet.core.errors import CorpusError
from crystinet.evaluation.manifest import COLUMNS, key_of_row, manifest_schema, read_manifest

GOOD = ("salt", "salt.xy", "NaCl", "yes", "ok", "1.5406/1.5444")


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    schema = manifest_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def written(folder: Path, *rows: tuple[str, ...], columns: tuple[str, ...] = COLUMNS) -> Path:
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    return folder


def rows_of(folder: Path) -> list[dict[str, str]]:
    """The rows as another program reads them."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, restval=""))


def changed(**values: str) -> tuple[str, ...]:
    return tuple(values.get(name, good) for name, good in zip(COLUMNS, GOOD, strict=True))


@pytest.mark.parametrize(
    "row",
    [
        GOOD,
        changed(structure_type="", in_catalogue="no"),
        changed(structure_type="Barite-BaSO4", in_catalogue="extended"),
        changed(in_catalogue="doubt"),
        changed(quality="a second phase, 20 %"),
        *(
            changed(wavelength_angstrom=text)
            for text in (
                *("", " ", "/", "Cu", "Cu K-alpha", "in the file", "0.7093", ".7093", "1.54 A"),
                *("0.05", "5", "5.0", "+1.5406", "1.5406 / 1.5444", "1.529?", "K-alpha"),
            )
        ),
    ],
)
def test_what_the_reader_takes_is_valid(
    row: tuple[str, ...], validator: Any, tmp_path: Path
) -> None:
    folder = written(tmp_path, row)
    read_manifest(folder, types=("NaCl",))
    validator.validate(rows_of(folder))


@pytest.mark.parametrize(
    "row",
    [
        changed(in_catalogue="maybe"),
        changed(in_catalogue=""),
        changed(structure_type=""),
        *(
            changed(wavelength_angstrom=text)
            for text in ("-1.54", "0", "0.049", "5.1", "12", "1e9", "nan", "inf", "-inf", "154/155")
        ),
    ],
)
def test_what_the_reader_refuses_is_not_valid(
    row: tuple[str, ...], validator: Any, tmp_path: Path
) -> None:
    folder = written(tmp_path, GOOD, row)
    with pytest.raises(CorpusError, match="line 3"):
        read_manifest(folder, types=("NaCl",))
    (error,) = validator.iter_errors(rows_of(folder))
    assert error.absolute_path[0] == 1  # the second row


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_missing_column_is_refused_by_both(missing: str, validator: Any, tmp_path: Path) -> None:
    places = [i for i, name in enumerate(COLUMNS) if name != missing]
    columns = tuple(COLUMNS[i] for i in places)
    folder = written(tmp_path, tuple(GOOD[i] for i in places), columns=columns)
    with pytest.raises(CorpusError, match=f"lacks {missing}"):
        read_manifest(folder, types=("NaCl",))
    assert [error.validator for error in validator.iter_errors(rows_of(folder))] == ["required"]


def test_a_manifest_without_rows_is_refused_by_both(validator: Any, tmp_path: Path) -> None:
    folder = written(tmp_path)
    with pytest.raises(CorpusError):
        read_manifest(folder, types=())
    assert not validator.is_valid(rows_of(folder))


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ({"phase": "CaCO3"}, "C-Ca-O"),
        ({"phase": "Ca(OH)2, a powder"}, ""),  # the comma makes it a word
        ({"phase": "Ca(OH)2 powder"}, "Ca-H-O"),
        ({"phase": "La1.85Sr0.15CuO4"}, "Cu-La-O"),  # strontium is below 5 % of the atoms
        ({"phase": "calcite"}, ""),
        ({"phase": "Xx2"}, ""),
        ({"phase": "calcite", "elements": "Ca, C,O"}, "C-Ca-O"),
        ({"phase": "CaCO3", "elements": "Mg O"}, "Mg-O"),
        ({"elements": "whatever"}, ""),
        ({}, ""),
    ],
)
def test_the_elements_of_a_row(row: dict[str, str], key: str) -> None:
    assert key_of_row(row) == key
