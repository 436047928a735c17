"""Known compounds whose patterns are most like a measured one, after scaling of the lattice.

The starting point of whoever refines the structure. See docs/how-to/nearest.md for how the
measure of likeness was chosen.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arguments import as_count
from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.diffraction import LARGEST_SINE, lorentz_polarisation
from crystinet.core.errors import CorpusError
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.corpus.index.index import CompoundIndex, KnownCompound, decode_strength
from crystinet.lines.shifts import Shifts, shifted_cosines, vertices
from crystinet.model.representation import LogAxis
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.signal import scale_intensity

Float32Array = NDArray[np.float32]

# Types whose templates are kept: those of a batch of like samples, at most 2 MB each.
_KEPT_TYPES = 16
# Standard deviations per full width at half height of a Gaussian.
_SIGMA_PER_FWHM = 0.42466


@dataclass(frozen=True)
class NearestConfig:
    """How patterns are compared with those of known compounds.

    Attributes
    ----------
    n_bins
        Bins of the logarithmic axis: 768 on the published grid are 0.4 % of d each.
    largest_scale
        Lattices up to this much larger or smaller are tried: logarithm of the factor.
    fwhm_deg
        Width of the lines of the known compounds, degrees 2theta: that of a broad measured line,
        so that a lattice which is only isotropically right still meets the lines.
    knee
        Intensities below this share of the strongest are compared linearly, see `scale_intensity`;
        it lowers the weight of strong lines, which texture changes most.
    scale_penalty
        How fast likeness falls with the change of the lattice: power of the factor.
    """

    n_bins: int = 768
    largest_scale: float = 0.155
    fwhm_deg: float = 0.3
    knee: float = 0.1
    scale_penalty: float = 1.0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A known compound and how like it the pattern is.

    Attributes
    ----------
    compound
        Formula, cell, space group and origin.
    number
        Its place in the index.
    likeness
        ``cosine * min(scale, 1 / scale)``, 0 to 1.
    cosine
        Of the pattern with that of the compound at the best scale, over the measured range.
    scale
        What the edges of the compound have to be multiplied by.
    """

    compound: KnownCompound
    number: int
    likeness: float
    cosine: float
    scale: float


