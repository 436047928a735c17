"""From an asymmetric unit to all atoms of the cell: coincident images and sites are merged."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import gemmi
import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.structure import Structure

#: Images and sites closer than this are the same atom; rounding of printed coordinates is smaller.
COINCIDENT_ANGSTROM = 0.1

Species = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
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


def basis_vectors(cell: tuple[float, ...]) -> FloatArray:
    """Row vectors of a cell: a along x, b in the xy plane; angstrom and degrees in, shape (3, 3).

    Raises
    ------
    InvalidStructureError
        A length is not positive, or the three angles close no volume.
    """
    a, b, c = cell[:3]
    cos_alpha, cos_beta, cos_gamma = np.cos(np.radians(cell[3:]))
    squared = 1.0 - cos_alpha**2 - cos_beta**2 - cos_gamma**2 + 2 * cos_alpha * cos_beta * cos_gamma
    if not (min(a, b, c) > 0.0 and squared > 1e-6 and np.isfinite(prod(cell))):
        raise InvalidStructureError(
            f"The cell {tuple(round(float(value), 4) for value in cell)} has no volume.",
            hint="Give a, b, c in angstrom and alpha, beta, gamma in degrees.",
        )
    sin_gamma = np.sqrt(1.0 - cos_gamma**2)
    c_y = (cos_alpha - cos_beta * cos_gamma) / sin_gamma
    c_z = np.sqrt(squared) / sin_gamma
    return np.array(
        [[a, 0.0, 0.0], [b * cos_gamma, b * sin_gamma, 0.0], [c * cos_beta, c * c_y, c * c_z]]
    )


@lru_cache(maxsize=600)
def operations(hall_symbol: str) -> tuple[FloatArray, FloatArray]:
    """Rotations (g, 3, 3) and translations (g, 3) of a Hall symbol, centring included.

    Raises
    ------
    InvalidStructureError
        gemmi cannot read the Hall symbol.
    """
    try:
        group = gemmi.symops_from_hall(hall_symbol)
    except (RuntimeError, ValueError) as error:
        raise InvalidStructureError(
            f"{hall_symbol!r} is not a Hall symbol: {error}.",
            hint="Give the symmetry operations of the file, or 'P 1' with all atoms.",
        ) from error
    rotations = np.array([operation.rot for operation in group], dtype=np.float64)
    translations = np.array([operation.tran for operation in group], dtype=np.float64)
    return rotations / gemmi.Op.DEN, translations / gemmi.Op.DEN


def orbit(xyz: Iterable[float], *, hall_symbol: str, basis: FloatArray) -> FloatArray:
    """All images of a point in the cell, shape (m, 3).

    A point within `COINCIDENT_ANGSTROM` of a special position is moved onto it first, by
    averaging its coincident images.
    """
    rotations, translations = operations(hall_symbol)
    point = np.asarray(tuple(xyz), dtype=np.float64)
    images = rotations @ point + translations  # (g, 3)
    offset = images - point
    offset -= np.round(offset)
    near = np.linalg.norm(offset @ basis, axis=1) < COINCIDENT_ANGSTROM
    images = rotations @ (point + offset[near].mean(axis=0)) + translations
    first = _first_of_each(images % 1.0, expected=len(images) // int(near.sum()))
    chosen: FloatArray = images[first]
    return chosen - np.floor(chosen + 1e-9)


def _first_of_each(points: FloatArray, *, expected: int) -> IntArray:
    """Indices of points that differ by more than rounding (and lattice translations)."""
    # The odd offset keeps the fractions that crystallography prefers away from the bin edges.
    bins = np.floor((points + 0.31415926e-4) * 1e4).astype(np.int64) % 10_000
    _, first = np.unique(bins, axis=0, return_index=True)
    if len(first) == expected:
        return np.sort(first)
    offset = points[:, None, :] - points[None, :, :]
    same = (np.abs(offset - np.round(offset)) < 1e-4).all(axis=-1)
    return np.flatnonzero(same.argmax(axis=1) == np.arange(len(points)))


def neutral(symbol: str) -> str:
    """Element of a species as gemmi writes it: ``"Fe3+"`` gives ``"Fe"``, deuterium gives ``"H"``."""
    element = symbol.rstrip("+-0123456789")
    return "H" if element in ("D", "T") else element


def merged(species: Iterable[tuple[str, float]]) -> Species:
    """Species with charges removed, equal elements added up and sorted by element."""
    amounts: dict[str, float] = {}
    for symbol, occupancy in species:
        element = neutral(symbol)
        amounts[element] = amounts.get(element, 0.0) + occupancy
    return tuple(sorted(amounts.items()))


def expand(structure: Structure) -> UnitCell:
    """All atoms of the cell; sites that share a position become one mixed site.

    Raises
    ------
    InvalidStructureError
        The cell has no volume, the Hall symbol is unknown, a coordinate is not finite, or an
        occupancy is not positive.
    """
    basis = basis_vectors(structure.cell)
    orbits: list[FloatArray] = []
    species: list[Species] = []
    for site in structure.sites:
        _check(site.species, site.xyz, structure.name)
        points = orbit(site.xyz, hall_symbol=structure.hall_symbol, basis=basis)
        same = _coincident(points[0], orbits, basis)
        if same is None:
            orbits.append(points)
            species.append(merged(site.species))
        else:
            species[same] = merged(species[same] + site.species)
    atoms = tuple(kind for kind, points in zip(species, orbits, strict=True) for _ in points)
    return UnitCell(basis, np.concatenate(orbits), atoms)


def _coincident(point: FloatArray, orbits: list[FloatArray], basis: FloatArray) -> int | None:
    for index, points in enumerate(orbits):
        offset = points - point
        offset -= np.round(offset)
        if (np.linalg.norm(offset @ basis, axis=1) < COINCIDENT_ANGSTROM).any():
            return index
    return None


def _check(species: Iterable[tuple[str, float]], xyz: tuple[float, ...], name: str) -> None:
    if not np.isfinite(xyz).all():
        raise InvalidStructureError(
            f"{name or 'The structure'} has a site at {xyz}.",
            hint="Fractional coordinates must be finite numbers.",
        )
    for symbol, occupancy in species:
        if not occupancy > 0.0:
            raise InvalidStructureError(
                f"{name or 'The structure'} has {symbol} with occupancy {occupancy}.",
                hint="Leave out empty sites; occupancies lie between 0 and 1.",
            )
