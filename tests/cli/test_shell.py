"""Exit status and purity of the streams of the real program, in its own process."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from crystinet.app.outcome import Failure, Success
from crystinet.cli.shell import exit_status, guarded
from crystinet.core.errors import InternalFaultError, InvalidPatternError

Write = Callable[..., Path]
Start = Callable[..., "subprocess.Popen[bytes]"]

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts ``crystinet``; what still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: object, **environment: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "crystinet", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SOURCE), **environment},
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        with process:  # closes the pipes and waits
            pass


def test_standard_output_is_one_document_although_a_file_fails(
    start: Start, pattern_file: Write, bundle_folder: Path, tmp_path: Path
) -> None:
    bare = pattern_file("bare.xy", header="")
    process = start("identify", bare, tmp_path / "gone.xy", "--json", "--model", bundle_folder)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 2
    assert [entry["ok"] for entry in json.loads(stdout)["results"]] == [True, False]
    assert b"gone.xy" in stderr
    assert b"assumed" in stderr
    assert b"Traceback" not in stderr


def test_a_locale_without_umlauts_does_not_break_the_table(
    start: Start, pattern_file: Write, bundle_folder: Path
) -> None:
    path = pattern_file("größe.xy")
    process = start("identify", path, "--model", bundle_folder, PYTHONIOENCODING="ascii")
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 0, stderr
    assert rb"gr\xf6\xdfe.xy" in stdout
    assert b"probability" in stdout


def test_a_closed_pipe_ends_quietly(start: Start, pattern_file: Write, bundle_folder: Path) -> None:
    process = start("identify", pattern_file(), "--model", bundle_folder)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT cannot be sent to one process there")
def test_ctrl_c_ends_quietly(start: Start, pattern_file: Write, bundle_folder: Path) -> None:
    files = [pattern_file()] * 3000
    # A shell that started the tests in the background ignores SIGINT, and what it starts inherits
    # that: see to it that the program does not.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = start("identify", *files, "--model", bundle_folder)
    signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    assert process.stdout.readline()  # it is at work
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert stderr == b"Interrupted.\n"


def test_importing_the_command_line_is_light() -> None:
    heavy = "torch matplotlib onnxruntime scipy numpy rich.table pybaselines gemmi moyopy".split()
    code = f"import sys, crystinet.cli; print([name for name in {heavy!r} if name in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    assert loaded.stdout.strip() == "[]"


def run(command: Callable[[], int]) -> tuple[int, str]:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(guarded(command))
    result = CliRunner().invoke(app, [])
    return result.exit_code, result.stderr


def test_known_errors_exit_2_with_the_hint() -> None:
    def refuse() -> int:
        raise InvalidPatternError("Too short.", hint="Measure more.")

    assert run(refuse) == (2, "crystinet: Too short.\n  Hint: Measure more.\n")


def test_faults_exit_1_and_show_a_traceback_only_on_demand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> int:
        return 1 // 0

    monkeypatch.delenv("CRYSTINET_TRACEBACK", raising=False)
    status, stderr = run(fail)
    assert status == 1
    assert "ZeroDivisionError" in stderr
    assert "Traceback" not in stderr
    monkeypatch.setenv("CRYSTINET_TRACEBACK", "1")
    status, stderr = run(fail)
    assert status == 1
    assert "Traceback" in stderr


def test_exit_status_of_a_batch() -> None:
    good = Success("a", 1)
    bad = Failure("b", InvalidPatternError("Too short.", hint="Measure more."))
    fault = Failure("c", InternalFaultError("Division by zero.", hint="Report it."))
    assert exit_status([]) == 0
    assert exit_status([good, good]) == 0
    assert exit_status([good, bad]) == 2
    assert exit_status([bad, fault, good]) == 1
