"""``crystinet identify --plot``: a picture of each pattern before and after its preparation."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from crystinet.cli import app

pytest.importorskip("matplotlib")

Write = Callable[..., Path]
Run = Callable[..., Result]


@pytest.fixture
def identify(bundle_folder: Path) -> Run:
    """Return a function that runs ``crystinet identify`` with the small bundle."""

    def run(*arguments: object) -> Result:
        words = ["identify", *map(str, arguments), "--model", str(bundle_folder)]
        return CliRunner().invoke(app, words)

    return run


def test_a_picture_says_what_it_shows(identify: Run, pattern_file: Write, tmp_path: Path) -> None:
    picture = tmp_path / "answer.svg"
    result = identify(pattern_file(), "--plot", picture, "--json")
    assert result.exit_code == 0
    assert f"Picture of good.xy: {picture}" in result.stderr
    drawn = picture.read_text("utf-8")  # texts are in it as comments
    for text in ("good.xy", "as measured", "background", "prepared", "Answer: ", "edges x"):
        assert text in drawn
    assert "spikes, removed" not in drawn


def test_spikes_are_marked(identify: Run, pattern_file: Write, tmp_path: Path) -> None:
    path, picture = pattern_file(), tmp_path / "answer.svg"
    lines = path.read_text("utf-8").splitlines()
    lines[900] = lines[900].split()[0] + " 400.0"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert identify(path, "--plot", picture, "--json").exit_code == 0
    assert "spikes, removed" in picture.read_text("utf-8")


def test_each_pattern_has_its_picture(identify: Run, pattern_file: Write, tmp_path: Path) -> None:
    files = [pattern_file(f"{name}.xy") for name in "ab"]
    bad = tmp_path / "bad.xy"
    bad.write_bytes(b"\x00\x01")
    result = identify(files[0], bad, files[1], "--plot", tmp_path / "out.png")
    assert result.exit_code == 2  # the bad file; the others have their pictures
    for name in ("out.png", "out-2.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert f"Picture of b.xy: {tmp_path / 'out-2.png'}" in result.stderr


def test_a_name_in_another_script(identify: Run, pattern_file: Write, tmp_path: Path) -> None:
    path = pattern_file("試料_$a$.xy")
    assert identify(path, "--plot", tmp_path / "out.png", "--json").exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--plot out.nothing", "'out.nothing' names no picture format"),
        ("--plot no/such/folder/out.png", "there is no folder"),
        ("--plot out.png --cluster local:1", "--plot draws here, --cluster works elsewhere"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_the_work(
    identify: Run, pattern_file: Write, words: str, message: str
) -> None:
    result = identify(pattern_file(), *words.split())
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_without_matplotlib_the_error_says_what_to_install(
    identify: Run, pattern_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = identify(pattern_file(), "--plot", "out.png")
    assert result.exit_code == 2
    assert 'pip install "crystinet[report]"' in result.stderr
