"""Known compounds whose patterns are most like a measured one, after scaling of the lattice.

The starting point of whoever refines the structure. See docs/how-to/nearest.md for how the
measure of likeness was chosen.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

import numpy as np

from crystinet.core.arguments import as_count
from crystinet.core.arrays import Float32Array, FloatArray, IntArray
from crystinet.core.errors import CorpusError
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.plain import Document, number
from crystinet.core.radiation import Radiation
from crystinet.corpus.index.index import CompoundIndex, decode_strength
from crystinet.corpus.index.table import KnownCompound
from crystinet.crystals.formulas import readable_formula
from crystinet.fit.known import KnownLines
from crystinet.fit.templates import Drawing
from crystinet.lines.shifts import Shifts, energy_of, shifted_cosines, vertices
from crystinet.model.representation import LogAxis
from crystinet.patterns.pattern import Pattern

# Templates are kept up to so many bytes, those of the types asked for last: most of the default
# bundle's, which take 120 MB together, and drawing one type's takes as long as the networks.
_KEPT_BYTES = 96_000_000


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
        What the edges of the compound have to be multiplied by to get those of the sample: as the
        lines of the whole type are laid on it (`crystinet.fit.placement`), where the compound's
        cell holds as many atoms as the reference's, else as its cosine is highest.
    """

    compound: KnownCompound
    number: int
    likeness: float
    cosine: float
    scale: float

    def __repr__(self) -> str:
        compound = self.compound
        formula, origin = readable_formula(compound.formula), compound.source_id or compound.source
        return f"Neighbour {formula} ({origin}), likeness {self.likeness:.3f}"

    def to_dict(self) -> Document:
        """Plain data, as ``nearest`` of ``crystinet identify --nearest N --json``."""
        compound = self.compound
        return {
            "formula": compound.formula,
            "readable_formula": readable_formula(compound.formula),
            "type": compound.type_name,
            "cell": [number(value) for value in compound.cell],
            "space_group": compound.space_group,
            "source": compound.source,
            "source_id": compound.source_id,
            "licence": compound.licence,
            "kind": compound.kind,
            "likeness": number(self.likeness),
            "cosine": number(self.cosine),
            "scale": number(self.scale),
        }


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
        self.config = config
        self.drawing = Drawing(
            LogAxis(grid, n_bins=config.n_bins), fwhm_deg=config.fwhm_deg, knee=config.knee
        )
        self._shifts = self.drawing.shifts(-config.largest_scale, config.largest_scale)
        self._templates: OrderedDict[tuple[str, ...], tuple[Float32Array, FloatArray]]
        self._templates = OrderedDict()
        self._keeping = Lock()

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
        compared: tuple[FloatArray, FloatArray] | None = None,
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
        compared
            What `compare` says of them, if it was asked before.
        """
        n = as_count(n, name="n")
        names = tuple(types)
        rows = self.index.of_types(names)
        if not len(rows):
            return ()
        cosine, log_scale = compared or self.compare(prepared, names)
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

        Only measured bins count, on both sides, see `crystinet.lines.shifts`; the known pattern
        goes on beyond the ends of the axis.
        """
        return self._best(prepared, *self._templates_of(types), self._shifts)

    def scale_of(
        self, lines: KnownLines, prepared: Pattern, *, within: tuple[float, float]
    ) -> tuple[float, float]:
        """Best cosine with one compound or reference, and the logarithm of its scale.

        Parameters
        ----------
        lines
            What is compared.
        prepared
            From `crystinet.patterns.preprocess`, on the grid of the axis.
        within
            Logarithms of the smallest and the largest scale that are tried.
        """
        shifts = self.drawing.shifts(*within)
        row = np.zeros(len(lines.strength), dtype=np.int64)
        templates = self.drawing.templates(
            lines.d_angstrom, lines.strength, row, n=1, shifts=shifts
        )
        cosine, log_scale = self._best(prepared, templates, energy_of(templates), shifts)
        return float(cosine[0]), float(log_scale[0])

    def _best(
        self, prepared: Pattern, templates: Float32Array, energy: FloatArray, shifts: Shifts
    ) -> tuple[FloatArray, FloatArray]:
        x, mask = self.drawing.pattern(prepared)
        cosine = shifted_cosines(x, mask, templates, shifts=shifts, energy=energy)
        rows = cosine[0].astype(np.float64)
        value, offset = vertices(rows, best := rows.argmax(axis=1))
        # A template that is read further to the right has the lines of a smaller cell.
        log_scale = (best + offset + shifts.first) * self.drawing.bin_width
        return np.clip(value, 0.0, 1.0), log_scale + _doublet(prepared.radiation)

    def _templates_of(self, types: tuple[str, ...]) -> tuple[Float32Array, FloatArray]:
        """Patterns of the compounds, drawn on the axis and beyond its ends, and their energy.

        Shape (n, bins + shifts), and one more.
        """
        with self._keeping:
            if types in self._templates:
                self._templates.move_to_end(types)
                return self._templates[types]
        rows = self.index.of_types(types)
        drawn = self.drawing.templates(
            self.index.d_of(rows),
            decode_strength(self.index.strength[self.index.places_of(rows)]),
            np.repeat(np.arange(len(rows)), np.diff(self.index.offsets)[rows]),
            n=len(rows),
            shifts=self._shifts,
        )
        found = drawn, energy_of(drawn)
        with self._keeping:
            self._templates[types] = found
            held = sum(each.nbytes for pair in self._templates.values() for each in pair)
            while held > _KEPT_BYTES and len(self._templates) > 1:
                _, oldest = self._templates.popitem(last=False)
                held -= sum(each.nbytes for each in oldest)
        return found


def _doublet(radiation: Radiation) -> float:
    """Logarithm of the mean wavelength over that of K-alpha1, which stands for it on the axis."""
    lines, weights = radiation.wavelengths_angstrom, radiation.weights
    return float(np.log(np.average(lines, weights=weights) / lines[0]))
