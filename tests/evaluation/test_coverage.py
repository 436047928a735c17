"""Coverage: what held-out compounds of any type get for an answer."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import pyarrow
from pyarrow import parquet
from typer.testing import CliRunner

from crystinet.cli import app
from crystinet.core.cell import Cell
from crystinet.core.errors import CorpusError
from crystinet.corpus.splits import Split, compound_key, split_of
from crystinet.crystals.reduction import same_lattice
from crystinet.evaluation.coverage import (
    CoverageReport,
    Reached,
    evaluate_coverage,
    held_out_compounds,
)
from crystinet.lines.indexing.beyond import look_beyond
from crystinet.model.identification import Identification, Verdict
from crystinet.model.inference import Model
from crystinet.patterns.sample import Sample

METALS = {"Li": 2.57, "Na": 2.82, "K": 3.15, "Rb": 3.29, "Mg": 2.11, "Ca": 2.41, "Mn": 2.22}
HALIDES = {"Cl": 0.0, "Br": 0.16, "I": 0.4}


def row(number: int, formula: str, space_group: int, hall: int, **values: Any) -> dict[str, Any]:
    return {
        "id": number, "source": "made here", "source_id": str(number), "licence": "CC0-1.0",
        "kind": "experimental", "known_experimentally": True, "formula": formula,
        "space_group": space_group, "hall_number": hall,
        "alpha": 90.0, "beta": 90.0, "gamma": 90.0, "volume_per_atom": 20.0, **values,
    }  # fmt: skip


def rock_salt(number: int, metal: str, halide: str) -> dict[str, Any]:
    edge = 2.0 * (METALS[metal] + HALIDES[halide])
    sites = [[{metal: 1}, "a", 4, [0, 0, 0]], [{halide: 1}, "b", 4, [0.5, 0.5, 0.5]]]
    return row(
        number, f"{metal}{halide}", 225, 523, a=edge, b=edge, c=edge, sites=json.dumps(sites)
    )


def simple_tetragonal(number: int, metal: str, halide: str) -> dict[str, Any]:
    """Two atoms in P4/mmm, of no type of the bundle."""
    sites = [[{metal: 1}, "a", 1, [0, 0, 0]], [{halide: 1}, "d", 1, [0.5, 0.5, 0.5]]]
    shape = {"a": 3.3, "b": 3.3, "c": 4.4}
    return row(number, f"{metal}{halide}2", 123, 400, **shape, sites=json.dumps(sites))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pairs = [(metal, halide) for metal in METALS for halide in HALIDES]
    rows = [rock_salt(i, *pair) for i, pair in enumerate(pairs)]
    rows += [simple_tetragonal(100 + i, *pair) for i, pair in enumerate(pairs)]
    rows.append({**rock_salt(200, "Na", "Cl"), "known_experimentally": False})
    path = tmp_path_factory.mktemp("store") / "structures.parquet"
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


def answer_of(model: Model) -> Any:
    def answer(sample: Sample) -> Identification:
        (found,) = model.identify([sample])
        known = found.verdict is Verdict.KNOWN
        return found if known else replace(found, beyond=look_beyond(sample))

    return answer


@pytest.fixture(scope="module")
def report(model: Model, store: Path) -> CoverageReport:
    return evaluate_coverage(model, answer_of(model), store, seed=2)


def test_only_compounds_of_the_test_split_that_were_made(store: Path) -> None:
    found = held_out_compounds(store)
    assert 2 <= len(found) < 42
    for entry in found:
        elements = [each for each in (*METALS, *HALIDES) if each in entry.formula]
        assert split_of(compound_key(dict.fromkeys(elements, 1.0))) is Split.TEST
        assert entry.known_experimentally


def test_rock_salts_are_right_and_the_others_have_a_lattice_at_most(
    report: CoverageReport, store: Path
) -> None:
    salts = sum(entry.type_name == "NaCl" for entry in held_out_compounds(store))
    assert report.covered == pytest.approx(salts / report.compounds)
    assert sum(report.reached.values()) == pytest.approx(1.0)
    named = report.reached[Reached.TYPE] + report.reached[Reached.NAMED]
    assert 0.5 * report.covered <= named <= report.covered
    assert report.reached[Reached.WRONG_KNOWN] <= 1.0 - report.covered
    assert report.known >= report.reached[Reached.WRONG_KNOWN]


def test_the_same_seed_gives_the_same_figures(
    model: Model, store: Path, report: CoverageReport
) -> None:
    assert evaluate_coverage(model, answer_of(model), store, seed=2) == report


def test_a_wrong_known_answer_is_counted_as_one(model: Model, store: Path) -> None:
    def certain(sample: Sample) -> Identification:
        (found,) = model.identify([sample])
        wrong = [c for c in found.candidates if c.type != "NaCl"]
        return replace(found, candidates=tuple(wrong), verdict=Verdict.KNOWN, twins=())

    found = evaluate_coverage(model, certain, store)
    assert found.reached[Reached.WRONG_KNOWN] == found.known == 1.0


def test_the_right_type_named_as_a_twin(model: Model, store: Path) -> None:
    def twin(sample: Sample) -> Identification:
        (found,) = model.identify([sample])
        wrong = [c for c in found.candidates if c.type != "NaCl"]
        right = tuple(c for c in found.candidates if c.type == "NaCl")
        return replace(found, candidates=tuple(wrong), verdict=Verdict.KNOWN, twins=right)

    found = evaluate_coverage(model, twin, store)
    assert found.reached[Reached.NAMED] == pytest.approx(found.covered)


def test_a_table_without_held_out_compounds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "calculated.parquet"
    rows = [{**rock_salt(1, "Na", "Cl"), "known_experimentally": False}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    with pytest.raises(CorpusError, match="no held-out compound"):
        held_out_compounds(path)


def test_what_is_neither_store_nor_table_is_told_as_that(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("10.0 1\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"neither a store .* nor a Parquet table"):
        held_out_compounds(path)


def test_the_command(store: Path) -> None:
    words = ["evaluate", "--coverage", str(store), "--patterns", "2"]
    told = CliRunner().invoke(app, words)
    assert told.exit_code == 0, told.output
    assert "Coverage: 2 of " in told.stdout
    assert "right type first" in told.stdout
    document = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert document["coverage"]["compounds"] == 2
    assert set(document["coverage"]["reached"]) == {word.name.lower() for word in Reached}


def test_lattices_are_compared_whatever_their_axes() -> None:
    face_centred = (Cell(4.0, 4.0, 4.0, 90.0, 90.0, 90.0), "F")
    edge = 4.0 / 2.0**0.5
    assert same_lattice(face_centred, (Cell(edge, edge, edge, 60.0, 60.0, 60.0), "P"))
    assert not same_lattice(face_centred, (Cell(4.0, 4.0, 4.0, 90.0, 90.0, 90.0), "I"))
