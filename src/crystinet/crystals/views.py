"""Simpler views of a structure: split sites joined, minor sites dropped, the framework alone."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial import cKDTree

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.crystals.expansion import Species, UnitCell, merged

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


def simplified(cell: UnitCell) -> Iterator[tuple[UnitCell, str]]:
    """Yield simpler views of a cell with partial occupancies, and what was done to it."""
    if (_occupancy(cell) >= _FULL).all():
        return
    joined = _join_split_sites(cell)
    if len(joined.positions) < len(cell.positions):
        yield joined, "split sites joined"
    occupancy = _occupancy(joined)
    major = occupancy >= MINOR_OCCUPANCY
    if not major.all() and occupancy[~major].sum() <= MINOR_SHARE * occupancy.sum():
        yield _select(joined, major), "minor sites left out"


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
    main = [max(kind, key=lambda pair: pair[1])[0] for kind in cell.species]
    cation = np.array([element in _FRAMEWORK_CATIONS for element in main])
    anion = np.array([element in _FRAMEWORK_ANIONS for element in main])
    if not cation.any() or not anion.any():
        return None
    bonds = _bonds(cell, np.flatnonzero(cation), np.flatnonzero(anion))
    four = np.bincount(bonds[:, 0], minlength=len(main)) == 4
    bonds = bonds[four[bonds[:, 0]]]
    joins = np.bincount(bonds[:, 1], minlength=len(main)) >= anions_join
    if not four.any() or not joins.any():
        return None
    kinds: list[Species] = [(("Si", 1.0),) if is_cation else (("O", 1.0),) for is_cation in cation]
    plain = UnitCell(cell.basis, cell.positions, tuple(kinds))
    return _select(plain, four | joins)


def _bonds(cell: UnitCell, cations: IntArray, anions: IntArray) -> IntArray:
    """Pairs (cation, anion) of atom numbers no further apart than a bond, shape (n, 2)."""
    images, owners = _with_images(cell, anions, BOND_ANGSTROM)
    centres = cell.positions[cations] @ cell.basis
    near = cKDTree(images).query_ball_point(centres, BOND_ANGSTROM)
    pairs = [(c, owners[i]) for c, found in zip(cations, near, strict=True) for i in found]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _with_images(cell: UnitCell, atoms: IntArray, margin: float) -> tuple[FloatArray, IntArray]:
    """Cartesian positions of some atoms in and around the cell, and their numbers."""
    spacing = 1.0 / np.linalg.norm(np.linalg.inv(cell.basis), axis=0)  # of the lattice planes
    axes = [np.arange(-n, n + 1) for n in np.ceil(margin / spacing).astype(int)]
    shifts = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    points = (shifts[:, None, :] + cell.positions[atoms]).reshape(-1, 3)
    slack = margin / spacing
    inside = ((points >= -slack) & (points <= 1.0 + slack)).all(axis=1)
    return points[inside] @ cell.basis, np.tile(atoms, len(shifts))[inside]


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
    return np.array([sum(amount for _, amount in kind) for kind in cell.species])


def _select(cell: UnitCell, keep: BoolArray) -> UnitCell:
    kinds = tuple(kind for kind, kept in zip(cell.species, keep, strict=True) if kept)
    return UnitCell(cell.basis, cell.positions[keep], kinds)
