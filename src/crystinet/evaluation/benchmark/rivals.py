"""Who is asked: a bundle, and what people do without networks.

Each rival gives every class of the bundle a score for each pattern; the class with the highest one
is its answer. Rivals without networks look through a library of known compounds and give a class
the score of its best compound. They may scale the lattice as far as the networks are asked to see
through, so that they are not beaten by a change of the cell alone.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from crystinet.core.arrays import BoolArray, Float32Array, FloatArray, IntArray
from crystinet.core.diffraction import (
    d_from_two_theta,
    lorentz_polarisation,
    two_theta_within_reach,
)
from crystinet.core.errors import ConfigError
from crystinet.corpus.compound import composition_of
from crystinet.corpus.index.index import CompoundIndex, decode_strength
from crystinet.corpus.splits import compound_key
from crystinet.evaluation.benchmark.cases import PosedPattern
from crystinet.fit.nearest import NearestCompounds, NearestConfig
from crystinet.lines.shifts import Shifts, shifted_cosines
from crystinet.model.bundle import Bundle
from crystinet.model.inference import Model
from crystinet.model.representation import LogAxis
from crystinet.patterns.pattern import Pattern


class Way(NamedTuple):
    """A way in which a rival can be asked: its name, and whether it needs a case's elements."""

    name: str
    needs_elements: bool = False


class Rival(ABC):
    """Somebody who is asked about the same patterns as the bundle.

    Attributes
    ----------
    ways
        In which it can be asked.
    """

    ways: tuple[Way, ...]

    @abstractmethod
    def answer(self, cases: Sequence[tuple[Pattern, PosedPattern]]) -> list[FloatArray]:
        """Scores of every class, (b, t), for each of the ways.

        Parameters
        ----------
        cases
            Prepared patterns, and the cases that they are of.
        """


class BundleRival(Rival):
    """A bundle, asked without any hint.

    Parameters
    ----------
    name
        In the table.
    model
        Who is asked.
    judge
        The bundle whose classes count. Classes that ``model`` lacks it never names.

    Raises
    ------
    ConfigError
        The bundles prepare patterns in different ways.
    """

    def __init__(self, name: str, model: Model, *, judge: Bundle) -> None:
        own = model.bundle
        if (own.axis.grid, own.preprocessing) != (judge.axis.grid, judge.preprocessing):
            raise ConfigError(
                f"{name}: the bundle prepares patterns in another way.",
                hint="Bundles are compared on the same prepared patterns: train it with the grid "
                "and the preprocessing of the other.",
            )
        self.ways, self.model = (Way(name),), model
        place = {entry.name: column for column, entry in enumerate(own.types)}
        self._columns = [place.get(entry.name, -1) for entry in judge.types]

    def answer(self, cases: Sequence[tuple[Pattern, PosedPattern]]) -> list[FloatArray]:
        """Reliabilities of the classes, which rank them."""
        scores = self.model.score(self.model.network_input([pattern for pattern, _ in cases]))
        reliability = scores.reliability(self.model.calibration)
        never = np.full((len(reliability), 1), -np.inf)
        return [np.hstack([reliability, never])[:, self._columns]]


class LibraryRival(Rival):
    """Somebody with a library of known compounds, with and without those of the same elements.

    With them the compound itself may be in the library; without them it is as new to the library
    as a held-out compound is to the networks.

    Parameters
    ----------
    name
        In the table.
    index
        The library; its compounds of types that are no class of the bundle are left out.
    judge
        The bundle whose classes count.

    Raises
    ------
    CorpusError
        The library holds no compound of these classes.
    """

    def __init__(self, name: str, index: CompoundIndex, *, judge: Bundle) -> None:
        self.ways = Way(name), Way(f"{name}, own elements left out", needs_elements=True)
        self.index = index
        column = {
            kind: number
            for number, entry in enumerate(judge.types)
            for kind in (entry.name, *entry.merged)
        }
        self.types = tuple(column)
        self._nearest = NearestCompounds(index, judge.axis.grid)
        self._nearest.require_types(self.types)
        self.rows = index.of_types(self.types)
        compounds = [index.compounds[row] for row in self.rows]
        self._column = np.array([column[compound.type_name] for compound in compounds])
        self._n_classes = len(judge.types)
        self._keys = np.array([compound_key(composition_of(c.formula)) for c in compounds])

    @abstractmethod
    def likeness(self, pattern: Pattern, case: PosedPattern) -> FloatArray:
        """Likeness of the pattern with each compound of ``rows``, at least 0."""

    def answer(self, cases: Sequence[tuple[Pattern, PosedPattern]]) -> list[FloatArray]:
        """The best likeness of each class, with the whole library and without part of it."""
        whole, without = np.empty((2, len(cases), self._n_classes))
        for i, (pattern, case) in enumerate(cases):
            found = self.likeness(pattern, case)
            whole[i] = self._best(found)
            without[i] = self._best(np.where(self._keys == case.key, -1.0, found))
        return [whole, without]

    def _best(self, likeness: FloatArray) -> FloatArray:
        best = np.full(self._n_classes, -1.0)
        np.maximum.at(best, self._column, likeness)
        return best


