"""Closed form against automatic differentiation, of torch itself and of captum."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import Tensor, nn

from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle import Bundle
from crystinet.model.heads import grad_cam
from crystinet.model.heat import HeatMapper, Score
from crystinet.model.manifest import NetFile
from crystinet.training.recipes.default.export import HEADS, NETS, export_bundle, export_networks
from crystinet.training.recipes.default.loop import Trainer
from crystinet.training.recipes.default.losses import union_log_scores
from crystinet.training.recipes.default.rcnet import UnionNet

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

COLUMNS = range(5)


@pytest.fixture(scope="module")
def bundle(trained: Trainer, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundle")
    path = folder / "dataset.npz"
    trained.dataset.save(path)
    return export_bundle(trained, load_catalogue(), version="t", dataset_path=path)


@pytest.fixture(scope="module")
def inputs() -> np.ndarray:
    return np.random.default_rng(5).random((3, 3, 3072), dtype=np.float32)


class Tapped(nn.Module):
    """A union net whose last feature maps pass a module, which captum needs."""

    def __init__(self, net: UnionNet, head: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.net, self.tap, self.head = net.eval(), nn.Identity(), head

    def forward(self, x: Tensor) -> Tensor:
        maps = self.tap(self.net.nets.maps(self.net.shared(x.unsqueeze(2))))
        return self.head(*self.net.nets.branches(maps))


def at_the_places(heat: np.ndarray, n: int) -> np.ndarray:
    """Heat at the places of the maps, between which it is interpolated."""
    return heat[:, np.arange(n) * (heat.shape[1] // n)]


def test_the_maps_and_weights_of_the_bundle_are_those_of_the_net(
    bundle: Bundle, trained: Trainer, inputs: np.ndarray
) -> None:
    (heads,) = bundle.heads
    assert heads is not None
    types, confidences, maps = bundle.nets[0](bundle.shared(inputs)[0])
    np.testing.assert_array_equal(bundle.nets[0](bundle.shared(inputs)[0], first=2)[0], types)
    net = trained.averaged_net.eval()
    with torch.inference_mode():
        expected = net.nets.maps(net.shared(torch.from_numpy(inputs).unsqueeze(2)))
    np.testing.assert_allclose(maps, expected.numpy(), rtol=1e-3, atol=1e-4)
    for own, given in zip(heads.outputs(maps), (types, confidences), strict=True):
        np.testing.assert_allclose(own, given, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("column", COLUMNS)
def test_heat_is_weighed_by_the_gradient_of_torch(
    bundle: Bundle, trained: Trainer, inputs: np.ndarray, column: int
) -> None:
    net = trained.averaged_net.eval()
    maps = net.nets.maps(net.shared(torch.from_numpy(inputs).unsqueeze(2))).detach()
    maps.requires_grad_(True)
    types, _ = net.nets.branches(maps)
    (expected,) = torch.autograd.grad(types[:, column].sum(), maps)
    (heads,) = bundle.heads
    assert heads is not None
    k, i = heads.weights.shape[2], int(column >= 3)
    own = slice(i * k, (i + 1) * k)
    weights = np.repeat(heads.weights[column : column + 1], len(inputs), axis=0)
    numbers = maps.detach().numpy()[:, own, 0].astype(np.float64)
    alpha = expected.numpy()[:, own, 0].mean(axis=2)
    heat = np.maximum(np.einsum("bk,bkn->bn", alpha, numbers), 0.0)
    np.testing.assert_allclose(grad_cam(numbers, weights), heat, rtol=1e-4, atol=1e-6)
    outside = np.delete(expected.numpy(), np.arange(own.start, own.stop), axis=1)
    assert not outside.any()  # the maps of other nets do not matter


@pytest.mark.parametrize("score", Score)
@pytest.mark.parametrize("column", COLUMNS)
def test_heat_is_grad_cam_of_captum(
    bundle: Bundle, trained: Trainer, inputs: np.ndarray, column: int, score: Score
) -> None:
    sizes = trained.groups.sizes
    heads: dict[Score, Callable[[Tensor, Tensor], Tensor]] = {
        Score.LOGIT: lambda types, confidences: types,
        Score.SHARE: lambda types, confidences: union_log_scores(types, confidences, sizes),
    }
    net = Tapped(trained.averaged_net, heads[score])
    cam = LayerGradCam(net, net.tap).attribute(
        torch.from_numpy(inputs), target=column, relu_attributions=True
    )
    expected = cam.detach().numpy()[:, 0, 0]
    heat = HeatMapper(bundle).heat(inputs, column, score=score)
    found = at_the_places(heat, expected.shape[1])
    assert heat.shape == (3, 3072)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * scale + 1e-9)


def test_some_heat_is_above_zero(bundle: Bundle, inputs: np.ndarray) -> None:
    """The comparison with captum would hold for maps of zeros too."""
    mapper = HeatMapper(bundle)
    highest = [mapper.heat(inputs, column, score=Score.LOGIT).max() for column in COLUMNS]
    assert max(highest) > 0.0


def test_nets_in_a_second_file_are_found(
    bundle: Bundle, trained: Trainer, inputs: np.ndarray
) -> None:
    """As where RCNets for new types joined later: the last two types are those of a second file."""
    torch.manual_seed(8)
    files = {}
    for name, size in (("first", 3), ("second", 2)):
        net = UnionNet(trained.config.net, (size,)).eval()
        net.shared = trained.averaged_net.shared
        exported = export_networks(net, trained.config.net)
        files |= {f"{name}.onnx": exported[NETS], f"{name}-heads.npy": exported[HEADS]}
    two = bundle.changed(
        net_files=(NetFile("first.onnx", (3,)), NetFile("second.onnx", (5,))),
        files={**bundle.files, **files},
    )
    (features,) = two.shared(inputs)
    for column in COLUMNS:
        file, row = (0, column) if column < 3 else (1, column - 3)
        heads = two.heads[file]
        assert heads is not None
        maps = two.nets[file](features)[2][:, :, 0].astype(np.float64)
        expected = grad_cam(maps, np.repeat(heads.weights[row : row + 1], len(inputs), axis=0))
        heat = HeatMapper(two).heat(inputs, column, score=Score.LOGIT)
        found = at_the_places(heat, maps.shape[2])
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12)
