"""``crystinet group``, ``pairs`` and ``train --groups`` on a data set of types of its own."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app
from crystinet.model.bundle_files import load_bundle
from crystinet.training.plan import GroupPlan, PlannedGroup, PlannedType

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

OWN_PLAN = GroupPlan(
    groups=(
        PlannedGroup(1, (PlannedType(15, "NaCl"), PlannedType(101, "Quartz-alpha"))),
        PlannedGroup(2, (PlannedType(39, "AlB2"),)),
        PlannedGroup(3, (PlannedType(18, "Rutile-TiO2"),)),
    )
)
SETTINGS = """
patterns = 64
batch_size = 16
validation_patterns = 8
[net]
stages = [[8, 1], [8, 4], [8, 4]]
own_channels = 4
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_plan_for_people_and_programs(grouped_dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    words = ("group", grouped_dataset, "-o", path, "--groups", 2, "--patterns", 4)
    result = run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == json.loads(path.read_text("utf-8"))
    result = run("group", grouped_dataset, "--groups", 9, "--patterns", 2)
    assert result.exit_code == 2
    assert "9 groups cannot be made of 4 types" in result.stderr


def test_training_and_evaluating_with_a_plan(grouped_dataset: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(OWN_PLAN.to_json(), "utf-8")
    settings = tmp_path / "tiny.toml"
    settings.write_text(SETTINGS)
    folder = tmp_path / "run"
    words = ("train", grouped_dataset, folder, "--config", settings, "--groups", plan)
    trained = run(*words, "--tensorboard")
    assert trained.exit_code == 0, trained.stderr
    assert list((folder / "tensorboard").iterdir())
    assert (folder / "log.csv").exists()
    bundle = load_bundle(folder / "bundle")
    assert {entry.number: entry.name for entry in bundle.types}[101] == "Quartz-alpha"
    assert bundle.group_sizes == {1: 2, 2: 1, 3: 1}
    assert str(bundle.training["groups"]).startswith("plan.json, SHA-256 ")
    judged = run("evaluate", "--dataset", grouped_dataset, "--model", folder / "bundle", "--json")
    assert judged.exit_code == 0, judged.stderr
    report = json.loads(judged.stdout)["simulated"]
    assert report["accuracy"]["classes"] == 4
    assert report["screening"]["patterns"] == 2

    plan_of_other_groups = tmp_path / "other.json"
    table = json.loads(plan.read_text("utf-8"))
    table["groups"].reverse()
    plan_of_other_groups.write_text(json.dumps(table))
    result = run(*words[:-1], plan_of_other_groups, "--resume")
    assert result.exit_code == 2
    assert "other groups of types" in result.stderr
    assert "--groups" in result.stderr


def test_the_published_groups_do_not_fit_other_types(grouped_dataset: Path, tmp_path: Path) -> None:
    result = run("train", grouped_dataset, tmp_path / "run")
    assert result.exit_code == 2
    assert "Quartz-alpha" in result.stderr
    assert "crystinet group" in result.stderr
    result = run("train", grouped_dataset, tmp_path / "run", "--groups", tmp_path / "absent.json")
    assert result.exit_code == 2
    assert "absent.json" in result.stderr


def test_pairs(grouped_dataset: Path) -> None:
    words = ("pairs", grouped_dataset, "--nearest", 1, "--compounds", 4)
    result = run(*words)
    assert result.exit_code == 0, result.stderr
    assert "too few" in result.stdout
    assert "Of 0 merged pairs" in result.stdout
