"""The measured example pattern and what happens without it."""

import importlib.machinery
import importlib.util
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crystinet.app import example
from crystinet.cli import app
from crystinet.core.errors import MissingExtraError


def pretend(monkeypatch: pytest.MonkeyPatch, folder: Path | None) -> None:
    """Let ``rietx`` be installed in ``folder``, or not at all."""
    spec = None
    if folder is not None:
        spec = importlib.machinery.ModuleSpec("rietx", None, is_package=True)
        spec.submodule_search_locations = [str(folder)]
    monkeypatch.setattr(example, "find_spec", lambda name: spec)


def test_without_the_extra_the_error_has_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, None)
    with pytest.raises(MissingExtraError, match="not installed") as caught:
        example.fluorapatite_example()
    assert 'pip install "crystinet[example]"' in caught.value.hint
    result = CliRunner().invoke(app, ["identify", "--example", "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "missing-extra"


needs_rietx = pytest.mark.skipif(
    importlib.util.find_spec("rietx") is None,
    reason='needs rietx: pip install "crystinet[example]"',
)


@needs_rietx
def test_the_pattern_is_the_one_the_instrument_file_describes() -> None:
    shown = example.fluorapatite_example()
    assert shown.number == 71
    record = shown.path.with_name("FAP.EXP").read_text("latin-1")
    (instrument,) = (line for line in record.splitlines() if "ICONS" in line)
    assert float(instrument.split()[3]) == shown.wavelength_angstrom


@needs_rietx
def test_the_example_says_where_it_comes_from_and_what_is_right(bundle_folder: Path) -> None:
    words = ["identify", "--example", "--model", str(bundle_folder)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0
    assert "carried by rietx" in result.stdout
    assert "The right answer, Apatite#-(HE,P63/m) (no. 71), is not among" in result.stdout
    pure = CliRunner().invoke(app, [*words, "--json"])
    (entry,) = json.loads(pure.stdout)["results"]
    assert entry["two_theta_range"] == [15.0, pytest.approx(130.0)]
    assert entry["wavelength_angstrom"] == pytest.approx(1.5405, abs=2e-4)
    assert not [note for note in entry["notes"] if note["code"] == "assumed-wavelength"]
    assert "Right answer" in pure.stderr
