"""Helpers: processes that identify beside the service, and what happens when they are killed."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from shutil import copytree
from typing import Any

import httpx
import pytest

from crystinet.service.answering import KeptAnswers
from crystinet.service.asking import Asked
from crystinet.service.desk import Desk
from crystinet.service.helpers import Helper, HelperDied, Helpers, start_helper
from crystinet.service.problems import EntryError, Refusal, status_of
from crystinet.service.processes import read_message, write_message
from crystinet.service.settings import ServiceSettings
from crystinet.service.state.database import Database
from crystinet.service.state.results import Results
from crystinet.service.uploads import Received

#: Requests at a time: one process alone would let some of them wait.
MANY = 12
MIB = 2**20
#: A process that is ready and is killed by whatever it is given first.
FRAGILE = """
import os, sys
from crystinet.service.processes import read_message, write_message
write_message(sys.stdout.buffer, {"ready": True})
read_message(sys.stdin.buffer)
os.kill(os.getpid(), 9)
"""


#: One that is ready and then hears and says nothing.
SILENT = """
import sys, time
from crystinet.service.processes import write_message
write_message(sys.stdout.buffer, {"ready": True})
time.sleep(600)
"""


def helpers_of(data: Path) -> list[int]:
    """Helpers of a service that live."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            dead = ") Z" in (entry / "stat").read_text()
        except OSError:
            continue
        if b"crystinet.service.helper\0" in words and f'"{data}/'.encode() in words and not dead:
            found.append(int(entry.name))
    return found


def numbers(client: httpx.Client) -> dict[str, float]:
    """What /metrics says of processes."""
    text = client.get("/metrics").text
    found = re.findall(r"^crystinet_(processes\S*) (\S+)$", text, flags=re.MULTILINE)
    return {name: float(value) for name, value in found}


def helping(client: httpx.Client) -> bool:
    return numbers(client)['processes{work="identify"}'] == 2.0


def essence(answer: httpx.Response) -> dict[str, Any]:
    """An answer without what differs from file to file and from call to call."""
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    for entry in document["results"]:
        for name in ("id", "file", "elapsed_s"):
            entry.pop(name, None)
    return document


@pytest.fixture
def content(pattern_file: Callable[..., Path]) -> bytes:
    return pattern_file().read_bytes()


@pytest.fixture
def two(
    start: Any, bundle_folder: Path, tmp_path: Path, content: bytes, until: Any
) -> Iterator[tuple[Any, httpx.Client, Callable[[], list[httpx.Response]]]]:
    """Return a service with a helper that is ready, a client, and what asks much at a time."""
    with start(tmp_path, "--model", f"small={bundle_folder}", "--processes", 2) as service:
        with service.client() as client, ThreadPoolExecutor(MANY) as pool:
            counter = iter(range(10**6))

            def ask(n: int) -> httpx.Response:
                return client.post(
                    "/api/v1/identify", params={"filename": f"{n}.xy"}, content=content
                )

            def ask_many() -> list[httpx.Response]:
                return list(pool.map(ask, [next(counter) for _ in range(MANY)]))

            assert helpers_of(tmp_path) == []  # nothing has waited yet
            until(lambda: ask_many() and helping(client), what="a helper")
            yield service, client, ask_many


def test_a_helper_comes_when_requests_wait_and_answers_as_the_service_does(
    two: Any, content: bytes
) -> None:
    service, client, ask_many = two
    (pid,) = helpers_of(service.data)
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert b"OPENBLAS_NUM_THREADS=1" in environment
    before = time_of(pid)
    alone = essence(client.post("/api/v1/identify", params={"filename": "a.xy"}, content=content))
    while time_of(pid) < before + 0.2:
        assert [essence(each) for each in ask_many()] == [alone] * MANY
    assert numbers(client)["processes_lost"] == 0.0


