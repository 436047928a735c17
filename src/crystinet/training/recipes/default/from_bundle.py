"""A run that starts from the networks of a bundle: its shared stages, and the RCNets it has too.

The files of a bundle hold the networks as they answer: where a normalisation follows a convolution,
the two are one. Here they are taken apart again. The normalisation gets the mean and variance that
training patterns have there, and the scale and offset that undo them, so that the net answers as
the bundle does and yet goes on learning as it was taught.
"""

import math
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from crystinet.core.errors import ConfigError
from crystinet.model.bundle import Bundle
from crystinet.model.manifest import FEATURES, SHARED
from crystinet.training.groups import Groups
from crystinet.training.half_precision import constants_of
from crystinet.training.recipes.default.rcnet import ResidualBlock, UnionNet

_HINT = "Give --config the sizes of the bundle's networks; its manifest.json names them."


def take_over(net: UnionNet, bundle: Bundle, groups: Groups) -> tuple[int, ...]:
    """Give a net the shared stages of a bundle, and the RCNets of groups that both have.

    Parameters
    ----------
    net
        Changed in place; its other RCNets stay as they are.
    bundle
        Of the default recipe, with networks of the same sizes.
    groups
        Those of ``net``; a group of the bundle is the same if it has the same published types.

    Returns
    -------
    Numbers of the groups whose RCNets were taken over. `measure_norms` has to follow.

    Raises
    ------
    ConfigError
        The networks are of other sizes, or the bundle has no shared stages.
    """
    own = net.state_dict()
    if SHARED not in bundle.files:
        raise ConfigError("The bundle has no shared stages to start from.", hint=_HINT)
    taken = dict(_weights_of(bundle.files[SHARED]))
    same = []
    for file in bundle.net_files:
        kept = {n: i for i, n in enumerate(file.groups) if _types_of(bundle, n) in groups.classes}
        if file.input != FEATURES or not kept:
            continue
        weights = _weights_of(bundle.files[file.file])
        for number, place in kept.items():
            index = groups.classes.index(_types_of(bundle, number))
            _put_net(own, taken, weights, place=place, index=index, of=len(file.groups))
            same.append(groups.numbers[index])
    for name, value in taken.items():
        if name not in own or own[name].shape != value.shape:
            raise ConfigError(
                f"The bundle's networks have other sizes than this run's ({name}).", hint=_HINT
            )
    net.load_state_dict({**own, **taken})
    return tuple(same)


def measure_norms(net: UnionNet, batches: Iterable[Tensor]) -> None:
    """Let the normalisations that `take_over` rebuilt know their inputs; answers stay the same.

    ``batches`` are inputs of the network, (b, channels, bins) each.
    """
    norms = [block.norm2 for block in net.modules() if isinstance(block, ResidualBlock)]
    sums = {norm: torch.zeros(3, norm.num_features, dtype=torch.float64) for norm in norms}

    def add(norm: nn.BatchNorm2d, inputs: tuple[Tensor, ...]) -> None:
        values = inputs[0].transpose(0, 1).flatten(1).double()
        count = torch.full((len(values),), values.shape[1], dtype=torch.float64)
        sums[norm] += torch.stack([count, values.sum(1), values.square().sum(1)])

    hooks = [norm.register_forward_pre_hook(partial(add)) for norm in norms]
    training = net.training
    net.eval()
    with torch.inference_mode():
        for inputs in batches:
            net(inputs)
    net.train(training)
    for hook in hooks:
        hook.remove()
    with torch.no_grad():
        for norm in norms:
            count, total, squares = sums[norm]
            mean = total / count
            variance = (squares / count - mean.square()).clamp_min(1e-6)
            _standardise(norm, mean.float(), variance.float())


def _standardise(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    """Change what a normalisation subtracts and divides by, and undo it by scale and offset."""
    assert norm.running_mean is not None  # noqa: S101 (for the type checker)
    assert norm.running_var is not None  # noqa: S101
    slope = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    offset = norm.bias - slope * norm.running_mean
    norm.weight.copy_(slope * torch.sqrt(variance + norm.eps))
    norm.bias.copy_(offset + slope * mean)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)


def _types_of(bundle: Bundle, number: int) -> tuple[int, ...]:
    return tuple(entry.number for entry in bundle.types if entry.net == number)


def _weights_of(data: bytes) -> dict[str, Tensor]:
    """Weights of an ONNX file by their names in `UnionNet`.

    A convolution with a normalisation folded into it gives the weights of both; the normalisation
    is one that only adds.
    """
    import onnx

    graph = onnx.load_model_from_string(data).graph
    values = {name: torch.from_numpy(x.copy()) for name, x in constants_of(graph).items()}
    weights = {name: value for name, value in values.items() if "::" not in name}
    for node in graph.node:
        if node.op_type == "Conv" and "::" in node.input[1]:
            place = _block_of(node.name)
            bias = values[node.input[2]]
            weights[f"{place}.conv1.weight"] = values[node.input[1]]
            weights[f"{place}.norm2.weight"] = torch.full_like(bias, math.sqrt(1.0 + 1e-5))
            weights[f"{place}.norm2.bias"] = bias
            weights[f"{place}.norm2.running_mean"] = torch.zeros_like(bias)
            weights[f"{place}.norm2.running_var"] = torch.ones_like(bias)
    return weights


def _block_of(node: str) -> str:
    """Name of the residual block of a convolution ``/shared/deeper.4/deeper.4.0/conv1/Conv``."""
    parts = node.strip("/").split("/")[:-2]
    parts = [p for p, after in zip(parts, [*parts[1:], ""], strict=True) if p not in after]
    return ".".join(parts if parts[0] == "shared" else ["nets", *parts])


def _put_net(
    own: Mapping[str, Tensor],
    taken: dict[str, Any],
    weights: Mapping[str, Tensor],
    *,
    place: int,
    index: int,
    of: int,
) -> None:
    """Put one RCNet of a file, the ``place``-th of ``of``, into the ``index``-th of a run."""
    for name, value in weights.items():
        part = name.split(".")
        if part[1] == "norm":
            taken[name] = value
        elif part[1].endswith("branches"):
            if int(part[2]) == place:
                taken[".".join([*part[:2], str(index), *part[3:]])] = value
        elif name in own:
            width = len(value) // of
            whole = taken.get(name, own[name]).clone()
            if whole.shape[1:] == value.shape[1:] and len(whole) % width == 0:
                whole[index * width : (index + 1) * width] = value[place * width :][:width]
            taken[name] = whole
