"""Checkpoints of the default recipe are read only by a run that they fit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from crystinet.core.errors import ConfigError
from crystinet.model.representation import LogAxis
from crystinet.training.groups import Groups
from crystinet.training.recipes.default.rcnet import RCNetConfig, UnionNet, grows_from

CHECKPOINT = "checkpoint.pt"
_AVERAGED = "module."


def check_settings(path: Path, saved: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to go on with other networks, losses or patterns than a run began with.

    Raises
    ------
    ConfigError
        Settings that the weights depend on differ; it names them.
    """
    if saved.get("axis", LogAxis.kind) != now["axis"]:
        raise ConfigError(
            f"{path} was trained on another axis than {now['axis']}.",
            hint="Start in a new folder, or restore the settings.",
        )
    for part in ("net", "loss", "rendering"):
        if saved[part] != now[part]:
            changed = [key for key in now[part] if saved[part].get(key) != now[part][key]]
            raise ConfigError(
                f"{path} was trained with other settings of {part}: {', '.join(changed)}.",
                hint="Start in a new folder, or restore the settings.",
            )


def first_weights(
    path: Path, net: UnionNet, *, config: RCNetConfig, groups: Groups
) -> tuple[dict[str, Tensor], int]:
    """Weights of a net that starts from the averaged ones of another run, and its patterns.

    What the other run did not have keeps what ``net`` was made with: it changes nothing at first.

    Raises
    ------
    ConfigError
        There is no checkpoint, or one of other networks or other groups of types.
    """
    if not path.exists():
        raise ConfigError(f"{path.parent} holds no checkpoint.", hint="Name the folder of a run.")
    own = net.state_dict()
    state = torch.load(path, weights_only=True, map_location=net.shared.place.device)
    same_groups = state["groups"] == [list(group) for group in groups.classes]
    if not same_groups or not grows_from(state["config"]["net"], config):
        raise ConfigError(
            f"{path} is of other networks or other groups of types.",
            hint="Start from a run with the same ones, or from nothing.",
        )
    weights: dict[str, Tensor] = {
        name.removeprefix(_AVERAGED): value
        for name, value in state["average"].items()
        if name.startswith(_AVERAGED)
    }
    stem = weights["shared.stem.weight"]
    new_channels = own["shared.stem.weight"].shape[1] - stem.shape[1]
    weights["shared.stem.weight"] = functional.pad(stem, (0, 0, 0, 0, 0, new_channels))
    return {**own, **weights}, state["patterns"] + state.get("earlier_patterns", 0)
