"""``crystinet identify --collect``, ``crystinet unknowns`` and the refusals of ``extend``."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import crystinet
from crystinet.app.documents import xy_text
from crystinet.cli import app
from crystinet.crystals.catalogue import load_catalogue


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Patterns, and the folder where the unknown ones of them are kept."""
    folder = tmp_path_factory.mktemp("collected")
    for name in ("Monazite-CePO4", "NaCl"):
        pattern = crystinet.simulate(load_catalogue().by_name(name).reference)
        (folder / f"{name}.xy").write_text(xy_text(pattern))
    result = run("identify", folder, "--collect", folder / "unknown")
    assert result.exit_code == 0
    assert "1 unknown patterns added" in result.stderr
    return folder, folder / "unknown"


def test_json_of_the_groups(collected: tuple[Path, Path]) -> None:
    result = run("unknowns", collected[1], "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    (group,) = document["groups"]
    (member,) = group["members"]
    assert member["file"] == "Monazite-CePO4.xy"
    assert group["representative"] == member["pattern"]
    assert Path(member["pattern"]).is_file()
    assert len(group["nearest"]) == 3
    assert document["resolved"] == document["problems"] == []


def test_what_people_read(collected: tuple[Path, Path]) -> None:
    result = run("unknowns", collected[1])
    assert result.exit_code == 0
    assert result.stdout.startswith("Group 1: one pattern\n  nearest known types: ")
    assert "crystinet extend default --cif" in result.stdout


def test_collected_patterns_can_be_identified_again(collected: tuple[Path, Path]) -> None:
    files, unknown = collected
    (again,) = json.loads(run("identify", unknown, "--json").stdout)["results"]
    (first,) = json.loads(run("identify", files / "Monazite-CePO4.xy", "--json").stdout)["results"]
    assert again["verdict"] == first["verdict"] == "unknown"
    assert again["unknown_score"] == pytest.approx(first["unknown_score"], abs=1e-6)


def test_json_stays_alone_on_standard_output(collected: tuple[Path, Path]) -> None:
    result = run("identify", collected[0] / "NaCl.xy", "--json", "--collect", collected[1])
    assert json.loads(result.stdout)["results"][0]["verdict"] == "known"
    assert "0 unknown patterns added" in result.stderr


def test_a_damaged_record_is_an_error_beside_the_groups(
    collected: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "x.json").write_text("{")
    result = run("unknowns", tmp_path, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["problems"][0]["error"]["code"] == "unreadable-file"
    assert "x.json" in result.stderr


def test_what_is_refused(tmp_path: Path, collected: tuple[Path, Path]) -> None:
    file = collected[0] / "NaCl.xy"
    calls = {
        "--cluster works elsewhere": ("identify", file, "--collect", tmp_path, "--cluster", "x"),
        "There is no folder": ("unknowns", tmp_path / "none"),
        "1 --cif and 0 --name": ("extend", "default", "--cif", file, "-o", tmp_path / "new"),
        "learns nothing": (
            *("extend", "default", "--remove", "x", "--types", "y"),
            *("-o", tmp_path / "new"),
        ),
        "no added net": ("extend", "default", "--remove", "extension-1", "-o", tmp_path / "new"),
    }
    for told, words in calls.items():
        result = run(*words)
        assert result.exit_code == 2, words
        assert told in result.stderr
        assert not (tmp_path / "new").exists()


def test_learning_nothing_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    result = run("extend", "default", "-o", tmp_path / "new", "--json")
    assert json.loads(result.stdout)["error"]["code"] == "invalid-configuration"
