"""Where a refinement can start: for each candidate known compounds and an estimate of the lattice.

Here the search for known compounds meets the placement of lines: it says about where they lie.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from crystinet.core.arguments import as_count
from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.diffraction import d_from_two_theta
from crystinet.core.plain import Document, number
from crystinet.core.shown import html_lines
from crystinet.corpus.index.given import index_with
from crystinet.corpus.index.index import CompoundIndex
from crystinet.fit.known import (
    REFERENCE_D_MIN,
    KnownLines,
    known_compound,
    reference_of,
    setting_of,
)
from crystinet.fit.lattice import LatticeEstimate, Start
from crystinet.fit.nearest import NearestCompounds, Neighbour
from crystinet.fit.placement import Placement, place, scale_range, unit_volume
from crystinet.patterns.sample import Sample

if TYPE_CHECKING:
    from crystinet.model.identification import Identification
    from crystinet.model.inference import Model

#: Candidates that get known compounds and a lattice, unless another number is wanted.
CANDIDATES = 3
#: Lines of so many of the nearest compounds are laid on the pattern, and those of the reference.
NEAREST_STARTS = 3

#: Neighbours that a starting point shows of itself.
_SHOWN = 3
# Starts of one compound are the same start where their scales differ by less, in the logarithm.
_SAME_START = 0.01


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What is wanted for the top candidates.

    Attributes
    ----------
    nearest
        Known compounds of each candidate; 0 for none.
    lattice
        Whether to estimate the lattice.
    candidates
        So many candidates, the best.
    """

    nearest: int = 5
    lattice: bool = True
    candidates: int = CANDIDATES

    def __post_init__(self) -> None:
        as_count(self.nearest, name="nearest", least=0)
        as_count(self.candidates, name="candidates")


#: Only how the lines of the type that an answer names first lie on the sample, for pictures.
PLACEMENT_ONLY = StartOptions(nearest=0, lattice=False, candidates=1)


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """What a candidate offers to a refinement.

    Attributes
    ----------
    type
        Structure type of the candidate.
    probability
        Of the candidate.
    nearest
        Known compounds whose patterns are most like the measured one, the best first; None where
        they were not asked for.
    lattice
        None where it was not asked for, or cannot be determined.
    placement
        How the lines of the type lie on the sample; None where none fits.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "NaCl")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> (point,) = crystinet.nearest(pattern, neighbours=3, candidates=1)
    >>> point.type, round(point.lattice.cell[0], 2)
    ('NaCl', 4.21)
    >>> point.nearest[0].compound.type_name
    'NaCl'
    """

    type: str
    probability: float
    nearest: tuple[Neighbour, ...] | None
    lattice: LatticeEstimate | None
    placement: Placement | None

    @property
    def scale(self) -> float | None:
        """Edges of the sample's cell relative to those of the type's reference structure."""
        return None if self.placement is None else self.placement.scale

    def __repr__(self) -> str:
        lines = [f"StartingPoint {self.type}, {100.0 * self.probability:.1f} %"]
        lines += [f"  {self.lattice!r}"] * (self.lattice is not None)
        lines += [f"  {neighbour!r}" for neighbour in (self.nearest or ())[:_SHOWN]]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        title, *lines = repr(self).split("\n")
        return html_lines(title, lines)

    def to_dict(self) -> Document:
        """Plain data, as in ``candidates`` of ``crystinet identify --nearest N --lattice --json``.

        ``nearest`` and ``lattice`` are None where they were not asked for or cannot be had.
        """
        return {
            "type": self.type,
            "probability": number(self.probability),
            "nearest": None if self.nearest is None else [each.to_dict() for each in self.nearest],
            "lattice": None if self.lattice is None else self.lattice.to_dict(),
            "scale": None if self.scale is None else number(self.scale),
        }


