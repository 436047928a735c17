"""Endless training batches: draw a compound, augment, render, preprocess, to network input."""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from crystinet.core.arrays import BoolArray, Float32Array, FloatArray, IntArray
from crystinet.core.cell import system_number
from crystinet.core.errors import ConfigError, CorpusError
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset
from crystinet.model.representation import InputAxis
from crystinet.patterns.config import PreprocessingConfig
from crystinet.training.draw.augmentation import Phases
from crystinet.training.draw.augmentation_config import AugmentationConfig
from crystinet.training.draw.compiled import prepare_rows
from crystinet.training.draw.drawing import RawPatterns, draw_patterns
from crystinet.training.groups import Groups

#: Attempts at a pattern with a visible line before a compound is called invisible.
MOST_DRAWS = 50
#: Of the strongest line, what must be left of a pattern with gaps.
LEAST_LEFT = 0.1

Batch = tuple[Float32Array, NDArray[np.int64], NDArray[np.int64]]


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
    invented_count
        A hypothetical compound counts as so many known ones: in the number of compounds, and in how
        often it is drawn.
    """

    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    preprocessing: PreprocessingConfig = field(default_factory=PreprocessingConfig)
    grid: TwoThetaGrid = DEFAULT_GRID
    outside_share: float = 0.18
    balance: float = 0.55
    invented_count: float = 1.0


class PatternSource:
    """Draws augmented, preprocessed patterns from a data set.

    Attributes
    ----------
    measured_points
        First point of the grid that may be measured, and the one after the last.
    """

    def __init__(
        self, dataset: Dataset, config: RenderingConfig, axis: InputAxis, *, device: str = "cpu"
    ) -> None:
        self.dataset = dataset
        self.config = config
        self.axis = axis
        self.device = device
        self.measured_points = (0, config.grid.n_points)

    def cut(self, start_deg: float, stop_deg: float) -> "PatternSource":
        """Make a source of the same patterns, recorded in a part of the grid only.

        They are cut before they are preprocessed, besides what the augmentation cuts.

        Raises
        ------
        ConfigError
            The part holds less than two points.
        """
        grid = self.config.grid
        inside = (grid.two_theta_deg > start_deg - 1e-6) & (grid.two_theta_deg < stop_deg + 1e-6)
        points = np.flatnonzero(inside)
        if len(points) < 2:
            raise ConfigError(
                f"{start_deg:g} to {stop_deg:g} degrees hold no two points of the patterns.",
                hint=f"Name a part of {grid.start_deg:g} to {grid.stop_deg:g} degrees.",
            )
        _ = self._to_axis  # made once, for both
        part = copy(self)
        part.measured_points = (int(points[0]), int(points[-1]) + 1)
        return part

    @cached_property
    def _to_axis(self) -> csr_matrix:
        """`InputAxis.resample` as a matrix (length, n_points): it is linear."""
        n = self.config.grid.n_points
        parts = [
            csr_matrix(self.axis.resample(np.eye(min(512, n - start), n, start)))
            for start in range(0, n, 512)
        ]
        return csr_matrix(vstack(parts).T.astype(np.float32))

    def draw(
        self,
        indices: IntArray,
        *,
        impurities: IntArray,
        rng: np.random.Generator,
        variants: bool = False,
    ) -> tuple[Float32Array, BoolArray]:
        """Preprocessed patterns of compounds on the 2theta grid, and their masks, (b, n_points).

        A draw that shows nothing above its background (a short range between two lines) is no
        pattern that anybody would identify: it is drawn again.

        Parameters
        ----------
        indices, impurities
            Compounds of the data set, and those that may lend them impurity lines, shape (b,).
        rng
            Source of all randomness.
        variants
            Whether to use the compounds' variants (mixed occupancies, shifted atoms).
        """
        n_points = self.config.grid.n_points
        intensity = np.zeros((len(indices), n_points), dtype=np.float32)
        mask = np.zeros((len(indices), n_points), dtype=np.bool_)
        missing = np.arange(len(indices))
        for _ in range(MOST_DRAWS):
            rows, first, last, visible = self._draw_once(
                indices[missing], impurities[missing], rng, variants
            )
            good = missing[visible]
            points = np.arange(n_points)
            inside = (points >= first[:, None]) & (points < last[:, None])
            intensity[good], mask[good] = self._with_gaps(rows[visible], inside[visible], rng)
            missing = missing[~visible]
            if not len(missing):
                return intensity, mask
        member = self.dataset.members[indices[missing[0]]]
        raise CorpusError(
            f"Row {member.row_id} of {member.source} shows no line in {MOST_DRAWS} patterns.",
            hint="Leave it out of the data set, or widen the range of the augmentation.",
        )

    def recorded(
        self,
        indices: IntArray,
        *,
        impurities: IntArray,
        rng: np.random.Generator,
        variants: bool = False,
    ) -> RawPatterns:
        """Patterns of compounds as a diffractometer records them, b of them; see `draw`."""
        phases = self.phases_of(np.concatenate([indices, impurities]), rng, variants)
        generator = torch.Generator(self.device).manual_seed(int(rng.integers(2**62)))
        return draw_patterns(
            phases,
            n_patterns=len(indices),
            grid=self.config.grid,
            config=self.config.augmentation,
            generator=generator,
        )

    def _draw_once(
        self, indices: IntArray, impurities: IntArray, rng: np.random.Generator, variants: bool
    ) -> tuple[Float32Array, IntArray, IntArray, BoolArray]:
        config = self.config
        raw = self.recorded(indices, impurities=impurities, rng=rng, variants=variants)
        first = np.maximum(raw.first.cpu().numpy(), self.measured_points[0])
        last = np.minimum(raw.last.cpu().numpy(), self.measured_points[1])
        rows, visible = prepare_rows(
            raw.intensity.cpu().numpy(),
            first=first,
            last=last,
            step_deg=config.grid.step_deg,
            config=config.preprocessing,
        )
        return rows, first, last, visible

    def _with_gaps(
        self, rows: Float32Array, mask: BoolArray, rng: np.random.Generator
    ) -> tuple[Float32Array, BoolArray]:
        """Some patterns without parts of their range, the maximum of the rest 1 again.

        The background is estimated before the cut: a gap hardly moves it. Where too little would
        stay the pattern is left as it is.
        """
        config = self.config.augmentation
        rows, mask = rows.copy(), mask.copy()
        step = self.config.grid.step_deg
        for i in np.flatnonzero(rng.random(len(rows)) < config.gap_share):
            kept = mask[i].copy()
            for _ in range(int(rng.integers(1, config.most_gaps + 1))):
                width = np.exp(rng.uniform(*np.log(config.gap_deg_log)))
                centre = rng.choice(np.flatnonzero(mask[i]))
                half = round(0.5 * width / step)
                kept[max(0, centre - half) : centre + half + 1] = False
            strongest = rows[i][kept].max(initial=0.0)
            if strongest > LEAST_LEFT:
                mask[i] = kept
                rows[i] = np.where(kept, rows[i] / strongest, 0.0)
        return rows, mask

    def phases_of(self, indices: IntArray, rng: np.random.Generator, variants: bool) -> Phases:
        """The compounds' reflections as tensors, some of them of variants of the structure."""
        data, f_squared = self.dataset, np.atleast_2d(self.dataset.f_squared)
        share = self.config.augmentation.variant_share if variants and len(f_squared) > 1 else 0.0
        varied = rng.random(len(indices)) < share
        numbers = np.where(varied, rng.integers(1, max(2, len(f_squared)), len(indices)), 0)
        start, length = data.offsets[indices], np.diff(data.offsets)[indices]
        phase = np.repeat(np.arange(len(indices)), length)
        line = np.arange(len(phase)) + (start - np.cumsum(length) + length)[phase]
        strength = f_squared[numbers[phase], line] * data.multiplicity[line]
        cell = data.cells[indices].astype(np.float32)
        tensors = (phase, data.hkl[line].astype(np.float32), strength, cell, self._systems[indices])
        return Phases(*(torch.from_numpy(array).to(self.device) for array in tensors))

    @cached_property
    def _systems(self) -> IntArray:
        groups = self.dataset.space_groups
        return np.array([system_number(int(g)) for g in groups])

    def draw_inputs(
        self,
        indices: IntArray,
        *,
        impurities: IntArray,
        rng: np.random.Generator,
        variants: bool = False,
    ) -> Float32Array:
        """Network inputs (b, channels, length) of the given compounds; see `draw`."""
        intensity, mask = self.draw(indices, impurities=impurities, rng=rng, variants=variants)
        resampled = np.ascontiguousarray((self._to_axis @ intensity.T).T)
        knee = self.config.preprocessing.intensity_knee
        return self.axis.scaled_input(resampled, mask, knee=knee)


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
        seed: tuple[int, ...],
    ) -> None:
        self.source = source
        self.inside = inside
        self.outside = outside
        self.batch_size = batch_size
        self.seed = seed
        members = [source.dataset.members[i] for i in inside]
        self.classes = np.array([member.class_number for member in members])
        self.invented = np.array([member.is_invented for member in members], dtype=np.bool_)
        column_of = {**groups.column_of(), OUTSIDE: (-1, -1)}
        places = [column_of.get(m.class_number, (-1, -1)) for m in source.dataset.members]
        self.columns = np.array([column for column, _ in places])
        self.groups = np.array([group for _, group in places])

    def loader(self, *, workers: int) -> DataLoader[Any]:
        """The batches, drawn here or by so many processes."""
        return DataLoader(
            self,
            batch_size=None,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            generator=torch.Generator().manual_seed(self.seed[0]),
        )

    def _weights(self) -> FloatArray:
        own = np.where(self.invented, self.source.config.invented_count, 1.0)
        count = np.bincount(self.classes, weights=own)[self.classes]
        weights = own * count ** (self.source.config.balance - 1.0)
        normalised: FloatArray = weights / weights.sum()
        return normalised

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        if worker:
            torch.set_num_threads(1)
        rng = np.random.default_rng([*self.seed, worker.id if worker else 0])
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
            inputs = self.source.draw_inputs(chosen, impurities=impurities, rng=rng, variants=True)
            yield inputs, self.columns[chosen], self.groups[chosen]
