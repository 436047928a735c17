"""Explanations with a bundle whose networks are untrained and whose averages are real."""

import hashlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import BundleError, ConfigError, UnknownTypeError
from crystinet.core.radiation import Radiation
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle_files import load_bundle
from crystinet.model.explanation import column_of, explain
from crystinet.model.heat import HeatMapper, Score
from crystinet.model.inference import Model
from crystinet.model.manifest import MANIFEST, OLDEST_SCHEMA, SCHEMA
from crystinet.patterns import Pattern
from crystinet.simulation.simulate import simulate

HEADS = "rcnets-heads.npy"
RUTILE = load_catalogue().by_name("Rutile-TiO2").reference


@pytest.fixture(scope="module")
def model(mapped_bundle: Path) -> Model:
    return Model(load_bundle(mapped_bundle))


@pytest.fixture(scope="module")
def rutile() -> Pattern:
    return simulate(RUTILE, counts=5_000.0, background=0.05)


def changed(folder: Path, source: Path, name: str, data: bytes | None) -> Path:
    """Copy a bundle with another file, or without it; the manifest knows."""
    shutil.copytree(source, folder)
    table = json.loads((folder / MANIFEST).read_text("utf-8"))
    del table["sha256"][name]
    if data is not None:
        (folder / name).write_bytes(data)
        table["sha256"][name] = hashlib.sha256(data).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(table), "utf-8")
    return folder


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_every_curve_has_a_value_at_each_measured_point(model: Model, rutile: Pattern) -> None:
    found = explain(model, model.sample(rutile.within((20, 80))), type_name="Rutile-TiO2")
    n = len(found.two_theta_deg)
    assert found.intensity.shape == found.heat.shape == found.expected.shape == (n,)
    assert found.two_theta_deg[0] == pytest.approx(20.0, abs=0.02)
    assert found.two_theta_deg[-1] == pytest.approx(80.0, abs=0.02)
    for curve in (found.intensity, found.heat, found.expected):
        assert np.isfinite(curve).all()
        assert 0.0 <= curve.min() <= curve.max() <= 1.0 + 1e-12
    assert found.candidate.type == "Rutile-TiO2"
    assert found.identification.candidates[found.rank - 1] == found.candidate
    assert found.identification.model_id == model.bundle.id
    assert "only 20 to 80 degrees" in " ".join(found.identification.steps)


def test_without_a_name_the_answer_is_explained(model: Model, rutile: Pattern) -> None:
    found = explain(model, model.sample(rutile))
    assert found.rank == 1
    assert found.candidate == found.identification.candidates[0]
    assert found.identification.candidates == model.identify([model.sample(rutile)])[0].candidates


def test_the_right_type_has_the_lines_and_another_lacks_some(model: Model, rutile: Pattern) -> None:
    right = explain(model, model.sample(rutile), type_name="Rutile-TiO2")
    wrong = explain(model, model.sample(rutile), type_name="NaCl")
    assert len(right.peaks) > 10
    assert right.unexplained == ()
    assert right.average_scale == pytest.approx(1.0, abs=0.002)
    assert len(wrong.unexplained) > 4
    assert [p.two_theta_deg for p in right.peaks] == [p.two_theta_deg for p in wrong.peaks]
    strongest = max(right.peaks, key=lambda peak: peak.intensity)
    assert strongest.two_theta_deg == pytest.approx(27.4, abs=0.2)  # (110)
    assert strongest.d_angstrom == pytest.approx(3.25, abs=0.03)


def test_the_scale_of_the_cell_is_found(model: Model) -> None:
    larger = simulate(load_catalogue().by_name("NaCl").reference)
    found = explain(model, model.sample(larger), type_name="NaCl")
    assert found.average_scale == pytest.approx(1.0, abs=0.002)
    x = np.asarray(larger.two_theta_deg)
    d = 1.02 * larger.radiation.wavelength_angstrom / (2.0 * np.sin(np.radians(x / 2.0)))
    angles = 2.0 * np.degrees(np.arcsin(larger.radiation.wavelength_angstrom / (2.0 * d)))
    swollen = Pattern(angles, larger.intensity, larger.radiation)
    assert explain(model, model.sample(swollen), type_name="NaCl").average_scale == pytest.approx(
        1.02, abs=2e-3
    )


def test_angles_are_those_of_the_measurement(model: Model) -> None:
    copper = explain(model, model.sample(simulate(RUTILE)), type_name="Rutile-TiO2")
    short = simulate(RUTILE, radiation=Radiation((0.7093172,)))
    found = explain(model, model.sample(short), type_name="Rutile-TiO2")
    strong = [max(e.peaks, key=lambda p: p.intensity) for e in (copper, found)]
    assert strong[1].d_angstrom == pytest.approx(strong[0].d_angstrom, rel=2e-3)
    assert strong[1].two_theta_deg == pytest.approx(12.5, abs=0.1)
    assert found.two_theta_deg[-1] < 50.0
    assert found.sensitivity.two_theta_deg.max() < 50.0


def test_a_gap_has_no_points(model: Model, rutile: Pattern) -> None:
    inside = (rutile.two_theta_deg < 40.0) | (rutile.two_theta_deg > 45.0)
    x, y = rutile.two_theta_deg[inside], rutile.intensity[inside]
    found = explain(model, model.sample(Pattern(x, y, rutile.radiation)))
    angles = found.two_theta_deg
    assert not ((angles > 40.1) & (angles < 44.9)).any()


