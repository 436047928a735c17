"""Records of JSON as open databases publish them."""

import bz2
import gzip
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crystinet.core.errors import CorpusError, UnreadableFileError
from crystinet.corpus.intake import json_records
from crystinet.corpus.intake.cif_entries import Overrides
from crystinet.corpus.intake.ingest import Tally, ingest
from crystinet.corpus.intake.json_records import records_of
from crystinet.corpus.intake.records import entry_of_record
from crystinet.corpus.store.store import Store

A = 4.2112
MATRIX = [[0.0, A / 2, A / 2], [A / 2, 0.0, A / 2], [A / 2, A / 2, 0.0]]
MATERIALS_PROJECT = {
    "material_id": "mp-1265",
    "theoretical": False,
    "structure": {
        "@module": "pymatgen.core.structure",
        "lattice": {"matrix": MATRIX},
        "sites": [
            {"species": [{"element": "Mg", "occu": 1}], "abc": [0, 0, 0]},
            {"species": [{"element": "O", "occu": 1}], "abc": [0.5, 0.5, 0.5]},
        ],
    },
}
ALEXANDRIA = {
    "@class": "ComputedStructureEntry",
    "data": {"mat_id": "agm001"},
    "structure": MATERIALS_PROJECT["structure"],
}
JARVIS = {
    "jid": "JVASP-1",
    "atoms": {
        "lattice_mat": MATRIX,
        "coords": [[0, 0, 0], [A / 2, A / 2, A / 2]],
        "elements": ["Mg", "O"],
        "cartesian": True,
    },
}
OPTIMADE = {
    "id": "7",
    "type": "structures",
    "attributes": {
        "lattice_vectors": MATRIX,
        "cartesian_site_positions": [[0, 0, 0], [A / 2, A / 2, A / 2]],
        "species": [
            {"name": "Mg", "chemical_symbols": ["Mg"], "concentration": [1]},
            {"name": "O", "chemical_symbols": ["O"], "concentration": [1]},
        ],
        "species_at_sites": ["Mg", "O"],
        "structure_features": [],
    },
}
HEADER = {"x-optimade": {"meta": {"provider": {"prefix": "_cod", "name": "COD"}}}}


def added(path: Path, store: Path, **told: str) -> Tally:
    with Store.create(store) as opened:
        return ingest([path], opened, overrides=Overrides(**told))


@pytest.mark.parametrize(
    ("record", "source", "code", "known"),
    [
        (MATERIALS_PROJECT, "Materials Project", "mp-1265", True),
        (ALEXANDRIA, "Alexandria", "agm001", False),
        (JARVIS, "JARVIS-DFT", "JVASP-1", False),
    ],
)
def test_records_of_databases(
    record: dict[str, Any], source: str, code: str, known: bool, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps([record], indent=1))
    assert added(tmp_path / "a.json", tmp_path / "s.sqlite").added == 1
    with Store.open(tmp_path / "s.sqlite") as store:
        (compound,) = store.compounds()
    entry = compound.entry
    assert (entry.source, entry.code, entry.known_experimentally) == (source, code, known)
    assert compound.space_group == 225
    assert compound.entry.structure.cell.a == pytest.approx(A / 2**0.5)


def as_lines(records: list[Any]) -> str:
    return "\n".join(map(json.dumps, records))


@pytest.mark.parametrize(
    "text",
    [
        as_lines([HEADER, OPTIMADE, {**OPTIMADE, "id": "8"}]),
        json.dumps([OPTIMADE, {**OPTIMADE, "id": "8"}]),
        json.dumps({"entries": [OPTIMADE, {**OPTIMADE, "id": "8"}]}, indent=2),
    ],
    ids=["lines", "list", "object"],
)
@pytest.mark.parametrize("packed", ["", ".gz", ".bz2", ".zip"])
@pytest.mark.parametrize("chunk", [7, 2**20])
def test_forms_of_files(
    text: str, packed: str, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_records, "_CHUNK", chunk)
    if chunk == 7 and "entries" in text:
        pytest.skip("the opening of an object has to lie in the first piece")
    path = tmp_path / f"a.json{packed}"
    if packed == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.json", text)
    else:
        pack: Callable[[bytes], bytes] = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}[
            packed
        ]
        path.write_bytes(pack(text.encode()))
    found = list(records_of(path))
    assert [record["id"] for record, _ in found] == ["7", "8"]
    provider = found[0][1]
    if "x-optimade" in text:
        assert provider is not None
        assert provider.source == "Crystallography Open Database"


@pytest.mark.parametrize("text", ["[{}, 3]", '[{"a": 1}, {"b"', "Dear colleague", '{"a": 1} x'])
def test_files_that_hold_no_records(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(UnreadableFileError, match="cannot be read as records"):
        list(records_of(tmp_path / "a.json"))
    tally = added(tmp_path / "a.json", tmp_path / "s.sqlite")
    assert tally.added == 0
    assert tally.problems


def test_one_bad_record_stops_nothing(tmp_path: Path) -> None:
    molecule = {"id": "2", "attributes": {**OPTIMADE["attributes"], "nperiodic_dimensions": 0}}  # type: ignore[dict-item]
    broken = {"id": "3", "attributes": {"species": []}}
    (tmp_path / "a.jsonl").write_text(as_lines([HEADER, molecule, broken, {"q": 1}, OPTIMADE]))
    tally = added(tmp_path / "a.jsonl", tmp_path / "s.sqlite")
    assert tally.added == 1
    said = " ".join(problem.message for problem in tally.problems)
    assert "0 periodic dimensions" in said
    assert "incomplete" in said
    assert "has q and no crystal structure" in said


def test_a_source_is_needed() -> None:
    with pytest.raises(CorpusError, match="Nobody says from which database 7 is"):
        entry_of_record(OPTIMADE, overrides=Overrides())
    entry = entry_of_record(OPTIMADE, overrides=Overrides(source="ours", kind="experimental"))
    assert entry.known_experimentally
