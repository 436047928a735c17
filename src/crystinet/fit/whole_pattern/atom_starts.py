"""Structures that a fit can start from, each with the lattices that are tried for it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from crystinet.core.cell import Cell
from crystinet.core.errors import InvalidStructureError, UnknownTypeError
from crystinet.corpus.datasets.lines import lines_of
from crystinet.crystals.catalogue import find_type
from crystinet.crystals.hall import operations_of
from crystinet.crystals.structure import Structure
from crystinet.fit.known import KnownLines, in_same_axes
from crystinet.fit.lattice import Start
from crystinet.fit.placement import Placement, place
from crystinet.fit.whole_pattern.lattice_fit import Lattice
from crystinet.patterns.sample import Sample

# Cells whose edges differ by less than this part are one start.
_SAME = 0.002
# Edges of two cells in the same axes differ by less than this part, besides one factor; degrees.
_SAME_EDGES, _SAME_ANGLES = 0.12, 8.0
# Lines of a given structure: so many, down to this d.
_LINES, _D_MIN = 64, 0.8
# Scales of a given structure that are tried, in the logarithm.
_SCALES = (0.0, -0.01, 0.01, -0.025, 0.025)


@dataclass(frozen=True, eq=False)
class AtomStart:
    """Atoms that a fit starts from.

    Attributes
    ----------
    type
        Structure type; empty for a given structure.
    name
        Where the atoms are from, for people.
    formula
        Of the compound; empty for the reference of a type.
    structure
        The atoms.
    """

    type: str
    name: str
    formula: str
    structure: Structure


def reference_start(type_name: str) -> AtomStart | None:
    """The reference structure of a type; None where the catalogue has none."""
    try:
        structure = find_type(type_name).reference
    except (UnknownTypeError, InvalidStructureError):
        return None
    return AtomStart(type_name, f"reference of {type_name}", "", structure)


def same_shape(cell: Cell, other: Cell) -> bool:
    """Whether atoms described in the axes of one cell can lie in another: edges and angles agree.

    All edges may differ by one factor.
    """
    ratios = np.log(np.array(cell[:3]) / np.array(other[:3]))
    alike = np.abs(ratios - ratios.mean()).max() < _SAME_EDGES
    return bool(alike and np.abs(np.array(cell[3:]) - np.array(other[3:])).max() < _SAME_ANGLES)


def in_axes_of(structure: Structure, placed: Placement | None) -> bool:
    """Whether a structure is described in the axes of a cell that was laid on the sample.

    Known compounds of a type may be in other axes than most, or in a cell of less symmetry.

    Parameters
    ----------
    structure
        The atoms, in their setting.
    placed
        How the lines of the type lie on the sample; without it, any structure is.
    """
    if placed is None:
        return True
    return any(_is_same(cell, structure) for cell, _ in _placed_cells(placed))


def lattices_for(structure: Structure, placed: Placement | None) -> list[Lattice]:
    """Lattices that a structure may have on a sample, the likeliest first.

    Parameters
    ----------
    structure
        The atoms, in their setting.
    placed
        How the lines of the type lie on the sample.
    """
    own = structure.cell
    found: list[Lattice] = []
    for cell, shift in _placed_cells(placed):
        if _is_same(cell, structure):
            _add(found, Lattice(structure.hall_symbol, cell, shift))
        if _is_as_large(cell, own):
            ratio = (cell.volume / own.volume) ** (1.0 / 3.0)
            _add(found, Lattice(structure.hall_symbol, own.scaled(ratio), shift))
    if not found and placed is not None:
        _add(found, Lattice(structure.hall_symbol, own.scaled(placed.scale)))
    return found


def _is_as_large(cell: Cell, own: Cell) -> bool:
    ratio = (cell.volume / own.volume) ** (1.0 / 3.0)
    return 0.75 < ratio < 1.35 and cell.hexagonal == own.hexagonal


def _is_same(cell: Cell, structure: Structure) -> bool:
    """Whether a cell is that of a structure, somewhat larger or smaller, in the same axes."""
    own = structure.cell
    space_group = operations_of(structure.hall_symbol).space_group
    return (
        _is_as_large(cell, own)
        and in_same_axes(cell, own, space_group=space_group)
        and same_shape(cell, own)
    )


def _placed_cells(placed: Placement | None) -> Iterator[tuple[Cell, float]]:
    if placed is None:
        return
    shift = placed.lattice.shift_deg if placed.lattice is not None else 0.0
    shift = float(np.clip(shift, -0.3, 0.3))
    if placed.lattice is not None:
        yield placed.lattice.cell, shift
    yield placed.cell, shift


def _add(found: list[Lattice], new: Lattice) -> None:
    edges = np.log(np.array(new.cell[:3]))
    for other in found:
        if np.abs(np.log(np.array(other.cell[:3])) - edges).max() < _SAME:
            return
    found.append(new)


def placement_of_structure(structure: Structure, sample: Sample) -> Placement | None:
    """How the lines of a given structure lie on a sample, its cell being nearly right."""
    lines = lines_of(
        structure,
        space_group=operations_of(structure.hall_symbol).space_group,
        d_min_angstrom=_D_MIN,
        max_lines=_LINES,
        variants=0,
        seed=0,
    )
    if lines is None:
        return None
    found = lines.reflections
    known = KnownLines(
        name=structure.name or "the given structure",
        cell=found.cell,
        space_group=found.space_group,
        hkl=found.hkl,
        strength=found.multiplicity * found.f_squared,
    )
    starts = [Start(known, math.exp(scale), known.cell.volume) for scale in _SCALES]
    return place(known, starts, sample)


def with_cells_as_given(structure: Structure, lattices: Sequence[Lattice]) -> list[Lattice]:
    """Lattices with the cell of a given structure before them."""
    found = [Lattice(structure.hall_symbol, structure.cell)]
    for lattice in lattices:
        _add(found, lattice)
    return found


def with_cell(structure: Structure, cell: Cell, lattices: Sequence[Lattice]) -> list[Lattice]:
    """Lattices of a structure with another cell before them, where that is in its axes."""
    found: list[Lattice] = []
    if _is_same(cell, structure):
        found.append(Lattice(structure.hall_symbol, cell))
    for lattice in lattices:
        _add(found, lattice)
    return found
