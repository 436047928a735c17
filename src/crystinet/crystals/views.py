"""Simpler views of a disordered structure: split sites joined, minor sites dropped, framework only."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial import cKDTree

from crystinet.core.arrays import FloatArray
from crystinet.crystals.expansion import Species, UnitCell, expand, merged
from crystinet.crystals.structure import Site, Structure

#: Partly occupied positions closer than this cannot be occupied at once: one split site.
SPLIT_ANGSTROM = 0.9
#: Sites occupied less than this are left out in the last view.
MINOR_OCCUPANCY = 0.2
#: Longest bond between a tetrahedral cation and its anion, and the anions of a framework.
BOND_ANGSTROM = 2.05
_FRAMEWORK_CATIONS = frozenset("Be B Al Si P Ga Ge As".split())
_FRAMEWORK_ANIONS = frozenset("O N".split())
_FULL = 0.995


def simplified(structure: Structure) -> Iterator[tuple[Structure, str]]:
    """Yield simpler views of a structure with partial occupancies, and what was done to it."""
    if all(site.occupancy >= _FULL for site in structure.sites):
        return
    cell = expand(structure)
    joined = _join_split_sites(cell)
    if len(joined.positions) < len(cell.positions):
        yield _as_structure(joined, structure), "split sites joined"
    occupancy = np.array([sum(amount for _, amount in kind) for kind in joined.species])
    major = occupancy >= MINOR_OCCUPANCY
    if 0 < major.sum() < len(major):
        yield _as_structure(_select(joined, major), structure), "minor sites left out"


def framework_of(structure: Structure, *, anions_join: int) -> Structure | None:
    """Return the tetrahedral framework: cations with four anions, anions with enough such cations.

    Parameters
    ----------
    structure
        With mixed and partly occupied sites.
    anions_join
        1 keeps every corner of a tetrahedron, 2 only the corners that two tetrahedra share.

    Returns
    -------
    The framework with all cations alike and all anions alike, or None if there is none.
    """
    elements = {element for site in structure.sites for element, _ in merged(site.species)}
    if not elements & _FRAMEWORK_CATIONS or not elements & _FRAMEWORK_ANIONS:
        return None
    cell = expand(structure)
    cation = np.array([_main(kind) in _FRAMEWORK_CATIONS for kind in cell.species])
    anion = np.array([_main(kind) in _FRAMEWORK_ANIONS for kind in cell.species])
    bonds = _bonds(cell, cation, anion)
    four = np.bincount(bonds[:, 0], minlength=len(cation)) == 4
    bonds = bonds[four[bonds[:, 0]]]
    joins = np.bincount(bonds[:, 1], minlength=len(anion)) >= anions_join
    if not four.any() or not joins.any():
        return None
    keep = (cation & four) | (anion & joins)
    kinds: list[Species] = [(("Si", 1.0),) if is_cation else (("O", 1.0),) for is_cation in cation]
    plain = UnitCell(cell.basis, cell.positions, tuple(kinds))
    return _as_structure(_select(plain, keep), structure)


def _main(species: Species) -> str:
    return max(species, key=lambda pair: pair[1])[0]


def _bonds(cell: UnitCell, cation: np.ndarray, anion: np.ndarray) -> np.ndarray:
    """Pairs (cation, anion) of atom numbers no further apart than a bond, shape (n, 2)."""
    if not cation.any() or not anion.any():
        return np.empty((0, 2), dtype=np.int64)
    images, owners = _with_images(cell, np.flatnonzero(anion), BOND_ANGSTROM)
    centres = np.flatnonzero(cation)
    near = cKDTree(images).query_ball_point(cell.positions[centres] @ cell.basis, BOND_ANGSTROM)
    pairs = [(c, owners[i]) for c, found in zip(centres, near, strict=True) for i in found]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _with_images(
    cell: UnitCell, chosen: np.ndarray, margin: float
) -> tuple[FloatArray, np.ndarray]:
    """Cartesian positions of chosen atoms in and around the cell, and their numbers."""
    spacing = 1.0 / np.linalg.norm(np.linalg.inv(cell.basis), axis=0)
    reach = np.ceil(margin / spacing).astype(int)
    shifts = np.stack(
        np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), axis=-1
    ).reshape(-1, 3)
    points = (shifts[:, None, :] + cell.positions[chosen]).reshape(-1, 3) @ cell.basis
    return points, np.tile(chosen, len(shifts))


def _join_split_sites(cell: UnitCell) -> UnitCell:
    """Replace clusters of partly occupied atoms by one atom at their mean position."""
    occupancy = np.array([sum(amount for _, amount in kind) for kind in cell.species])
    partial = np.flatnonzero(occupancy < _FULL)
    done = np.zeros(len(occupancy), dtype=bool)
    positions, species = [], []
    for atom in range(len(occupancy)):
        if done[atom]:
            continue
        members, offsets = [atom], [np.zeros(3)]
        if atom in partial:
            others = partial[~done[partial] & (partial != atom)]
            offset = cell.positions[others] - cell.positions[atom]
            offset -= np.round(offset)
            near = np.linalg.norm(offset @ cell.basis, axis=1) < SPLIT_ANGSTROM
            members += others[near].tolist()
            offsets += list(offset[near])
        done[members] = True
        weights = occupancy[members]
        shift = (weights[:, None] * np.array(offsets)).sum(axis=0) / weights.sum()
        positions.append(cell.positions[atom] + shift)
        species.append(merged(pair for member in members for pair in cell.species[member]))
    return UnitCell(cell.basis, np.array(positions), tuple(species))


def _select(cell: UnitCell, keep: np.ndarray) -> UnitCell:
    kinds = tuple(kind for kind, kept in zip(cell.species, keep, strict=True) if kept)
    return UnitCell(cell.basis, cell.positions[keep], kinds)


def _as_structure(cell: UnitCell, original: Structure) -> Structure:
    sites = tuple(
        Site(kind, (float(x), float(y), float(z)))
        for kind, (x, y, z) in zip(cell.species, cell.positions, strict=True)
    )
    return Structure(original.cell, "P 1", sites, original.name)