class StartingPoints:
    """Finds starting points.

    Parameters
    ----------
    model
        The model that identifies, for its types and its preprocessing.
    index
        The known compounds; those that taught the model further types are added.
    options
        What is wanted.

    Raises
    ------
    CorpusError
        The index was made for other types.
    """

    def __init__(self, model: "Model", index: CompoundIndex, options: StartOptions) -> None:
        self.model = model
        self.options = options
        self.index = index_with(index, model.bundle.given)
        self._known: dict[tuple[str, ...], tuple[tuple[KnownLines, ...], tuple[float, float]]] = {}
        self._nearest = NearestCompounds(self.index, model.bundle.axis.grid)
        if options.nearest or options.lattice:
            self._nearest.require_types(
                name for entry in model.bundle.types for name in (entry.name, *entry.merged)
            )

    def find(self, sample: Sample, answer: "Identification") -> tuple[StartingPoint, ...]:
        """Starting points of the best candidates of an answer; see `PLACEMENT_ONLY`."""
        if self.options == PLACEMENT_ONLY:
            first = answer.ranking[0]
            return (self.of_types(sample, first.names, probability=first.probability),)
        return tuple(
            self.of_types(
                sample,
                (candidate.type, *candidate.merged),
                probability=candidate.probability,
            )
            for candidate in answer.candidates[: self.options.candidates]
        )

    def of_types(
        self,
        sample: Sample,
        names: Sequence[str],
        *,
        probability: float = 1.0,
        without: IntArray | None = None,
    ) -> StartingPoint:
        """Starting point of one candidate.

        Parameters
        ----------
        sample
            Prepared for the model.
        names
            The type and what is merged into it.
        probability
            Of the candidate.
        without
            Numbers of compounds of the index that are passed over.
        """
        wanted, types = self.options.nearest, tuple(names)
        found = self._nearest.search(
            sample.prepared, types, n=max(wanted, NEAREST_STARTS), without=without
        )
        placed = self._place(sample, types, found)
        if placed is not None:
            found = tuple(_at_scale(each, placed) for each in found)
        return StartingPoint(
            type=types[0],
            probability=probability,
            nearest=found[:wanted] if wanted else None,
            lattice=placed.lattice if placed and self.options.lattice else None,
            placement=placed,
        )

    def likeness(self, sample: Sample, names: Sequence[str]) -> tuple[FloatArray, FloatArray]:
        """Cosine of a sample with each known compound of types, and logarithm of its scale, (n,).

        Parameters
        ----------
        sample
            Prepared for the model.
        names
            The type and what is merged into it.
        """
        types = tuple(names)
        if not len(self.index.of_types(types)):
            return np.zeros(0), np.zeros(0)
        return self._nearest.compare(sample.prepared, types)

    def range_of(self, names: Sequence[str]) -> tuple[float, float]:
        """Logarithms of the scales that are tried for the reference of types that count as one."""
        return self._references(tuple(names))[1]

    def _place(
        self, sample: Sample, names: tuple[str, ...], found: Sequence[Neighbour]
    ) -> Placement | None:
        """Lay the lines of the nearest compounds and of the references on the sample."""
        first, starts = self._starts(sample, names, found)
        return None if first is None else place(first, starts, sample)

    def starts(
        self,
        sample: Sample,
        names: Sequence[str],
        *,
        compared: tuple[FloatArray, FloatArray] | None = None,
    ) -> Iterator[Start]:
        """Lines of types, each about where it lies on a sample, the most likely first.

        Parameters
        ----------
        sample
            Prepared for the model.
        names
            The type and what is merged into it.
        compared
            From `likeness`, if it was asked before.
        """
        types = tuple(names)
        found = self._nearest.search(sample.prepared, types, n=NEAREST_STARTS, compared=compared)
        for each in found:
            lines = known_compound(self.index, each.number)
            yield Start(lines, each.scale, lines.cell.volume)
        yield from self._starts(sample, types, found)[1][len(found) :]

    def _starts(
        self, sample: Sample, names: tuple[str, ...], found: Sequence[Neighbour]
    ) -> tuple[KnownLines | None, list[Start]]:
        """What the scale is relative to, and the starts; None without any known lines."""
        known = [known_compound(self.index, each.number) for each in found[:NEAREST_STARTS]]
        near = list(zip(known, (each.scale for each in found), strict=False))
        references, within = self._references(names)
        own = [
            (lines, float(np.exp(self._nearest.scale_of(lines, sample.prepared, within=within)[1])))
            for lines in references
        ]
        if not (own or near):
            return None, []
        first, scale = (own or near)[0]
        starts = [
            Start(lines, s, unit_volume(lines, s, reference=first, reference_scale=scale))
            for lines, s in (*near, *own)
        ]
        if own and near:  # the reference where the nearest compound is, too
            implied = starts[0].type_scale
            if abs(np.log(implied / scale)) > _SAME_START:
                starts.append(Start(first, implied, first.cell.volume))
        return first, starts

    def _references(
        self, names: tuple[str, ...]
    ) -> tuple[tuple[KnownLines, ...], tuple[float, float]]:
        """References of types, and logarithms of the scales that their compounds have."""
        if names not in self._known:
            given = {name: found[0] for name, found in self.model.bundle.given.items()}
            references = (reference_of(name, given=given.get(name)) for name in names)
            first = next((found for found in references if found), None)
            compounds = (self.index.compounds[row] for row in self.index.of_types(names))
            sizes = [
                float(np.log(compound.cell.volume / first.cell.volume)) / 3.0
                for compound in compounds
                if first is not None and setting_of(compound).holds_as_much_as(first.setting)
            ]
            within = scale_range(np.array(sizes))
            grid = self.model.bundle.axis.grid
            end = float(d_from_two_theta(np.array(grid.stop_deg), grid.wavelength_angstrom))
            d_min = min(REFERENCE_D_MIN, end * float(np.exp(-within[1])))
            found = (
                reference_of(name, d_min_angstrom=d_min, given=given.get(name)) for name in names
            )
            self._known[names] = tuple(r for r in found if r is not None), within
        return self._known[names]


def _at_scale(neighbour: Neighbour, placed: Placement) -> Neighbour:
    """The compound with the scale that the placement gives it, where the cells hold as much."""
    compound = neighbour.compound
    if not setting_of(compound).holds_as_much_as(placed.reference):
        return neighbour
    volume = placed.scale**3.0 * placed.reference.cell.volume
    return replace(neighbour, scale=math.cbrt(volume / compound.cell.volume))
