"""Bundles whose weights are kept in half precision answer as those of single precision."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import onnx

from crystinet.model.backend import Network
from crystinet.model.bundle_files import load_bundle
from crystinet.model.manifest import SHARED
from crystinet.training.half_precision import constants_of, halved

BUNDLE = load_bundle()
NETS = "rcnets.onnx"


@pytest.mark.parametrize("file", [SHARED, NETS])
def test_half_the_size_and_weights_rounded_to_eleven_bits(file: str) -> None:
    data = BUNDLE.files[file]
    half = halved(data)
    assert len(half) < 0.6 * len(data)
    whole = constants_of(onnx.load_model_from_string(data).graph)
    rounded = constants_of(onnx.load_model_from_string(half).graph)
    assert rounded.keys() == whole.keys()
    for name, values in whole.items():
        assert rounded[name].dtype == values.dtype
        np.testing.assert_allclose(rounded[name], values, rtol=2.0**-11, atol=2.0**-24)


def test_the_answers_stay() -> None:
    x = (np.random.default_rng(1).random((8, 3, 3072)) ** 8).astype(np.float32)
    features = {}
    for name, change in (("whole", bytes), ("half", halved)):
        (features[name],) = Network(change(BUNDLE.files[SHARED]), name=name)(x)
    spread = float(features["whole"].std())
    assert float(np.abs(features["half"] - features["whole"]).max()) < 0.1 * spread
    logits, *_ = Network(BUNDLE.files[NETS], name="nets")(features["whole"])
    rounded, *_ = Network(halved(BUNDLE.files[NETS]), name="nets")(features["half"])
    np.testing.assert_allclose(rounded, logits, atol=0.05)
    np.testing.assert_array_equal(rounded.argmax(axis=1), logits.argmax(axis=1))


def test_half_a_half_is_the_same() -> None:
    once = halved(BUNDLE.files[NETS])
    assert halved(once) == once
