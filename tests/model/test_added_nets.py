"""Sets of RCNets come and go; what was there before stays to the last bit."""

import io
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from crystinet.core.errors import BundleError, ConfigError
from crystinet.model.added_nets import add_net, free_stem, remove_net, unchanged_files
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_files import (
    bundle_folder,
    default_bundle_folder,
    load_bundle,
    save_bundle,
)
from crystinet.model.inference import Model
from crystinet.model.manifest import AVERAGES, CENTROIDS, COMPOSITION, MANIFEST, TypeEntry


def network(shape: tuple[int, ...], *, seed: int) -> bytes:
    """A linear network with one type and one confidence."""
    rng = np.random.default_rng(seed)
    size = int(np.prod(shape))
    nodes, values, weights = [helper.make_node("Flatten", ["x"], ["flat"], axis=1)], [], []
    for name in ("types", "confidences"):
        array = rng.normal(0.0, 1e-3, (size, 1)).astype(np.float32)
        weights.append(numpy_helper.from_array(array, f"{name}_weight"))
        nodes.append(helper.make_node("MatMul", ["flat", f"{name}_weight"], [name]))
        values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["b", 1]))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["b", *shape])
    model = helper.make_model(
        helper.make_graph(nodes, "net", [x], values, initializer=weights),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def npy(array: NDArray[np.float64]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array.astype(np.float32))
    return buffer.getvalue()


def extended(base: Bundle, *, seed: int = 0) -> Bundle:
    shapes = {
        AVERAGES: base.averages.shape[1],
        CENTROIDS: base.feature_space.centroids.shape[1],
        COMPOSITION: base.composition.probability.shape[1],
    }
    rng = np.random.default_rng(seed)
    number = max(entry.number for entry in base.types) + 1
    group = max(entry.net for entry in base.types) + 1
    (shape,) = base.shared.output_shapes
    return add_net(
        base,
        stem=free_stem(base),
        networks={f"{free_stem(base)}.onnx": network(tuple(n or 1 for n in shape), seed=seed)},
        arrays={name: npy(rng.uniform(0.1, 0.9, (1, n))) for name, n in shapes.items()},
        types=(TypeEntry(f"New {seed}", number, (), group),),
        groups=(group,),
        version=f"with {seed}",
        facts={"seed": seed},
    )


@pytest.fixture(scope="module")
def base() -> Bundle:
    return load_bundle()


@pytest.fixture(scope="module")
def larger(base: Bundle) -> Bundle:
    return extended(base)


def inputs(bundle: Bundle) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    (shape,) = bundle.shared.input_shapes
    return rng.random((3, *(n or 1 for n in shape)), dtype=np.float32)


def test_a_new_net_changes_nothing_old(base: Bundle, larger: Bundle) -> None:
    assert set(unchanged_files(base, larger)) == set(base.files)
    assert larger.types == (*base.types, TypeEntry("New 0", larger.types[-1].number, (), 11))
    old, new = Model(base).score(inputs(base)), Model(larger).score(inputs(base))
    for name in ("log_share", "similarity", "confidence", "squared_distance"):
        before, after = getattr(old, name), getattr(new, name)
        assert after.shape[1] == before.shape[1] + 1
        np.testing.assert_allclose(after[:, :-1], before, rtol=1e-5, atol=1e-5)


def test_an_altered_file_is_found(base: Bundle, larger: Bundle) -> None:
    damaged = larger.changed(files={**larger.files, "rcnets.onnx": b"other"})
    with pytest.raises(BundleError, match=r"rcnets\.onnx"):
        unchanged_files(base, damaged)


@pytest.mark.parametrize("net", ["extension-1", "extension-1.onnx", "11"])
def test_removing_the_last_net_gives_the_former_bundle(
    larger: Bundle, base: Bundle, tmp_path: Path, net: str
) -> None:
    former, exact = remove_net(larger, net)
    assert exact
    assert former.id == base.id
    assert former.files == base.files
    save_bundle(former, tmp_path / "former")
    for path in (tmp_path / "former").iterdir():
        assert path.read_bytes() == (default_bundle_folder() / path.name).read_bytes()


def test_an_earlier_net_goes_and_the_later_one_stays(larger: Bundle, base: Bundle) -> None:
    both = extended(larger, seed=1)
    assert [entry.file for entry in both.net_files[1:]] == [
        "extension-1.onnx",
        "extension-2.onnx",
    ]
    again, exact = remove_net(both, "extension-2")
    assert exact
    assert again.id == larger.id
    second, exact = remove_net(both, "extension-1")
    assert not exact
    assert [entry.name for entry in second.types[-2:]] == [base.types[-1].name, "New 1"]
    assert [facts["net"] for facts in second.training["extensions"]] == ["extension-2"]  # type: ignore[attr-defined]
    old, new = Model(both).score(inputs(base)), Model(second).score(inputs(base))
    np.testing.assert_allclose(new.log_share[:, -1], old.log_share[:, -1], rtol=1e-5)
    bare, exact = remove_net(second, "extension-2")
    assert not exact  # its calibration is that of the bundle with both
    assert bare.types == base.types
    assert bare.files == base.files


def test_only_what_was_added_can_be_removed(base: Bundle, larger: Bundle) -> None:
    for net in ("rcnets", "1", "extension-2", ""):
        with pytest.raises(ConfigError, match="no added net") as caught:
            remove_net(larger, net)
        assert "extension-1" in caught.value.hint
    with pytest.raises(ConfigError) as caught:
        remove_net(base, "extension-1")
    assert "Nothing was added" in caught.value.hint


def test_a_bundle_is_found_by_folder_or_by_name(tmp_path: Path, monkeypatch: object) -> None:
    assert bundle_folder() == bundle_folder(Path("default")) == default_bundle_folder()
    assert bundle_folder(tmp_path) == tmp_path
    assert bundle_folder(Path("nothing")) == Path("nothing")
    assert (default_bundle_folder() / MANIFEST).is_file()
