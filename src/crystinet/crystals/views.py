"""Simpler views of a structure: split sites joined, minor sites dropped, the framework alone."""

from collections.abc import Iterator
from enum import Enum

import numpy as np
from scipy.spatial import cKDTree

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.crystals.expansion import Species, UnitCell, images_around, merged

#: Partly occupied positions closer than this cannot be occupied at once: one split site.
SPLIT_ANGSTROM = 0.9
#: Sites occupied less than this are left out in the simplest view, if all of them together hold
#: no more than this share of the atoms: mobile ions spread over many sites are not left out.
MINOR_OCCUPANCY = 0.2
MINOR_SHARE = 0.06
#: No bond from a tetrahedral cation to its anion is longer.
BOND_ANGSTROM = 2.05

_FRAMEWORK_CATIONS = frozenset("Be B Al Si P Ga Ge As".split())
_FRAMEWORK_ANIONS = frozenset("O N".split())
_FULL = 0.995


class Simplification(Enum):
    """What was done to a structure before it fitted a type; the values are words for people."""

    SPLIT_SITES_JOINED = "split sites joined"
    MINOR_SITES_LEFT_OUT = "minor sites left out"
    FRAMEWORK = "the tetrahedral framework alone"


def simplified(cell: UnitCell) -> Iterator[tuple[UnitCell, Simplification]]:
    """Yield simpler views of a cell with partial occupancies, and what was done to it."""
    if (_occupancy(cell) >= _FULL).all():
        return
    joined = _join_split_sites(cell)
    if len(joined.positions) < len(cell.positions):
        yield joined, Simplification.SPLIT_SITES_JOINED
    occupancy = _occupancy(joined)
    major = occupancy >= MINOR_OCCUPANCY
    if not major.all() and occupancy[~major].sum() <= MINOR_SHARE * occupancy.sum():
        yield _select(joined, major), Simplification.MINOR_SITES_LEFT_OUT


def framework_of(cell: UnitCell, *, anions_join: int) -> UnitCell | None:
    """Return the tetrahedral framework: cations with four anions, anions with enough such cations.

    Parameters
    ----------
    cell
        With mixed and partly occupied sites.
    anions_join
        1 keeps every corner of a tetrahedron, 2 only the corners that two tetrahedra share.

    Returns
    -------
    The framework with all cations alike (Si) and all anions alike (O), or None if there is none.
    """
    main = {kind: max(kind, key=lambda pair: pair[1])[0] for kind in set(cell.species)}
    cation = np.array([main[kind] in _FRAMEWORK_CATIONS for kind in cell.species])
    anion = np.array([main[kind] in _FRAMEWORK_ANIONS for kind in cell.species])
    if not cation.any() or not anion.any():
        return None
    bonds = _bonds(cell, np.flatnonzero(cation), np.flatnonzero(anion))
    four = np.bincount(bonds[:, 0], minlength=len(cation)) == 4
    bonds = bonds[four[bonds[:, 0]]]
    joins = np.bincount(bonds[:, 1], minlength=len(cation)) >= anions_join
    if not four.any() or not joins.any():
        return None
    kinds: list[Species] = [(("Si", 1.0),) if is_cation else (("O", 1.0),) for is_cation in cation]
    plain = UnitCell(cell.basis, cell.positions, tuple(kinds))
    return _select(plain, four | joins)


def _bonds(cell: UnitCell, cations: IntArray, anions: IntArray) -> IntArray:
    """Pairs (cation, anion) of atom numbers no further apart than a bond, shape (n, 2)."""
    images, owners = images_around(
        cell.positions[anions], basis=cell.basis, margin_angstrom=BOND_ANGSTROM
    )
    centres = cell.positions[cations] @ cell.basis
    near = cKDTree(images).query_ball_point(centres, BOND_ANGSTROM)
    pairs = [(c, anions[owners[i]]) for c, found in zip(cations, near, strict=True) for i in found]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _join_split_sites(cell: UnitCell) -> UnitCell:
    """Replace clusters of partly occupied atoms by one atom at their mean position."""
    occupancy = _occupancy(cell)
    free = occupancy < _FULL
    positions, species = [], []
    for atom in range(len(occupancy)):
        if occupancy[atom] >= _FULL:
            positions.append(cell.positions[atom])
            species.append(cell.species[atom])
        elif free[atom]:
            others = np.flatnonzero(free)
            offset = cell.positions[others] - cell.positions[atom]
            offset -= np.round(offset)
            near = np.linalg.norm(offset @ cell.basis, axis=1) < SPLIT_ANGSTROM
            members, weights = others[near], occupancy[others[near]]
            free[members] = False
            positions.append(cell.positions[atom] + weights @ offset[near] / weights.sum())
            species.append(merged(pair for member in members for pair in cell.species[member]))
    return UnitCell(cell.basis, np.array(positions), tuple(species))


def _occupancy(cell: UnitCell) -> FloatArray:
    total = {kind: sum(amount for _, amount in kind) for kind in set(cell.species)}
    return np.array([total[kind] for kind in cell.species])


def _select(cell: UnitCell, keep: BoolArray) -> UnitCell:
    kinds = tuple(kind for kind, kept in zip(cell.species, keep, strict=True) if kept)
    return UnitCell(cell.basis, cell.positions[keep], kinds)
