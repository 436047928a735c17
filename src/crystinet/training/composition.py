"""Teach the network that says which types a composition is of, on the formulas of compounds."""

import itertools
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch

from crystinet.core.arrays import BoolArray, Float32Array, FloatArray, IntArray
from crystinet.core.progress import Progress, silent
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.model.arrays import npy_of_array
from crystinet.model.composition_network import (
    COUNTS,
    LAYERS,
    CompositionNetwork,
    composition_vectors,
    fractions_of,
)
from crystinet.model.reliability import Calibration, log_softmax
from crystinet.model.scores import Scores

#: Units of the hidden layers, passes over the compounds, and compounds of a step.
_HIDDEN, _PASSES, _STEP = 384, 40, 256
#: How often a unit of the inputs and of the hidden layers is left out, chosen on validation
#: compounds: 66 % of 1,161 right by the formula alone with half of them, 63 % with a third.
_DROPPED = (0.1, 0.5)
_RATE, _DECAY, _SMOOTHING = 3e-3, 1e-2, 0.02
#: Of compounds that were only calculated such a share is seen in each pass: there are many of the
#: few types that people calculate. On validation compounds that were made ln p is -1.14 by the
#: formula; -1.28 with all of the others, -1.19 with none.
_CALCULATED = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Formulas:
    """Compositions and the types of their compounds.

    Attributes
    ----------
    fractions, target
        Rows of `fractions_of` and columns of types: shapes (n, elements) and (n,).
    made
        Which compounds are known experimentally, (n,).
    """

    fractions: Float32Array
    target: IntArray
    made: BoolArray

    @classmethod
    def of(cls, dataset: Dataset, split: Split, column_of: dict[int, int]) -> Self:
        """Each formula of each type in a split of a data set once, invented compounds left out.

        Parameters
        ----------
        column_of
            Column of each class number; compounds of other classes are left out.
        """
        found: dict[tuple[str, int], bool] = {}
        for member in dataset.members:
            column = column_of.get(member.class_number)
            if member.split is split and member.formula and column is not None:
                pair = (member.formula, column)
                if not member.is_invented:
                    found[pair] = found.get(pair, False) or member.known_experimentally
        pairs = sorted(found)
        return cls(
            fractions=np.array([fractions_of(composition_of(formula)) for formula, _ in pairs]),
            target=np.array([column for _, column in pairs], dtype=np.int64),
            made=np.array([found[pair] for pair in pairs], dtype=np.bool_),
        )


def teach_composition(
    formulas: Formulas, *, n_types: int, seed: int, report: Progress = silent
) -> CompositionNetwork:
    """A network that is taught with formulas; what it counts is not fitted yet.

    Parameters
    ----------
    formulas
        Of the training split.
    n_types
        Number of types.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 61])
    length = composition_vectors(formulas.fractions[:1], with_amounts=True).shape[1]
    sizes = (length, _HIDDEN, _HIDDEN, n_types)
    layers = [torch.nn.Linear(a, b) for a, b in itertools.pairwise(sizes)]
    net = torch.nn.Sequential(
        torch.nn.Dropout(_DROPPED[0]),
        layers[0], torch.nn.GELU("tanh"), torch.nn.Dropout(_DROPPED[1]),
        layers[1], torch.nn.GELU("tanh"), torch.nn.Dropout(_DROPPED[1]),
        layers[2],
    )  # fmt: skip
    _fit(net, formulas, rng, report)
    first, second, third = (
        np.vstack([layer.weight.detach().numpy().T, layer.bias.detach().numpy()])
        for layer in layers
    )
    return CompositionNetwork((first, second, third), np.ones(2, dtype=np.float32))


def _fit(
    net: torch.nn.Module, formulas: Formulas, rng: np.random.Generator, report: Progress
) -> None:
    target = torch.from_numpy(formulas.target)
    made, others = (np.flatnonzero(each) for each in (formulas.made, ~formulas.made))
    few = int(_CALCULATED * len(others))
    steps = (len(made) + few) // _STEP
    optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, _RATE, total_steps=_PASSES * steps + 1
    )
    net.train()
    for turn in range(_PASSES):
        order = rng.permutation(np.concatenate([made, rng.permutation(others)[:few]]))
        for step in range(steps):
            rows = order[step * _STEP : (step + 1) * _STEP]
            # Every other step without amounts: the same network answers for elements alone.
            vectors = composition_vectors(formulas.fractions[rows], with_amounts=step % 2 == 0)
            loss = torch.nn.functional.cross_entropy(
                net(torch.from_numpy(vectors)), target[rows], label_smoothing=_SMOOTHING
            )
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
        report("compositions", turn + 1, _PASSES)


def fitted_count(
    scores: Scores, target: IntArray, said: FloatArray, calibration: Calibration
) -> float:
    """Factor of what a network says of compositions with the least negative log-likelihood.

    Parameters
    ----------
    scores, target
        Of patterns of validation compounds, and the columns of their types.
    said
        Ln p(type | composition) of the compound of each pattern, (n, t).
    calibration
        Of the scores.
    """
    rows = np.arange(len(target))

    def loss(count: float) -> float:
        logits = calibration.score_weight * (scores.log_share + count * said)
        logits = logits + calibration.similarity_weight * scores.similarity
        return float(-log_softmax(logits)[rows, target].mean())

    tried = np.linspace(0.0, 1.5, 31)
    return round(float(min(tried, key=lambda count: loss(float(count)))), 3)


def files_of_network(network: CompositionNetwork) -> dict[str, bytes]:
    """Files of a bundle, weights in half precision."""
    files = {
        name: npy_of_array(layer.astype(np.float16))
        for name, layer in zip(LAYERS, network.layers, strict=True)
    }
    return {**files, COUNTS: npy_of_array(network.counts)}
