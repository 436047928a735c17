"""Fetching from real servers on this machine: OPTIMADE's reference server, and one that fails."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("optimade")

from crystinet.core.errors import ConfigError, CorpusError
from crystinet.corpus.intake import optimade, polite_session
from crystinet.corpus.intake.cif_entries import Overrides
from crystinet.corpus.intake.ingest import Tally
from crystinet.corpus.intake.optimade import fetch
from crystinet.corpus.store.store import Store

SOURCE = Path(__file__).parents[3] / "src"
SALT = {
    "lattice_vectors": [[5.64, 0, 0], [0, 5.64, 0], [0, 0, 5.64]],
    "cartesian_site_positions": [
        *([0, 0, 0], [2.82, 2.82, 0], [2.82, 0, 2.82], [0, 2.82, 2.82]),
        *([2.82, 0, 0], [0, 2.82, 0], [0, 0, 2.82], [2.82, 2.82, 2.82]),
    ],
    "species": [
        {"name": "Na", "chemical_symbols": ["Na"], "concentration": [1.0]},
        {"name": "Cl", "chemical_symbols": ["Cl", "vacancy"], "concentration": [0.9, 0.1]},
    ],
    "species_at_sites": ["Na"] * 4 + ["Cl"] * 4,
    "structure_features": ["disorder"],
    "nperiodic_dimensions": 3,
}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the server of the package ``optimade`` with its own test structures."""
    pytest.importorskip("mongomock")
    pytest.importorskip("uvicorn")
    port, folder = free_port(), tmp_path_factory.mktemp("optimade")
    settings = {
        "database_backend": "mongomock",
        "insert_test_data": True,
        "page_limit": 5,
        "aliases": {"structures": {"id": "task_id"}},  # as its test structures are written
    }
    (folder / "config.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "uvicorn", "optimade.server.main:app", "--port", str(port)]
    environment = {**os.environ, "OPTIMADE_CONFIG_FILE": str(folder / "config.json")}
    url = f"http://127.0.0.1:{port}"
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log) as server,
    ):
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/v1/info", timeout=5).close()  # noqa: S310
                break
            except OSError:
                assert server.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
        yield url
        server.send_signal(signal.SIGKILL)


