import os

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from crystinet.core.errors import BundleError
from crystinet.model.backend import Network, usable_cores, use_threads


def network(operator: str, weight: NDArray[np.float32]) -> bytes:
    """One operator on the input x (batch, 3) and a weight."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", None])
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", "w"], ["y"])],
        "net",
        [x],
        [y],
        initializer=[numpy_helper.from_array(weight, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    data: bytes = model.SerializeToString()
    return data


@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray, lambda x: x[::-1]])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_layout_and_precision_gives_the_product(layout, dtype) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    weight = rng.random((3, 2), np.float32)
    x = layout(rng.random((4, 3)).astype(dtype))
    (y,) = Network(network("MatMul", weight), name="n")(x)
    np.testing.assert_allclose(y, x @ weight, rtol=1e-5)


def test_shapes_are_told_without_the_batch() -> None:
    net = Network(network("MatMul", np.ones((3, 2), np.float32)), name="n")
    assert net.input_shapes == [(3,)]
    assert len(net.output_shapes) == 1


@pytest.mark.parametrize("data", [b"", b"\x00" * 50, b"text"])
def test_what_is_no_network(data: bytes) -> None:
    with pytest.raises(BundleError, match=r"^a\.onnx is not a network") as caught:
        Network(data, name="a.onnx")(np.zeros((1, 3), np.float32))
    assert "\n" not in caught.value.message


def test_a_network_that_fails_on_its_input_is_named() -> None:
    net = Network(network("MatMul", np.ones((3, 2), np.float32)), name="a.onnx")
    with pytest.raises(BundleError, match=r"^a\.onnx fails on an input of shape \(1, 4\)"):
        net(np.zeros((1, 4), np.float32))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_answers_that_are_no_numbers_are_refused(value: float) -> None:
    net = Network(network("Add", np.full(3, value, np.float32)), name="a.onnx")
    with pytest.raises(BundleError, match=r"^a\.onnx answers with numbers that are not finite"):
        net(np.zeros((1, 3), np.float32))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only some systems have it")
def test_cores_are_those_of_the_process() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert usable_cores() == 1
    finally:
        os.sched_setaffinity(0, allowed)
    assert usable_cores() == len(allowed)


def test_the_onnx_of_this_test_is_valid() -> None:
    onnx.checker.check_model(onnx.load_from_string(network("MatMul", np.ones((3, 2), np.float32))))


def test_networks_take_no_more_threads_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crystinet.model.backend.usable_cores", lambda: 4)
    monkeypatch.setattr("crystinet.model.backend._threads", 8)
    found = []
    for most in (8, 2, 0):
        use_threads(most)
        net = Network(network("MatMul", np.ones((3, 2), np.float32)), name="n")
        assert net(np.ones((1, 3), np.float32))[0].tolist() == [[3.0, 3.0]]
        found.append(net._session.get_session_options().intra_op_num_threads)
    assert found == [4, 2, 1]
