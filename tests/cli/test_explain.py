"""``crystinet explain``: text, JSON, pictures and refusals."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import crystinet
from crystinet.cli import app
from crystinet.corpus.datasets.dataset import Member, pack
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import find_type, load_catalogue
from crystinet.simulation.reflections import compute_reflections

pytest.importorskip("matplotlib")

Write = Callable[..., Path]
Run = Callable[..., Result]


@pytest.fixture
def explain(mapped_bundle: Path) -> Run:
    """Return a function that runs ``crystinet explain`` with a bundle that can be explained."""

    def run(*arguments: object) -> Result:
        words = ["explain", *map(str, arguments), "--model", str(mapped_bundle)]
        return CliRunner().invoke(app, words)

    return run


def test_a_person_gets_sentences_and_a_picture(
    explain: Run, pattern_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pattern_file()
    monkeypatch.chdir(tmp_path)
    result = explain(path, "--type", "Rutile-TiO2")
    assert result.exit_code == 0, result.stderr
    for text in (
        "Rutile-TiO2 (no. 18)",
        "Lines: ",
        "are lines of the type",
        "network",
    ):
        assert text in result.stdout
    assert (tmp_path / "good-explained.png").read_bytes().startswith(b"\x89PNG")
    assert "Picture of good.xy: good-explained.png" in result.stderr


def test_the_picture_says_what_it_shows(explain: Run, pattern_file: Write, tmp_path: Path) -> None:
    picture = tmp_path / "why.svg"
    assert explain(pattern_file(), "--type", "NaCl", "-o", picture).exit_code == 0
    drawn = picture.read_text("utf-8")
    for text in (
        "good.xy as NaCl: ",
        "where the network looked",
        "average pattern of the type",
        "line that the type lacks",
    ):
        assert text in drawn


def test_json_alone_writes_no_picture(
    explain: Run, pattern_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pattern_file()
    monkeypatch.chdir(tmp_path)
    result = explain(path, "--json", "--score", "share", "--range", "25,70")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert set(document) == {
        "model",
        "file",
        "verdict",
        "wavelength_angstrom",
        "wavelength_from",
        "two_theta_range",
        "warnings",
        "notes",
        "preprocessing",
        "candidate",
        "rank",
        "score",
        "heat_unit",
        "lattice_scale",
        "peaks",
        "sensitivity",
        "curves",
    }
    assert document["score"] == "share"
    assert document["two_theta_range"] == [25.0, 70.0]
    assert {len(curve) for curve in document["curves"].values()} == {2251}
    assert document["rank"] == 1
    assert set(document["peaks"][0]) == {"two_theta", "d_angstrom", "intensity", "matched"}
    assert set(document["sensitivity"][0]) == {
        "two_theta",
        "change",
        "reliability_change",
        "answer",
    }
    assert not list(tmp_path.glob("*.png"))


def test_python_says_the_same(explain: Run, pattern_file: Write, mapped_bundle: Path) -> None:
    path = pattern_file()
    document = json.loads(explain(path, "--json", "--type", "AlB2").stdout)
    found = crystinet.explain(path, type="AlB2", model=mapped_bundle)
    assert document["heat_unit"] == found.heat_unit
    assert document["curves"]["heat"] == [round(float(h), 6) for h in found.heat]


def test_a_type_is_averaged_over_a_data_set(explain: Run, tmp_path: Path) -> None:
    catalogue = load_catalogue()
    reflections = compute_reflections(catalogue.by_name("NaCl").reference, d_min_angstrom=0.93)
    members = [Member(i, "NaCl", 15, Split.TRAIN, True, "catalogue") for i in range(2)]
    data = tmp_path / "dataset.npz"
    pack(members, [reflections] * 2, d_min_angstrom=0.93).save(data)
    picture = tmp_path / "type.svg"
    result = explain("--type", "NaCl", "--dataset", data, "-o", picture)
    assert result.exit_code == 0, result.stderr
    assert "NaCl: 2 compounds" in result.stdout
    assert picture.exists()
    document = json.loads(explain("--type", "NaCl", "--dataset", data, "--json").stdout)
    assert document["compounds"] == 2
    assert len(document["dataset_sha256"]) == 64


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "Give either FILE or --dataset"),
        ("{file} --dataset d.npz", "Give either FILE or --dataset"),
        ("--dataset d.npz", "--dataset needs --type"),
        ("--dataset d.npz --type NaCl --range 5,65", "--range are about a measured pattern"),
        ("--dataset d.npz --type NaCl --json", "d.npz is no file"),
        ("{file} --type Quartz --json", "knows no structure type called 'Quartz'"),
        ("{file} --score other --json", "score is 'other'"),
        ("{file} --range 5 --json", "--range is '5', not 2 numbers"),
        ("{file} --range 65,5 --json", "--range is 65 to 5, not two numbers"),
        ("{file} --range 100,110 --json", "Nothing was measured from 100 to 110 degrees"),
        ("{file} --range 20,24 --json", "at least 100 are needed"),
        ("{file} --elements Xx --json", "'Xx' is no chemical element"),
        ("{file} -o out.nothing", "'out.nothing' names no picture format"),
        ("{file} -o no/such/folder/out.png", "there is no folder"),
        ("missing.xy --json", "missing.xy"),
    ],
)
def test_refusals(explain: Run, pattern_file: Write, words: str, message: str) -> None:
    result = explain(*words.format(file=pattern_file()).split())
    assert result.exit_code == 2
    assert message in result.stderr
    if "--json" in words:
        assert json.loads(result.stdout)["error"]["message"] in result.stderr


def test_a_bundle_without_maps_says_what_to_do(pattern_file: Write, bundle_folder: Path) -> None:
    words = ["explain", str(pattern_file()), "--json", "--model", str(bundle_folder)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "invalid-bundle"
    assert "cannot be explained" in result.stderr
    assert "crystinet train DATASET RUN --resume" in result.stderr


def test_without_matplotlib_the_numbers_are_left(
    explain: Run, pattern_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    path = pattern_file()
    result = explain(path)
    assert result.exit_code == 2
    assert 'pip install "crystinet[report]"' in result.stderr
    assert "--json" in result.stderr
    assert explain(path, "--json").exit_code == 0


def test_a_type_of_another_bundle_is_asked_for_there(tmp_path: Path) -> None:
    path = tmp_path / "quartz.xy"
    reference = find_type("Quartz-alpha").reference
    pattern = crystinet.simulate(reference, counts=20_000, seed=1)
    crystinet.write_pattern(pattern, path)
    words = ["explain", str(path), "--wavelength", "Cu", "-o", str(tmp_path / "why.png")]
    result = CliRunner().invoke(app, [*words, "--type", "Quartz-alpha"])
    assert result.exit_code == 2
    assert "does not know Quartz-alpha" in result.stderr
    assert "--model wide" in result.stderr
    told = CliRunner().invoke(app, words).stdout
    assert "the nearest of this model's own types (--model wide explains Quartz-alpha)" in told
    assert "the answer: probability" not in told
