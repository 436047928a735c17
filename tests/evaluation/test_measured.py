"""The protocol on measured patterns, run with the bundle of the package on files made here."""

import os
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import CorpusError
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.measured import evaluate_measured
from crystinet.model.bundle_files import load_bundle
from crystinet.model.inference import Model
from crystinet.report.evaluation.card import model_card
from crystinet.simulation.simulate import simulate

HEADER = "id,file,structure_type,in_catalogue,quality,wavelength_angstrom\n"


@pytest.fixture(scope="module")
def model() -> Model:
    return Model(load_bundle())


def write_pattern(path: Path, name: str) -> None:
    pattern = simulate(load_catalogue().by_name(name).reference)
    counts = np.random.default_rng(1).poisson(40.0 * pattern.intensity + 30.0)
    np.savetxt(path, np.column_stack([pattern.two_theta_deg, counts]))


def test_figures_of_a_small_folder(model: Model, tmp_path: Path) -> None:
    write_pattern(tmp_path / "salt.xy", "NaCl")
    write_pattern(tmp_path / "tungsten.xy", "bcc-W")
    (tmp_path / "noise.xy").write_text("no numbers here")
    (tmp_path / "manifest.csv").write_text(
        HEADER
        + "rruff-1,salt.xy,NaCl,yes,ok,1.5406/1.5444\n"
        + "w,tungsten.xy,bcc-W,yes,ok,Cu (K-alpha)\n"
        + "bad,noise.xy,NaCl,yes,ok,see text\n"
        + "mixed,salt.xy,,no,mixture,1.5406\n"
        + "skipped,absent.xy,NaCl,yes,minor impurity,1.5406\n"
        + "other,salt.xy,,no,ok,1.5406\n"
        + "further,salt.xy,Barite-BaSO4,extended,ok,1.5406\n"
        + "nobody knows,salt.xy,NaCl,doubt,ok,1.5406\n"
    )
    report = evaluate_measured(model, tmp_path)
    by_id = {a.id: a for a in report.answers}
    assert set(by_id) == {"rruff-1", "w", "bad", "mixed", "other", "further"}
    assert by_id["rruff-1"].rank == 1
    assert by_id["w"].truth == "CsCl"  # bcc-W is merged into it
    assert by_id["bad"].verdict == "refused"
    assert by_id["bad"].rank > 1
    assert "numbers" in by_id["bad"].error
    assert by_id["other"].rank == 0
    assert by_id["further"].rank == 0  # no type of this bundle
    assert (report.outside_patterns, report.mixtures) == (2, 1)
    assert report.mixtures_not_known == float(by_id["mixed"].verdict != "known")
    assert 0.0 <= report.calibration_error <= 1.0
    assert by_id["rruff-1"].in_set
    assert (report.accuracy.patterns, report.rruff.patterns) == (3, 1)
    assert report.accuracy.top1 == pytest.approx(
        np.mean([by_id[i].rank == 1 for i in ("rruff-1", "w", "bad")])
    )
    card = model_card(model.bundle, simulated=None, measured=report)
    assert model.bundle.id in card
    assert "| all sources | 3 |" in card


@pytest.mark.parametrize("text", [None, "id,file\n", HEADER])
def test_a_missing_or_incomplete_manifest(model: Model, tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(CorpusError) as caught:
        evaluate_measured(model, tmp_path)
    assert "manifest.csv" in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    ("row", "message", "hint"),
    [
        ("a,a.xy,Rutil-TiO2,yes,ok,1.54", "no structure type 'Rutil-TiO2'", "Rutile-TiO2"),
        ("a,a.xy,zzzzzz,yes,ok,1.54", "no structure type 'zzzzzz'", "crystinet types"),
        ("a,a.xy,,yes,mixture,1.54", "no structure type ''", "crystinet types"),
        ("a,a.xy,NaCl,maybe,ok,1.54", "in_catalogue is 'maybe'", "yes, no"),
        ("a,a.xy,NaCl", "in_catalogue is ''", "yes, no"),
        ("a,a.xy,NaCl,yes,ok,-1.54", "wavelength of -1.54", "angstrom"),
    ],
)
def test_a_wrong_row_is_named_with_its_line(
    model: Model, tmp_path: Path, row: str, message: str, hint: str
) -> None:
    (tmp_path / "manifest.csv").write_text(HEADER + "b,b.xy,NaCl,yes,mixture,Cu\n" + row + "\n")
    with pytest.raises(CorpusError, match=r"manifest\.csv, line 3: ") as caught:
        evaluate_measured(model, tmp_path)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_manifest_that_is_no_text(model: Model, tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes(HEADER.encode() + b"\xff\xfe\n")
    with pytest.raises(CorpusError, match=r"manifest\.csv cannot be read"):
        evaluate_measured(model, tmp_path)


def test_a_file_in_d_is_read_with_the_wavelength_of_the_manifest(
    model: Model, tmp_path: Path
) -> None:
    pattern = simulate(load_catalogue().by_name("NaCl").reference)
    x = pattern.two_theta_deg
    d = 1.5405929 / (2.0 * np.sin(np.radians(x) / 2.0))
    np.savetxt(
        tmp_path / "d.csv",
        np.column_stack([d, pattern.intensity + 1.0]),
        delimiter=",",
        header="d,intensity",
    )
    (tmp_path / "manifest.csv").write_text(HEADER + "d,d.csv,NaCl,yes,ok,0.7093\n")
    (answer,) = evaluate_measured(model, tmp_path).answers
    assert answer.error == ""
    assert answer.rank == 1


def test_a_manifest_that_is_a_pipe_is_not_waited_for(model: Model, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.csv")
    with pytest.raises(CorpusError, match="cannot be read"):
        evaluate_measured(model, tmp_path)
