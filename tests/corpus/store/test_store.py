import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from crystinet.core.errors import CorpusError, FileMissingError
from crystinet.corpus.compound import Compound, Entry, Problem
from crystinet.corpus.intake.cif_entries import Overrides, entries_of_cif
from crystinet.corpus.labels.analysis import compound_of
from crystinet.corpus.store.migrations import MIGRATIONS, migrate
from crystinet.corpus.store.store import Reading, Store
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.wyckoff import without_hand

Cif = Callable[..., str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "corpus.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.create(path) as opened:
        yield opened


def compound(text: str) -> Compound:
    (entry,) = entries_of_cif(text.encode(), origin="file.cif", overrides=Overrides())
    assert isinstance(entry, Entry)
    return compound_of(entry)


def reading(digest: bytes, *compounds: Compound, problem: Problem | None = None) -> Reading:
    return Reading(digest, "file.cif", compounds, (problem,) if problem else ())


def test_a_compound_comes_back_as_it_was(store: Store, cif: Cif) -> None:
    originals = [compound(cif(mineral, cod_database_code="7")) for mineral in ("mixed", "rutile")]
    assert store.add([reading(b"1", *originals)]) == 2
    for number, (original, again) in enumerate(
        zip(originals, store.compounds(), strict=True), start=1
    ):
        assert again.id == number
        assert again.entry == original.entry
        assert again.structure == original.structure
        assert (again.type_name, again.evidence) == (original.type_name, original.evidence)
        assert (again.split, again.compound_key) == (original.split, original.compound_key)


def test_what_a_compound_is_told_to_be(cif: Cif) -> None:
    halite = compound(cif("halite"))
    assert (halite.type_name, halite.type_origin, halite.class_number) == ("NaCl", "assigned", 15)
    assert (halite.space_group, halite.pearson, halite.wyckoff) == (225, "cF8", "b a")
    assert (halite.entry.formula, halite.anx, halite.compound_key) == ("ClNa", "AX", "Cl-Na")
    odd = compound(cif("odd"))
    assert (odd.type_name, odd.type_origin, odd.class_number) == ("", "", 0)
    assert odd.evidence


def test_references_of_the_catalogue_come_back_exactly(store: Store) -> None:
    entries = [
        Entry("catalogue", kind.name, "", "experimental", True, "", "", kind.reference)
        for kind in list(load_catalogue())[:20]
    ]
    store.add([reading(b"1", *(compound_of(entry) for entry in entries))])
    assert [c.structure for c in store.compounds()] == [e.structure for e in entries]


def test_adding_twice_adds_nothing(store: Store, cif: Cif) -> None:
    halite, rutile = compound(cif("halite")), compound(cif("rutile"))
    assert store.add([reading(b"1", halite)]) == 1
    assert store.add([reading(b"1", halite, rutile)]) == 0  # the same input
    assert store.add([reading(b"2", halite, rutile)]) == 1  # the same structure in another input
    assert store.is_done(b"2")
    assert not store.is_done(b"3")


def test_problems_stay_until_their_input_is_read_well(store: Store, cif: Cif) -> None:
    problem = Problem("file.cif", "halite", "invalid-structure", "bad cell", "mend it")
    store.add([reading(b"1", problem=problem)])
    assert store.problems() == [problem]
    assert not store.is_done(b"1")
    store.add([reading(b"2", compound(cif("halite")))])
    assert store.problems() == []


def test_a_batch_is_added_whole_or_not_at_all(store: Store, cif: Cif) -> None:
    def broken() -> Iterator[Reading]:
        yield reading(b"1", compound(cif("halite")))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add(broken())
    assert list(store.compounds()) == []
    assert store.add([reading(b"1", compound(cif("halite")))]) == 1


def test_a_closed_store_is_one_file(path: Path, cif: Cif) -> None:
    with Store.create(path) as opened:
        opened.add([reading(b"1", compound(cif("halite")))])
        assert path.with_name(f"{path.name}-wal").exists()
        with Store.open(path) as reader:  # others may read meanwhile
            assert len(list(reader.compounds())) == 1
    assert os.listdir(path.parent) == [path.name]


def test_migration_from_version_1_keeps_the_data(path: Path, cif: Cif) -> None:
    halite = compound(cif("halite"))
    new = path.with_name("new.sqlite")
    with Store.create(new) as store:
        assert store.add([reading(b"1", halite, compound(cif("odd")))]) == 2
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        migrate(database, MIGRATIONS[:1])
        database.execute("ATTACH ? AS new", (str(new),))
        for table in TABLES:
            told = database.execute(f"PRAGMA main.table_info({table})")
            names = ", ".join(row[1] for row in told)
            database.execute(f"INSERT INTO {table} SELECT {names} FROM new.{table}")  # noqa: S608
        before = [rows(database, f"main.{table}") for table in TABLES]
        assert version(path) == 1
    with Store.open(path) as store:  # even reading brings it up to date
        assert version(path) == len(MIGRATIONS)
        told = store.database.execute("PRAGMA table_info(structure)")  # no generated columns
        columns = ", ".join(row[1] for row in told if row[1] != "isopointal_to")
        assert rows(store.database, "structure", columns) == before[0]
        assert [rows(store.database, table) for table in TABLES[1:]] == before[1:]
        isotypes = [row[0] for row in store.database.execute("SELECT isotype FROM structure")]
        assert isotypes[0] == "NaCl"
        assert isotypes[1].startswith("1 | aP3 | ")
        assert next(store.compounds()).entry == halite.entry


def rows(database: sqlite3.Connection, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    return database.execute(f"SELECT {columns} FROM {table}").fetchall()  # noqa: S608


TABLES = ("structure", "source", "input", "problem")


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        (number,) = database.execute("PRAGMA user_version").fetchone()
    return int(number)


def test_both_hands_are_one_isotype_as_in_the_catalogue(store: Store, cif: Cif) -> None:
    odd = compound(cif("odd"))
    for number in range(1, 231):
        entry = replace(odd.entry, code=str(number))
        store.add([reading(bytes([number]), replace(odd, entry=entry, space_group=number))])
    for number, isotype in store.database.execute("SELECT space_group, isotype FROM structure"):
        assert isotype.split(" | ")[0] == str(without_hand(number))


def test_migrated_and_new_stores_have_the_same_schema(path: Path, tmp_path: Path) -> None:
    schemas = []
    for name, first in (("old", 1), ("new", 0)):
        with closing(sqlite3.connect(tmp_path / name, isolation_level=None)) as database:
            migrate(database, MIGRATIONS[:first])
            migrate(database)
            schemas.append(list(database.execute("SELECT * FROM sqlite_master ORDER BY name")))
    assert schemas[0] == schemas[1]


def test_a_step_that_fails_changes_nothing(path: Path) -> None:
    steps = ("CREATE TABLE one (x);\n", "CREATE TABLE two (x);\nCREATE TABLE one (x);\n")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            migrate(database, steps)
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("one",)]
        assert version(path) == 1


def test_other_files_are_refused(path: Path) -> None:
    with pytest.raises(FileMissingError, match="There is no store"):
        Store.open(path)
    path.write_text("data_halite\n")
    for opening in (Store.open, Store.create):
        with pytest.raises(CorpusError, match="is not a SQLite file") as error:
            opening(path)
        assert "corpus add" in error.value.hint
    assert path.read_text() == "data_halite\n"
    with pytest.raises(CorpusError, match="is not a SQLite file"):
        Store.create(path.parent)


def test_stores_of_others_and_of_the_future_are_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE bookmarks (url)")
    for opening in (Store.open, Store.create):
        with pytest.raises(CorpusError, match="of another program"):
            opening(path)
    path.unlink()
    Store.create(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    for opening in (Store.open, Store.create):
        with pytest.raises(CorpusError, match="knows versions up to") as error:
            opening(path)
        assert "upgrade" in error.value.hint


def test_a_locked_store_says_so(path: Path, cif: Cif) -> None:
    Store.create(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CorpusError, match="locked") as error:
            Store.create(path, timeout_s=0.05)
        assert "Another program" in error.value.hint
        with pytest.raises(CorpusError, match="locked"):
            Store.open(path, timeout_s=0.05)


def test_a_full_disk_adds_nothing_and_can_be_repeated(path: Path, cif: Cif) -> None:
    compounds = [compound(cif("halite", cod_database_code=str(number))) for number in range(60)]
    with Store.create(path) as store:
        (pages,) = store.database.execute("PRAGMA page_count").fetchone()
        store.database.execute(f"PRAGMA max_page_count = {pages + 1}")  # SQLite's own "disk"
        with pytest.raises(CorpusError, match="full") as error:
            store.add([reading(b"1", *compounds)])
        assert "free some space" in error.value.hint
        assert list(store.compounds()) == []
        store.database.execute("PRAGMA max_page_count = 100000")
        assert store.add([reading(b"1", *compounds)]) == 60


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="unable to open") as error:
        Store.create(tmp_path / "absent" / "corpus.sqlite")
    assert "folder that exists" in error.value.hint


def test_a_store_that_is_only_read_refuses_to_be_written(path: Path, cif: Cif) -> None:
    Store.create(path).close()
    with Store.open(path) as store, pytest.raises(CorpusError, match="readonly") as error:
        store.add([reading(b"1", compound(cif("halite")))])
    assert "read-only" in error.value.hint


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user"
)
def test_a_read_only_folder(path: Path, cif: Cif) -> None:
    Store.create(path).close()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        with Store.open(path) as store:
            assert list(store.compounds()) == []
        with pytest.raises(CorpusError, match="readonly"):
            Store.create(path)
    finally:
        path.parent.chmod(0o755)


def test_a_damaged_store_says_so(path: Path, cif: Cif) -> None:
    with Store.create(path) as store:
        store.add([reading(b"1", *(compound(cif(m)) for m in ("halite", "odd")))])
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(CorpusError, match="cannot be used"):
        with Store.open(path) as store:
            list(store.compounds())
