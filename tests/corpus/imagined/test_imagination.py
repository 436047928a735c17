from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import ConfigError, CorpusError, FileMissingError, UnknownTypeError
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.build import (
    BuildConfig,
    assign_splits,
    build_dataset,
    choose,
    without_leaks,
)
from crystinet.corpus.datasets.sources import STRIDE, label_sources
from crystinet.corpus.imagined.imagination import TableConfig, imagine_table, write_table
from crystinet.corpus.intake.ingest import ingest
from crystinet.corpus.intake.table import read_table
from crystinet.corpus.labels.labelling import HYPOTHETICAL, Labelled
from crystinet.corpus.splits import Split, compound_key
from crystinet.corpus.store.store import Store

WriteCif = Callable[..., Path]

RUTILE = TableConfig(types=("Rutile-TiO2",), per_type=6, workers=1)
HERE = BuildConfig(workers=1, d_min_angstrom=1.0)
#: Mn-O is hashed into test, the others into train.
METALS = {"Ti": 4.594, "Sn": 4.737, "Ge": 4.396, "Mn": 4.398}

#: GeO2 as quartz.
QUARTZ_LIKE = """data_quartz
_cell_length_a 4.987
_cell_length_b 4.987
_cell_length_c 5.648
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 120
_space_group_name_H-M_alt 'P 32 2 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Ge Ge 0.4513 0 0.66667
O O 0.3970 0.3021 0.7577
"""


@pytest.fixture
def store(write_cif: WriteCif, tmp_path: Path) -> Path:
    path = tmp_path / "corpus.sqlite"
    text = write_cif("rutile").read_text("utf-8")
    files = [write_cif("halite"), write_cif("odd")]
    for metal, a in METALS.items():
        files.append(tmp_path / f"{metal}.cif")
        changed = text.replace("Ti ", f"{metal} ").replace("4.594", str(a))
        files[-1].write_text(changed, encoding="utf-8")
    with Store.create(path) as opened:
        ingest(files, opened)
    return path


def keys(rows: list[dict[str, object]]) -> set[str]:
    return {compound_key(composition_of(str(row["formula"]))) for row in rows}


def test_inventions_are_a_table_of_structures(store: Path, tmp_path: Path) -> None:
    rows = imagine_table(store, config=RUTILE)
    assert len(rows) == 6
    assert not keys(rows) & {"O-Ti", "O-Sn", "Ge-O", "Mn-O"}
    write_table(tmp_path / "h.parquet", rows)
    read = list(read_table(tmp_path / "h.parquet"))
    assert [row.formula for row in read] == [row["formula"] for row in rows]
    for row in read:
        assert (row.kind, row.known_experimentally, row.space_group) == (HYPOTHETICAL, False, 136)
        assert "Rutile-TiO2" in row.source_id
        assert "Mn.cif" not in row.source_id  # nothing is learned from test compounds
    labelled, _ = label_sources(
        [tmp_path / "h.parquet"], types=(), known_only=True, workers=1, report=lambda *told: None
    )
    assert {entry.type_name for entry in labelled} == {"Rutile-TiO2"}


def test_equal_seeds_give_equal_tables_whatever_else_is_wanted(store: Path) -> None:
    rows = imagine_table(store, config=RUTILE)
    with_more = imagine_table(store, config=replace(RUTILE, types=("NaCl", "Rutile-TiO2")))
    of_rutile = [row for row in with_more if row["type_name"] == "Rutile-TiO2"]
    assert [row["sites"] for row in of_rutile] == [row["sites"] for row in rows]
    assert len(with_more) > len(of_rutile)
    other = imagine_table(store, config=replace(RUTILE, seed=2))
    assert [row["sites"] for row in other] != [row["sites"] for row in rows]


