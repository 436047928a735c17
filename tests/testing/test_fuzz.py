"""The standing break test: it tries every kind, and it finds what is wrong."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from crystinet.testing import fuzz
from crystinet.testing.fuzz import KINDS, Victim, cases
from crystinet.testing.fuzz_cases import Case, write_samples


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[str, str]]]:
    root = tmp_path_factory.mktemp("fuzz") / "samples"
    return root, write_samples(root, patterns=None)


@pytest.fixture
def victim(samples: tuple[Path, list[tuple[str, str]]]) -> Iterator[Victim]:
    started = Victim(samples[0])
    yield started
    started.close()


def test_cases_are_of_every_kind_and_the_same_for_a_seed(
    samples: tuple[Path, list[tuple[str, str]]],
) -> None:
    first = list(islice(cases(samples[1], seed=3), 40))
    assert first == list(islice(cases(samples[1], seed=3), 40))
    assert first != list(islice(cases(samples[1], seed=4), 40))
    assert {case.kind for case in first} == set(KINDS)


def test_damage_is_read_or_refused(
    samples: tuple[Path, list[tuple[str, str]]], victim: Victim, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz, "MOST_SECONDS", 60.0)  # a busy machine is no fault of a reader
    for case in islice(cases(samples[1], seed=5), 24):
        assert not victim.read(case), case


def test_what_is_wrong_is_found(
    victim: Victim, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Case("pattern", "a.xy", 1)
    assert not victim.read(good)  # the first one, whose time does not count: it imports
    assert "KeyError" in victim.read(Case("no such kind", "a.xy", 0))
    monkeypatch.setattr(fuzz, "MOST_SECONDS", 0.0)
    assert victim.read(Case("pattern", "a.xy", 2)).endswith(" s")
    monkeypatch.undo()
    victim._process.kill()
    victim._process.wait()
    assert not victim.read(good)  # by a new process


def test_the_command_reports_and_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "crystinet.testing.fuzz", "--seconds", "1", "--kind", "cif"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "damaged files: {'cif': " in done.stdout
    assert "0 findings" in done.stdout
