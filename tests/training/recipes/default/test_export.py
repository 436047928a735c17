from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle import Bundle
from crystinet.model.inference import Model
from crystinet.model.manifest import SHARED
from crystinet.model.reliability import log_softmax
from crystinet.training.export import ExportEffort
from crystinet.training.recipes.default.export import export_bundle
from crystinet.training.recipes.default.loop import Trainer
from crystinet.training.recipes.default.losses import union_log_scores

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def bundle(trained: Trainer, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundle")
    path = folder / "dataset.npz"
    trained.dataset.save(path)
    return export_bundle(trained, load_catalogue(), version="t", dataset_path=path)


Layout = Callable[[np.ndarray], np.ndarray]


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda x: x[::-1]])
@pytest.mark.parametrize("batch", [1, 3, 33])
def test_bundle_gives_the_numbers_of_the_trained_net(
    bundle: Bundle, trained: Trainer, layout: Layout, batch: int
) -> None:
    x = layout(np.random.default_rng(0).random((batch, 3, 3072), dtype=np.float32))
    scores = Model(bundle).score(x)
    with torch.inference_mode():
        types, confidences = trained.averaged_net.eval()(torch.from_numpy(x.copy()))
    expected = union_log_scores(types, confidences, trained.groups.sizes).numpy()
    np.testing.assert_allclose(scores.log_share, expected, rtol=1e-3, atol=1e-4)


def test_a_bundle_of_half_precision_answers_alike_and_is_smaller(
    bundle: Bundle, trained: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dataset.npz"
    trained.dataset.save(path)
    monkeypatch.setattr(trained, "config", replace(trained.config, half_weights=True))
    few = ExportEffort(averaged_per_class=20, features_per_class=5, calibration_patterns=300)
    half = export_bundle(trained, load_catalogue(), version="t", dataset_path=path, effort=few)
    assert len(half.files[SHARED]) < len(bundle.files[SHARED])
    x = np.random.default_rng(0).random((4, 3, 3072), dtype=np.float32)
    expected = Model(bundle).score(x).log_share
    np.testing.assert_allclose(Model(half).score(x).log_share, expected, atol=0.05)


def test_scores_are_what_they_say(bundle: Bundle) -> None:
    x = np.random.default_rng(1).random((2, 3, 3072), dtype=np.float32)
    scores = Model(bundle).score(x)
    assert scores.log_share.shape == scores.similarity.shape == (2, 5)
    assert (scores.confidence[:, 0] == scores.confidence[:, 2]).all()  # one net, one confidence
    share_in_group = np.exp(scores.log_share[:, :3]) / scores.confidence[:, :3]
    np.testing.assert_allclose(share_in_group.sum(axis=1), 1.0, rtol=1e-6)
    assert np.allclose(np.exp(log_softmax(scores.log_share)).sum(axis=1), 1.0)


def test_manifest_tells_names_settings_and_origin(bundle: Bundle, trained: Trainer) -> None:
    assert [entry.number for entry in bundle.types] == [15, 16, 18, 39, 40]
    assert bundle.types[1].merged == ("Fluorite-CaF2(defect)",)
    assert bundle.preprocessing == trained.config.rendering.preprocessing
    assert bundle.training["patterns"] == trained.patterns
    assert bundle.training["sources"] == {"catalogue": 7}
    assert bundle.averages.shape == (5, 1536)
    calibration = bundle.calibration
    assert 0.0 <= calibration.alpha <= 1.0
    assert 0.0 <= calibration.known_below <= calibration.unknown_above <= 1.0
    assert 0.0 < calibration.set_probability <= 1.0
    assert bundle.feature_space.centroids.shape[0] == 5


def test_every_split_of_the_small_data_set_is_used(trained: Trainer) -> None:
    for split in Split:
        assert len(trained.dataset.select(split)) == 5
        assert len(trained.dataset.select_outside(split)) == 2