def test_further_stands_for_all_types_that_are_none_of_the_methods(
    store: Path, tmp_path: Path
) -> None:
    quartz = tmp_path / "quartz.cif"
    quartz.write_text(QUARTZ_LIKE, encoding="utf-8")
    with Store.create(store) as opened:
        ingest([quartz], opened)
    rows = imagine_table(store, config=replace(RUTILE, types=("further",), per_type=2))
    assert {row["type_name"] for row in rows} == {"Quartz-alpha"}
    both = replace(RUTILE, types=("Rutile-TiO2", "further", "Quartz-alpha"), per_type=2)
    names = [row["type_name"] for row in imagine_table(store, config=both)]
    assert names == 2 * ["Rutile-TiO2"] + 2 * ["Quartz-alpha"]


def test_hypothetical_compounds_fill_the_training_split_only(store: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "h.parquet", imagine_table(store, config=RUTILE))
    plain = build_dataset(store, config=HERE)
    both = build_dataset([store, tmp_path / "h.parquet"], config=HERE)
    real = [m for m in both.members if m.row_id < STRIDE]
    assert real == list(plain.members)
    invented = [m for m in both.members if m.row_id >= STRIDE]
    assert len(invented) == 6
    assert {(m.split, m.type_name, m.known_experimentally) for m in invented} == {
        (Split.TRAIN, "Rutile-TiO2", False)
    }
    assert both.provenance["origin"] == "corpus.sqlite + h.parquet"
    chosen = build_dataset(
        [store, tmp_path / "h.parquet"], config=replace(HERE, types=("Rutile-TiO2",))
    )
    assert sum(m.row_id >= STRIDE and m.class_number == 18 for m in chosen.members) == 6
    other = build_dataset([store, tmp_path / "h.parquet"], config=replace(HERE, types=("NaCl",)))
    assert all(m.row_id < STRIDE for m in other.members)  # never as outside structures
    few = build_dataset([store, tmp_path / "h.parquet"], config=replace(HERE, per_class=5))
    assert sum(m.row_id >= STRIDE for m in few.members) == 1
    patterns = build_dataset(
        [store, tmp_path / "h.parquet"], config=replace(HERE, split_patterns=True)
    )
    assert {m.split for m in patterns.members if m.row_id >= STRIDE} == {Split.TRAIN}
    np.testing.assert_array_equal(
        both.reflections(0, variant=1).f_squared, plain.reflections(0, variant=1).f_squared
    )


def entry(row_id: int, formula: str, number: int = 18, kind: str = HYPOTHETICAL) -> Labelled:
    return Labelled(row_id, "Rutile-TiO2", number, kind != HYPOTHETICAL, kind, "test", formula)


def test_leaks_are_dropped_and_nothing_is_moved() -> None:
    real = entry(1, "MnO2", kind="experimental")
    entries = [real, entry(2, "MnO2"), entry(3, "TiO2"), entry(4, "TiO2", number=0)]
    assert [e.row_id for e in without_leaks(entries)] == [1, 3]
    # MnO2 is the only real member: it goes to training, whatever hypothetical ones there are
    assert assign_splits([real, entry(3, "TiO2")]) == assign_splits([real]) | {3: Split.TRAIN}
    calculated = replace(entry(5, "VO2", kind="dft"), known_experimentally=False)
    ranked = choose([entry(3, "TiO2"), calculated, real], BuildConfig(per_class=2))
    assert [e.row_id for e in ranked] == [1, 5]


def test_only_types_with_few_compounds_are_filled(store: Path) -> None:
    assert len(imagine_table(store, config=replace(RUTILE, below=4))) == 6
    with pytest.raises(CorpusError, match="no compound of these types"):
        imagine_table(store, config=replace(RUTILE, below=3))


def test_wrong_requests_are_refused(store: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownTypeError, match="Rutil"):
        imagine_table(store, config=replace(RUTILE, types=("Rutil",)))
    with pytest.raises(CorpusError, match="no compound of these types"):
        imagine_table(store, config=replace(RUTILE, types=("K4Si23",)))
    with pytest.raises(CorpusError, match="Not one"):
        write_table(tmp_path / "h.parquet", [])
    with pytest.raises(FileMissingError, match="Cannot write"):
        write_table(tmp_path / "absent" / "h.parquet", [{"id": 1}])
    with pytest.raises(ConfigError, match="per_type"):
        TableConfig(per_type=0)
    with pytest.raises(CorpusError, match="No store or table"):
        build_dataset([], config=HERE)
