"""Use cases of stores and data sets, called as a program would: values in, values out."""

from pathlib import Path

import pytest

from crystinet.app.corpus import (
    add_structures,
    audit,
    audit_document,
    count_contents,
    rank_types,
    rejected_inputs,
    write_card,
)
from crystinet.app.datasets import build_dataset, imagine_compounds, index_compounds
from crystinet.core.errors import CorpusError, FileMissingError, UnknownTypeError
from crystinet.corpus.datasets.build import BuildConfig
from crystinet.corpus.imagined.imagination import TableConfig
from crystinet.corpus.index.build import IndexConfig


class Listener:
    """A `Progress` that remembers the stages."""

    def __init__(self) -> None:
        self.stages: set[str] = set()

    def __call__(self, stage: str, done: int, total: int, *, note: str = "") -> None:
        self.stages.add(stage)


@pytest.fixture
def store(salts: Path, tmp_path: Path) -> Path:
    path = tmp_path / "corpus.sqlite"
    assert add_structures([salts], path, workers=1).added == 2
    return path


def test_a_bad_file_is_told_and_stays_listed(salts: Path, store: Path) -> None:
    (salts / "letter.cif").write_text("Dear colleague,\n")
    listener = Listener()
    tally = add_structures([salts], store, workers=1, report=listener)
    assert (tally.added, tally.known_inputs) == (0, 2)
    (problem,) = tally.problems
    assert problem.code == "unreadable-file"
    assert rejected_inputs(store) == [problem]
    assert listener.stages == {"adding"}


def test_a_mistyped_path_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="absent does not exist"):
        add_structures([tmp_path / "absent"], tmp_path / "new.sqlite")
    assert not (tmp_path / "new.sqlite").exists()


def test_from_store_to_data_set_and_card(store: Path, tmp_path: Path) -> None:
    names, dataset, card = (tmp_path / name for name in ("types.txt", "d.npz", "CARD.md"))
    (salt,) = rank_types(store, output=names)
    assert (salt.rank, salt.key, salt.compounds) == (1, "NaCl", 2)
    assert names.read_text().splitlines()[-1] == "NaCl"
    config = BuildConfig(types=(str(names),), workers=1)
    built = build_dataset([store], dataset, config=config)
    assert len(built.members) == 2
    assert count_contents(store).to_dict()["types"] == {"NaCl": 2}
    (row,) = count_contents(dataset).to_dict()["classes"]
    assert (row["number"], row["name"]) == (15, "NaCl")
    for source in (store, dataset):
        assert write_card(source, card) == card.read_text()


def test_invented_compounds_and_an_index(store: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    table, index = tmp_path / "h.parquet", tmp_path / "index.npz"
    config = TableConfig(types=("NaCl",), per_type=4, workers=1)
    assert imagine_compounds(store, table, config=config) == {"NaCl": 4}
    with pytest.raises(UnknownTypeError):
        imagine_compounds(store, table, config=TableConfig(types=("NaCI",), workers=1))
    made = index_compounds([store, table], index, config=IndexConfig(workers=1))
    assert made.compounds == 2  # invented ones are no known ones
    assert len(made.identity) == 64
    assert index.exists()


def test_an_audit(store: Path) -> None:
    document = audit_document(audit(store, workers=1))
    assert (document["structures"], document["assigned"]) == (2, 2)
    assert document["minerals"] is None


def test_outputs_are_refused_before_the_work(store: Path, tmp_path: Path) -> None:
    for make in (
        lambda path: build_dataset([store], path),
        lambda path: imagine_compounds(store, path),
        lambda path: index_compounds([store], path),
        lambda path: rank_types(store, output=path),
        lambda path: write_card(store, path),
    ):
        with pytest.raises(FileMissingError, match="Cannot write"):
            make(tmp_path / "absent" / "file")
    with pytest.raises(CorpusError):
        count_contents(tmp_path / "in" / "halite.cif")
