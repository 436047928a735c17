"""What version 0.4.0 wrote keeps working: a store, collected unknown patterns, a bundle.

``tests/artefacts/0.4.0`` was made by that version: ``crystinet corpus add`` of the two CIF files,
and ``crystinet identify --collect`` of a simulated pattern of quartz.
"""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crystinet.app.models import load_model
from crystinet.cli import app

ARTEFACTS = Path(__file__).parents[1] / "artefacts" / "0.4.0"


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ARTEFACTS, tmp_path / "earlier"))


def run(*words: object) -> str:
    told = CliRunner().invoke(app, [str(word) for word in words])
    assert told.exit_code == 0, told.output
    return told.output


def test_a_store_is_read_and_added_to(earlier: Path) -> None:
    store = earlier / "store.sqlite"
    told = run("corpus", "stats", store)
    assert "Rutile-TiO2" in told
    assert "NaCl" in told
    cifs = (earlier / "rutile.cif", earlier / "salt.cif")
    source = ("--source", "made here", "--licence", "BSD-3-Clause")
    again = run("corpus", "add", *cifs, "--store", store, *source)
    assert "0 structures added" in again


def test_unknown_patterns_are_found_again(earlier: Path) -> None:
    (pattern,) = (earlier / "unknown").glob("*.xy")
    run("identify", pattern, "--collect", earlier / "unknown")
    # It is the same pattern: no second one of it is kept.
    assert [path.name for path in (earlier / "unknown").glob("*.xy")] == [pattern.name]
    assert pattern.name in run("unknowns", earlier / "unknown")


def test_the_bundle_that_judged_them_is_called_by_its_id(earlier: Path) -> None:
    """Where the package has it still; else the error says which bundles are here."""
    (record,) = (earlier / "unknown").glob("*.json")
    identity = record.read_text("utf-8").split('"model_id": "')[1][:12]
    if load_model().bundle.id.startswith(identity):
        told = run("identify", next((earlier / "unknown").glob("*.xy")), "--model", identity)
        assert "nknown" in told
    else:
        told = CliRunner().invoke(app, ["identify", str(record), "--model", identity]).output
        assert "is here" in told
