"""What is known of a compound beyond all types: the lattice, from the pattern alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.cell import Cell
from crystinet.core.diffraction import dispersion_deg
from crystinet.core.plain import Document, in_percent, number
from crystinet.core.progress import Patience, Progress, silent
from crystinet.crystals.reduction import niggli_cell
from crystinet.lines.indexing.extinction import Extinction, extinctions
from crystinet.lines.indexing.nearest_derivative import NearestDerivative
from crystinet.lines.indexing.refining import Refined
from crystinet.lines.indexing.search import find_cells
from crystinet.lines.indexing.trials import FirstLines
from crystinet.patterns.sample import Sample

#: Lines that are indexed: the first of the pattern. Later ones lie too close in large cells.
MOST_INDEXED = 40
#: A cell is believed from this M20 on, and where it has this share of the lines. Source of the
#: first: de Wolff, J. Appl. Cryst. 1 (1968) 108.
LEAST_M20, LEAST_SHARE = 20.0, 0.8
#: ... and where there are so many lines: fewer are had by some cell of low symmetry in any case. Of
#: the first lines alone of validation patterns, cells with M20 from 20 on were right, or of the
#: average, so often: with 6-8, 9-10 and 12-14 lines tetragonal and hexagonal ones 11 of 12, 8 of 8
#: and 8 of 8, orthorhombic ones 5 of 11, 8 of 9 and 7 of 7, monoclinic ones 0, 3 and 3 of 4.
LEAST_LINES = {
    "cubic": 6, "tetragonal": 9, "hexagonal": 9, "orthorhombic": 12, "monoclinic": 20,
}  # fmt: skip
#: The search ends after so many seconds with what it has; it takes about 3 of a usual processor.
LONGEST_S = 8.0
# A second line of K-alpha2 lies within so many degrees of its place, and has about half the height.
_SAME_DEG, _LEAST_RATIO, _LARGEST_RATIO = 0.06, 0.25, 0.8

# Systems that a crystal can have whose lattice is by chance that of a family.
_LOWEST = ("orthorhombic", "monoclinic", "triclinic")
_LESS_SYMMETRIC = {
    "cubic": ("tetragonal", "trigonal", *_LOWEST), "tetragonal": _LOWEST, "hexagonal": _LOWEST,
    "orthorhombic": _LOWEST[1:], "monoclinic": _LOWEST[2:],
}  # fmt: skip
_CAN_BE_LESS = ", but a crystal can be less symmetric than its lattice"

_CENTRED = {
    "P": "primitive", "I": "body-centred", "F": "face-centred", "A": "A-centred",
    "B": "B-centred", "C": "C-centred", "R": "rhombohedral",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class IndexedCell:
    """A cell that has the lines of a pattern.

    Attributes
    ----------
    system
        Of the lattice: cubic, tetragonal, hexagonal, rhombohedral, orthorhombic or monoclinic.
        The crystal may be less symmetric; a hexagonal lattice is that of most trigonal crystals.
    centring
        P, I, F, R (obverse, in hexagonal axes), A, B or C.
    cell, reduced_cell
        Conventional cell, and the Niggli-reduced one of the primitive lattice; angstrom, degrees.
    m20, f20
        Figures of merit of de Wolff and of Smith & Snyder: the larger the better.
    indexed, lines
        Lines that the cell has, and all that were to be indexed.
    predicted
        Lines that it has up to the 20th of the pattern, there or not.
    shift_deg
        Displacement of the specimen: 2theta is too high by this times cos(theta).
    """

    system: str
    centring: str
    cell: Cell
    reduced_cell: Cell
    m20: float
    f20: float
    indexed: int
    lines: int
    predicted: int
    shift_deg: float

    @property
    def family(self) -> str:
        """Crystal family: hexagonal for rhombohedral lattices too."""
        return "hexagonal" if self.system == "rhombohedral" else self.system

    @property
    def fits(self) -> bool:
        """Whether the figures of merit are those of cells that mostly turn out right."""
        return self.m20 >= LEAST_M20 and self.indexed >= LEAST_SHARE * self.lines

    @property
    def believed(self) -> bool:
        """Whether it fits more lines than cells that are wrong would have by their freedom."""
        return self.fits and self.lines >= LEAST_LINES[self.family]

    @property
    def name(self) -> str:
        """The lattice in words: "tetragonal body-centred"."""
        if self.system == "rhombohedral":
            return self.system
        return f"{self.system} {_CENTRED[self.centring]}"

    @property
    def parameters(self) -> str:
        """What symmetry leaves free of the cell, for people: "a = 3.785, c = 9.514 Å"."""
        free = self.cell.free_names(self.family)
        edges = [f"{name} = {getattr(self.cell, name):.3f}" for name in free if name in "abc"]
        turned = [f"{name} = {getattr(self.cell, name):.2f}°" for name in free if name not in "abc"]
        return ", ".join([", ".join(edges) + " Å", *turned])

    @property
    def words(self) -> str:
        """Lattice and free parameters, for people: "tetragonal body-centred, a = 3.785 ..."."""
        return f"{self.name}, {self.parameters}"

    def to_dict(self) -> Document:
        """Plain data, as ``cells`` of ``beyond``."""
        return {
            "name": self.name,
            "system": self.system,
            "centring": self.centring,
            "cell": [number(value) for value in self.cell],
            "reduced_cell": [number(value) for value in self.reduced_cell],
            "volume": number(self.cell.volume),
            "m20": number(self.m20),
            "f20": number(self.f20),
            "indexed": self.indexed,
            "lines": self.lines,
            "predicted": self.predicted,
            "shift_deg": number(self.shift_deg),
            "believed": self.believed,
        }


@dataclass(frozen=True, slots=True)
class Beyond:
    """What a pattern says of its compound without any type.

    Attributes
    ----------
    cells
        Cells that have its lines, of different lattices, the best first.
    complete
        Whether the search went to its end; else it was stopped, or took too long.
    extinctions
        Space groups that the first cell may have, by what their absences say, and by what was known
        beforehand; the most probable first; none where the cell is not to be believed.
    nearest_derivative
        The relative of a known type that is closest, if one is close.
    networks_say
        Crystal system that networks clearly take the pattern for, with its probability, where the
        lattice is of another; None where the two agree.
    """

    cells: tuple[IndexedCell, ...]
    complete: bool = True
    extinctions: tuple[Extinction, ...] = ()
    nearest_derivative: NearestDerivative | None = None
    networks_say: tuple[str, float] | None = None

    @property
    def best(self) -> IndexedCell | None:
        """The first cell, where it is to be believed."""
        return self.cells[0] if self.cells and self.cells[0].believed else None

    @property
    def sentence(self) -> str:
        """The best that is known, for people."""
        if self.best is None:
            return self._unsure
        found = self.best
        article = "an" if found.name[0] in "aeiou" else "a"
        related = self.nearest_derivative
        near = f" Nearest to it among the known types is {related.words}." if related else ""
        return (
            f"The lines are those of {article} {found.name} cell with {found.parameters} "
            f"(M20 = {found.m20:.0f}, {found.indexed} of {found.lines} lines).{near}"
            f"{self._against_networks(found)}"
        )

    @property
    def _unsure(self) -> str:
        stopped = "" if self.complete else ", and the search was ended early"
        first = self.cells[0] if self.cells else None
        if first is None or not first.fits:
            return f"No cell was found that surely has its lines{stopped}."
        return (
            f"Perhaps its lattice is {first.words}: its {first.lines} lines are too few to be "
            f"sure{stopped}."
        )

    def _against_networks(self, found: IndexedCell) -> str:
        """Which of the two is believed where networks say another crystal system, and why."""
        if self.networks_say is None:
            return ""
        system, share = self.networks_say
        less = "" if system not in _LESS_SYMMETRIC[found.family] else _CAN_BE_LESS
        return (
            f" By likeness alone networks would say {system} (probability {in_percent(share)}); "
            f"the lattice is believed, since {found.indexed} lines lie where it has them{less}."
        )

    @property
    def words(self) -> str:
        """The best that is known, in a few words; empty where no cell is to be believed.

        "tetragonal body-centred, a = 5.71, c = 11.40 Å; nearest: a distorted ThCr2Si2"
        """
        if self.best is None:
            return ""
        near = self.nearest_derivative
        return self.best.words + (f"; nearest: {near.words}" if near else "")

    def to_dict(self) -> Document:
        """Plain data, as ``beyond`` of ``crystinet identify --beyond --json``."""
        return {
            "system": self.best and self.best.system,
            "sentence": self.sentence,
            "complete": self.complete,
            "space_groups": [each.to_dict() for each in self.extinctions],
            "cells": [cell.to_dict() for cell in self.cells],
            "nearest_derivative": near.to_dict() if (near := self.nearest_derivative) else None,
            "networks_say": (said := self.networks_say)
            and {"system": said[0], "probability": number(said[1])},
        }


def look_beyond(
    sample: Sample,
    *,
    likely: Sequence[float] | None = None,
    most: int = 5,
    longest_s: float | None = None,
    progress: Progress = silent,
) -> Beyond:
    """Index the lines of a pattern.

    Parameters
    ----------
    sample
        The pattern.
    likely
        How probable the space groups 1 to 230 are beforehand; None knows nothing. Cells are ranked
        without it: see `benchmarks/indexing.py`.
    most
        Cells at most.
    longest_s
        The search ends after so many seconds with the families that it has been through; None
        takes `LONGEST_S`.
    progress
        Told how far it is; what it raises ends the search, `Enough` with what was found.

    Notes
    -----
    Nothing is drawn at random: equal input gives an equal answer, where the time is enough.
    """
    patience = Patience(LONGEST_S if longest_s is None else longest_s, progress)
    found = find_cells(first_lines(sample), most=most, progress=patience)
    beyond = Beyond(tuple(map(_described, found)), complete=not patience.over)
    if beyond.best is None:
        return beyond
    lines = first_lines(sample, most=None)
    return replace(beyond, extinctions=_extinctions(beyond.best, lines, likely))


def _extinctions(
    cell: IndexedCell, lines: FirstLines, likely: Sequence[float] | None
) -> tuple[Extinction, ...]:
    """Space groups of a cell by the lines of a pattern."""
    place = lines.two_theta_deg
    place = place - cell.shift_deg * np.cos(np.radians(place / 2.0))
    return extinctions(
        cell.family, cell.centring, cell.cell, place, lines.wavelength_angstrom, likely=likely
    )


def first_lines(sample: Sample, *, most: int | None = MOST_INDEXED) -> FirstLines:
    """The first lines of a pattern, without second ones that K-alpha2 makes at high angles.

    ``most`` of them; None takes all.
    """
    place, height = sample.peaks.two_theta_deg, sample.peaks.height
    seconds = np.zeros(len(place), dtype=bool)
    first, *others = sample.raw.radiation.wavelengths_angstrom
    for other in others:
        expected = place + dispersion_deg(place, other / first - 1.0)
        ratio = height[:, None] / height
        near = np.abs(place[:, None] - expected) < _SAME_DEG
        own = np.eye(len(place), dtype=bool)
        seconds |= (near & ~own & (ratio > _LEAST_RATIO) & (ratio < _LARGEST_RATIO)).any(axis=1)
    return FirstLines(place[~seconds][:most], sample.grid.wavelength_angstrom)


def _described(found: Refined) -> IndexedCell:
    rhombohedral = found.centring == "R"
    cell, centring = found.cell, found.centring
    if found.family.name == "monoclinic" and centring == "A":  # C is the usual choice of axes
        cell, centring = cell._replace(a=cell.c, c=cell.a), "C"
    return IndexedCell(
        system="rhombohedral" if rhombohedral else found.family.name,
        centring=centring,
        cell=cell,
        reduced_cell=niggli_cell(cell, centring),
        m20=found.m20,
        f20=found.f20,
        indexed=int(found.indexed.sum()),
        lines=len(found.miss_deg),
        predicted=found.predicted,
        shift_deg=found.shift_deg,
    )
