"""Bundles that strangers bring: devices as files, broken arrays, absurd numbers, odd networks."""

import os
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

import crystinet
from crystinet.core.errors import BundleError, InternalFaultError
from crystinet.core.files import sha256_of
from crystinet.model.arrays import array_of_npy, npy_of_array
from crystinet.model.bundle_files import load_bundle, save_bundle
from crystinet.model.inference import Model
from crystinet.model.manifest import AVERAGES, MANIFEST, SHARED
from crystinet.model.network_checks import check_network

Copy = Callable[..., Path]
Table = dict[str, Any]


def refusal(folder: Path) -> BundleError:
    with pytest.raises(BundleError) as caught:
        load_bundle(folder)
    assert len(caught.value.hint) > 10
    return caught.value


def npy_with(header: bytes, body: bytes = b"\0" * 64) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body


@pytest.mark.parametrize("name", [MANIFEST, AVERAGES, SHARED])
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_pipe_or_a_device_is_not_opened(copy_bundle: Copy, name: str, kind: str) -> None:
    folder = copy_bundle()
    (folder / name).unlink()
    if kind == "pipe":
        os.mkfifo(folder / name)
    else:
        (folder / name).symlink_to("/dev/zero")
    error = refusal(folder)
    assert name in error.message
    assert "not a plain file" in error.message


@pytest.mark.parametrize("name", [MANIFEST, AVERAGES])
def test_a_giant_is_not_read(copy_bundle: Copy, name: str) -> None:
    folder = copy_bundle()
    (folder / name).unlink()
    with (folder / name).open("wb") as file:
        file.truncate(2**40)  # sparse: takes no room on the disk
    assert "larger than" in refusal(folder).message


def test_thousands_of_files_are_refused(copy_bundle: Copy) -> None:
    folder = copy_bundle(
        lambda table: table["sha256"].update({f"f{i}": "0" * 64 for i in range(5000)})
    )
    assert "more than 1000" in refusal(folder).message


@pytest.mark.parametrize(
    "data",
    [
        npy_with(b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, (4, ), }"),
        npy_with(b"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 4L), "),
        npy_with(b"'''"),
        npy_with(b"(" * 5000),
        npy_with(b"{'descr': '<f4', 'fortran_order': False, 'shape': (-4, -4), }\n"),
        npy_with(b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }\n"),
        npy_with(b"{'descr': '<f4', 'fortran_order': False, 'shape': (4.0, 4), }\n"),
        npy_with(b"{'descr': 'x' * 10, 'fortran_order': False, 'shape': (4, 4), }\n"),
        npy_with(b"{'descr': '<f4', 'fortran_order': 'no', 'shape': (4, 4), }\n"),
        npy_with(b"\xff\xfe\0"),
        b"\x93NUMPY\x09\x09" + b"\0" * 80,
        b"",
    ],
)
def test_a_broken_header_of_an_array(data: bytes) -> None:
    with pytest.raises(BundleError, match=r"a\.npy is no NumPy array"):
        array_of_npy(data, name="a.npy")


@pytest.mark.parametrize(
    ("value", "complaint"), [(np.nan, "NaN or infinity"), (np.inf, "NaN or"), (1e308, "beyond")]
)
def test_numbers_of_an_array_that_are_none(value: float, complaint: str) -> None:
    with pytest.raises(BundleError, match=complaint):
        array_of_npy(npy_of_array(np.array([[0.0, value]])), name="a.npy")


def test_arrays_of_either_order_and_byte_order_are_read() -> None:
    array = np.arange(6.0).reshape(2, 3)
    for written in (array, np.asfortranarray(array), array.astype(">f8"), array.astype("<f2")):
        np.testing.assert_array_equal(array_of_npy(npy_of_array(written), name="a.npy"), array)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t["axis"].update(n_bins=10**400),
        lambda t: t["axis"].update(n_bins=10**9),
        lambda t: t["axis"]["grid"].update(n_points=10**400),
        lambda t: t["axis"]["grid"].update(n_points=2**31),
        lambda t: t["axis"]["grid"].update(start_deg=1e-308),
        lambda t: t["axis"]["grid"].update(start_deg=10**400),
        lambda t: t["axis"]["grid"].update(step_deg=1e308),
        lambda t: t["similarity"].update(max_shift=1500),
        lambda t: t["preprocessing"].update(background_max_iterations=10**9),
        lambda t: t["preprocessing"].update(smoothing_order=50),
        lambda t: t["preprocessing"].update(smoothing_window_deg=1e9),
        lambda t: t["preprocessing"].update(background_bin_deg=1e308),
        lambda t: t["preprocessing"].update(intensity_knee=1e308),
        lambda t: t["preprocessing"].update(gap_deg=1e308),
        lambda t: t["calibration"].update(score_weight=1e308),
        lambda t: t["calibration"].update(similarity_weight=-1e308),
        lambda t: t["calibration"].update(composition_weight=1e9),
        lambda t: t["calibration"]["unknown_weights"].__setitem__(0, 1e308),
        lambda t: t["calibration"]["unknown_share_weights"].__setitem__(0, -1e308),
        lambda t: t["types"][0].update(number=-1),
        lambda t: t["types"][0].update(number=2**63),
        lambda t: t["types"][0].update(name="a\x1b[31mred"),
        lambda t: t["types"][0].update(name="x" * 10_000),
        lambda t: t["types"][0].update(merged=["line\nbreak"]),
        lambda t: t.update(version="1\x07"),
    ],
)
def test_absurd_values_of_the_manifest(copy_bundle: Copy, change: Callable[[Table], Any]) -> None:
    refusal(copy_bundle(change))


