"""Work over a real Dask cluster of separate processes, some of which get lost."""

import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet.core.errors import ClusterError, ConfigError, MissingExtraError
from crystinet.corpus.datasets.build import BuildConfig, build_dataset
from crystinet.corpus.intake import ingest as ingestion
from crystinet.corpus.intake.ingest import Tally, ingest
from crystinet.corpus.store.queries import content_digest
from crystinet.corpus.store.store import Store
from crystinet.work import cluster as module
from crystinet.work.cluster import Cluster, Task, open_cluster
from crystinet.work.processes import chunked, map_chunks

Cif = Callable[..., str]

pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with open_cluster("local:2") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path, cif: Cif) -> Path:
    """Return a folder of 300 structures, each in a file of its own, and three bad files."""
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(150):
        length = f"{5.5 + 0.005 * number:.3f}"
        halite = cif("halite").replace("5.6402", length)
        rutile = cif("rutile").replace("2.959", f"{2.7 + 0.004 * number:.3f}")
        (folder / f"halite-{number:03d}.cif").write_text(halite)
        (folder / f"rutile-{number:03d}.cif").write_text(rutile)
    for number in range(3):
        (folder / f"letter-{number}.cif").write_text(f"Dear colleague {number},\n")
    return folder


def contents(path: Path) -> list[list[tuple[Any, ...]]]:
    with closing(sqlite3.connect(path)) as database:
        return [
            database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608
            for table in ("source", "structure", "input", "problem")
        ]


def add(path: Path, folder: Path, **settings: Any) -> tuple[Tally, str]:
    with Store.create(path) as store:
        tally = ingest([folder], store, **settings)
        return tally, content_digest(store)


def pids(cluster: Cluster) -> set[int]:
    return set(cluster.client.run(os.getpid).values())


def test_a_killed_worker_changes_nothing_in_the_store(
    cluster: Cluster, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion, "CHUNK", 10)
    here, there = tmp_path / "here.sqlite", tmp_path / "there.sqlite"
    before = pids(cluster)
    victim = min(before)
    done_at_death: list[int] = []

    def kill_once(stage: str, done: int, total: int) -> None:
        if not done_at_death:
            os.kill(victim, signal.SIGKILL)
            done_at_death.append(done)

    tally, digest = add(there, folder, workers=cluster, report=kill_once)
    assert done_at_death[0] < 303 / 2, "the worker was to die in the middle"
    assert (tally.added, tally.duplicates, len(tally.problems)) == (300, 0, 3)
    cluster.client.wait_for_workers(2, timeout=60)  # the nanny starts another
    assert victim not in pids(cluster)

    expected, expected_digest = add(here, folder)
    assert digest == expected_digest
    assert contents(there) == contents(here)
    assert tally.problems == expected.problems


def test_reflections_computed_by_a_cluster_are_the_same(
    cluster: Cluster, folder: Path, tmp_path: Path
) -> None:
    store = tmp_path / "corpus.sqlite"
    add(store, folder)
    config = BuildConfig(workers=1, per_class=60)
    here = build_dataset(store, config=config)
    there = build_dataset(store, config=config, workers=cluster)
    assert there.members == here.members
    for name in ("offsets", "hkl", "multiplicity", "f_squared"):
        np.testing.assert_array_equal(getattr(there, name), getattr(here, name))


def test_results_come_in_order_and_errors_of_workers_arrive(cluster: Cluster) -> None:
    def squares(numbers: list[int]) -> list[int]:
        if 13 in numbers:
            raise ConfigError("13 is unlucky.", hint="Take 12.")
        return [number**2 for number in numbers]

    found = list(map_chunks(squares, chunked(range(13), 2), workers=cluster))
    assert [n for chunk, _ in found for n in chunk] == list(range(13))
    assert [n for _, results in found for n in results] == [n**2 for n in range(13)]
    with pytest.raises(ConfigError, match="13 is unlucky") as caught:
        list(map_chunks(squares, chunked(range(40), 2), workers=cluster))
    assert caught.value.hint == "Take 12."


def test_a_worker_of_another_version_is_refused(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def task(function: Any, chunk: list[int]) -> Task[int, int]:
        return Task(function, chunk, version="0.0.0")

    monkeypatch.setattr(module, "Task", task)
    with pytest.raises(ClusterError, match=r"this program is 0\.0\.0"):
        list(map_chunks(sorted, [[2, 1]], workers=cluster))


@pytest.mark.parametrize("address", ["", "local:0", "local:x", "head-node", "localhost:8786"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="no address") as caught, open_cluster(address):
        pass
    assert "tcp://host:8786" in caught.value.hint


def test_where_nobody_answers_it_is_told() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        with (
            pytest.raises(ClusterError, match=f"No Dask scheduler answers at {address}"),
            open_cluster(address, connect_s=1.0),
        ):
            pass
    with pytest.raises(ClusterError, match="No Dask"), open_cluster("pigeon://loft", connect_s=1.0):
        pass


def test_without_distributed_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match="distributed") as caught, open_cluster("local"):
        pass
    assert "crystinet[cluster]" in caught.value.hint