def time_of(pid: int) -> float:
    """Processor time of a process, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
def test_what_a_killed_helper_had_in_hand_is_answered_by_the_next_one(two: Any, until: Any) -> None:
    service, client, ask_many = two
    (pid,) = helpers_of(service.data)
    before = answered(client)
    os.kill(pid, signal.SIGSTOP)  # it takes a request, and keeps it
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask_many)
        until(lambda: answered(client) == before + MANY - 1, what="one that the helper keeps")
        os.kill(pid, signal.SIGKILL)
        answers = asked.result(timeout=60)
    assert [essence(each) for each in answers] == [essence(each) for each in ask_many()]
    until(lambda: helping(client), what="another helper")
    assert helpers_of(service.data) not in ([], [pid])
    assert numbers(client)["processes_lost"] == 1.0
    said = service.stop()
    assert f"({pid}) has ended with status -9" in said
    assert "The process that had the file" in said
    assert "Traceback" not in said


def answered(client: httpx.Client) -> int:
    """Requests to identify that were answered."""
    name = re.escape('crystinet_request_seconds_count{route="/identify"}')
    found = re.search(rf"^{name} (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert found
    return int(float(found[1]))


def waiting(client: httpx.Client) -> int:
    found = re.search(r"^crystinet_waiting (\S+)$", client.get("/metrics").text, re.MULTILINE)
    assert found
    return int(float(found[1]))


@pytest.mark.slow
def test_kills_again_and_again_lose_no_request(two: Any, until: Any) -> None:
    service, client, ask_many = two
    right = essence(ask_many()[0])
    with ThreadPoolExecutor(1) as pool:
        for _ in range(3):
            until(lambda: helping(client), what="a helper")
            asked = pool.submit(lambda: [each for _ in range(6) for each in ask_many()])
            until(lambda: waiting(client) > 1, what="work")
            for pid in helpers_of(service.data):
                os.kill(pid, signal.SIGKILL)
            assert [essence(each) for each in asked.result(timeout=120)] == [right] * (6 * MANY)
    assert numbers(client)["processes_lost"] == 3.0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_helpers_end_with_the_service(two: Any, until: Any, number: int) -> None:
    service, _, ask_many = two
    (pid,) = helpers_of(service.data)
    os.kill(pid, signal.SIGTERM)  # as to a whole group: it is the service that decides
    ask_many()
    assert helpers_of(service.data) == [pid]
    if number == signal.SIGKILL:
        os.kill(pid, signal.SIGSTOP)
        service.process.send_signal(number)
        os.kill(pid, signal.SIGCONT)
    said = service.stop(number)
    assert "Traceback" not in said
    assert service.process.returncode == (0 if number == signal.SIGTERM else -number)
    until(lambda: helpers_of(service.data) == [], what="the end of the helper", patience_s=10.0)


@pytest.fixture
def small(tmp_path: Path, bundle_folder: Path) -> Iterator[tuple[ServiceSettings, Results]]:
    """Return settings of a service that has learned the same bundle again, and its state."""
    copytree(bundle_folder, tmp_path / "models" / "job")
    settings = ServiceSettings(data=tmp_path, models={"small": bundle_folder}, processes=2)
    with Database(settings.state) as database:
        yield settings, Results(database)


def received(name: str, content: bytes) -> Received:
    return Received(name, BytesIO(content), len(content), sha256(content).hexdigest())


def test_a_helper_knows_pinned_and_learned_models_and_forgets_them(
    small: tuple[ServiceSettings, Results], content: bytes
) -> None:
    settings, results = small
    learned = next(name for name in settings.offered if name != "small")
    helper = Helper(start_helper(settings))
    try:
        assert helper.wait_ready()

        def ask(name: str, content: bytes, asked: Asked) -> Any:
            file = received(name, content)
            letter = {"do": "identify", "file": name, "sha256": file.sha256}
            return helper.ask({**letter, "asked": asked.to_dict()}, content)["document"]

        for n, model in enumerate(("small", learned, f"small@{learned}")):
            asked = Asked(model=model, top=6, elements=("O", "Ti"), range=(20.0, 80.0))
            there = ask(f"{n}.xy", content, asked)
            here = KeptAnswers(settings, results).document(received(f"{n}.xy", content), asked)
            assert there == here  # kept by the helper and found here: to the last digit
            assert there["results"][0]["ok"]
            anew = KeptAnswers(settings, results).document(received(f"{n}.XY", content), asked)
            for entry in (there["results"][0], anew["results"][0]):
                for key in ("id", "file", "elapsed_s"):
                    entry.pop(key, None)
            assert there == anew
        assert helper.ask({"do": "forget"}) == {"forgotten": 4}  # with that of the start
        assert helper.ask({"do": "forget"}) == {"forgotten": 0}
        bad = ask("bad.xy", b"Dear colleague,", Asked(model="small"))
        assert bad["results"][0]["error"]["code"] == "unreadable-file"
        with pytest.raises(EntryError, match="no model 'gone'") as caught:
            ask("a.xy", content, Asked(model="gone"))
        assert status_of(caught.value) == 400
    finally:
        helper.let_go()
        assert helper.end() == 0


def start_script(text: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def start_fragile(settings: ServiceSettings) -> "subprocess.Popen[bytes]":
    return start_script(FRAGILE)


@pytest.mark.parametrize("size", [0, 3 * MIB])  # more than a pipe holds: it cannot be handed over
@pytest.mark.parametrize("longest_s", [0.2, 600.0])
def test_a_helper_that_says_nothing_is_ended_with_the_service_or_before(
    small: tuple[ServiceSettings, Results],
    monkeypatch: pytest.MonkeyPatch,
    longest_s: float,
    size: int,
) -> None:
    for name, seconds in (("LOOK_S", 0.1), ("STOP_S", 0.5), ("LONGEST_ANSWER_S", longest_s)):
        monkeypatch.setattr(f"crystinet.service.helpers._{name}", seconds)
    helpers = Helpers(small[0], start=lambda settings: start_script(SILENT))
    helper = helpers.take(elsewhere=True)
    assert helper is not None
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(helper.ask, {"do": "identify"}, b"x" * size)
        time.sleep(0.1)
        if longest_s < 1.0:
            with pytest.raises(HelperDied):
                asked.result(timeout=30.0)
            assert not helpers._stopping
        began = time.monotonic()
        helpers.stop()
        assert time.monotonic() - began < 20.0
        with pytest.raises(HelperDied) as died:
            asked.result(timeout=30.0)
    assert died.value.over_it == (size == 0)
    assert helper.process.returncode == -signal.SIGKILL
    assert helper.silent_s == 0.0


def test_a_file_that_kills_two_helpers_is_given_up_and_never_comes_here(
    small: tuple[ServiceSettings, Results], content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk(*small)
    desk.helpers = Helpers(small[0], start=start_fragile)
    try:
        assert desk.helpers.take() is None  # this process is busy
        document = asyncio.run(desk.identify([received("a.xy", content)], Asked(model="small")))
        (entry,) = document["results"]
        assert (entry["file"], entry["ok"]) == ("a.xy", False)
        assert entry["error"]["code"] == "internal-fault"
        assert status_of(EntryError(entry["error"])) == 500
        desk.helpers.give(None)
        document = asyncio.run(desk.identify([received("a.xy", content)], Asked(model="small")))
        assert document["results"][0]["ok"]
        assert "Traceback" not in caplog.text
    finally:
        desk.close()
    assert desk.helpers.lost == 2
    assert caplog.text.count("has ended with status -9") == 2


def test_helpers_that_cannot_start_are_tried_ever_more_seldom_and_who_waits_is_told(
    small: tuple[ServiceSettings, Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crystinet.service.helpers._PATIENCE_S", 1.0)
    monkeypatch.setattr("crystinet.service.helpers._PAUSE_S", 0.05)
    started: list[float] = []

    def start_broken(settings: ServiceSettings) -> "subprocess.Popen[bytes]":
        started.append(time.monotonic())
        if len(started) == 1:
            raise OSError(12, "Cannot allocate memory")
        return subprocess.Popen(
            [sys.executable, "-S", "-c", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    monkeypatch.setattr("crystinet.service.helpers._LONGEST_PAUSE_S", 0.1)
    helpers = Helpers(small[0], start=start_broken)
    try:
        with pytest.raises(Refusal, match="No process is there") as caught:
            helpers.take(elsewhere=True)
        assert caught.value.status == 503
        assert helpers.take() is None
    finally:
        helpers.stop()
    assert len(started) > 2
    assert helpers.ready == 0


@pytest.mark.parametrize("size", [0, 1, 3 * MIB])
def test_messages_arrive_as_they_were_sent(size: int) -> None:
    stream = BytesIO()
    sent = {"a": 0.1 + 0.2, "b": ["\u00b5", None, True]}
    write_message(stream, sent, b"x" * size)
    write_message(stream, {})
    stream.seek(0)
    assert read_message(stream) == (sent, b"x" * size)
    assert read_message(stream) == ({}, b"")
    with pytest.raises(EOFError):
        read_message(stream)
    with pytest.raises(EOFError):
        read_message(BytesIO(stream.getvalue()[:20]))