class NearestCompounds:
    """An index, ready to be searched with patterns on one axis.

    Parameters
    ----------
    index
        The known compounds.
    grid
        Of the prepared patterns.
    config
        Settings.
    """

    def __init__(
        self,
        index: CompoundIndex,
        grid: TwoThetaGrid,
        config: NearestConfig = NearestConfig(),
    ) -> None:
        self.index = index
        self.axis = LogAxis(grid, n_bins=config.n_bins)
        self.config = config
        self._bins = config.n_bins
        self._first = float(self.axis.edges[0])
        self._width = float(self.axis.edges[1]) - self._first
        self._shifts = round(config.largest_scale / self._width)
        self._templates: OrderedDict[tuple[str, ...], Float32Array] = OrderedDict()

    def require_types(self, names: Iterable[str]) -> None:
        """Refuse an index that has no compound of any of these types.

        Raises
        ------
        CorpusError
            It was made for other types.
        """
        if len(self.index.of_types(names)) == 0:
            some = ", ".join(sorted(self.index.by_type)[:3])
            raise CorpusError(
                f"The index holds no compound of the types of this model, but of {some} ...",
                hint="Make one from the corpus of the model: `crystinet corpus index`.",
            )

    def search(
        self,
        prepared: Pattern,
        types: Iterable[str],
        *,
        n: int = 5,
        without: IntArray | None = None,
    ) -> tuple[Neighbour, ...]:
        """Find the most similar known compounds of some types, the best first.

        Parameters
        ----------
        prepared
            From `crystinet.patterns.preprocess`, on the grid of the axis.
        types
            Names of structure types that count as one: a class and what is merged into it.
        n
            At most so many.
        without
            Numbers of compounds that are passed over.
        """
        n = as_count(n, name="n")
        names = tuple(types)
        rows = self.index.of_types(names)
        if not len(rows):
            return ()
        cosine, log_scale = self.compare(prepared, names)
        likeness = cosine * np.exp(-self.config.scale_penalty * np.abs(log_scale))
        if without is not None:
            likeness = np.where(np.isin(rows, without), -1.0, likeness)
        order = [i for i in np.argsort(-likeness, kind="stable")[:n] if likeness[i] >= 0.0]
        return tuple(
            Neighbour(
                compound=self.index.compounds[rows[i]],
                number=int(rows[i]),
                likeness=float(likeness[i]),
                cosine=float(cosine[i]),
                scale=float(np.exp(log_scale[i])),
            )
            for i in order
        )

    def compare(self, prepared: Pattern, types: tuple[str, ...]) -> tuple[FloatArray, FloatArray]:
        """Best cosine with each compound of some types, and the logarithm of its scale, (n,) each.

        Only measured bins count, on both sides, as in `similarity.best_cosine`; here the known
        pattern moves, and it goes on beyond the ends of the axis.
        """
        x, mask = self._on_axis(prepared)
        shifts = Shifts(-self._shifts, self._shifts, before=self._shifts)
        cosine = shifted_cosines(x[None], mask[None], self._templates_of(types), shifts=shifts)
        rows = cosine[0].T.astype(np.float64)  # (n, shifts)
        best = rows.argmax(axis=1)
        value, offset = vertices(rows, best)
        # A template that is read further to the right has the lines of a smaller cell.
        log_scale = (best + offset - self._shifts) * self._width + _doublet(prepared.radiation)
        return np.clip(value, 0.0, 1.0), log_scale

    def _on_axis(self, prepared: Pattern) -> tuple[Float32Array, Float32Array]:
        """Scaled intensity and mask on the axis, (bins,) each."""
        mask = self.axis.resample_mask(prepared.mask)
        mean = np.where(mask, np.maximum(self.axis.resample(prepared.intensity), 0.0), 0.0)
        scaled = scale_intensity(mean / max(float(mean.max()), 1e-30), knee=self.config.knee)
        return scaled.astype(np.float32), mask.astype(np.float32)

    def _templates_of(self, types: tuple[str, ...]) -> Float32Array:
        """Patterns of the compounds, drawn on the axis and beyond its ends, (n, bins + shifts)."""
        if types in self._templates:
            self._templates.move_to_end(types)
            return self._templates[types]
        drawn = self._draw(self.index.of_types(types))
        self._templates[types] = drawn
        if len(self._templates) > _KEPT_TYPES:
            self._templates.popitem(last=False)
        return drawn

    def _draw(self, rows: IntArray) -> Float32Array:
        wavelength = self.axis.grid.wavelength_angstrom
        starts, ends = self.index.offsets[rows], self.index.offsets[rows + 1]
        line = np.concatenate([np.arange(a, b) for a, b in zip(starts, ends, strict=True)])
        row = np.repeat(np.arange(len(rows)), ends - starts)
        sine = 0.5 * wavelength / self.index.d_angstrom[line]
        kept = sine < LARGEST_SINE
        line, row, sine = line[kept], row[kept], sine[kept]
        theta = np.arcsin(sine)
        area = decode_strength(self.index.strength[line])
        area = area * lorentz_polarisation(np.degrees(2.0 * theta))
        # Width in bins, and that of the bin itself; the height of a line in 2theta is its area.
        own = np.radians(self.config.fwhm_deg) / (2.0 * np.tan(theta)) * _SIGMA_PER_FWHM
        sigma = np.hypot(own / self._width, 0.5)
        height = area * own / self._width / sigma
        place = (np.log(2.0 * sine / wavelength) - self._first) / self._width + self._shifts - 0.5
        reach = int(np.ceil(3.0 * sigma.max(initial=1.0)))
        bins = np.rint(place).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
        value = height[:, None] * np.exp(-0.5 * ((bins - place[:, None]) / sigma[:, None]) ** 2)
        n = self._bins + 2 * self._shifts
        inside = (bins >= 0) & (bins < n)
        flat = (row[:, None] * n + bins)[inside]
        drawn = np.bincount(flat, weights=value[inside], minlength=len(rows) * n)
        drawn = drawn.reshape(len(rows), n)
        middle = drawn[:, self._shifts : self._shifts + self._bins]
        drawn = drawn / np.maximum(middle.max(axis=1, keepdims=True), 1e-30)
        return scale_intensity(drawn, knee=self.config.knee).astype(np.float32)


def _doublet(radiation: Radiation) -> float:
    """Logarithm of the mean wavelength over that of K-alpha1, which stands for it on the axis."""
    lines, weights = radiation.wavelengths_angstrom, radiation.weights
    return float(np.log(np.average(lines, weights=weights) / lines[0]))
