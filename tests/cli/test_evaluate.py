"""``crystinet evaluate``; what it measures and writes is tested in tests/app."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app


def evaluate(*words: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, words)])


def test_a_report_for_people_and_programs(
    measured_folder: Path, bundle_folder: Path, tmp_path: Path
) -> None:
    given = ("--measured", measured_folder, "--model", bundle_folder)
    card, folder = tmp_path / "CARD.md", tmp_path / "report"
    told = evaluate(*given, "--report", folder, "--card", card)
    assert told.exit_code == 0, told.output
    assert "Measured, all sources: 1 patterns of 1 types" in told.stdout
    assert str(folder / "report.html") in told.stderr
    assert card.exists()
    document = json.loads((folder / "report.json").read_text("utf-8"))
    assert document["provenance"]["command"].startswith("crystinet evaluate --measured ")
    as_json = evaluate(*given, "--json")
    assert json.loads(as_json.stdout)["measured"] == document["measured"]


def test_accuracy_on_a_data_set(judged_dataset: Path, bundle_folder: Path) -> None:
    told = evaluate("--dataset", judged_dataset, "--model", bundle_folder)
    assert told.exit_code == 0, told.output
    assert "Simulated: " in told.stdout
    assert "known/unknown" in told.stdout


def test_options_that_do_not_go_together() -> None:
    result = evaluate("--report", "r")
    assert result.exit_code == 2
    assert "--dataset FILE" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_an_interrupted_run_says_how_to_go_on(
    judged_dataset: Path, bundle_folder: Path, tmp_path: Path
) -> None:
    words = ["evaluate", "--dataset", str(judged_dataset), "--model", str(bundle_folder)]
    command = [sys.executable, "-m", "crystinet", *words, "--report", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        deadline = time.monotonic() + 120.0
        while not list((tmp_path).rglob("*.npz")) and time.monotonic() < deadline:
            time.sleep(0.05)
        # What a batch system sends; Ctrl-C does the same, but a shell may have it ignored here.
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=120.0)
    assert process.returncode == 130
    assert b"the same command goes on" in error
    assert b"Traceback" not in error
    assert not (tmp_path / "report.html").exists()