def test_sensitivity_is_the_score_with_the_window_masked(model: Model, rutile: Pattern) -> None:
    found = explain(model, model.sample(rutile), type_name="AlB2")
    windows = found.sensitivity
    w = len(windows.change)
    assert windows.two_theta_deg.shape == (w, 2)
    assert len(windows.answers) == len(windows.reliability_change) == w > 90
    np.testing.assert_allclose(np.diff(windows.two_theta_deg[:, 0]), 1.0)
    column = column_of(model.bundle, "AlB2")
    prepared = model.sample(rutile).prepared
    low, high = windows.two_theta_deg[30]
    x = prepared.two_theta_deg
    hidden = (x >= low) & (x <= high)
    intensity = np.where(hidden, 0.0, prepared.intensity)
    mask = prepared.mask & ~hidden
    inputs = model.bundle.axis.network_input(
        np.stack([prepared.intensity, intensity / intensity.max()]),
        np.stack([prepared.mask, mask]),
        knee=model.bundle.preprocessing.intensity_knee,
    )
    share = model.score(inputs).log_share[:, column]
    assert windows.change[30] == pytest.approx(share[1] - share[0], abs=1e-5)


def test_a_range_that_one_window_fills_is_no_fault(model: Model) -> None:
    x = np.arange(20.0, 30.2, 0.02)
    y = 5.0 + 100.0 * np.exp(-(((x - 25.0) / 0.1) ** 2)) + np.sin(40.0 * x) ** 2
    found = explain(model, model.sample(Pattern(x, y, Radiation.of_anode("Cu"))))
    assert np.isfinite(found.sensitivity.change).all()


def test_the_whole_score_weighs_rivals_and_confidence(model: Model, rutile: Pattern) -> None:
    logit, share = (explain(model, model.sample(rutile), type_name="NaCl", score=s) for s in Score)
    assert (logit.score, share.score) == (Score.LOGIT, Score.SHARE)
    assert logit.heat_unit != share.heat_unit


def test_merged_names_mean_their_class(model: Model) -> None:
    from dataclasses import replace

    entry = replace(model.bundle.types[1], merged=("Fluorite-CaF2(defect)",))
    bundle = model.bundle.changed(types=(model.bundle.types[0], entry, *model.bundle.types[2:]))
    assert column_of(bundle, "Fluorite-CaF2(defect)") == 1


@pytest.mark.parametrize(
    ("name", "hint"), [("rutil", "Rutile-TiO2"), ("", "--top"), ("Q", "--top")]
)
def test_an_unknown_type_is_named(model: Model, rutile: Pattern, name: str, hint: str) -> None:
    with pytest.raises(UnknownTypeError, match=f"'{name}'") as caught:
        explain(model, model.sample(rutile), type_name=name)
    assert hint in caught.value.hint


@pytest.mark.parametrize("score", ["Logit", "", None, 3])
def test_an_unknown_score_is_refused(model: Model, rutile: Pattern, score: object) -> None:
    with pytest.raises(ConfigError, match="score is") as caught:
        explain(model, model.sample(rutile), score=score)  # type: ignore[arg-type]
    assert "'logit' or 'share'" in caught.value.hint


def test_a_batch_has_the_heat_of_its_patterns(model: Model, rutile: Pattern) -> None:
    mapper = HeatMapper(model.bundle)
    inputs = model.network_input(
        [model.sample(rutile).prepared, model.sample(rutile.within((20, 70))).prepared]
    )
    for column in range(len(model.bundle.types)):
        heat = mapper.heat(inputs, column, score=Score.LOGIT)
        assert heat.shape == (2, model.bundle.axis.n_bins)
        alone = mapper.heat(inputs[1:], column, score=Score.LOGIT)
        np.testing.assert_allclose(heat[1:], alone, rtol=1e-4, atol=1e-9)


def test_weights_of_another_network_are_noticed(
    mapped_bundle: Path, tmp_path: Path, rutile: Pattern
) -> None:
    rows = np.load(mapped_bundle / HEADS)
    rows[0, :-1] += 5.0
    folder = changed(tmp_path / "b", mapped_bundle, HEADS, npy(rows))
    model = Model(load_bundle(folder))
    with pytest.raises(BundleError, match=r"not those of rcnets\.onnx") as caught:
        explain(model, model.sample(rutile), type_name="NaCl")
    assert "--resume" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[:-1], "7 branches need"),
        (lambda rows: rows[:, :-1], "7 branches need"),
        (lambda rows: rows.ravel(), "7 branches need"),
        (lambda rows: rows[:, 2:], "weighs 6 maps; rcnets.onnx has 8"),
        (lambda rows: rows * np.nan, "NaN"),
        (lambda rows: rows.astype(np.int64), "not real numbers"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    mapped_bundle: Path, tmp_path: Path, change, message: str
) -> None:  # type: ignore[no-untyped-def]
    rows = change(np.load(mapped_bundle / HEADS))
    folder = changed(tmp_path / "b", mapped_bundle, HEADS, npy(rows))
    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


def test_maps_without_weights_are_refused(mapped_bundle: Path, tmp_path: Path) -> None:
    folder = changed(tmp_path / "b", mapped_bundle, HEADS, None)
    with pytest.raises(BundleError, match=r"heads\.npy is not listed"):
        load_bundle(folder)


def test_bundles_of_the_schema_before_are_read(mapped_bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    shutil.copytree(mapped_bundle, folder)
    table = json.loads((folder / MANIFEST).read_text("utf-8"))
    assert table["schema"] == SCHEMA > OLDEST_SCHEMA
    for schema, fits in ((2, True), (3, True), (1, False), (SCHEMA + 1, False)):
        (folder / MANIFEST).write_text(json.dumps({**table, "schema": schema}), "utf-8")
        if fits:
            assert load_bundle(folder).heads[0] is not None
        else:
            with pytest.raises(BundleError, match=f"schema {schema}"):
                load_bundle(folder)
