"""From an asymmetric unit to all atoms of the cell; coincident sites are merged."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.cell import Cell
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import Operations, operations_of
from crystinet.crystals.images import images_of
from crystinet.crystals.positions import (
    Positions,
    first_on_position,
    plain_metric,
    positions_of,
)
from crystinet.crystals.structure import Site, Structure

_FULL = 0.995

Species = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class UnitCell:
    """All atoms of one cell.

    Attributes
    ----------
    basis
        Row vectors in angstrom, shape (3, 3).
    positions
        Fractional coordinates in [0, 1), shape (n, 3).
    species
        Elements without charges and their occupancies, sorted by element; one entry per atom.
    """

    basis: FloatArray
    positions: FloatArray
    species: tuple[Species, ...]


def basis_vectors(cell: Cell) -> FloatArray:
    """Row vectors of a cell, a along x and b in the xy plane; shape (3, 3), angstrom.

    The Cholesky factor L of the metric tensor, ``L L^T = G``, is such a basis.

    Raises
    ------
    InvalidStructureError
        The cell is impossible.
    """
    return np.asarray(np.linalg.cholesky(plain_metric(cell)), dtype=np.float64)


def orbits_of(
    xyz: FloatArray, *, multiplicities: IntArray, operations: Operations
) -> list[FloatArray]:
    """All images in the cell of each snapped position (n, 3); shapes (multiplicity, 3)."""
    images = images_of(xyz, operations)
    images -= np.floor(images + 1e-9)
    return [
        points[_first_of_each(points, expected=int(multiplicity))]
        for points, multiplicity in zip(images, multiplicities, strict=True)
    ]


def images_around(
    positions: FloatArray, *, basis: FloatArray, margin_angstrom: float
) -> tuple[FloatArray, IntArray]:
    """All images of some atoms in the cell and no further outside its faces than a margin.

    Parameters
    ----------
    positions
        Fractional coordinates, shape (n, 3), each from 0 to 1.
    basis
        Row vectors of the cell in angstrom, shape (3, 3).
    margin_angstrom
        Between the faces of the cell and those of the volume that is filled.

    Returns
    -------
    Cartesian positions in angstrom, shape (m, 3), and the number of the atom of each, shape (m,).
    """
    slack = margin_angstrom * np.linalg.norm(np.linalg.inv(basis), axis=0) + 1e-6
    axes = [np.arange(-n, n + 1) for n in np.ceil(slack).astype(int)]
    shifts = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    points = (shifts + positions).reshape(-1, 3)
    inside = ((points >= -slack) & (points <= 1.0 + slack)).all(axis=1)
    return points[inside] @ basis, np.tile(np.arange(len(positions)), len(shifts))[inside]


def _first_of_each(points: FloatArray, *, expected: int) -> IntArray:
    """Indices of points that differ by more than rounding (and lattice translations)."""
    if expected == len(points):
        return np.arange(expected)
    # The odd offset keeps the fractions that crystallography prefers away from the bin edges.
    bins = np.floor((points + 0.31415926e-4) * 1e4).astype(np.int64) % 10_000
    _, first = np.unique(bins @ [100_000_000, 10_000, 1], return_index=True)
    if len(first) != expected:
        offset = points[:, None, :] - points[None, :, :]
        same = (np.abs(offset - np.round(offset)) < 1e-4).all(axis=-1)
        first = np.flatnonzero(same.argmax(axis=1) == np.arange(len(points)))
    return np.sort(first)


def neutral(symbol: str) -> str:
    """Element of a species: ``"Fe3+"`` gives ``"Fe"``, deuterium gives ``"H"``."""
    element = symbol.rstrip("+-0123456789")
    return "H" if element in ("D", "T") else element


def merged(species: Iterable[tuple[str, float]]) -> Species:
    """Species without charges and empty entries, equal elements added up, sorted by element."""
    return _merged(tuple(species))


@lru_cache(maxsize=4096)
def _merged(species: Species) -> Species:
    amounts: dict[str, float] = {}
    for symbol, occupancy in species:
        if occupancy > 0.0:
            element = neutral(symbol)
            amounts[element] = amounts.get(element, 0.0) + occupancy
    return tuple(sorted(amounts.items()))


def expand(structure: Structure) -> UnitCell:
    """All atoms of the cell; sites that share a position become one mixed site.

    Raises
    ------
    InvalidStructureError
        The cell is impossible or contradicts the operations, a coordinate or an occupancy is no
        sensible number, a position is filled more than once, or no site is occupied.
    """
    exact = positions_of(structure)
    operations = operations_of(structure.hall_symbol)
    basis = basis_vectors(structure.cell)
    points = orbits_of(exact.xyz, multiplicities=exact.multiplicity, operations=operations)
    species = [merged(site.species) for site in structure.sites]
    for index, kind in enumerate(species):
        if not kind:
            points[index] = points[index][:0]
    for index, other in _shared_positions(structure.sites, exact, operations):
        species[other] = merged(species[other] + species[index])
        points[index] = points[index][:0]
    atoms = tuple(kind for kind, orbit in zip(species, points, strict=True) for _ in orbit)
    if not atoms:
        raise InvalidStructureError(
            f"All sites of {structure.name or 'the structure'} are empty.",
            hint="Occupancies are fractions from 0 to 1.",
        )
    return UnitCell(basis, np.concatenate(points), atoms)


def _shared_positions(
    sites: tuple[Site, ...], exact: Positions, operations: Operations
) -> Iterator[tuple[int, int]]:
    """Yield pairs (site, first site) on one position; only partly filled sites can share."""
    partial = [index for index, site in enumerate(sites) if site.occupancy < _FULL]
    if len(partial) < 2:
        return
    leaders = first_on_position(exact.xyz[partial], operations=operations, metric=exact.metric)
    for place, leader in enumerate(leaders):
        if leader != place:
            yield partial[place], partial[int(leader)]
