"""Teach the head for the symmetry of any compound, on features of both bundles of a joint."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from crystinet.core.arrays import Float32Array, IntArray
from crystinet.core.files import read_arrays, write_arrays
from crystinet.core.progress import Progress, silent
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.model.arrays import npy_of_array
from crystinet.model.bundle import Bundle
from crystinet.model.networks import score_networks
from crystinet.model.screening import pool
from crystinet.model.symmetry import GROUPS, HIDDEN, LAST, SPACE_GROUPS, log_share_of_groups
from crystinet.training.draw.source import PatternSource, RenderingConfig
from crystinet.training.scoring import BATCH

#: Compounds in one file of features: a call that was cut off goes on with the next file.
CHUNK = 512
#: Units of the hidden layer, passes over the patterns, and patterns of a step.
_HIDDEN, _PASSES, _STEP = 128, 14, 256
# Of every crystal system right or wrong, against the space group.
_SYSTEM_WEIGHT = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class SymmetryFeatures:
    """Inputs of the head and space groups 1 to 230: shapes (n, f) and (n,)."""

    inputs: Float32Array
    groups: IntArray


def draw_symmetry_features(
    first: Bundle,
    second: Bundle,
    type_groups: NDArray[np.int64],
    datasets: Mapping[str, Dataset],
    folder: Path,
    *,
    seed: int,
    training: int,
    others: int = 3_000,
    report: Progress = silent,
) -> dict[Split, SymmetryFeatures]:
    """Features of one pattern of each of many compounds of any type, by split.

    Parameters
    ----------
    first, second
        The bundles of a joint.
    type_groups
        Space group of each type of the second, (t,).
    datasets
        By a short name; a structure that is in several is drawn once.
    folder
        Where files are kept.
    seed, training, others
        Of the draw; compounds of the training split at most, and of the others, of which those
        known experimentally are taken alone.
    """
    plan = _plan(datasets, seed=seed, training=training, others=others)
    found: dict[Split, list[tuple[Float32Array, IntArray]]] = {}
    rendering = RenderingConfig(preprocessing=second.preprocessing, grid=second.axis.grid)
    whole_range = rendering.augmentation.whole_range()
    renderings = rendering, replace(rendering, augmentation=whole_range)
    for number, (split, name, chosen) in enumerate(plan):
        path, data = folder / f"{number:04}.npz", datasets[name]
        if not path.exists():
            cut, whole = (PatternSource(data, each, second.axis) for each in renderings)
            sources = (whole, cut) if split is Split.TRAIN else (whole, whole)
            rng = np.random.default_rng([seed, number])
            parts = [
                _features(first, second, type_groups, inputs)
                for inputs in _drawn(sources, chosen, rng)
            ]
            drawn = np.concatenate(parts).astype(np.float16)
            write_arrays(path, {"inputs": drawn, "groups": data.space_groups[chosen]})
        file = read_arrays(path)
        found.setdefault(split, []).append((file["inputs"].astype(np.float32), file["groups"]))
        report("features", number + 1, len(plan))
    return {
        split: SymmetryFeatures(
            np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])
        )
        for split, parts in found.items()
    }


def _plan(
    datasets: Mapping[str, Dataset], *, seed: int, training: int, others: int
) -> list[tuple[Split, str, IntArray]]:
    """Which compounds of which data set go into each file."""
    rng = np.random.default_rng(seed)
    seen: set[int] = set()
    by_split: dict[Split, list[tuple[str, int]]] = {split: [] for split in Split}
    for name, data in datasets.items():
        for i, member in enumerate(data.members):
            if member.row_id and member.row_id in seen:
                continue
            seen.add(member.row_id)
            if member.split is Split.TRAIN or member.known_experimentally:
                by_split[member.split].append((name, i))
    plan: list[tuple[Split, str, IntArray]] = []
    for split, members in by_split.items():
        most = training if split is Split.TRAIN else others
        chosen = [members[i] for i in rng.permutation(len(members))[:most]]
        for name in datasets:
            own = np.array([i for other, i in chosen if other == name], dtype=np.int64)
            plan += [(split, name, own[k : k + CHUNK]) for k in range(0, len(own), CHUNK)]
    return plan


def _drawn(
    sources: Sequence[PatternSource], chosen: IntArray, rng: np.random.Generator
) -> Iterator[NDArray[np.float32]]:
    """Network inputs of batches, from both sources in turns."""
    for turn, start in enumerate(range(0, len(chosen), BATCH)):
        batch = chosen[start : start + BATCH]
        impurities = rng.choice(chosen, len(batch))
        yield sources[turn % 2].draw_inputs(batch, impurities=impurities, rng=rng)


def _features(
    first: Bundle,
    second: Bundle,
    type_groups: NDArray[np.int64],
    inputs: NDArray[np.float32],
) -> Float32Array:
    pooled = [pool(bundle.shared(inputs)[0]) for bundle in (first, second)]
    share = np.exp(score_networks(second, inputs).log_share)
    return np.hstack([*pooled, log_share_of_groups(share, type_groups)])


def teach_symmetry(
    features: Mapping[Split, SymmetryFeatures],
    type_groups: NDArray[np.int64],
    *,
    seed: int,
    report: Progress = silent,
) -> dict[str, bytes]:
    """Files of a head that is taught on the training split.

    Parameters
    ----------
    features
        From `draw_symmetry_features`; the validation split gives the temperature.
    type_groups
        Space group of each type of the second bundle, (t,).
    """
    torch.manual_seed(seed)
    taught = features[Split.TRAIN]
    mean, spread = taught.inputs.mean(axis=0), taught.inputs.std(axis=0) + 1e-2
    inputs = torch.from_numpy((taught.inputs - mean) / spread)
    target = torch.from_numpy(taught.groups.astype(np.int64) - 1)
    first = torch.nn.Linear(inputs.shape[1], _HIDDEN)
    last = torch.nn.Linear(_HIDDEN, SPACE_GROUPS)
    net = torch.nn.Sequential(
        torch.nn.Dropout(0.1), first, torch.nn.GELU("tanh"), torch.nn.Dropout(0.3), last
    )
    _fit(net, inputs, target, np.random.default_rng([seed, 51]), report)
    held = features[Split.VALIDATION]
    with torch.no_grad():
        logits = net.eval()(torch.from_numpy((held.inputs - mean) / spread))
    sharpness = _sharpness(logits, torch.from_numpy(held.groups.astype(np.int64) - 1))
    weight = first.weight.detach().numpy() / spread
    constant = first.bias.detach().numpy() - weight @ mean
    hidden = np.vstack([weight.T, constant])
    outer = sharpness * np.vstack([last.weight.detach().numpy().T, last.bias.detach().numpy()])
    return {
        HIDDEN: npy_of_array(hidden.astype(np.float16)),
        LAST: npy_of_array(outer.astype(np.float16)),
        GROUPS: npy_of_array(type_groups.astype(np.float16)),
    }


def _fit(
    net: torch.nn.Module,
    inputs: torch.Tensor,
    target: torch.Tensor,
    rng: np.random.Generator,
    report: Progress,
) -> None:
    systems = _system_matrix()
    of_group = systems.argmax(dim=1)
    steps = len(inputs) // _STEP
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=2e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=_PASSES * steps + 1)
    net.train()
    for turn in range(_PASSES):
        order = torch.from_numpy(rng.permutation(len(inputs)))
        for step in range(steps):
            rows = order[step * _STEP : (step + 1) * _STEP]
            log_p = torch.log_softmax(net(inputs[rows]), dim=1)
            of_systems = torch.log(log_p.exp() @ systems + 1e-9)
            loss = torch.nn.functional.nll_loss(log_p, target[rows])
            loss = loss + _SYSTEM_WEIGHT * torch.nn.functional.nll_loss(
                of_systems, of_group[target[rows]]
            )
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
        report("symmetry", turn + 1, _PASSES)


def _system_matrix() -> torch.Tensor:
    """1 where a space group (230 rows) is of a crystal system (7 columns)."""
    from crystinet.core.cell import crystal_system

    names = [crystal_system(n) for n in range(1, SPACE_GROUPS + 1)]
    order = sorted(set(names))
    found = torch.zeros(SPACE_GROUPS, len(order))
    found[torch.arange(SPACE_GROUPS), torch.tensor([order.index(name) for name in names])] = 1.0
    return found


def _sharpness(logits: torch.Tensor, target: torch.Tensor) -> float:
    """Factor of the logits with the least negative log-likelihood."""
    tried = np.linspace(0.5, 1.5, 41)
    losses = [float(torch.nn.functional.cross_entropy(float(s) * logits, target)) for s in tried]
    return float(tried[int(np.argmin(losses))])
