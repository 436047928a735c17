from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from crystinet.core.errors import BundleError
from crystinet.core.grid import DEFAULT_GRID
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.simulated import evaluate_simulated
from crystinet.model.arrays import npy_of_array
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_files import load_bundle, save_bundle
from crystinet.model.composition import CompositionTable
from crystinet.model.identification import Verdict
from crystinet.model.inference import Model
from crystinet.model.manifest import COMPOSITION, PATTERN, SHARED
from crystinet.model.representation import GridAxis
from crystinet.simulation.simulate import simulate
from crystinet.training.export import ExportEffort
from crystinet.training.groups import Groups
from crystinet.training.recipes.published.export import export_published
from crystinet.training.recipes.published.loop import PublishedConfig
from crystinet.training.recipes.published.net import PublishedNetConfig
from crystinet.training.recipes.published.run import PublishedRun

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
CONFIG = PublishedConfig(
    patterns=320,
    batch_size=16,
    validations=2,
    net=PublishedNetConfig(channels=4, blocks=4, double_every=2, kernel=8, dropout=0.0),
)


@pytest.fixture(scope="module")
def run(dataset: Dataset, groups: Groups, tmp_path_factory: pytest.TempPathFactory) -> PublishedRun:
    run = PublishedRun(dataset, groups, CONFIG, tmp_path_factory.mktemp("published"))
    run.run()
    return run


@pytest.fixture(scope="module")
def bundle(run: PublishedRun) -> Bundle:
    path = run.folder / "dataset.npz"
    run.dataset.save(path)
    return export_published(
        run,
        load_catalogue(),
        version="t",
        dataset_path=path,
        effort=ExportEffort(averaged_per_class=20),
    )


@pytest.mark.parametrize("batch", [1, 3, 33])
def test_bundle_gives_the_numbers_of_the_trained_nets(
    bundle: Bundle, run: PublishedRun, batch: int
) -> None:
    x = np.random.default_rng(0).random((batch, 1, 5250), dtype=np.float32)
    scores = Model(bundle).score(x)
    column = 0
    for net in run.nets:
        with torch.inference_mode():
            types, confidence = net.best_net(torch.from_numpy(x))
        expected = types.log_softmax(1) + torch.nn.functional.logsigmoid(confidence)
        columns = slice(column, column + len(net.classes))
        np.testing.assert_allclose(scores.log_share[:, columns], expected, rtol=1e-3, atol=1e-4)
        np.testing.assert_allclose(
            scores.confidence[:, columns],
            confidence.sigmoid().expand(-1, len(net.classes)),
            rtol=1e-3,
        )
        column = columns.stop


def test_the_similarity_is_the_mapped_cosine_on_the_grid(bundle: Bundle) -> None:
    x = np.random.default_rng(1).random((2, 1, 5250), dtype=np.float32)
    a = bundle.averages
    assert a.shape == (5, 5250)
    cosine = (x[:, 0] @ a.T) / np.linalg.norm(x[:, 0], axis=1)[:, None] / np.linalg.norm(a, axis=1)
    np.testing.assert_allclose(Model(bundle).score(x).similarity, 0.5 + 0.5 * cosine, rtol=1e-5)


def test_the_manifest_names_the_recipe_and_there_are_no_shared_stages(
    bundle: Bundle, run: PublishedRun
) -> None:
    assert bundle.axis == GridAxis(DEFAULT_GRID)
    assert {entry.input for entry in bundle.net_files} == {PATTERN}
    assert [entry.groups for entry in bundle.net_files] == [(3,), (5,)]
    assert SHARED not in bundle.files
    assert not bundle.has_shared
    calibration = bundle.calibration
    assert (calibration.alpha, calibration.r0, calibration.winners_of) == (0.7, 0.6, (3, 2))
    assert bundle.training["recipe"] == "paper"
    assert bundle.training["patterns"] == run.patterns
    assert bundle.training["outside"] == 0
    save_bundle(bundle, run.folder / "bundle")
    assert load_bundle(run.folder / "bundle").id == bundle.id


def test_identification_ranks_every_type_winners_first(bundle: Bundle) -> None:
    pattern = simulate(load_catalogue().by_name("NaCl").reference)
    (found,) = Model(bundle).identify([Model(bundle).sample(pattern)])
    assert len(found.candidates) == 5
    winners = found.candidates[:2]
    assert {c.net for c in winners} == {3, 5}
    for c in winners:
        expected = 0.7 * c.similarity + 0.3 * c.confidence
        assert c.reliability == pytest.approx(expected, abs=1e-6)
    ranking = [c.reliability for c in found.candidates]
    assert ranking == sorted(ranking, reverse=True)
    assert 0.0 <= min(ranking) <= max(ranking) <= 1.0
    above = ranking[0] > 0.6
    assert found.verdict is (Verdict.KNOWN if above else Verdict.UNKNOWN)
    assert (found.unknown_score < 0.5) == above
    assert sum(c.probability for c in found.candidates) == pytest.approx(1.0)


def test_named_elements_reweight_the_ranking(bundle: Bundle) -> None:
    hinting = bundle.changed(
        calibration=replace(bundle.calibration, composition_weight=1.0),
        files={**bundle.files, COMPOSITION: chemistry()},
    )
    model = Model(hinting)
    pattern = simulate(load_catalogue().by_name("NaCl").reference)
    (plain,), (hinted,) = (
        model.identify([model.sample(pattern)]),
        model.identify([model.sample(pattern)], elements=["Na", "Cl"]),
    )
    before = {c.type: c.reliability for c in plain.candidates}
    after = {c.type: c.reliability for c in hinted.candidates}
    assert hinted.candidates[0].type == "NaCl"
    assert after["AlB2"] < before["AlB2"]
    assert hinted.unknown_score == plain.unknown_score  # elements do not decide that


def chemistry() -> bytes:
    """Composition table of a corpus in which each type has one compound."""
    elements = [frozenset(each) for each in (["Na", "Cl"], ["Ca", "F"], ["Ti", "O"], ["Al", "B"])]
    table = CompositionTable.count(elements * 9, [0, 1, 2, 3] * 9, n_types=5)
    return npy_of_array(table.probability)


def test_a_published_bundle_is_evaluated(bundle: Bundle, dataset: Dataset) -> None:
    report = evaluate_simulated(Model(bundle), dataset, seed=3)
    assert report.accuracy.patterns == 5
    assert report.screening.patterns == 2
    assert report.verdicts["uncertain"] == 0.0


def test_files_of_the_bundle_are_data(bundle: Bundle, run: PublishedRun) -> None:
    names = {Path(name).suffix for name in bundle.files}
    assert names == {".onnx", ".npy"}
    assert set(bundle.files) == {
        "averages.npy",
        "composition.npy",
        "rcnet-03.onnx",
        "rcnet-05.onnx",
    }


def test_what_such_a_bundle_does_not_have_is_said(bundle: Bundle) -> None:
    for part in ("shared", "feature_space"):
        with pytest.raises(BundleError, match="no shared features"):
            getattr(bundle, part)
    with pytest.raises(BundleError, match="'grid'"):
        _ = bundle.log_axis
