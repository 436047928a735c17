"""A real service in a process of its own, on a free port of this machine."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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


def start(data: Path, *words: object, wait: bool = True) -> Running:
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


Start = Callable[..., Running]


@contextmanager
def running(data: Path, *words: object) -> Iterator[Running]:
    service = start(data, *words)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            service.stop()
        if service.process.stderr:
            service.process.stderr.close()


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


def until(condition: Callable[[], bool], *, what: str, patience_s: float = 60.0) -> None:
    """Wait for something that must happen."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def finished(client: httpx.Client, job: str) -> dict[str, object]:
    """The document of a job when it is finished."""
    found: dict[str, object] = {}

    def look() -> bool:
        found.update(client.get(f"/api/v1/jobs/{job}").json())
        return found["state"] in ("done", "failed", "cancelled")

    until(look, what=f"job {job}")
    return found
