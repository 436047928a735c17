"""For all tests: no deadlines, small pattern files, and small bundles made on the spot."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import settings
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from crystinet.core.grid import DEFAULT_GRID
from crystinet.corpus.datasets.dataset import OUTSIDE, Member, pack
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_files import save_bundle
from crystinet.model.composition import WIDTH
from crystinet.model.manifest import NetFile, TypeEntry
from crystinet.model.reliability import Calibration
from crystinet.model.representation import LogAxis
from crystinet.model.similarity import SimilarityConfig, coarse
from crystinet.patterns import PreprocessingConfig, preprocess
from crystinet.simulation.reflections import compute_reflections
from crystinet.simulation.simulate import simulate

# How long an example takes says more about the machine than about the code.
settings.register_profile("no deadline", deadline=None)
settings.register_profile("fast core", deadline=None, max_examples=20)
settings.load_profile("no deadline")

#: Left out by ``--fast``: what other versions of Python and of libraries change nothing of (the
#: page in a browser, kills, full disks), who trains and measures, which needs PyTorch, and referees
#: that bring much with them.
NOT_FAST = (
    "agent",
    "app/test_evaluate.py",
    "app/test_extend.py",
    "app/test_full_disk.py",
    "app/test_grouping.py",
    "app/test_refine_tutorial.py",
    "app/test_train.py",
    "app/test_tutorial.py",
    "cli/test_benchmark.py",
    "cli/test_evaluate.py",
    "cli/test_grouping.py",
    "cli/test_train_paper.py",
    "corpus/test_kills.py",
    "docs",
    "evaluation",
    "report/test_evaluation.py",
    "service/page",
    "service/test_description.py",
    "simulation/test_agreement.py",
    "training",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that selects the fast core."""
    parser.addoption(
        "--fast", action="store_true", help="daily use only: no training, nothing slow"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Draw fewer examples in the fast core: other versions of Python change no property."""
    if config.getoption("--fast"):
        settings.load_profile("fast core")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the files out that import what the fast core does without."""
    if not config.getoption("--fast"):
        return None
    left_out = {Path(__file__).parent / name for name in NOT_FAST}
    return True if collection_path in left_out else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave slow tests out."""
    if config.getoption("--fast"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in set(slow)]


MAPPED_NUMBERS = {3: (15, 16, 18), 5: (39, 40)}


@pytest.fixture(scope="session")
def mapped_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of five types in two nets that gives out its last feature maps."""
    torch = pytest.importorskip("torch")

    from crystinet.training.recipes.default.export import NETS, export_networks
    from crystinet.training.recipes.default.rcnet import RCNetConfig, UnionNet

    config = RCNetConfig(stages=((8, 1), (8, 4), (8, 4)), own_channels=4)
    sizes = tuple(len(numbers) for numbers in MAPPED_NUMBERS.values())
    catalogue, preparation = load_catalogue(), PreprocessingConfig()
    axis = LogAxis(DEFAULT_GRID, n_bins=config.n_bins, area_bins=config.area_bins)
    similarity = SimilarityConfig()
    types = tuple(
        TypeEntry(catalogue.by_number(number).name, number, (), group)
        for group, numbers in MAPPED_NUMBERS.items()
        for number in numbers
    )
    averages = []
    for entry in types:
        pattern = simulate(catalogue.by_name(entry.name).reference)
        prepared = preprocess(pattern, grid=DEFAULT_GRID, config=preparation)
        knee = preparation.intensity_knee
        inputs = axis.network_input(prepared.intensity[None], prepared.mask[None], knee=knee)
        averages.append(coarse(inputs, factor=similarity.coarsen)[0][0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the exporter
        torch.manual_seed(3)
        files = export_networks(UnionNet(config, sizes).eval(), config)
    rng = np.random.default_rng(0)
    arrays = {
        "averages.npy": np.stack(averages),
        "whitening.npy": rng.uniform(0.1, 0.9, (2 * config.stages[-1][0], 3)),
        "centroids.npy": rng.uniform(0.1, 0.9, (len(types), 3)),
        "composition.npy": rng.uniform(0.1, 0.9, (len(types), WIDTH)),
    }
    folder = tmp_path_factory.mktemp("mapped")
    for name, array in arrays.items():
        np.save(folder / name, array.astype(np.float32))
        files[name] = (folder / name).read_bytes()
    bundle = Bundle(
        version="mapped",
        types=types,
        net_files=(NetFile(NETS, tuple(MAPPED_NUMBERS)),),
        axis=axis,
        preprocessing=preparation,
        similarity=similarity,
        calibration=Calibration(),
        files=files,
        training={},
    )
    save_bundle(bundle, folder)
    return folder


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


def serialise(
    nodes: list[NodeProto],
    outputs: dict[str, list[object]],
    weights: dict[str, NDArray[Any]],
    *,
    shape: tuple[int, ...],
) -> bytes:
    """Serialise a network with the input x and the given nodes, outputs and weights."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["b", *shape])
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["b", *shape])
        for name, shape in outputs.items()
    ]
    initializers = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    model = helper.make_model(
        helper.make_graph(nodes, "net", [x], values, initializer=initializers),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def shared_network() -> bytes:
    """First stages that only pass the input on, as features (b, 2, 1, n)."""
    node = helper.make_node("Unsqueeze", ["x", "axis"], ["y"])
    outputs: dict[str, list[object]] = {"y": [2, 1, AXIS.n_bins]}
    return serialise([node], outputs, {"axis": np.array([2])}, shape=(2, AXIS.n_bins))


def untrained_networks(rng: np.random.Generator, types: tuple[TypeEntry, ...]) -> bytes:
    """Linear networks with random weights: one output for types, one for confidences."""
    columns = {"types": len(types), "confidences": len({entry.net for entry in types})}
    weights: dict[str, NDArray[Any]] = {
        f"{name}_weight": rng.normal(0.0, 0.1, (2 * AXIS.n_bins, count)).astype(np.float32)
        for name, count in columns.items()
    }
    nodes = [helper.make_node("Flatten", ["x"], ["flat"], axis=1)]
    nodes += [helper.make_node("MatMul", ["flat", f"{name}_weight"], [name]) for name in columns]
    outputs: dict[str, list[object]] = {name: [count] for name, count in columns.items()}
    return serialise(nodes, outputs, weights, shape=(2, 1, AXIS.n_bins))


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of seven types in three nets that nobody has trained."""
    return write_small_bundle(tmp_path_factory.mktemp("bundle"))


def npy(array: NDArray[np.float64]) -> bytes:
    """Content of a NumPy file."""
    buffer = io.BytesIO()
    np.save(buffer, array.astype(np.float32))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def one_net_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a bundle of three types in a single net that nobody has trained."""
    return write_small_bundle(tmp_path_factory.mktemp("one"), types=TYPES[:3])


def write_small_bundle(folder: Path, *, types: tuple[TypeEntry, ...] = TYPES) -> Path:
    """Write untrained networks."""
    rng = np.random.default_rng(0)
    similarity = SimilarityConfig(max_shift=4)
    shapes = {
        "averages.npy": (len(types), AXIS.n_bins // similarity.coarsen),
        "whitening.npy": (4, 3),  # mean and maximum of two channels
        "centroids.npy": (len(types), 3),
        "composition.npy": (len(types), WIDTH),
    }
    groups = tuple(dict.fromkeys(entry.net for entry in types))
    bundle = Bundle(
        version="test",
        types=types,
        net_files=(NetFile("nets.onnx", groups),),
        axis=AXIS,
        preprocessing=PreprocessingConfig(),
        similarity=similarity,
        calibration=Calibration(),
        files={
            "shared.onnx": shared_network(),
            "nets.onnx": untrained_networks(rng, types),
            **{name: npy(rng.uniform(0.1, 0.9, shape)) for name, shape in shapes.items()},
        },
        training={},
    )
    save_bundle(bundle, folder)
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


INSIDE = ("NaCl", "Fluorite-CaF2", "Rutile-TiO2", "AlB2", "Zircon-ZrSiO4", "CsCl")
OTHERS = ("Spinel-Al2MgO4", "Quartz-alpha")
GROUPED_NUMBERS = {
    "NaCl": 15,
    "Rutile-TiO2": 18,
    "AlB2": 39,
    "Quartz-alpha": 101,
    "Zircon-ZrSiO4": OUTSIDE,
    "CsCl": OUTSIDE,
}
HALITE = """data_halite
_cell_length_a 5.6402
_cell_length_b 5.6402
_cell_length_c 5.6402
_symmetry_space_group_name_H-M 'F m -3 m'
loop_
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na 0 0 0
Cl .5 .5 .5
"""


@pytest.fixture(scope="session")
def judged_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data set: a training and a test compound of each type, two types of no class."""
    catalogue = load_catalogue()
    members, lines = [], []
    for name in (*INSIDE, *OTHERS):
        kind = catalogue.by_name(name)
        number = catalogue.class_of(kind).number if name in INSIDE else OUTSIDE
        reflections = compute_reflections(kind.reference, d_min_angstrom=0.93)
        for split in (Split.TRAIN, Split.TEST):
            members.append(Member(len(members), name, number or OUTSIDE, split, True, "catalogue"))
            lines.append(reflections)
    path = tmp_path_factory.mktemp("data") / "dataset.npz"
    pack(members, lines, d_min_angstrom=0.93).save(path)
    return path


@pytest.fixture(scope="session")
def measured_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two measured patterns with their manifest."""
    folder = tmp_path_factory.mktemp("measured")
    pattern = simulate(load_catalogue().by_name("NaCl").reference)
    counts = np.random.default_rng(1).poisson(40.0 * pattern.intensity + 30.0)
    np.savetxt(folder / "salt.xy", np.column_stack([pattern.two_theta_deg, counts]))
    (folder / "manifest.csv").write_text(
        "id,file,structure_type,in_catalogue,quality,wavelength_angstrom\n"
        "salt <1> & co,salt.xy,NaCl,yes,ok,1.5406\nother,salt.xy,,no,ok,1.5406\n"
    )
    return folder


@pytest.fixture(scope="session")
def grouped_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data set with four types of its own numbers, in all splits, and two of no class."""
    members, lines = [], []
    for name, number in GROUPED_NUMBERS.items():
        reference = load_catalogue().by_name(name).reference
        reflections = compute_reflections(reference, d_min_angstrom=0.95)
        for split in Split:
            members.append(Member(len(members), name, number, split, True, "test", "NaCl"))
            lines.append(reflections)
    path = tmp_path_factory.mktemp("data") / "own.npz"
    pack(members, lines, d_min_angstrom=0.95).save(path)
    return path


@pytest.fixture(scope="session")
def halite() -> str:
    """Return rock salt as a CIF file."""
    return HALITE


@pytest.fixture
def salts(tmp_path: Path) -> Path:
    """Return a folder with CIF files of two rock salts."""
    inner = tmp_path / "in"
    inner.mkdir()
    (inner / "halite.cif").write_text(HALITE)
    (inner / "sylvite.cif").write_text(HALITE.replace("5.6402", "6.293").replace("Na", "K"))
    return inner
