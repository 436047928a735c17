"""What an answer says beyond the types."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import crystinet
from crystinet.app.documents import xy_text
from crystinet.cli import app
from crystinet.crystals.catalogue import find_type


@pytest.fixture(scope="module")
def pattern() -> crystinet.Pattern:
    return crystinet.simulate(find_type("NaCl").reference, counts=5000, seed=1)


def test_an_unknown_verdict_says_the_lattice(pattern: crystinet.Pattern) -> None:
    answer = crystinet.identify(pattern, top=3, beyond=True)
    assert answer.beyond is not None
    assert answer.beyond.best is not None
    assert answer.beyond.best.cell.a == pytest.approx(4.21, abs=0.01)
    lattice = "cubic face-centred, a = 4.21"
    assert lattice not in answer.sentence
    assert lattice in replace(answer, verdict=crystinet.Verdict.UNKNOWN).sentence


def test_nobody_asked(pattern: crystinet.Pattern) -> None:
    answer = crystinet.identify(pattern, top=3)
    assert answer.beyond is None
    assert "beyond" not in answer.to_dict()


def test_the_command_shows_cells_and_writes_them(
    pattern: crystinet.Pattern, tmp_path: Path
) -> None:
    path = tmp_path / "a.xy"
    path.write_text(xy_text(pattern))
    words = ["identify", str(path), "--beyond"]
    assert "cubic face-centred, a = 4.21" in CliRunner().invoke(app, words).stdout
    (result,) = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)["results"]
    assert result["beyond"]["system"] == "cubic"
    first = result["beyond"]["cells"][0]
    assert (first["centring"], first["lines"] >= first["indexed"] > 5) == ("F", True)
