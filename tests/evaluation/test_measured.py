"""The protocol on measured patterns, run with the bundle of the package on files made here."""

from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import CorpusError
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.card import model_card
from crystinet.evaluation.measured import evaluate_measured
from crystinet.model.bundle import load_bundle
from crystinet.model.union import Union
from crystinet.simulate.simulation import simulate

HEADER = "id,file,structure_type,in_catalogue,quality,wavelength_angstrom\n"


@pytest.fixture(scope="module")
def union() -> Union:
    return Union(load_bundle())


def write_pattern(path: Path, name: str) -> None:
    pattern = simulate(load_catalogue().by_name(name).reference)
    counts = np.random.default_rng(1).poisson(40.0 * pattern.intensity + 30.0)
    np.savetxt(path, np.column_stack([pattern.two_theta_deg, counts]))


def test_figures_of_a_small_folder(union: Union, tmp_path: Path) -> None:
    write_pattern(tmp_path / "salt.xy", "NaCl")
    write_pattern(tmp_path / "tungsten.xy", "bcc-W")
    (tmp_path / "noise.xy").write_text("no numbers here")
    (tmp_path / "manifest.csv").write_text(
        HEADER
        + "rruff-1,salt.xy,NaCl,yes,ok,1.5406/1.5444\n"
        + "w,tungsten.xy,bcc-W,yes,ok,Cu (K-alpha)\n"
        + "bad,noise.xy,NaCl,yes,ok,see text\n"
        + "skipped,absent.xy,NaCl,yes,mixture,1.5406\n"
        + "other,salt.xy,,no,ok,1.5406\n"
    )
    report = evaluate_measured(union, tmp_path)
    by_id = {a.id: a for a in report.answers}
    assert set(by_id) == {"rruff-1", "w", "bad", "other"}
    assert by_id["rruff-1"].rank == 1
    assert by_id["w"].truth == "CsCl"  # bcc-W is merged into it
    assert by_id["bad"].verdict == "refused"
    assert by_id["bad"].rank > 1
    assert "numbers" in by_id["bad"].error
    assert by_id["other"].rank == 0
    assert (report.accuracy.patterns, report.rruff.patterns) == (3, 1)
    assert report.accuracy.top1 == pytest.approx(
        np.mean([by_id[i].rank == 1 for i in ("rruff-1", "w", "bad")])
    )
    card = model_card(union.bundle, simulated=None, measured=report)
    assert union.bundle.id in card
    assert "| all sources | 3 |" in card


@pytest.mark.parametrize("text", [None, "id,file\n", HEADER])
def test_a_missing_or_incomplete_manifest(union: Union, tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(CorpusError) as caught:
        evaluate_measured(union, tmp_path)
    assert "manifest.csv" in caught.value.message + caught.value.hint