class OneNearest(LibraryRival):
    """The compound with the highest cosine of the patterns, as ``identify --nearest`` finds it."""

    def likeness(self, pattern: Pattern, case: PosedPattern) -> FloatArray:
        """Cosine at the best scale, less a penalty for a scale far from 1."""
        cosine, log_scale = self._nearest.compare(pattern, self.types)
        penalty: FloatArray = np.exp(-self._nearest.config.scale_penalty * np.abs(log_scale))
        return cosine * penalty


# Bins of the lists of lines in ln(1/d), 0.2 % of d each: lines match in the same bin. With three
# times as much this rival was much weaker on measured patterns.
_LIST_BINS = 1440


class PeakListRival(LibraryRival):
    """Lines by d and intensity, as search programs match them, at the best scale of the lattice.

    The likeness is the cosine of two lists: square roots of the heights of the peaks that were
    found, and of the intensities of the strongest lines of a compound, in bins of ln(1/d).
    """

    def __init__(self, name: str, index: CompoundIndex, *, judge: Bundle) -> None:
        super().__init__(name, index, judge=judge)
        self._axis = LogAxis(judge.axis.grid, n_bins=_LIST_BINS)
        edges, largest = self._axis.edges, NearestConfig().largest_scale
        self._width = float(edges[1] - edges[0])
        reach = round(largest / self._width)
        self._shifts = Shifts(-reach, reach, before=reach)
        self._penalty = np.exp(-np.abs(np.arange(-reach, reach + 1)) * self._width)
        self._templates = self._lists()

    def likeness(self, pattern: Pattern, case: PosedPattern) -> FloatArray:
        """Cosine of the lists, less the same penalty for the scale."""
        mask: BoolArray = self._axis.resample_mask(pattern.mask)
        grid = self._axis.grid
        d = d_from_two_theta(case.peaks.two_theta_deg, grid.wavelength_angstrom)
        place = self._places(d)
        x = np.zeros(self._axis.n_bins, dtype=np.float32)
        inside = (place >= 0) & (place < len(x))
        np.maximum.at(x, place[inside], np.sqrt(case.peaks.height[inside]))
        cosine = shifted_cosines(
            (x * mask)[None], mask[None].astype(np.float32), self._templates, shifts=self._shifts
        )[0]
        best: FloatArray = (cosine * self._penalty).max(axis=1).astype(np.float64)
        return best

    def _places(self, d_angstrom: FloatArray) -> IntArray:
        start = float(self._axis.edges[0])
        return np.floor((-np.log(d_angstrom) - start) / self._width).astype(np.int64)

    def _lists(self) -> Float32Array:
        """Roots of the intensities of the lines of every compound, (n, bins + shifts)."""
        index, grid = self.index, self._axis.grid
        line, d = index.places_of(self.rows), index.d_of(self.rows)
        row = np.repeat(np.arange(len(self.rows)), np.diff(index.offsets)[self.rows])
        angle = two_theta_within_reach(d, grid.wavelength_angstrom)
        intensity = decode_strength(index.strength[line]) * lorentz_polarisation(angle)
        length = self._axis.n_bins + 2 * self._shifts.last
        place = self._places(d) + self._shifts.before
        inside = (place >= 0) & (place < length)
        flat = (row * length + place)[inside]
        drawn = np.bincount(
            flat, weights=intensity[inside], minlength=len(self.rows) * length
        ).reshape(-1, length)
        return np.sqrt(drawn).astype(np.float32)