# Networks ----------------------------------------------------------------------------------------


def network(
    weights: "NDArray[np.float32] | TensorProto", *, op: str = "MatMul", **options: Any
) -> onnx.ModelProto:
    """One layer with weights w."""
    tensor = weights if isinstance(weights, TensorProto) else numpy_helper.from_array(weights, "w")
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node(op, ["x", "w"], ["y"], **options)],
        "net",
        [value("x", TensorProto.FLOAT, ["b", 4])],
        [value("y", TensorProto.FLOAT, ["b", 4])],
        initializer=[tensor],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def bad_weights() -> "NDArray[np.float32]":
    weights = np.eye(4, dtype=np.float32)
    weights[1, 2] = np.nan
    return weights


def external() -> TensorProto:
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4, 4])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return tensor


def in_a_list(kind: int, numbers: "NDArray[Any]") -> TensorProto:
    return helper.make_tensor("w", kind, numbers.shape, numbers.ravel().tolist())


def with_loop() -> onnx.ModelProto:
    body = network(np.eye(4, dtype=np.float32)).graph
    model = network(np.eye(4, dtype=np.float32))
    model.graph.node.append(helper.make_node("Loop", ["n", "go"], ["z"], body=body))
    return model


def with_function() -> onnx.ModelProto:
    model = network(np.eye(4, dtype=np.float32))
    node = helper.make_node("Relu", ["x"], ["y"])
    model.functions.append(
        helper.make_function("own", "F", ["x"], ["y"], [node], [helper.make_opsetid("", 17)])
    )
    return model


def with_constant() -> onnx.ModelProto:
    model = network(np.eye(4, dtype=np.float32))
    tensor = numpy_helper.from_array(bad_weights(), "c")
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))
    return model


def with_sparse_weights() -> onnx.ModelProto:
    model = network(np.eye(4, dtype=np.float32))
    values = helper.make_tensor("s", TensorProto.FLOAT, [1], [1.0])
    places = helper.make_tensor("i", TensorProto.INT64, [1], [0])
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [4]))
    return model


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: network(bad_weights()), "NaN or infinity"),
        (lambda: network(bad_weights().astype(np.float16)), "NaN or infinity"),
        (lambda: network(bad_weights().astype(np.float64)), "NaN or infinity"),
        (lambda: network(in_a_list(TensorProto.FLOAT, bad_weights())), "NaN or infinity"),
        (lambda: network(in_a_list(TensorProto.DOUBLE, bad_weights())), "NaN or infinity"),
        (with_constant, "NaN or infinity"),
        (lambda: network(external()), "another file"),
        (with_loop, "loops or branches"),
        (with_function, "functions of its own"),
        (with_sparse_weights, "sparse weights"),
        (
            lambda: network(np.eye(4, dtype=np.float32), op="MatMul", domain="com.microsoft"),
            "a layer of 'com.microsoft'",
        ),
    ],
)
def test_what_no_network_of_ours_holds(make: Callable[[], onnx.ModelProto], complaint: str) -> None:
    with pytest.raises(BundleError, match=complaint):
        check_network(make().SerializeToString(), name="a.onnx")


def test_bfloat16_is_looked_at() -> None:
    raw = np.array([0x3F80, 0x7FC0], dtype="<u2").tobytes()  # 1 and NaN
    for data, fits in ((raw[:2], True), (raw, False)):
        tensor = TensorProto(name="w", data_type=TensorProto.BFLOAT16, raw_data=data)
        if fits:
            check_network(network(tensor).SerializeToString(), name="a.onnx")
        else:
            with pytest.raises(BundleError, match="NaN"):
                check_network(network(tensor).SerializeToString(), name="a.onnx")


@pytest.mark.parametrize("data", [b"\x3a\xff\x01", b"\x3b", b"\xff" * 12, b"\x38\x01", b"\x80"])
def test_bytes_that_are_no_tree(data: bytes) -> None:
    with pytest.raises(BundleError, match="is not a network"):
        check_network(data, name="a.onnx")


def test_networks_are_checked_when_a_bundle_is_loaded(bundle_folder: Path, tmp_path: Path) -> None:
    bundle = load_bundle(bundle_folder)
    model = onnx.load_model_from_string(bundle.files["nets.onnx"])
    weights = numpy_helper.to_array(model.graph.initializer[0]).copy()
    weights[-1, -1] = np.nan  # of a bin that no pattern below reaches
    model.graph.initializer[0].CopyFrom(
        numpy_helper.from_array(weights, model.graph.initializer[0].name)
    )
    files = {**bundle.files, "nets.onnx": model.SerializeToString()}
    with pytest.raises(BundleError, match=r"nets\.onnx holds NaN"):
        save_bundle(bundle.changed(files=files), tmp_path / "again")


def test_scores_that_are_not_finite_are_a_fault_and_no_answer(bundle_folder: Path) -> None:
    bundle = load_bundle(bundle_folder)
    weights = (float("inf"),) * len(bundle.calibration.unknown_weights)
    broken = Model(bundle.with_calibration(replace(bundle.calibration, unknown_weights=weights)))
    pattern = crystinet.simulate(crystinet.types()[0].reference)
    with pytest.raises(InternalFaultError, match="not finite"):
        broken.identify([broken.sample(pattern)])


def test_a_bundle_of_its_own_hashes_is_still_read(copy_bundle: Copy) -> None:
    folder = copy_bundle()
    assert load_bundle(folder).id == sha256_of((folder / MANIFEST).read_bytes())