class Flaky(ThreadingHTTPServer):
    """A server of a few pages that can be told to fail, for a while or for good."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.failures: list[int] = []
        self.broken_from = 99
        self.asked: list[tuple[int, float]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/db"


class Page(BaseHTTPRequestHandler):
    pages: ClassVar[int] = 4

    def do_GET(self) -> None:
        server: Any = self.server
        number = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
        server.asked.append((number, time.monotonic()))
        if server.failures:
            self._send(server.failures.pop(0), {"errors": [{"title": "busy", "detail": "later"}]})
        elif number >= server.broken_from:
            self._send(400, {"errors": [{"title": "Bad Request", "detail": "no such filter"}]})
        else:
            self._send(200, self._page(number))

    def _page(self, number: int) -> dict[str, Any]:
        at = f"{self.server.url}/v1/structures?page={number + 1}"  # type: ignore[attr-defined]
        return {
            "data": [
                {"type": "structures", "id": f"{number}-{n}", "attributes": SALT} for n in range(2)
            ],
            "links": {"next": {"href": at} if number < self.pages else None},
            "meta": {
                "data_returned": 8,
                "provider": {"name": "A database", "prefix": "adb"},
                "database": {"license": "https://creativecommons.org/licenses/by/4.0/"},
            },
        }

    def _send(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def flaky() -> Iterator[Flaky]:
    server = Flaky()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def fetched(path: Path, url: str, **options: Any) -> Tally:
    with Store.create(path) as store:
        return fetch(url, store, pause_s=0.0, **options)


def codes(path: Path) -> list[str]:
    with Store.open(path) as store:
        return sorted(compound.entry.code for compound in store.compounds())


def test_the_reference_server_page_by_page(
    reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimade, "PAGE", 5)
    told: list[int] = []
    tally = fetched(
        tmp_path / "a.sqlite",
        reference,
        overrides=Overrides(kind="dft"),
        report=lambda stage, done, total, note="": told.append(done),
    )
    assert told == [0, 5, 10, 15, 17]
    # Its structures are made up: most have cells that cannot be.
    assert tally.added + len(tally.problems) == 17
    assert tally.added >= 1
    with Store.open(tmp_path / "a.sqlite") as store:
        entry = next(store.compounds()).entry
    assert (entry.source, entry.kind) == ("Example provider", "dft")
    again = fetched(tmp_path / "a.sqlite", reference, overrides=Overrides(kind="dft"))
    assert (again.added, again.known_inputs) == (0, tally.added)


def test_a_filter_of_optimade(reference: str, tmp_path: Path) -> None:
    fetched(tmp_path / "a.sqlite", reference, filter_='elements HAS "Ag"')
    with Store.open(tmp_path / "a.sqlite") as store:
        found = [compound.entry for compound in store.compounds()]
        rejected = len(store.problems())
    assert 0 < len(found) + rejected < 17
    for entry in found:
        assert any("Ag" in dict(site.species) for site in entry.structure.sites)
    with pytest.raises(CorpusError, match="did not answer as hoped"):
        fetched(tmp_path / "b.sqlite", reference, filter_="this is no filter")


def test_licence_occupancy_and_order_are_kept(flaky: Flaky, tmp_path: Path) -> None:
    tally = fetched(tmp_path / "a.sqlite", flaky.url)
    assert (tally.added, tally.problems) == (8, [])
    with Store.open(tmp_path / "a.sqlite") as store:
        compound = next(store.compounds())
    assert compound.entry.source == "A database"
    assert compound.entry.licence.endswith("/by/4.0/")
    assert compound.entry.disordered
    assert compound.space_group == 225


def test_a_busy_server_is_asked_again(flaky: Flaky, tmp_path: Path) -> None:
    flaky.failures = [503, 429, 503]
    assert fetched(tmp_path / "a.sqlite", flaky.url).added == 8
    assert [number for number, _ in flaky.asked] == [1, 1, 1, 1, 2, 3, 4]


def test_what_is_waited_for_is_said_before_the_wait(flaky: Flaky, tmp_path: Path) -> None:
    flaky.failures = [429, 429]
    notes: list[str] = []

    def told(stage: str, done: int, total: int, *, note: str = "") -> None:
        notes.append(note)
        if "asking again" in note:
            assert len(flaky.asked) == 2

    assert fetched(tmp_path / "a.sqlite", flaky.url, report=told).added == 8
    first, waiting, *pages = notes
    assert first.startswith("asking 127.0.0.1")
    assert "fewer questions in this time (429); asking again in 2 s (Ctrl-C" in waiting
    assert pages == [""] * 4


def test_a_server_that_is_busy_for_good_is_told_in_words(
    flaky: Flaky, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(polite_session, "REPEATS", 1)
    flaky.failures = [503, 502]
    with pytest.raises(CorpusError, match=r"the server is busy or out of order \(502\)"):
        fetched(tmp_path / "a.sqlite", flaky.url)
    flaky.failures, flaky.broken_from = [503], 1  # busy first, and then another reason
    with pytest.raises(CorpusError, match="no such filter"):
        fetched(tmp_path / "a.sqlite", flaky.url)
    assert capfd.readouterr().err == ""


def test_where_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polite_session, "_REPEATS_UNANSWERED", 1)
    with pytest.raises(CorpusError, match="nobody answers at this address"):
        fetched(tmp_path / "a.sqlite", f"http://127.0.0.1:{free_port()}/db")


def test_ctrl_c_while_it_waits_says_what_is_kept(flaky: Flaky, tmp_path: Path) -> None:
    flaky.failures = [429] * 9
    command = [sys.executable, "-m", "crystinet", "corpus", "fetch", "--optimade", flaky.url]
    command += ["--store", str(tmp_path / "a.sqlite"), "--pause", "0"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("asking again in 2 s" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait() == 130
    assert f"What came is in {tmp_path / 'a.sqlite'}; the same call goes on there." in rest
    assert "Traceback" not in rest


def test_a_download_that_broke_off_goes_on_at_its_page(flaky: Flaky, tmp_path: Path) -> None:
    flaky.broken_from = 3
    with pytest.raises(CorpusError, match="no such filter"):
        fetched(tmp_path / "a.sqlite", flaky.url)
    assert len(codes(tmp_path / "a.sqlite")) == 4
    flaky.broken_from, flaky.asked = 99, []
    assert fetched(tmp_path / "a.sqlite", flaky.url).added == 4
    assert [number for number, _ in flaky.asked] == [3, 4]
    assert len(codes(tmp_path / "a.sqlite")) == 8
    flaky.asked = []
    assert fetched(tmp_path / "a.sqlite", flaky.url).known_inputs == 8  # whole: from the beginning
    assert [number for number, _ in flaky.asked] == [1, 2, 3, 4]


def test_a_process_that_is_killed_goes_on(flaky: Flaky, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "crystinet", "corpus", "fetch", "--optimade", flaky.url]
    command += ["--store", str(tmp_path / "a.sqlite"), "--workers", "1", "--pause", "0.4"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        while len(flaky.asked) < 3:
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    before = len(codes(tmp_path / "a.sqlite"))
    assert 2 <= before <= 6
    flaky.asked = []
    fetched(tmp_path / "a.sqlite", flaky.url)
    assert flaky.asked[0][0] == before // 2 + 1
    assert codes(tmp_path / "a.sqlite") == sorted(f"{p}-{n}" for p in range(1, 5) for n in (0, 1))


def test_at_most_so_many_and_not_too_often(flaky: Flaky, tmp_path: Path) -> None:
    with Store.create(tmp_path / "a.sqlite") as store:
        assert fetch(flaky.url, store, most=3, pause_s=0.2).added == 4  # whole pages
    (first, start), (second, end) = flaky.asked
    assert (first, second) == (1, 2)
    assert end - start >= 0.2


def test_addresses_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no address"):
        fetched(tmp_path / "a.sqlite", "materialsproject")
