"""Writers of stores and data sets that are killed at any moment, or run into a full disk."""

import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from crystinet.corpus.intake import ingest
from crystinet.corpus.store.store import Store

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX systems")

#: More with `just store-kills`.
KILLS = int(os.environ.get("CRYSTINET_KILLS", "3"))
SOURCE = Path(__file__).parents[2] / "src"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE), "OPENBLAS_NUM_THREADS": "1"}
STRUCTURES = 120
ADD = """
import sys
from pathlib import Path
from crystinet.corpus.intake import ingest
from crystinet.corpus.store.store import Store

if __name__ == "__main__":
    ingest.CHUNK = 3  # so that most of the time goes into commits
    print("ready", flush=True)
    with Store.create(Path(sys.argv[1])) as store:
        ingest.ingest([Path(sys.argv[2])], store, workers=int(sys.argv[3]))
"""


def salts(folder: Path) -> Path:
    """A folder of CIF files that differ in their cells."""
    folder.mkdir()
    for i in range(STRUCTURES):
        edge = f"{4.0 + 0.02 * i:.3f}"
        lengths = "".join(f"_cell_length_{axis} {edge}\n" for axis in "abc")
        columns = "".join(
            f"_atom_site_{name}\n" for name in ("type_symbol", "fract_x", "fract_y", "fract_z")
        )
        (folder / f"{i:03d}.cif").write_text(
            f"data_salt{i}\n{lengths}_symmetry_space_group_name_H-M 'F m -3 m'\nloop_\n{columns}"
            "Na 0 0 0\nCl .5 .5 .5\n"
        )
    return folder


def contents(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return database.execute(
            "SELECT code, content_hash, type_name FROM structure ORDER BY code"
        ).fetchall()


@pytest.mark.parametrize("workers", [1, 2])
def test_adding_is_killed_at_many_moments(tmp_path: Path, workers: int) -> None:
    folder, script = salts(tmp_path / "cif"), tmp_path / "add.py"
    script.write_text(ADD)
    whole = tmp_path / "whole.sqlite"
    with Store.create(whole) as store:
        ingest.ingest([folder], store)
    store_path, moments = tmp_path / "store.sqlite", np.random.default_rng(workers)
    for _ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, script, store_path, folder, str(workers)],
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.6))
            os.killpg(process.pid, signal.SIGKILL)
        if store_path.exists():
            with Store.open(store_path) if store_path.stat().st_size else Store.create(store_path):
                pass  # opens, whatever was going on
    with Store.create(store_path) as store:
        ingest.ingest([folder], store)
    assert contents(store_path) == contents(whole)


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    folder, store = salts(tmp_path / "cif"), tmp_path / "store.sqlite"
    add = f"{shlex.quote(sys.executable)} -m crystinet corpus add {folder} --store {store}"
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 40; {add} --workers 1"],
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert b"ulimit" in done.stderr or b"full" in done.stderr
    assert b"Traceback" not in done.stderr
    again = subprocess.run(shlex.split(add), capture_output=True, env=ENVIRONMENT, check=False)
    assert again.returncode == 0, again.stderr
    assert len(contents(store)) == STRUCTURES


@pytest.mark.parametrize(
    "words",
    [
        ["build", "{store}", "{output}", "--workers", "1"],
        ["index", "{store}", "-o", "{output}"],
        ["imagine", "{store}", "-o", "{output}", "--types", "NaCl", "--per-type", "50"],
    ],
    ids=lambda words: words[0],
)
def test_what_is_made_of_a_store_does_not_fit(tmp_path: Path, words: list[str]) -> None:
    if words[0] == "imagine":
        pytest.importorskip("pyarrow")
    store, folder = tmp_path / "store.sqlite", tmp_path / "out"
    output = folder / ("new.parquet" if words[0] == "imagine" else "new.npz")
    folder.mkdir()
    with Store.create(store) as opened:
        ingest.ingest([salts(tmp_path / "cif")], opened)
    command = shlex.join(
        [sys.executable, "-m", "crystinet", "corpus"]
        + [word.format(store=store, output=output) for word in words]
    )
    # Whole blocks of 1024 bytes: no file of these fits.
    small = subprocess.run(
        ["bash", "-c", f"ulimit -f 1; {command}"],
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert small.returncode == 2, small.stderr
    assert b"ulimit" in small.stderr
    assert not list(folder.iterdir())
    again = subprocess.run(shlex.split(command), capture_output=True, env=ENVIRONMENT, check=False)
    assert again.returncode == 0, again.stderr
    assert [path.name for path in folder.iterdir()] == [output.name]


def test_a_file_that_does_not_fit_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "dataset.npz"
    path.write_bytes(b"the old one")
    code = (
        "import resource, sys\nfrom pathlib import Path\nimport numpy as np\n"
        "from crystinet.core.errors import FileMissingError\n"
        "from crystinet.core.files import write_arrays\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n    write_arrays(Path(sys.argv[1]), {'a': np.zeros(100_000)})\n"
        "except FileMissingError as error:\n    print(error.hint)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=True,
    )
    assert "ulimit -f" in done.stdout
    assert path.read_bytes() == b"the old one"
    assert [p.name for p in tmp_path.iterdir()] == ["dataset.npz"]
