from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import ConfigError, CorpusError
from crystinet.corpus.datasets.build import BuildConfig, build_dataset
from crystinet.corpus.datasets.card import data_card
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset
from crystinet.corpus.intake.ingest import ingest
from crystinet.corpus.splits import Split
from crystinet.corpus.store.store import Store

WriteCif = Callable[..., Path]

HERE = BuildConfig(workers=1, d_min_angstrom=1.0)


@pytest.fixture
def store(write_cif: WriteCif, tmp_path: Path) -> Path:
    path = tmp_path / "corpus.sqlite"
    files = [write_cif(name) for name in ("halite", "sylvite", "tungsten", "rutile", "odd")]
    with Store.create(path) as opened:
        ingest(files, opened)
    return path


def test_a_store_gives_a_data_set(store: Path) -> None:
    dataset = build_dataset(store, config=HERE)
    classes = {m.row_id: (m.type_name, m.class_number) for m in dataset.members}
    assert classes == {
        1: ("NaCl", 15),
        2: ("NaCl", 15),
        3: ("bcc-W", 65),
        4: ("Rutile-TiO2", 18),
        5: ("", OUTSIDE),
    }
    halite = dataset.reflections(next(i for i, m in enumerate(dataset.members) if m.row_id == 1))
    assert halite.d_angstrom.max() == pytest.approx(5.6402 / np.sqrt(3.0))
    assert halite.space_group == 225


def test_two_processes_build_the_same(store: Path) -> None:
    one, two = (build_dataset(store, config=replace(HERE, workers=n)) for n in (1, 2))
    assert one.members == two.members
    np.testing.assert_array_equal(one.f_squared, two.f_squared)
    assert one.provenance == two.provenance


def test_chosen_types_have_numbers_of_their_own(store: Path) -> None:
    dataset = build_dataset(store, config=replace(HERE, types=("1 | aP3 | a3 | ABX", "NaCl")))
    assert {m.row_id: m.class_number for m in dataset.members} == {
        1: 15, 2: 15, 3: OUTSIDE, 4: OUTSIDE, 5: 101
    }  # fmt: skip
    assert dataset.provenance["settings"]["types"] == ["1 | aP3 | a3 | ABX", "NaCl"]
    first = build_dataset(store, config=replace(HERE, types=("1",)))
    assert {m.type_name for m in first.members if m.class_number} == {"NaCl"}


def test_a_primitive_cell_with_all_its_atoms_is_given_the_axes_of_its_group(
    write_cif: WriteCif, tmp_path: Path
) -> None:
    text = write_cif("halite").read_text()
    edge = 5.6402 / np.sqrt(2.0)
    for axis in "abc":
        text = text.replace(f"_cell_length_{axis} 5.6402", f"_cell_length_{axis} {edge:.6f}")
    text = text.replace(" 90\n", " 60\n").replace("F m -3 m", "P 1")
    path = tmp_path / "primitive.cif"
    path.write_text(text)
    with Store.create(tmp_path / "p.sqlite") as opened:
        ingest([path], opened)
        (compound,) = opened.compounds()
    assert compound.structure.hall_symbol == "P 1"
    dataset = build_dataset(tmp_path / "p.sqlite", config=HERE)
    assert dataset.space_groups.tolist() == [225]
    np.testing.assert_allclose(dataset.cells[0], [5.6402] * 3 + [90.0] * 3, atol=1e-4)


def test_patterns_may_be_split_for_comparison(store: Path, tmp_path: Path) -> None:
    dataset = build_dataset(store, config=replace(HERE, split_patterns=True))
    sides = Counter(m.row_id for m in dataset.members)
    assert max(sides.values()) > 1
    assert len(set(sides)) == 5
    assert all(
        Split.TRAIN in {m.split for m in dataset.members if m.row_id == row} for row in sides
    )
    assert len(dataset.offsets) == len(dataset.members) + 1
    dataset.save(tmp_path / "d.npz")
    assert "for comparison only" in data_card(tmp_path / "d.npz")


def test_provenance_is_saved_and_told_by_the_card(store: Path, tmp_path: Path) -> None:
    dataset = build_dataset(store, config=HERE)
    path = tmp_path / "d.npz"
    dataset.save(path)
    assert Dataset.load(path).provenance == dataset.provenance
    card = data_card(path)
    assert dataset.provenance["origin_sha256"] in card
    assert "| CIF files | not stated | experimental | 5 |" in card
    assert "| 15 | NaCl |" in card
    assert str(tmp_path) not in card


def test_a_data_set_of_an_older_version_has_a_card(store: Path, tmp_path: Path) -> None:
    build_dataset(store, config=HERE).save(tmp_path / "new.npz")
    with np.load(tmp_path / "new.npz") as file:
        arrays = {name: file[name] for name in file.files if name != "provenance"}
    np.savez(tmp_path / "old.npz", **arrays)
    assert Dataset.load(tmp_path / "old.npz").provenance == {}
    assert "| CIF files | not recorded | not recorded | 5 |" in data_card(tmp_path / "old.npz")


def test_nothing_to_build_of(tmp_path: Path) -> None:
    Store.create(tmp_path / "empty.sqlite").close()
    with pytest.raises(CorpusError, match="can be used"):
        build_dataset(tmp_path / "empty.sqlite", config=HERE)
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(ConfigError, match="only be chosen from a store"):
        build_dataset(tmp_path / "t.parquet", config=replace(HERE, types=("1",)))


def test_only_training_compounds_have_variants(write_cif: WriteCif, tmp_path: Path) -> None:
    halite, carobbiite = write_cif("halite"), tmp_path / "carobbiite.cif"
    text = halite.read_text("utf-8").replace("Na", "K").replace("Cl", "F")
    carobbiite.write_text(text, encoding="utf-8")  # F-K is hashed into test, Cl-Na into train
    path = tmp_path / "two.sqlite"
    with Store.create(path) as opened:
        ingest([halite, carobbiite], opened)
    dataset = build_dataset(path, config=replace(HERE, variants=3))
    assert dataset.n_variants == 3
    assert [m.split for m in dataset.members] == [Split.TRAIN, Split.TEST]
    for index, differ in enumerate((True, False)):
        ideal, *varied = (dataset.reflections(index, variant=v).f_squared for v in range(4))
        assert [not np.array_equal(ideal, other) for other in varied] == [differ] * 3
    assert build_dataset(path, config=replace(HERE, variants=0)).n_variants == 0
