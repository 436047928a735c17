"""``crystinet train --recipe paper`` from the data set to answers, on three types and tiny nets."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app
from crystinet.corpus.datasets.dataset import OUTSIDE, Member, pack
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle_files import load_bundle
from crystinet.model.manifest import PATTERN
from crystinet.simulation.reflections import compute_reflections
from crystinet.simulation.simulate import simulate

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SETTINGS = """
batch_size = 16
validations = 2
checkpoint_every = 16
[net]
channels = 2
blocks = 2
kernel = 4
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "dataset.npz"
    catalogue, members, lines = load_catalogue(), [], []
    for number in (15, 16, 39, 62):
        kind = catalogue.by_number(number)
        for split in Split:
            given = OUTSIDE if number == 62 else number
            members.append(Member(len(members), kind.name, given, split, True, "catalogue"))
            lines.append(compute_reflections(kind.reference, d_min_angstrom=0.95))
    pack(members, lines, d_min_angstrom=0.95).save(path)
    return path


@pytest.fixture(scope="module")
def settings(dataset: Path) -> Path:
    path = dataset.with_name("tiny.toml")
    path.write_text(SETTINGS)
    return path


def killed_while_training(words: list[str], checkpoint: Path) -> None:
    """Start the command in a process of its own and kill it once there is a checkpoint."""
    process = subprocess.Popen(
        [sys.executable, "-m", "crystinet", *words],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        for _ in range(2_000):
            if checkpoint.exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def test_a_killed_run_goes_on_to_a_bundle_that_answers(
    dataset: Path, settings: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    words = ["train", str(dataset), str(folder), "--recipe", "paper", "--config", str(settings)]
    killed_while_training([*words, "--patterns", "1000000"], folder / "rcnet-03.pt")
    assert not (folder / "bundle").exists()

    refused = run(*words)
    assert refused.exit_code == 2
    assert "--resume" in refused.stderr
    finished = run(*words, "--patterns", 96, "--resume", "--version", "7")
    assert finished.exit_code == 0, finished.stderr
    bundle = load_bundle(folder / "bundle")
    assert bundle.version == "7"
    assert bundle.training["recipe"] == "paper"
    assert bundle.group_sizes == {3: 2, 5: 1}
    assert {entry.input for entry in bundle.net_files} == {PATTERN}
    with (folder / "rcnet-05.csv").open(newline="") as file:
        assert [int(row["patterns"]) for row in csv.DictReader(file)] == [16, 32]

    pattern = simulate(load_catalogue().by_name("NaCl").reference)
    np.savetxt(tmp_path / "salt.xy", np.column_stack([pattern.two_theta_deg, pattern.intensity]))
    answer = run("identify", tmp_path / "salt.xy", "--model", folder / "bundle", "--json")
    (found,) = json.loads(answer.stdout)["results"]
    assert {c["type"] for c in found["candidates"]} == {"NaCl", "Fluorite-CaF2", "AlB2"}
    assert found["verdict"] in ("known", "unknown")

    card = tmp_path / "card.md"
    judged = run("evaluate", "--dataset", dataset, "--model", folder / "bundle", "--card", card)
    assert judged.exit_code == 0, judged.stderr
    assert "| recipe | paper |" in card.read_text()

    explained = run("explain", tmp_path / "salt.xy", "--model", folder / "bundle")
    assert explained.exit_code == 2
    assert "Hint: " in explained.stderr

    other = run("train", dataset, folder, "--resume")
    assert other.exit_code == 2
    assert "another recipe" in other.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--recipe", "papers"), "papers"),
        (("--recipe", "paper", "--start-from", "run"), "--start-from"),
        (("--recipe", "paper", "--config", "absent.toml"), "absent.toml"),
    ],
)
def test_what_the_recipe_cannot_do(
    dataset: Path, tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    result = run("train", dataset, tmp_path / "run", *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_setting_of_the_other_recipe_is_refused(dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "default.toml"
    path.write_text("warmup = 0.1\n")
    result = run("train", dataset, tmp_path / "run", "--recipe", "paper", "--config", path)
    assert result.exit_code == 2
    assert "warmup" in result.stderr
