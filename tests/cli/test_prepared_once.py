"""A pattern is prepared once, whatever a command is asked to do with it."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.app.documents import xy_text
from crystinet.cli import app
from crystinet.crystals.catalogue import load_catalogue
from crystinet.patterns import preprocessing, sample
from crystinet.patterns.pattern import Pattern

pytest.importorskip("matplotlib")

Calls = list[str]


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Names of the patterns that were prepared, in order; they are prepared as ever."""
    calls: Calls = []
    real = preprocessing.prepare
    assert vars(sample)["prepare"] is real  # imported before it is replaced

    def counting(pattern: Pattern, **settings: object) -> tuple[Pattern, Pattern]:
        calls.append(pattern.name)
        return real(pattern, **settings)  # type: ignore[arg-type]

    for name, module in list(sys.modules.items()):  # also where it was imported by its name
        if name.startswith("crystinet") and vars(module).get("prepare") is real:
            monkeypatch.setattr(module, "prepare", counting)
    return calls


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """One pattern of a known type, and one of an unknown."""
    made = []
    for name in ("NaCl", "Gypsum"):
        ideal = crystinet.simulate(load_catalogue().by_name(name).reference)
        counts = np.random.default_rng(1).poisson(40.0 * ideal.intensity + 60.0)
        noisy = Pattern(ideal.two_theta_deg, counts.astype(np.float64), ideal.radiation)
        made.append(tmp_path / f"{name}.xy")
        made[-1].write_text(xy_text(noisy))
    return made


def run(*words: object) -> dict[str, object]:
    result = CliRunner().invoke(app, [*map(str, words), "--json"])
    assert result.exit_code == 0, result.stderr
    document: dict[str, object] = json.loads(result.stdout)
    return document


def test_identify_with_everything(prepared: Calls, files: list[Path], tmp_path: Path) -> None:
    more = ("--collect", tmp_path / "unknown", "--nearest", 3, "--lattice")
    document = run("identify", *files, "--plot", tmp_path / "a.svg", *more)
    verdicts = [entry["verdict"] for entry in document["results"]]  # type: ignore[attr-defined]
    assert verdicts == ["known", "unknown"]  # so that one of them was collected
    assert len(list((tmp_path / "unknown").glob("*.json"))) == 1
    assert (tmp_path / "a-2.svg").is_file()
    assert prepared == ["NaCl.xy", "Gypsum.xy"]


def test_explain(prepared: Calls, files: list[Path], tmp_path: Path) -> None:
    run("explain", files[0], "-o", tmp_path / "why.svg")
    assert (tmp_path / "why.svg").is_file()
    assert prepared == ["NaCl.xy"]


def test_nearest(prepared: Calls, files: list[Path]) -> None:
    assert crystinet.nearest(files[0], candidates=1)
    assert prepared == ["NaCl.xy"]
