"""A run starts from a bundle with the bundle's answers, and learns on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from crystinet.core.config import from_table
from crystinet.core.errors import ConfigError
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.backend import Network
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_files import load_bundle
from crystinet.model.manifest import SHARED
from crystinet.training.groups import Groups, published_groups
from crystinet.training.recipes.default.from_bundle import measure_norms, take_over
from crystinet.training.recipes.default.rcnet import RCNetConfig, UnionNet

PUBLISHED = published_groups(load_catalogue())
#: The same groups in another order, with one of new types between them.
OTHERS = Groups(
    (3, 1, 11, *PUBLISHED.numbers[3:]),
    (PUBLISHED.classes[2], PUBLISHED.classes[0], (101, 102, 103), *PUBLISHED.classes[3:]),
)


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load_bundle()


@pytest.fixture(scope="module")
def config(bundle: Bundle) -> RCNetConfig:
    settings = bundle.training["config"]
    assert isinstance(settings, dict)
    return from_table(RCNetConfig, settings["net"])


def inputs(config: RCNetConfig, n: int, seed: int) -> torch.Tensor:
    return torch.from_numpy(
        np.random.default_rng(seed).random((n, 3, config.n_bins)).astype(np.float32) ** 8
    )


@pytest.mark.parametrize("groups", [PUBLISHED, OTHERS], ids=["the same", "other"])
def test_a_net_answers_as_the_bundle_it_starts_from(
    bundle: Bundle, config: RCNetConfig, groups: Groups
) -> None:
    torch.manual_seed(1)
    net = UnionNet(config, groups.sizes)
    same = take_over(net, bundle, groups)
    assert same == tuple(n for n in PUBLISHED.numbers if n in groups.numbers)
    measure_norms(net, [inputs(config, 8, seed) for seed in (1, 2)])
    x = inputs(config, 4, 3)
    with torch.inference_mode():
        types, _ = net.eval()(x)
    (features,) = Network(bundle.files[SHARED], name="shared")(x.numpy())
    expected, *_ = Network(bundle.files["rcnets.onnx"], name="nets")(features)
    columns = [n for n in groups.columns if n in PUBLISHED.columns]
    np.testing.assert_allclose(
        types.numpy()[:, [groups.columns.index(n) for n in columns]],
        expected[:, [PUBLISHED.columns.index(n) for n in columns]],
        atol=2e-3,
    )
    norm = net.shared.blocks[3].norm2
    assert norm.running_var is not None
    assert not torch.equal(norm.running_var, torch.ones_like(norm.running_var))


def test_a_bundle_of_other_sizes_is_refused(bundle: Bundle, config: RCNetConfig) -> None:
    net = UnionNet(replace(config, own_channels=32), PUBLISHED.sizes)
    with pytest.raises(ConfigError, match="other sizes"):
        take_over(net, bundle, PUBLISHED)
