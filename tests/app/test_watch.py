"""A watched folder: every file is answered once, when it is complete, whatever happens between."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gemmi
import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.app.question import Question
from crystinet.app.watch import FolderWatch, WatchSettings
from crystinet.cli import app
from crystinet.core.errors import ConfigError, CrystinetError, FileMissingError

SOURCE = Path(__file__).parents[2] / "src"
Write = Callable[..., Path]


@pytest.fixture
def look(bundle_folder: Path, tmp_path: Path) -> Callable[..., list[str]]:
    """Return a function that catches up once and gives the names of the answered files."""

    def catch_up(*, out: Path | None = None) -> list[str]:
        settings = WatchSettings(tmp_path / "in", out, every_s=0.05, settle_s=0.1)
        watching = FolderWatch(settings, Question.of(model=bundle_folder))
        return [each.path.name for each in watching.forever(trouble=raise_it, once=True)]

    (tmp_path / "in").mkdir()
    return catch_up


def raise_it(error: CrystinetError) -> None:
    raise error


def test_every_file_is_answered_once_also_after_a_restart(
    look: Callable[..., list[str]], pattern_file: Write, tmp_path: Path
) -> None:
    pattern_file("in/a.xy")
    pattern_file("in/sub/b.xy", header="# other\n")
    (tmp_path / "in" / "bad.xy").write_bytes(b"no pattern")
    (tmp_path / "in" / "notes.log").write_text("no pattern, and not meant as one")
    assert sorted(look()) == ["a.xy", "b.xy", "bad.xy"]
    assert look() == []
    pattern_file("in/c.xy", header="# a third\n")
    assert look() == ["c.xy"]
    good = json.loads((tmp_path / "in/a.xy.answer.json").read_text())
    assert good["results"][0]["ok"] is True
    assert len(good["source"]["sha256"]) == 64
    bad = json.loads((tmp_path / "in/bad.xy.answer.json").read_text())
    assert bad["results"][0]["error"]["code"] == "unreadable-file"


def test_a_file_is_answered_anew_only_where_its_content_changed(
    look: Callable[..., list[str]], pattern_file: Write
) -> None:
    path = pattern_file("in/a.xy")
    assert look() == ["a.xy"]
    os.utime(path, (1e9, 1e9))
    assert look() == []
    pattern_file("in/a.xy", header="# measured again\n# wavelength = 1.5406\n")
    assert look() == ["a.xy"]


def test_a_file_that_stays_empty_is_told_and_ends_the_wait_for_it(
    look: Callable[..., list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "in" / "empty.xy"
    path.touch()
    watching = FolderWatch(WatchSettings(tmp_path / "in", settle_s=0.0), Question.of())
    assert not watching._settled(path, (0, path.stat().st_mtime_ns))  # it has just been made
    os.utime(path, (0.0, 0.0))
    assert look() == ["empty.xy"]
    answer = json.loads((tmp_path / "in/empty.xy.answer.json").read_text())
    assert answer["results"][0]["error"]["code"] == "unreadable-file"


def test_answers_go_to_another_folder(
    look: Callable[..., list[str]], pattern_file: Write, tmp_path: Path
) -> None:
    pattern_file("in/sub/b.xy")
    out = tmp_path / "answers"
    assert look(out=out) == ["b.xy"]
    assert (out / "sub" / "b.xy.answer.json").is_file()
    assert [path.name for path in (tmp_path / "in").rglob("*") if path.is_file()] == ["b.xy"]


def test_a_file_that_is_still_written_waits(
    bundle_folder: Path, pattern_file: Write, tmp_path: Path
) -> None:
    whole = pattern_file("whole.xy").read_text()
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "a.xy"
    path.write_text(whole[:500])
    pieces = iter([whole[:1000], whole[:9000], whole])
    settings = WatchSettings(tmp_path / "in", None, every_s=0.05, settle_s=0.3)
    watching = FolderWatch(settings, Question.of(model=bundle_folder))

    def write_on(seconds: float) -> None:
        piece = next(pieces, None)
        if piece is not None:
            path.write_text(piece)
        time.sleep(seconds)

    found = list(watching.forever(trouble=raise_it, once=True, wait=write_on))
    (watched,) = found
    assert watched.fit is None
    (outcome,) = watched.outcomes
    assert outcome.ok
    assert outcome.result.identification.two_theta_range[1] > 79.0


def test_a_share_that_is_away_is_told_once_and_watched_on(
    bundle_folder: Path, pattern_file: Write, tmp_path: Path
) -> None:
    folder, away = tmp_path / "in", tmp_path / "away"
    pattern_file("in/a.xy")
    settings = WatchSettings(folder, tmp_path / "out", every_s=0.05, settle_s=0.0)
    watching = FolderWatch(settings, Question.of(model=bundle_folder))
    told: list[str] = []
    rounds = 0

    def wait(seconds: float) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            folder.rename(away)
        elif rounds == 4:
            away.rename(folder)
            pattern_file("in/b.xy", header="# second\n")
        elif rounds > 8:
            raise KeyboardInterrupt

    def names() -> Iterator[str]:
        for each in watching.forever(trouble=lambda e: told.append(e.message), wait=wait):
            yield each.path.name

    found: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        found.extend(names())
    assert len(told) == 1
    assert "cannot be opened" in told[0]
    assert (tmp_path / "out/b.xy.answer.json").is_file()


def test_what_is_known_of_the_samples_goes_into_their_fits(tmp_path: Path) -> None:
    kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    pattern = crystinet.simulate(kind.reference, counts=5000, background=0.02, seed=1)
    (tmp_path / "in").mkdir()
    crystinet.write_pattern(pattern, tmp_path / "in" / "a.xy")
    words = ["watch", str(tmp_path / "in"), "--once", "--settle", "0", "--fit", "--formula", "SnO2"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    fit = json.loads((tmp_path / "in/a.xy.answer.json").read_text())["fit"]
    (phase,) = fit["phases"]
    assert phase["type"] == "Rutile-TiO2"
    assert all(site["determined"] for site in phase["sites"])
    assert {name for site in phase["sites"] for name, _ in site["species"]} == {"Sn", "O"}
    words_of = {"yes": "bears out", "doubtful": "leaves it open whether this is", "no": "against"}
    (line,) = result.stdout.splitlines()
    assert words_of[phase["verified"]] in line
    assert line.endswith(f"Rutile-TiO2, Rwp {100 * fit['rwp']:.1f} %")
    block = gemmi.cif.read(str(tmp_path / "in/a.xy.answer.cif"))[0]
    sites = gemmi.make_small_structure_from_block(block).sites
    assert {site.element.name for site in sites} == {"Sn", "O"}


def test_a_fit_that_fails_is_told_in_the_line_and_in_the_answer(
    bundle_folder: Path, pattern_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern_file("in/a.xy")
    monkeypatch.setattr("crystinet.app.watch.refine", _refuse)
    words = ["watch", str(tmp_path / "in"), "--once", "--settle", "0", "--fit"]
    result = CliRunner().invoke(app, [*words, "--model", str(bundle_folder)])
    assert result.exit_code == 0, result.output
    fit = json.loads((tmp_path / "in/a.xy.answer.json").read_text())["fit"]
    assert (fit["ok"], fit["file"]) == (False, str(tmp_path / "in/a.xy"))
    (line,) = result.stdout.splitlines()
    assert line.endswith("No fit: No line lies there.")
    assert fit["error"]["message"] == "No line lies there."
    assert not (tmp_path / "in/a.xy.answer.cif").exists()


def _refuse(*given: object, **settings: object) -> None:
    raise ConfigError("No line lies there.", hint="Measure more.")


def test_what_cannot_be_watched_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileMissingError, match="no folder"):
        FolderWatch(WatchSettings(tmp_path / "gone"), Question())
    with pytest.raises(ConfigError):
        WatchSettings(tmp_path, every_s=0.0)


def test_the_terminal_gets_one_harmless_line_a_file(
    bundle_folder: Path, pattern_file: Write, tmp_path: Path
) -> None:
    pattern_file("in/a\x1b[31m.xy")
    words = ["watch", str(tmp_path / "in"), "--once", "--settle", "0", "--every", "0.05"]
    result = CliRunner().invoke(app, [*words, "--model", str(bundle_folder)])
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    assert "\x1b" not in line
    assert line.endswith(" %")


def test_a_kill_leaves_no_half_answer_and_the_next_start_goes_on(
    bundle_folder: Path, pattern_file: Write, tmp_path: Path
) -> None:
    for n in range(30):
        pattern_file(f"in/{n:02d}.xy", header=f"# {n}\n")
    words = ["watch", str(tmp_path / "in"), "--settle", "0", "--every", "0.05"]
    command = [sys.executable, "-m", "crystinet", *words, "--model", str(bundle_folder)]
    env: dict[str, Any] = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"}
    first = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
    )
    assert first.stdout is not None
    seen = [first.stdout.readline() for _ in range(5)]
    first.kill()
    first.communicate()
    answered = sorted((tmp_path / "in").glob("*.answer.json"))
    assert len(answered) >= len(seen)
    times = {path: path.stat().st_mtime_ns for path in answered}
    # A shell that started the tests in the background ignores SIGINT, and what it starts inherits
    # that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    second = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
    )
    signal.signal(signal.SIGINT, before)
    assert second.stdout is not None
    rest = [second.stdout.readline() for _ in range(30 - len(answered))]
    second.send_signal(signal.SIGINT)
    more, _ = second.communicate(timeout=30)
    assert second.returncode == 0
    assert more == ""
    assert len(rest) == 30 - len(answered)
    assert {path: path.stat().st_mtime_ns for path in answered} == times
    documents = [json.loads(path.read_text()) for path in (tmp_path / "in").glob("*.json")]
    assert len(documents) == 30


@pytest.mark.parametrize("out", [False, True])
def test_two_watchers_of_one_folder_answer_no_file_twice(
    bundle_folder: Path, pattern_file: Write, tmp_path: Path, out: bool
) -> None:
    for n in range(20):
        pattern_file(f"in/{n % 2}/{n:02d}.xy", header=f"# {n}\n")
    words = ["--once", "--settle", "0", "--every", "0.05", "--model", str(bundle_folder)]
    words += ["--out", str(tmp_path / "out")] if out else []
    env: dict[str, Any] = {**os.environ, "PYTHONPATH": str(SOURCE)}
    # The second looks at one of the folders alone where the answers lie beside the patterns.
    folders = [tmp_path / "in", tmp_path / "in" if out else tmp_path / "in" / "1"]
    watchers = [
        subprocess.Popen(
            [sys.executable, "-m", "crystinet", "watch", str(folder), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        )
        for folder in folders
    ]
    told = [watcher.communicate(timeout=120) for watcher in watchers]
    assert [watcher.returncode for watcher in watchers] == [0, 0], told
    names = [line.split()[1].rpartition("/")[2] for said, _ in told for line in said.splitlines()]
    assert sorted(names) == [f"{n:02d}.xy" for n in range(20)]
    answers = tmp_path / ("out" if out else "in")
    assert len(list(answers.rglob("*.answer.json"))) == 20
