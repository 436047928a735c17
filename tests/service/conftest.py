"""A real service in a process of its own, on a free port of this machine."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

SOURCE = Path(__file__).parents[2] / "src"


@dataclass
class Running:
    """A service that runs, and its folder."""

    process: "subprocess.Popen[str]"
    address: str
    data: Path

    def client(self, **more: object) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=60.0, **more)  # type: ignore[arg-type]

    def stop(self, number: int = signal.SIGTERM) -> str:
        """End the service and give what it said."""
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        try:
            _, said = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return said


def start_service(data: Path, *words: object) -> Running:
    """Start ``crystinet serve`` and wait until it is ready."""
    command = [sys.executable, "-m", "crystinet", "serve", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(
        [*command, *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert process.stderr is not None
    told = process.stderr.readline()
    found = re.search(r"http://\S+", told)
    assert found, told + process.stderr.read()
    return Running(process, found[0].rstrip("/"), data)


@contextmanager
def running(data: Path, *words: object) -> Iterator[Running]:
    service = start_service(data, *words)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()
        if service.process.stderr:
            service.process.stderr.close()


@pytest.fixture(scope="session")
def start() -> Callable[..., AbstractContextManager[Running]]:
    """Return what starts a service for a while."""
    return running


@pytest.fixture(scope="session")
def service(bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a service with the small bundle that nobody has trained."""
    data = tmp_path_factory.mktemp("service")
    with running(data, "--model", f"small={bundle_folder}") as found:
        yield found


@pytest.fixture(scope="session")
def client(service: Running) -> Iterator[httpx.Client]:
    with service.client() as found:
        yield found


def wait_until(condition: Callable[[], bool], *, what: str, patience_s: float = 60.0) -> None:
    """Wait for something that must happen."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture(scope="session")
def until() -> Callable[..., None]:
    """Return what waits for something that must happen."""
    return wait_until


@pytest.fixture(scope="session")
def finished() -> Callable[..., dict[str, object]]:
    """Return what waits for the end of a job and gives its document."""

    def wait(client: httpx.Client, job: str, *, patience_s: float = 60.0) -> dict[str, object]:
        found: dict[str, object] = {}

        def look() -> bool:
            found.update(client.get(f"/api/v1/jobs/{job}").json())
            return found["state"] in ("done", "failed", "cancelled")

        wait_until(look, what=f"the end of {job}", patience_s=patience_s)
        return found

    return wait


@pytest.fixture(scope="session")
def strange() -> bytes:
    """Return a pattern of no known type: a tetragonal lattice, with heights by chance."""
    import numpy as np

    from crystinet.core.cell import Cell
    from crystinet.core.diffraction import two_theta_of

    hkl = np.array([(h, k, m) for h in range(4) for k in range(h + 1) for m in range(5)][1:])
    cell = Cell(6.21, 6.21, 9.87, 90.0, 90.0, 90.0)
    place = two_theta_of(cell.d_spacing(hkl) ** -2.0, 1.54056)
    place = place[place < 60.0]
    x = np.arange(10.0, 62.0, 0.02)
    height = 200.0 + 1000.0 * np.random.default_rng(4).random(len(place))
    y = 20.0 + (height * np.exp(-(((x[:, None] - place) / 0.06) ** 2))).sum(axis=1)
    rows = "\n".join(f"{a:.2f} {b:.1f}" for a, b in zip(x, y, strict=True))
    return f"# wavelength = 1.54056\n{rows}\n".encode()


@pytest.fixture
def ask(pattern_file: Callable[..., Path]) -> Callable[..., dict[str, object]]:
    """Return a function that identifies a good pattern and gives its entry."""
    content = pattern_file().read_bytes()

    def identify(client: httpx.Client, **query: object) -> dict[str, object]:
        sent = query.pop("content", content)
        answer = client.post(
            "/api/v1/identify",
            params={"filename": "good.xy", **query},  # type: ignore[arg-type]
            content=sent,  # type: ignore[arg-type]
        )
        assert answer.status_code == 200, answer.text
        entry: dict[str, object] = answer.json()["results"][0]
        return entry

    return identify
