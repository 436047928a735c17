"""/jobs: queued, worked on in processes, told as they go on, and done exactly once."""

import json
import os
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

JOBS = "/api/v1/jobs"
Start = Callable[..., Any]
#: Of the test that kills; `just kills` takes 10,000.
FILES = int(os.environ.get("CRYSTINET_BATCH_FILES", "200"))


def upload(client: httpx.Client, contents: list[bytes]) -> list[dict[str, str]]:
    """Keep files for jobs, 50 at a time; a job's inputs."""
    inputs: list[dict[str, str]] = []
    for first in range(0, len(contents), 50):
        part = contents[first : first + 50]
        files = [("f", (f"{first + n:05d}.xy", content)) for n, content in enumerate(part)]
        answer = client.post("/api/v1/uploads", files=files)
        assert answer.status_code == 201, answer.text
        found = answer.json()["uploads"]
        inputs += [{"upload": each["upload"], "file": each["file"]} for each in found]
    return inputs


def submit(client: httpx.Client, inputs: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    document = {"kind": "batch", "inputs": inputs, **more}
    answer = client.post(JOBS, json=document)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{JOBS}/{answer.json()['id']}"
    found: dict[str, Any] = answer.json()
    return found


def results(client: httpx.Client, job: str, *, limit: int = 1000) -> list[dict[str, Any]]:
    """All results of a job, page by page."""
    address, found = f"{JOBS}/{job}/results?limit={limit}", []
    while True:
        answer = client.get(address)
        lines = [json.loads(line) for line in answer.text.splitlines()]
        if not lines:
            return found
        found += lines
        address = answer.headers["link"].partition("<")[2].partition(">")[0]


def events(client: httpx.Client, job: str, *, after: int = 0) -> Iterator[tuple[int, str, Any]]:
    """Events of a job, as a browser would read them."""
    headers = {"Last-Event-ID": str(after)} if after else {}
    with client.stream("GET", f"{JOBS}/{job}/events", headers=headers) as stream:
        fields: dict[str, str] = {}
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
            elif "data" in fields:
                yield int(fields["id"]), fields["event"], json.loads(fields["data"])
                fields = {}


@pytest.fixture
def patterns(pattern_file: Callable[..., Path]) -> Callable[[int], list[bytes]]:
    """Return a function that gives the contents of so many different good files."""
    content = pattern_file().read_bytes()
    return lambda count: [content + f"# {n}\n".encode() for n in range(count)]


def test_a_batch_answers_every_file_and_a_bad_one_stops_nothing(
    client: httpx.Client, patterns: Any, finished: Any, ask: Any
) -> None:
    contents = [*patterns(20), b"\x00\x01\x02", *patterns(21)[20:]]
    job = submit(client, upload(client, contents), options={"top": 6})
    document = finished(client, job["id"])
    assert (document["state"], document["done"], document["failed"]) == ("done", 22, 1)
    found = results(client, job["id"], limit=7)
    assert [each["input"] for each in found] == list(range(22))
    assert [each["input"] for each in found if not each["ok"]] == [20]
    assert found[20]["error"]["code"] == "unreadable-file"
    alone = ask(client, content=contents[3], filename="00003.xy", top=6)
    assert alone["id"] == found[3]["id"]
    assert alone["candidates"] == found[3]["candidates"]


def test_events_go_on_behind_the_last_one_that_was_seen(
    client: httpx.Client, patterns: Any
) -> None:
    job = submit(client, upload(client, patterns(40)))["id"]
    first = list(events(client, job))
    kinds = [kind for _, kind, _ in first]
    assert kinds[0] == "state"
    assert first[0][2] == {"state": "queued"}
    assert first[-1][2]["state"] == "done"
    done = [document["done"] for _, kind, document in first if kind == "progress"]
    assert done == sorted(done)
    assert done[-1] == 40
    numbers = [number for number, _, _ in first]
    assert numbers == sorted(set(numbers))
    for cut in (0, len(first) // 2, len(first) - 1):
        assert list(events(client, job, after=first[cut][0])) == first[cut + 1 :]


def test_a_key_gives_the_same_job_and_refuses_another_request(
    client: httpx.Client, patterns: Any
) -> None:
    inputs = upload(client, patterns(2))
    key = {"Idempotency-Key": "measurement 12"}
    document = {"kind": "batch", "inputs": inputs}
    jobs = [client.post(JOBS, json=document, headers=key).json()["id"] for _ in range(3)]
    assert len(set(jobs)) == 1
    other = client.post(JOBS, json={"kind": "batch", "inputs": inputs[:1]}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert client.post(JOBS, json=document).json()["id"] != jobs[0]


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({"kind": "batch", "inputs": []}, 400),
        ({"kind": "batch", "inputs": [{"path": "/etc/passwd"}]}, 400),
        ({"kind": "batch", "inputs": [{"upload": "/etc/passwd"}]}, 400),
        ({"kind": "batch", "inputs": [{"upload": "0" * 64}]}, 404),
        ({"kind": "batch", "inputs": [{"result": "0" * 64}]}, 400),
        ({"kind": "explain", "inputs": [{"result": "0" * 64}]}, 404),
        ({"kind": "explain", "inputs": [{"upload": "0" * 64}]}, 400),
        ({"kind": "destroy", "inputs": [{"upload": "0" * 64}]}, 400),
        ({"kind": "batch", "inputs": [{"upload": "0" * 64}], "options": {"model": "/"}}, 404),
        ({"kind": "batch", "inputs": [{"upload": "0" * 64}] * 10_001}, 413),
        ([], 400),
    ],
)
def test_what_is_no_job_is_refused(client: httpx.Client, document: Any, status: int) -> None:
    answer = client.post(JOBS, json=document)
    assert answer.status_code == status, answer.text
    assert answer.json()["hint"]


def test_a_fit_that_no_pattern_could_have_is_refused_at_once(
    client: httpx.Client, ask: Callable[..., dict[str, Any]]
) -> None:
    result = ask(client)["id"]
    for options, code in (
        ({"type": "NoSuchType"}, "unknown-type"),
        ({"formula": "Xx2"}, "invalid-configuration"),
        ({"type": "NaCl", "phases": 2}, "invalid-configuration"),
    ):
        request = {"kind": "refine", "inputs": [{"result": result}], "options": options}
        for answer in (
            client.post(JOBS, json=request),
            client.get(f"/api/v1/results/{result}/fit", params=options),
        ):
            assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_body_that_is_no_json_is_refused(client: httpx.Client) -> None:
    for kind, status in (("text/plain", 415), ("application/json", 400)):
        answer = client.post(JOBS, content=b"{", headers={"Content-Type": kind})
        assert answer.status_code == status


def test_a_running_job_is_cancelled_and_a_finished_one_deleted(
    client: httpx.Client, patterns: Any, finished: Any
) -> None:
    job = submit(client, upload(client, patterns(600)))["id"]
    for _, kind, document in events(client, job):
        if kind == "progress" and document["done"]:
            break
    told = client.delete(f"{JOBS}/{job}").json()
    assert told["state"] == "cancelled" or told["cancelling"]
    document = finished(client, job)
    assert document["state"] == "cancelled"
    assert 0 < document["done"] < 600
    assert len(results(client, job)) == document["done"]
    assert client.delete(f"{JOBS}/{job}").status_code == 204
    assert client.get(f"{JOBS}/{job}").status_code == 404


def test_a_full_queue_is_told(
    start: Start, bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crystinet.service.problems import Refusal
    from crystinet.service.state.database import Database
    from crystinet.service.state.job import JobInput
    from crystinet.service.state.queue import Queue

    with Database(tmp_path / "service.sqlite") as database:
        queue = Queue(database)
        for _ in range(3):
            queue.submit("batch", [JobInput(None, None, "a")], {}, owner="a", most_queued=3)
        with pytest.raises(Refusal, match="3 jobs wait") as caught:
            queue.submit("batch", [JobInput(None, None, "a")], {}, owner="a", most_queued=3)
    assert caught.value.status == 429
    assert caught.value.headers["Retry-After"] == "30"


def rows(data: Path, statement: str, *values: object) -> list[Any]:
    """What is in the state of a service that runs."""
    with closing(sqlite3.connect(f"file:{data}/service.sqlite?mode=ro", uri=True)) as database:
        return database.execute(statement, values).fetchall()


def worker_of(data: Path, job: str) -> int | None:
    """Process of the worker that holds a job."""
    found = rows(data, "SELECT worker FROM job WHERE id = ? AND state = 'running'", job)
    if not found:
        return None
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if f'"{found[0][0]}"'.encode() in words:
            return int(entry.name)
    return None


@pytest.mark.slow
def test_kills_of_the_service_and_of_its_worker_leave_one_result_for_each_file(
    start: Start, bundle_folder: Path, tmp_path: Path, patterns: Any, finished: Any, until: Any
) -> None:
    """kill -9 at a third and at two thirds of a batch: first the worker, then the service."""
    words = ("--model", f"small={bundle_folder}")
    contents = patterns(FILES)
    contents[FILES // 2] = b"\x00 no pattern"
    with start(tmp_path, *words) as service, service.client() as client:
        job = submit(client, upload(client, contents))["id"]

        def done() -> int:
            (found,) = rows(tmp_path, "SELECT done FROM job WHERE id = ?", job)
            return int(found[0])

        until(lambda: done() >= FILES // 3, what="a third", patience_s=1200.0)
        until(lambda: worker_of(tmp_path, job) is not None, what="a worker")
        os.kill(worker_of(tmp_path, job) or 0, signal.SIGKILL)
        until(lambda: done() >= 2 * FILES // 3, what="two thirds", patience_s=1200.0)
        before = done()
        service.stop(signal.SIGKILL)
        assert before < FILES
    with start(tmp_path, *words) as service, service.client() as client:
        document = finished(client, job, patience_s=2400.0)
        found = results(client, job)
        assert (document["state"], document["done"], document["failed"]) == ("done", FILES, 1)
        assert Counter(each["input"] for each in found) == dict.fromkeys(range(FILES), 1)
        assert [each["input"] for each in found if not each["ok"]] == [FILES // 2]
        ids = {each["id"] for each in found if each["ok"]}
        assert len(ids) == FILES - 1
        kept = rows(tmp_path, "SELECT count(*) FROM result")
        assert kept == [(FILES - 1,)]


@pytest.mark.slow
def test_a_graceful_end_puts_work_away_and_the_next_service_goes_on(
    start: Start, bundle_folder: Path, tmp_path: Path, patterns: Any, finished: Any, until: Any
) -> None:
    words = ("--model", f"small={bundle_folder}")
    with start(tmp_path, *words) as service, service.client() as client:
        job = submit(client, upload(client, patterns(600)))["id"]
        seen: list[Any] = []
        reader = threading.Thread(target=lambda: seen.extend(events(client, job)))
        reader.start()
        until(lambda: bool(rows(tmp_path, "SELECT 1 FROM job WHERE done > 0")), what="a start")
        said = service.stop()
        reader.join(timeout=30)
        assert service.process.returncode == 0
        assert "Traceback" not in said
        assert seen  # the stream ended with the service, not in the middle of an event
    ((state, done, attempts),) = rows(tmp_path, "SELECT state, done, attempts FROM job")
    assert state == "queued"
    assert 0 < done < 600
    assert attempts == 0
    assert rows(tmp_path, "SELECT 1 FROM job_input WHERE attempts > done LIMIT 1") == []
    with start(tmp_path, *words) as service, service.client() as client:
        client.delete(f"{JOBS}/{job}")
        assert finished(client, job)["done"] >= done


def test_a_file_that_kills_its_worker_is_given_up_and_the_others_are_not(
    tmp_path: Path, bundle_folder: Path
) -> None:
    """What a worker does on finding an input at which three workers died before."""
    import io

    from crystinet.service.asking import Asked
    from crystinet.service.jobs.kinds import KINDS
    from crystinet.service.jobs.shift import Shift
    from crystinet.service.settings import ServiceSettings
    from crystinet.service.state.database import Database
    from crystinet.service.state.job import JobInput
    from crystinet.service.state.leases import Leases
    from crystinet.service.state.queue import Queue
    from crystinet.service.state.results import Results

    settings = ServiceSettings(data=tmp_path, models={"small": bundle_folder})
    with Database(settings.state) as database:
        queue, leases, kept = Queue(database), Leases(database), Results(database)
        kept.keep_alone("a" * 64, io.BytesIO(b"no pattern"), 10)
        inputs = [JobInput("a" * 64, None, f"{n}.xy") for n in range(4)]
        options = Asked(model="small").to_dict()
        job, _ = queue.submit("batch", inputs, options, owner="me", most_queued=9)
        for n in range(3):
            taken = leases.claim("long", f"worker {n}")
            assert taken is not None
            assert leases.begin(job.id, f"worker {n}", [1])
            leases.release(f"worker {n}", blame=True)
            leases.complete(job.id, f"worker {n}", [(0, [{"ok": True}])])  # it holds nothing
        with database.writing() as connection:
            connection.execute("UPDATE job SET attempts = 0")  # another input went well
        taken = leases.claim("long", "last")
        assert taken is not None
        shift = Shift(taken, "last", settings, leases, kept)
        KINDS["batch"](shift)
        shift.end()
        documents = [document for _, document in queue.results(job.id, after=0, limit=9)]
    found = {document["input"]: document for document in documents}
    assert sorted(found) == [0, 1, 2, 3]
    assert found[1]["error"]["code"] == "internal-fault"
    assert "was killed 3 times" in found[1]["error"]["message"]
    assert {found[n]["error"]["code"] for n in (0, 2, 3)} == {"unreadable-file"}


def test_a_job_that_kills_all_its_workers_is_given_up(tmp_path: Path) -> None:
    from crystinet.service.state.database import Database
    from crystinet.service.state.job import JobInput
    from crystinet.service.state.leases import Leases
    from crystinet.service.state.queue import Queue

    with Database(tmp_path / "service.sqlite") as database:
        queue, leases = Queue(database), Leases(database)
        job, _ = queue.submit("batch", [JobInput(None, None, "a")], {}, owner="a", most_queued=3)
        for n in range(3):
            assert leases.claim("long", f"worker {n}") is not None
            assert leases.claim("long", "another") is None
            leases.release(f"worker {n}", blame=True)
        assert leases.claim("long", "last") is None
        found = queue.get(job.id)
    assert found.state == "failed"
    assert found.error is not None
    assert "died 3 times" in found.error["message"]


def test_a_worker_that_is_told_to_end_at_any_moment_ends_without_a_fault(
    bundle_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from crystinet.service.processes import start_process
    from crystinet.service.settings import ServiceSettings
    from crystinet.service.state.database import Database

    settings = ServiceSettings(data=tmp_path, models={"small": bundle_folder})
    with Database(settings.state):
        pass
    workers = [
        start_process("crystinet.service.jobs.worker", settings, lane="short", name=str(n))
        for n in range(4)
    ]
    for n, worker in enumerate(workers):  # most of it goes into imports
        time.sleep(0.2 * n)
        worker.terminate()
    for worker in workers:
        with worker:
            assert worker.wait(timeout=60.0) in (0, -signal.SIGTERM)  # not before it could hear
    assert "Traceback" not in capfd.readouterr().err


def test_a_job_that_broke_because_its_worker_ends_is_given_back(
    bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crystinet.service.jobs import worker as module
    from crystinet.service.settings import ServiceSettings
    from crystinet.service.state.database import Database
    from crystinet.service.state.job import JobInput
    from crystinet.service.state.leases import Leases
    from crystinet.service.state.queue import Queue

    settings = ServiceSettings(data=tmp_path, models={"small": bundle_folder})
    monkeypatch.setattr(module.signal, "signal", lambda *_: None)
    monkeypatch.setattr(module.Worker, "_listen", lambda _: None)
    ended: list[int] = []
    monkeypatch.setattr(module.os, "_exit", ended.append)
    with Database(settings.state) as database:
        queue, leases = Queue(database), Leases(database)
        job, _ = queue.submit("batch", [JobInput(None, None, "a")], {}, owner="a", most_queued=3)
        worker = module.Worker("long", "w", settings, database)

        def as_an_import(shift: Any) -> None:
            shift.begin([0])
            try:
                worker._put_away(signal.SIGTERM, None)
            except SystemExit as end:  # what a compiled module makes of it
                try:
                    raise ImportError("initialization failed") from end
                except ImportError:  # ... and what is made of that for one file
                    shift.complete([(0, [{"ok": False}])])

        monkeypatch.setitem(module.KINDS, "batch", as_an_import)
        worker.run()
        assert ended == [0]
        found = queue.get(job.id)
        assert (found.state, found.done) == ("queued", 0)
        assert leases.claim("long", "another") is not None


@pytest.mark.slow
def test_a_batch_is_handed_to_a_cluster(
    start: Start, bundle_folder: Path, tmp_path: Path, patterns: Any, finished: Any
) -> None:
    pytest.importorskip("distributed")
    words = ("--model", f"small={bundle_folder}", "--cluster", "local:1")
    contents = [*patterns(40), b"no pattern"]
    with start(tmp_path, *words) as service, service.client() as client:
        job = submit(client, upload(client, contents))["id"]
        document = finished(client, job, patience_s=180.0)
        assert (document["state"], document["done"], document["failed"]) == ("done", 41, 1)
        found = results(client, job)
        assert Counter(each["input"] for each in found) == dict.fromkeys(range(41), 1)
        entry = client.get(f"/api/v1/results/{found[7]['id']}").json()["result"]
        assert entry["file"] == "00007.xy"
