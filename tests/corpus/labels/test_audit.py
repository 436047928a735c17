"""The audit: doubtful cases, collisions, labels of the source, minerals."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from crystinet.app.corpus import audit_document
from crystinet.cli import app
from crystinet.cli.corpus_text import audit_lines
from crystinet.core.errors import CorpusError
from crystinet.corpus.compound import Entry
from crystinet.corpus.intake.table import read_table
from crystinet.corpus.labels.analysis import compound_of
from crystinet.corpus.labels.audit import Audit, Finding, audit, find, summarise
from crystinet.corpus.store.store import Reading, Store
from crystinet.crystals.structure import Site, Structure


def row(code: str, **values: Any) -> dict[str, Any]:
    return {
        "id": values.pop("id", 1), "source": "textbook", "source_id": code, "licence": "CC0-1.0",
        "kind": "experimental", "known_experimentally": True, "alpha": 90.0, "beta": 90.0,
        "gamma": 90.0, "volume_per_atom": 15.0, **values,
    }  # fmt: skip


def sites(*atoms: tuple[str, float, list[float]]) -> str:
    return json.dumps([[{element: n}, "a", 1, xyz] for element, n, xyz in atoms])


def cubic(a: float, hall_number: int) -> dict[str, Any]:
    return {"a": a, "b": a, "c": a, "hall_number": hall_number}


ROWS = [
    row("halite", formula="ClNa", space_group=225, **cubic(5.64, 523),
        sites=sites(("Na", 1, [0, 0, 0]), ("Cl", 1, [0.5, 0.5, 0.5]))),
    row("sylvite", formula="ClK", space_group=225, **cubic(6.29, 523),
        sites=sites(("K", 1, [0, 0, 0]), ("Cl", 1, [0.5, 0.5, 0.5]))),
    row("pyrite", formula="FeS2", space_group=205, **cubic(5.418, 501),
        sites=sites(("Fe", 1, [0, 0, 0]), ("S", 1, [0.385, 0.385, 0.385]))),
    row("dry ice", formula="CO2", space_group=205, kind="dft", **cubic(5.624, 501),
        sites=sites(("C", 1, [0, 0, 0]), ("O", 1, [0.1185, 0.1185, 0.1185]))),
    # x far too small for a disulfide
    row("wrong pyrite", formula="FeS2", space_group=205, **cubic(5.418, 501),
        sites=sites(("Fe", 1, [0, 0, 0]), ("S", 1, [0.27, 0.27, 0.27]))),
    row("two atoms at one place", formula="ClNa", space_group=225, **cubic(5.64, 523),
        sites=sites(("Na", 1, [0, 0, 0]), ("Cl", 1, [0, 0, 0]))),
]  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "structures.parquet"
    rows = [{**values, "id": number} for number, values in enumerate(ROWS)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


@pytest.fixture
def audited(table: Path) -> Audit:
    return audit(table, minerals=True, workers=1)


def test_structures_are_counted_by_type(audited: Audit) -> None:
    assert (audited.structures, audited.failed, audited.assigned) == (6, 1, 4)
    salts = audited.types[0]
    assert (salts.name, salts.compounds, salts.structures) == ("NaCl", 2, 2)
    assert (salts.far, salts.ties, salts.nearly) == (0, 0, 0)


def test_keys_of_several_types_are_collisions(audited: Audit) -> None:
    assert audited.collisions == {
        "205 | cP12 | c a": {"Pyrite-FeS2(cP12)": 1, "CO2(cP12)": 1, "": 1}
    }


def test_minerals_are_compared(audited: Audit) -> None:
    assert audited.minerals is not None
    assert (audited.minerals.minerals, audited.minerals.correct) == (3, 3)
    assert audited.minerals.none == 1
    (line,) = audited.minerals.differing
    assert line.startswith("pyrite: Pyrite-FeS2(cP12) expected, none assigned")


def test_one_kind_of_structures_can_be_chosen(table: Path) -> None:
    assert audit(table, kind="dft", workers=1).structures == 1
    assert audit(table, kind="dft", workers=1).minerals is None


def test_a_kind_that_is_not_there_is_an_error(table: Path) -> None:
    with pytest.raises(CorpusError, match="kind 'experimantal'") as caught:
        audit(table, kind="experimantal", workers=1)
    assert "experimental" in caught.value.hint


def test_several_processes_find_the_same(table: Path, audited: Audit) -> None:
    assert audit(table, minerals=True, workers=2) == audited


def test_a_structure_far_from_its_reference_is_doubtful(table: Path) -> None:
    """x of pyrite from 0.385 to 0.27: first far, then outside but near."""
    pyrite = next(row for row in read_table(table) if row.source_id == "pyrite")
    verdicts = []
    for x in (0.385, 0.32, 0.30, 0.27):
        moved = replace(pyrite.structure.sites[1], xyz=(x, x, x))
        structure = replace(pyrite.structure, sites=(pyrite.structure.sites[0], moved))
        found = find(replace(pyrite, structure=structure))
        assert found is not None
        verdicts.append((bool(found.type_name), found.far, found.nearly))
    assert verdicts[0] == (True, False, False)
    assert (True, True, False) in verdicts
    assert (False, False, True) in verdicts
    assert verdicts[-1] == (False, False, False)
    assert verdicts == sorted(verdicts, key=lambda verdict: not verdict[0])


def test_doubtful_cases_are_listed_by_type() -> None:
    sure = Finding("a", "AB", 1, "key", "FeB", 0.2, "MnP", False, "")
    findings = [
        sure,
        replace(sure, code="b", formula="AC", nearness=0.9),
        replace(sure, code="c", formula="AD", tie=True),
        replace(sure, code="d", type_name="", second="FeB", nearness=1.1),
    ]
    (entry,) = summarise(findings, failed=0, minerals=False).types
    assert (entry.compounds, entry.far, entry.ties, entry.nearly) == (3, 1, 1, 1)
    assert entry.examples == ("b", "c", "d")


def test_types_of_the_source_are_compared(tmp_path: Path) -> None:
    """A store with labels: one right, one wrong, one of a type that the catalogue lacks."""

    def salt(code: str, label: str) -> Entry:
        atoms = (Site((("Na", 1.0),), (0, 0, 0)), Site((("Cl", 1.0),), (0.5, 0.5, 0.5)))
        structure = Structure((5.64, 5.64, 5.64, 90.0, 90.0, 90.0), "-F 4 2 3", atoms, code)
        return Entry("ICSD", code, "", "experimental", True, "ClNa", label, structure)

    path = tmp_path / "corpus.sqlite"
    entries = [salt("1", "NaCl"), salt("2", "CsCl"), salt("3", ""), salt("4", "Unheard-of#XY")]
    with Store.create(path) as store:
        compounds = tuple(compound_of(entry) for entry in entries)
        store.add([Reading(b"1", "here", compounds, ())])
    found = audit(path, workers=1)
    assert found.structures == 4
    assert found.labelled == 3
    assert found.differing == {("CsCl", "NaCl"): 1, ("Unheard-of#XY", "NaCl"): 1}
    assert "1 of 3 agree" in "\n".join(audit_lines(found))


def test_the_command_prints_text_or_one_document(table: Path, audited: Audit) -> None:
    words = ["corpus", "audit", str(table), "--minerals", "--workers", "1"]
    text = CliRunner().invoke(app, words)
    assert text.exit_code == 0
    assert "6 structures, 4 with a type, 1 impossible" in text.stdout
    assert "3 of 4 structures agree (75.0%)" in text.stdout
    document = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert document == json.loads(json.dumps(audit_document(audited)))
    assert document["types"][0]["name"] == "NaCl"
