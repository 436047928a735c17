"""Identification over processes, and over a real Dask cluster with a scheduler of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.app import cluster as module
from crystinet.app.cluster import WorkOrder, identify_chunk, identify_files_on
from crystinet.app.identify import Answer, identify_files
from crystinet.app.outcome import Failure, Outcome, Success
from crystinet.app.question import Question
from crystinet.cli import app
from crystinet.core.errors import ClusterError, CrystinetError, InternalFaultError
from crystinet.core.grid import TwoThetaGrid
from crystinet.crystals.structure import Site, Structure
from crystinet.model.identification import Identification
from crystinet.work.cluster import Cluster, open_cluster

pytest.importorskip("distributed")
from distributed import Future

SOURCE = Path(__file__).parents[2] / "src"
SCAN = TwoThetaGrid(start_deg=10.0, step_deg=0.05, n_points=1401)


def dask(*words: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def start_scheduler(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    told = folder / "scheduler.json"
    process = dask(
        "scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard", "--dashboard-address",
        "127.0.0.1:0", "--scheduler-file", told,
    )  # fmt: skip
    while process.poll() is None:
        try:
            return process, json.loads(told.read_text())["address"]
        except (FileNotFoundError, ValueError):  # not there, or not whole
            time.sleep(0.05)
    raise AssertionError(f"dask scheduler ended with {process.returncode}")


def start_worker(address: str, folder: Path) -> subprocess.Popen[bytes]:
    return dask(
        "worker", address, "--nthreads", 1, "--host", "127.0.0.1", "--no-dashboard",
        "--local-directory", folder,
    )  # fmt: skip


def end(process: subprocess.Popen[Any]) -> None:
    """End a process; old workers do not always hear the polite way."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a scheduler with two workers, all processes of their own."""
    folder = tmp_path_factory.mktemp("dask")
    scheduler, address = start_scheduler(folder)
    processes = [start_worker(address, folder) for _ in range(2)]
    yield address
    for process in [*processes, scheduler]:
        end(process)


