from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from crystinet.core.errors import BundleError
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle import Bundle, load_bundle
from crystinet.model.reliability import log_softmax
from crystinet.model.union import Union
from crystinet.training.export import export_bundle
from crystinet.training.loop import Trainer
from crystinet.training.losses import union_log_scores

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def bundle(trained: Trainer, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundle")
    path = folder / "dataset.npz"
    trained.dataset.save(path)
    return export_bundle(
        trained, load_catalogue(), folder / "bundle", version="t", dataset_path=path
    )


Layout = Callable[[np.ndarray], np.ndarray]


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda x: x[::-1]])
@pytest.mark.parametrize("batch", [1, 3, 33])
def test_bundle_gives_the_numbers_of_the_trained_net(
    bundle: Bundle, trained: Trainer, layout: Layout, batch: int
) -> None:
    x = layout(np.random.default_rng(0).random((batch, 2, 3072), dtype=np.float32))
    scores = Union(bundle).score(x)
    with torch.inference_mode():
        types, confidences = trained.averaged_net.eval()(torch.from_numpy(x.copy()))
    expected = union_log_scores(types, confidences, trained.groups.sizes).numpy()
    np.testing.assert_allclose(scores.log_share, expected, rtol=1e-3, atol=1e-4)


def test_scores_are_what_they_say(bundle: Bundle) -> None:
    x = np.random.default_rng(1).random((2, 2, 3072), dtype=np.float32)
    scores = Union(bundle).score(x)
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
    assert 0.0 <= bundle.calibration.alpha <= 1.0


def test_an_altered_file_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    for name, data in bundle.files.items():
        (tmp_path / name).write_bytes(data)
    manifest = Path(str(tmp_path / "manifest.json"))
    manifest.write_bytes(bundle.manifest)
    assert load_bundle(tmp_path).id == bundle.id
    (tmp_path / "averages.npy").write_bytes(b"x" + bundle.files["averages.npy"][1:])
    with pytest.raises(BundleError, match=r"averages\.npy was altered"):
        load_bundle(tmp_path)
    (tmp_path / "averages.npy").unlink()
    with pytest.raises(BundleError, match="missing"):
        load_bundle(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ("[]", "schema"),
        ('{"schema": 99}', "schema 99"),
        ('{"schema": 1, "sha256": {}}', "lacks or garbles"),
        ('{"schema": 1, "sha256": {"../x": "0"}}', "outside the bundle"),
    ],
)
def test_a_broken_manifest_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BundleError, match=message):
        load_bundle(tmp_path)


def test_a_missing_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot be read") as caught:
        load_bundle(tmp_path / "nowhere")
    assert "manifest.json" in caught.value.hint


def test_every_split_of_the_small_data_set_is_used(trained: Trainer) -> None:
    for split in Split:
        assert len(trained.dataset.select(split)) == 5
        assert len(trained.dataset.select_outside(split)) == 2
