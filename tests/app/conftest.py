"""Files and a small model bundle, made on the spot."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from crystinet.core.grid import DEFAULT_GRID
from crystinet.model.bundle import TypeEntry, net_file, write_bundle
from crystinet.model.reliability import Calibration
from crystinet.model.representation import LogAxis
from crystinet.model.similarity import SimilarityConfig
from crystinet.patterns.preprocessing import PreprocessingConfig

AXIS = LogAxis(DEFAULT_GRID, n_bins=512)
TYPES = (
    TypeEntry("NaCl", 15, (), 3),
    TypeEntry("Fluorite-CaF2", 16, ("Fluorite-CaF2(defect)",), 3),
    TypeEntry("Rutile-TiO2", 18, (), 3),
    TypeEntry("AlB2", 39, (), 5),
    TypeEntry("Wurtzite-ZnS(2H)", 40, (), 5),
    TypeEntry("Zircon-ZrSiO4", 45, (), 5),
    TypeEntry("CsCl", 65, ("bcc-W",), 7),
)


def graph(outputs: dict[str, int], *, seed: int) -> bytes:
    """Serialise an untrained linear network; each output has the given number of columns."""
    rng = np.random.default_rng(seed)
    nodes = [helper.make_node("Flatten", ["x"], ["flat"], axis=1)]
    weights, values = [], []
    for name, columns in outputs.items():
        weight = rng.normal(0.0, 0.1, (2 * AXIS.n_bins, max(columns, 1))).astype(np.float32)
        weights.append(numpy_helper.from_array(weight, f"{name}_weight"))
        product = f"{name}_product" if columns == 0 else name
        nodes.append(helper.make_node("MatMul", ["flat", f"{name}_weight"], [product]))
        if columns == 0:
            weights.append(numpy_helper.from_array(np.array([-1]), f"{name}_shape"))
            nodes.append(helper.make_node("Reshape", [product, f"{name}_shape"], [name]))
        shape = ["b"] if columns == 0 else ["b", columns]
        values.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["b", 2, AXIS.n_bins])
    model = helper.make_model(
        helper.make_graph(nodes, "net", [x], values, initializer=weights),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    return model.SerializeToString()


def identity_graph() -> bytes:
    """Serialise the network that passes its input on."""
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["b", 2, AXIS.n_bins])
        for name in ("x", "y")
    ]
    node = helper.make_node("Identity", ["x"], ["y"])
    model = helper.make_model(
        helper.make_graph([node], "shared", ends[:1], ends[1:]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    return model.SerializeToString()


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of seven types in three nets that nobody has trained."""
    import io

    folder = tmp_path_factory.mktemp("bundle")
    config = SimilarityConfig(max_shift=4)
    averages = np.random.default_rng(0).random((len(TYPES), AXIS.n_bins // config.coarsen))
    buffer = io.BytesIO()
    np.save(buffer, averages.astype(np.float32))
    nets = dict.fromkeys(entry.net for entry in TYPES)
    sizes = {net: sum(entry.net == net for entry in TYPES) for net in nets}
    write_bundle(
        folder,
        version="test",
        types=TYPES,
        axis=AXIS,
        preprocessing=PreprocessingConfig(),
        similarity=config,
        calibration=Calibration(),
        files={
            "shared.onnx": identity_graph(),
            "averages.npy": buffer.getvalue(),
            **{
                net_file(net): graph({"types": sizes[net], "confidence": 0}, seed=net)
                for net in nets
            },
        },
        training={},
    )
    return folder


def rutile_like(*, start_deg: float = 20.0, stop_deg: float = 80.0, step_deg: float = 0.05) -> str:
    """Write xy text: the strong lines of rutile in Cu K-alpha on a sloping background."""
    x = np.arange(start_deg, stop_deg, step_deg)
    lines = [(27.45, 100), (36.09, 50), (41.23, 25), (54.32, 60), (56.64, 20), (69.01, 20)]
    y = 50.0 - 0.3 * x
    for centre, height in lines:
        y += height * np.exp(-0.5 * ((x - centre) / 0.1) ** 2)
    return "\n".join(f"{a:.3f} {b:.3f}" for a, b in zip(x, y, strict=True)) + "\n"


@pytest.fixture
def pattern_file(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a good pattern file below ``tmp_path``."""

    def write(name: str = "good.xy", *, header: str = "# wavelength = 1.5406\n") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(header + rutile_like(), encoding="utf-8")
        return path

    return write
