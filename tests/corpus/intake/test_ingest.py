import os
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crystinet.core.errors import FileMissingError
from crystinet.corpus.intake import ingest as module
from crystinet.corpus.intake.cif_entries import Overrides
from crystinet.corpus.intake.ingest import Tally, ingest
from crystinet.corpus.store.queries import ranked_isotypes
from crystinet.corpus.store.store import Store

Cif = Callable[..., str]
WriteCif = Callable[..., Path]

SOURCE = Path(__file__).parents[3] / "src"


def add(path: Path, *files: Path, workers: int = 1, **told: str) -> Tally:
    with Store.create(path) as store:
        return ingest(files, store, workers=workers, overrides=Overrides(**told))


def contents(path: Path) -> list[list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as database:
        return [
            database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608
            for table in ("source", "structure", "input", "problem")
        ]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "out" / "corpus.sqlite"


@pytest.fixture
def folder(write_cif: WriteCif, cif: Cif, store: Path, tmp_path: Path) -> Path:
    """Return a folder with three files, a file of two blocks, an archive and two bad files."""
    store.parent.mkdir()
    write_cif("halite", name="in/halite.cif")
    write_cif("rutile", name="in/rutile.cif")
    write_cif("odd", name="in/odd.cif")
    both = cif("sylvite", cod_database_code="1") + cif("tungsten", cod_database_code="2")
    (tmp_path / "in/both.cif").write_text(both)
    (tmp_path / "in/letter.cif").write_text("Dear colleague,\n")
    (tmp_path / "in/cell.cif").write_text(cif("odd").replace("length_a 3.9", "length_a 0"))
    with zipfile.ZipFile(tmp_path / "in/more.zip", "w") as archive:
        archive.writestr("mixed.cif", cif("mixed"))
        archive.writestr("again.cif", cif("rutile"))  # the same bytes as rutile.cif
    return tmp_path / "in"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_folder_goes_in_and_bad_files_are_listed(store: Path, folder: Path, workers: int) -> None:
    tally = add(store, folder, workers=workers)
    assert tally.added == 6
    assert tally.duplicates == 1


def test_problems_name_file_and_reason(store: Path, folder: Path) -> None:
    tally = add(store, folder)
    with Store.open(store) as opened:
        assert sorted(opened.problems(), key=lambda p: p.origin) == sorted(
            tally.problems, key=lambda p: p.origin
        )
        found = {Path(problem.origin).name: problem for problem in opened.problems()}
    assert found["letter.cif"].code == "unreadable-file"
    assert found["cell.cif"].code == "invalid-structure"
    assert all(problem.hint for problem in found.values())


def test_adding_again_changes_nothing(store: Path, folder: Path) -> None:
    first = add(store, folder)
    before = contents(store)
    again = add(store, folder)
    assert contents(store) == before
    assert again.added == 0
    assert again.problems == first.problems
    assert again.known_inputs == 6


def test_a_mended_file_leaves_the_problems(store: Path, folder: Path, cif: Cif) -> None:
    add(store, folder)
    (folder / "letter.cif").write_text(cif("sylvite"))
    tally = add(store, folder)
    assert tally.added == 1
    assert "letter.cif" not in {Path(problem.origin).name for problem in tally.problems}
    with Store.open(store) as opened:
        assert opened.problems() == tally.problems


def test_two_workers_store_the_same_as_one(store: Path, folder: Path) -> None:
    add(store, folder)
    other = store.with_name("other.sqlite")
    add(other, folder, workers=2)
    assert contents(other) == contents(store)


def test_what_the_user_says_is_stored(store: Path, folder: Path) -> None:
    add(store, folder / "halite.cif", source="my data", licence="mine", kind="dft")
    with Store.open(store) as opened:
        (compound,) = opened.compounds()
    entry = compound.entry
    assert (entry.source, entry.licence, entry.kind) == ("my data", "mine", "dft")
    assert not entry.known_experimentally


def test_a_missing_path_adds_nothing(store: Path, folder: Path) -> None:
    with pytest.raises(FileMissingError, match="absent"):
        add(store, folder, folder / "absent")
    with Store.open(store) as opened:
        assert list(opened.compounds()) == []


def test_types_of_the_source_are_taken_over(store: Path, folder: Path, cif: Cif) -> None:
    known = cif("odd", database_code_ICSD="1", chemical_name_structure_type="Spinel-Al2MgO4")
    own = cif("odd", database_code_ICSD="2", chemical_name_structure_type="Oddite-KSiO")
    salt = cif("halite", database_code_ICSD="3", chemical_name_structure_type="Oddite-KSiO")
    (folder / "icsd.cif").write_text(known + own.replace("data_odd", "data_own") + salt)
    add(store, folder / "icsd.cif")
    with Store.open(store) as opened:
        spinel, oddite, salt_like = opened.compounds()
        ranked = ranked_isotypes(opened)
    assert (spinel.type_name, spinel.type_origin, spinel.class_number) == (
        "Spinel-Al2MgO4", "source", 62
    )  # fmt: skip
    for compound in (oddite, salt_like):
        assert (compound.type_name, compound.type_origin, compound.class_number) == (
            "Oddite-KSiO", "source", 0
        )  # fmt: skip
    assert "crystinet would call it NaCl" in salt_like.evidence
    assert [(isotype.key, isotype.compounds) for isotype in ranked] == [
        ("Oddite-KSiO", 2), ("Spinel-Al2MgO4", 1)
    ]  # fmt: skip


def test_a_table_goes_in_row_by_row(store: Path, folder: Path, tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", rows=3, bad=1)
    tally = add(store, tmp_path / "t.parquet")
    assert tally.added == 2
    (problem,) = tally.problems
    assert "row 1" in problem.origin
    assert "column hall_number" in problem.message
    assert add(store, tmp_path / "t.parquet").added == 0
    with Store.open(store) as opened:
        compound = next(opened.compounds())
    assert compound.entry.licence == "CC0-1.0"
    assert compound.structure.cell[0] == 5.0


def write_table(path: Path, *, rows: int, bad: int = -1) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    sites = '[[{"Na": 1.0}, "a", 4, [0, 0, 0]], [{"Cl": 1.0}, "b", 4, [0.5, 0.5, 0.5]]]'
    table = [
        {
            "id": number,
            "source": "textbook",
            "source_id": f"entry {number}",
            "licence": "CC0-1.0",
            "kind": "experimental",
            "known_experimentally": True,
            "formula": "ClNa",
            "space_group": 225,
            "hall_number": 531 if number == bad else 523,
            **dict.fromkeys("abc", 5.0 + 0.01 * number),
            **dict.fromkeys(("alpha", "beta", "gamma"), 90.0),
            "volume_per_atom": 22.4,
            "sites": sites,
        }
        for number in range(rows)
    ]
    parquet.write_table(pyarrow.Table.from_pylist(table), path)


SCRIPT = """
import sys
from pathlib import Path
from crystinet.corpus.intake import ingest
from crystinet.corpus.store.queries import ranked_isotypes
from crystinet.corpus.store.store import Store

if __name__ == "__main__":
    ingest.CHUNK = 5
    with Store.create(Path(sys.argv[1])) as store:
        ingest.ingest([Path(sys.argv[2])], store, workers=int(sys.argv[3]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX systems")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_kill_in_the_middle_loses_and_doubles_nothing(
    store: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    table, script = tmp_path / "t.parquet", tmp_path / "add.py"
    write_table(table, rows=200, bad=17)
    script.write_text(SCRIPT)
    process = subprocess.Popen(
        [sys.executable, script, store, table, str(workers)],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        wait_for_structures(store, process)
        process.send_signal(signal.SIGKILL)
        # The pipes close when every process that holds them has ended: workers end with it.
        process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(store)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (number,) = database.execute("SELECT count(*) FROM structure").fetchone()
    assert 0 < number < 199
    assert number % 5 in (0, 4)  # whole transactions only; row 17 is bad
    monkeypatch.setattr(module, "CHUNK", 5)
    tally = add(store, table)
    assert tally.known_inputs == number
    assert tally.added == 199 - number
    whole = store.with_name("whole.sqlite")
    add(whole, table)
    assert contents(store) == contents(whole)


def wait_for_structures(store: Path, process: "subprocess.Popen[bytes]") -> None:
    """Wait until some transactions are committed, and not all."""
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        if store.exists():
            try:
                with closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)) as database:
                    found = database.execute("SELECT count(*) FROM structure").fetchone()
                if found[0] >= 20:
                    return
            except sqlite3.OperationalError:  # not made yet
                pass
        time.sleep(0.002)
    raise AssertionError("Nothing was added.")
