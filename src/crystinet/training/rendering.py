"""Endless training batches: draw a compound, augment, render, preprocess, to network input."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import IterableDataset, get_worker_info

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.errors import CorpusError, InvalidPatternError
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.corpus.dataset import OUTSIDE, Dataset
from crystinet.model.representation import LogAxis
from crystinet.model.union import Scores, Union
from crystinet.patterns.preprocessing import PreprocessingConfig, prepare_simulated
from crystinet.simulate.augmentation import AugmentationConfig, draw_pattern
from crystinet.training.groups import Groups

Report = Callable[[str, int, int], None]
#: Attempts at a pattern with a visible line before a compound is called invisible.
MOST_DRAWS = 50

Batch = tuple[NDArray[np.float16], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class RenderingConfig:
    """How training patterns are drawn.

    Attributes
    ----------
    augmentation, preprocessing, grid
        Physics, the steps shared with measured patterns, and the axis.
    outside_share
        Share of patterns of structures outside the 91 classes, taught as "not mine" to every net.
    balance
        Classes are drawn in proportion to (number of compounds) ** balance; 0 is fully balanced.
    """

    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    grid: TwoThetaGrid = DEFAULT_GRID
    outside_share: float = 0.12
    balance: float = 0.4


class PatternSource:
    """Draws augmented, preprocessed patterns from a data set."""

    def __init__(self, dataset: Dataset, config: RenderingConfig, axis: LogAxis) -> None:
        self.dataset = dataset
        self.config = config
        self.axis = axis

    def draw(
        self, index: int, *, impurity: int | None, rng: np.random.Generator
    ) -> tuple[FloatArray, BoolArray]:
        """Preprocessed pattern of one compound on the 2theta grid, and its mask.

        A draw that shows nothing above its background (a short range between two lines) is no
        pattern that anybody would identify: it is drawn again.
        """
        reflections = self.dataset.reflections(index)
        other = None if impurity is None else self.dataset.reflections(impurity)
        config = self.config
        for _ in range(MOST_DRAWS):
            raw, mask = draw_pattern(
                reflections,
                grid=config.grid,
                config=config.augmentation,
                rng=rng,
                impurity=other,
            )
            try:
                intensity = prepare_simulated(
                    raw, mask, grid=config.grid, config=config.preprocessing
                )
            except InvalidPatternError:
                continue
            return intensity, mask
        member = self.dataset.members[index]
        raise CorpusError(
            f"Row {member.row_id} of {member.source} shows no line in {MOST_DRAWS} patterns.",
            hint="Leave it out of the data set, or widen the range of the augmentation.",
        )

    def draw_inputs(
        self, indices: IntArray, *, impurities: IntArray, rng: np.random.Generator
    ) -> NDArray[np.float16]:
        """Network inputs (b, 2, n_bins) of the given compounds."""
        drawn = [
            self.draw(int(i), impurity=int(j), rng=rng)
            for i, j in zip(indices, impurities, strict=True)
        ]
        intensity = np.stack([y for y, _ in drawn])
        mask = np.stack([m for _, m in drawn])
        knee = self.config.preprocessing.intensity_knee
        inputs = self.axis.network_input(intensity, mask, knee=knee)
        return inputs.astype(np.float16)


class TrainingBatches(IterableDataset[Batch]):
    """Endless batches (input, column of the type, index of the group) for one split.

    Every worker process draws from its own stream of the seed.
    """

    def __init__(
        self,
        source: PatternSource,
        groups: Groups,
        *,
        inside: IntArray,
        outside: IntArray,
        batch_size: int,
        seed: int,
    ) -> None:
        self.source = source
        self.inside = inside
        self.outside = outside
        self.batch_size = batch_size
        self.seed = seed
        self.classes = np.array([source.dataset.members[i].class_number for i in inside])
        column_of = {**groups.column_of(), OUTSIDE: (-1, -1)}
        self.columns = np.array([column_of[m.class_number][0] for m in source.dataset.members])
        self.groups = np.array([column_of[m.class_number][1] for m in source.dataset.members])

    def _weights(self) -> FloatArray:
        count = np.bincount(self.classes)[self.classes].astype(np.float64)
        weights = count ** (self.source.config.balance - 1.0)
        normalised: FloatArray = weights / weights.sum()
        return normalised

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        torch.set_num_threads(1)
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        weights = self._weights()
        everything = np.concatenate([self.inside, self.outside])
        while True:
            n_outside = int(rng.binomial(self.batch_size, self.source.config.outside_share))
            n_outside = n_outside if len(self.outside) else 0
            chosen = np.concatenate(
                [
                    rng.choice(self.inside, self.batch_size - n_outside, p=weights),
                    rng.choice(self.outside, n_outside) if n_outside else self.outside[:0],
                ]
            )
            impurities = rng.choice(everything, len(chosen))
            inputs = self.source.draw_inputs(chosen, impurities=impurities, rng=rng)
            yield inputs, self.columns[chosen], self.groups[chosen]


def score_compounds(
    union: Union,
    source: PatternSource,
    indices: IntArray,
    *,
    rng: np.random.Generator,
    report: Report = lambda stage, done, total: None,
) -> Scores:
    """Scores of one augmented pattern of each compound."""
    parts = []
    for start in range(0, len(indices), 64):
        chosen = indices[start : start + 64]
        inputs = source.draw_inputs(chosen, impurities=rng.choice(indices, len(chosen)), rng=rng)
        parts.append(union.score(inputs.astype(np.float32)))
        report("scoring patterns", start + len(chosen), len(indices))
    return Scores.join(parts)
