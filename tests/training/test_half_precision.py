"""Bundles whose weights are kept in half precision answer as those of single precision."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

import onnx

from crystinet.model.arrays import array_of_npy, npy_of_array
from crystinet.model.backend import Network
from crystinet.model.bundle_files import load_bundle
from crystinet.model.manifest import CENTROIDS, COMPOSITION, SHARED, WHITENING
from crystinet.training.half_precision import constants_of, halved, halved_files

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


def test_arrays_are_halved_too_and_probabilities_stay() -> None:
    half = BUNDLE.changed(files=halved_files(BUNDLE.files))
    assert half.files[COMPOSITION] == BUNDLE.files[COMPOSITION]
    for name in (WHITENING, CENTROIDS):
        assert len(half.files[name]) < 0.51 * len(BUNDLE.files[name])
    pooled = np.random.default_rng(2).normal(size=(50, BUNDLE.feature_space.whitening.shape[0]))
    before, after = (
        bundle.feature_space.squared_distances(pooled.astype(np.float32))
        for bundle in (BUNDLE, half)
    )
    np.testing.assert_allclose(after, before, rtol=5e-3)
    np.testing.assert_array_equal(after.argmin(axis=1), before.argmin(axis=1))


def test_an_array_that_half_precision_cannot_hold_stays() -> None:
    large = npy_of_array(np.full((20, 20), 1e5, dtype=np.float32))
    assert halved_files({CENTROIDS: large}) == {CENTROIDS: large}
    small = halved_files({CENTROIDS: npy_of_array(np.full((20, 20), 1 / 3, dtype=np.float32))})
    values = array_of_npy(small[CENTROIDS], name=CENTROIDS)
    assert (values == np.float32(np.float16(1 / 3))).all()


def test_tables_of_whole_numbers_stay_what_they_are() -> None:
    """Attention looks its weights up by a table of positions, which is exact in 16 bits."""
    graph = onnx.load_model_from_string(BUNDLE.files[SHARED]).graph
    half = onnx.load_model_from_string(halved(BUNDLE.files[SHARED])).graph
    whole, short = tables(graph), tables(half)
    assert {table.dtype.name for table in short.values()} == {"int16"}
    assert {name.removesuffix(".half") for name in short} == set(whole)
    for name, table in short.items():
        np.testing.assert_array_equal(table, whole[name.removesuffix(".half")])


def tables(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """Large constants of whole numbers of a graph, by the name of what gives them."""
    values = {
        node.output[0]: onnx.numpy_helper.to_array(node.attribute[0].t)
        for node in graph.node
        if node.op_type == "Constant"
    }
    return {name: v for name, v in values.items() if v.dtype.kind == "i" and v.size >= 256}