@pytest.fixture(scope="module")
def cluster(address: str) -> Iterator[Cluster]:
    with open_cluster(address) as opened:
        opened.client.wait_for_workers(2, timeout=60)
        yield opened


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return 60 simulated patterns of rock salt, and files that cannot be read between them."""
    folder = tmp_path_factory.mktemp("patterns")
    rng = np.random.default_rng(0)
    found = []
    for number, a in enumerate(np.linspace(4.2, 6.6, 60)):
        structure = Structure(
            cell=(a, a, a, 90.0, 90.0, 90.0),
            hall_symbol="-F 4 2 3",
            sites=(Site((("Na", 1.0),), (0.0, 0.0, 0.0)), Site((("Cl", 1.0),), (0.5, 0.5, 0.5))),
        )
        pattern = crystinet.simulate(structure, grid=SCAN)
        counts = rng.poisson(50.0 * pattern.intensity + 200.0)
        path = folder / f"{number:02d}.xy"
        np.savetxt(path, np.column_stack([pattern.two_theta_deg, counts]), fmt="%.3f")
        found.append(path)
    letter = folder / "letter.xy"
    letter.write_text("Dear colleague,\n")
    return [*found[:7], letter, folder / "absent.xy", *found[7:], letter]


def answered(outcome: Outcome[Answer]) -> Identification | tuple[str, str, str]:
    """What an outcome says, without the time that it took."""
    if isinstance(outcome, Failure):
        return outcome.error.code, outcome.error.message, outcome.error.hint
    return replace(outcome.result.identification, elapsed_s=0.0)


def check_same(there: list[Any], here: list[Any]) -> None:
    assert [outcome.file for outcome in there] == [outcome.file for outcome in here]
    for one, other in zip(map(answered, there), map(answered, here), strict=True):
        if isinstance(one, Identification) and isinstance(other, Identification):
            p, q = ([c.probability for c in found.candidates] for found in (one, other))
            np.testing.assert_allclose(p, q, rtol=0, atol=1e-6)
            assert [c.type for c in one.candidates] == [c.type for c in other.candidates]
            assert (one.verdict, one.notes) == (other.verdict, other.notes)
        else:
            assert one == other


def test_answers_are_those_of_one_process(
    cluster: Cluster, files: list[Path], bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_FILES", 8)
    question = Question.of(model=bundle_folder, top=5, elements=["Na", "Cl"])
    here = list(identify_files(files, question))
    check_same(list(identify_files_on(cluster, files, question)), here)
    assert sum(isinstance(outcome, Failure) for outcome in here) == 3
    pids = set(cluster.client.run(os.getpid).values())
    assert len(pids) == 2
    assert os.getpid() not in pids


def test_processes_of_this_machine_answer_the_same(files: list[Path], bundle_folder: Path) -> None:
    some = files[:10]
    question = Question(model=bundle_folder)
    here = list(identify_files(some, question))
    check_same(list(identify_files_on(2, some, question)), here)


def test_the_command_prints_the_same_document(
    address: str, files: list[Path], bundle_folder: Path
) -> None:
    def run(*options: str) -> tuple[int, Any]:
        words = ["identify", *map(str, files[5:10]), "--json", "--model", str(bundle_folder)]
        result = CliRunner().invoke(app, [*words, *options])
        document = json.loads(result.stdout)
        for entry in document["results"]:
            entry.pop("elapsed_s", None)
        return result.exit_code, document

    status, document = run("--cluster", address)
    assert status == 2, "two files are bad"
    assert (status, document) == run()


def test_a_worker_with_another_model_is_refused(
    cluster: Cluster, files: list[Path], bundle_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(question: Question, model_id: str, index_id: str) -> WorkOrder:
        return WorkOrder(question, "0" * 64, index_id)

    monkeypatch.setattr(module, "WorkOrder", other)
    with pytest.raises(ClusterError, match=r"has the model .*, this program 000000000000"):
        list(identify_files_on(cluster, files, Question(model=bundle_folder)))


def test_a_worker_without_the_model_says_so(tmp_path: Path) -> None:
    order = WorkOrder(Question(model=tmp_path / "absent"), "0" * 64, "")
    with pytest.raises(ClusterError, match=r"cannot load the model.*manifest\.json") as caught:
        identify_chunk([Success("a.xy", b"1 2\n")], order=order)
    assert "folder of the same name" in caught.value.hint


def test_chunks_are_bounded_in_files_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 100)
    bad = Failure("bad", CrystinetError("m", hint="h"))
    contents = [Success(str(n), b"x" * size) for n, size in enumerate([10, 20, 30, 99, 50, 200])]
    chunks = list(module.chunks_of([*contents, bad, bad, bad, bad], most_files=3))
    assert [len(chunk) for chunk in chunks] == [3, 2, 1, 3, 1]


@pytest.mark.slow
def test_without_workers_or_scheduler_it_is_told(tmp_path: Path) -> None:
    scheduler, address = start_scheduler(tmp_path)
    with pytest.raises(ClusterError, match="has no workers"), open_cluster(address, connect_s=5.0):
        pass
    worker = start_worker(address, tmp_path)

    def slow(numbers: list[int]) -> list[int]:
        time.sleep(0.2)
        return numbers

    with open_cluster(address, connect_s=20.0) as cluster:
        results = cluster.map_chunks(slow, ([n] for n in range(100)))
        assert next(results) == ([0], [0])
        scheduler.kill()
        scheduler.wait(30)
        with pytest.raises(ClusterError, match=f"scheduler at {address} is lost") as caught:
            list(results)
    assert "repeat the command" in caught.value.hint
    end(worker)


@pytest.fixture
def lethal(cluster: Cluster) -> Callable[[list[int]], list[int]]:
    """Return work that the number 7 kills, sent by value as workers do not have this module."""

    def work(numbers: list[int]) -> list[int]:
        if 7 in numbers:
            os._exit(3)  # as a fault in compiled code would
        return [number**2 for number in numbers]

    return work


def test_an_input_that_kills_its_workers_costs_only_itself(
    cluster: Cluster, lethal: Callable[[list[int]], list[int]]
) -> None:
    found = cluster.map_chunks(lethal, [[1, 2], [6, 7, 8], [9]], on_crash=lambda number: -number)
    assert [n for _, results in found for n in results] == [1, 4, 36, -7, 64, 81]


def test_a_crash_is_an_internal_fault_of_its_file() -> None:
    (outcome,) = module.answers_of_killed(Success("big.xy", b""))
    assert isinstance(outcome, Failure)
    assert isinstance(outcome.error, InternalFaultError)
    assert "big.xy was killed" in outcome.error.message


def test_a_mistyped_address_makes_no_store(tmp_path: Path) -> None:
    store = tmp_path / "new.sqlite"
    (tmp_path / "a.cif").write_text("data_a\n")
    words = ["corpus", "add", str(tmp_path), "--store", str(store), "--cluster", "head-node:8786"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert "'head-node:8786' is no address" in result.stderr
    assert not store.exists()


def test_work_that_somebody_cancels_is_not_a_lost_scheduler(cluster: Cluster) -> None:
    def slow(numbers: list[int]) -> list[int]:
        time.sleep(0.3)
        return numbers

    results = cluster.map_chunks(slow, ([n] for n in range(30)))
    assert next(results) == ([0], [0])
    names = [name for name in cluster.client.futures if name.startswith("crystinet-")]
    cluster.client.cancel([Future(name, cluster.client) for name in names], force=True)
    with pytest.raises(ClusterError, match="was cancelled"):
        list(results)


Lie = Callable[[list[Any]], Any]


@pytest.mark.parametrize(
    "lie",
    [
        lambda answers: answers[1:],
        lambda answers: answers[::-1],
        lambda answers: None,
        lambda answers: [(), *answers[1:]],
        lambda answers: [("no outcome",), *answers[1:]],
        lambda answers: [(with_answer(answers[0][0], model_id="0" * 64),), *answers[1:]],
        lambda answers: [(with_answer(answers[0][0], unknown_score=float("nan")),), *answers[1:]],
    ],
)
def test_a_worker_that_lies_is_found_out(files: list[Path], bundle_folder: Path, lie: Lie) -> None:
    class Liar:
        """Workers as `crystinet.work.processes.Workers`, whose answers are not those asked for."""

        def map_chunks(
            self, function: Any, chunks: Any, *, on_crash: object = None
        ) -> Iterator[tuple[list[Any], Any]]:
            for chunk in chunks:
                yield chunk, lie(function(chunk))

    with pytest.raises(ClusterError, match="A worker did not give"):
        list(identify_files_on(Liar(), files[:3], Question(model=bundle_folder)))


def with_answer(outcome: Success[Answer], **changes: object) -> Success[Answer]:
    answer = outcome.result
    changed = replace(answer.identification, **changes)  # type: ignore[arg-type]
    return replace(outcome, result=replace(answer, identification=changed))
