"""Distances that no bond has: cells that were relaxed with an atom on the wrong site, or mistyped.

An atom is too far from everything where its nearest neighbour stands beyond what the largest radii
of the two allow, such as a nitrogen atom on the twelve-fold site of a perovskite.
"""

import numpy as np
from scipy.spatial import cKDTree

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.crystals.expansion import UnitCell, images_around
from crystinet.crystals.ions import forms_anions, ionic_radii, metallic_radii

#: The nearest neighbour is at most so many times the sum of the largest radii away; measured on
#: structures that were determined, see docs/explanation/assignment.md.
LONGEST_BOND = 1.4
#: Neighbours that are looked at: the nearest need not be the one with which there is a bond.
_NEIGHBOURS = 16
#: Elements without radii here: protons are left out of half of the structures.
_DISREGARDED = frozenset({"H", "He", "Ne", "Ar", "Kr", "Xe", "Rn"})
_CARBIDE_ANGSTROM = 1.5


def lonely_atom(cell: UnitCell) -> tuple[str, float] | None:
    """Find the atom that is farthest from all others, if it is farther than any bond.

    Parameters
    ----------
    cell
        All atoms of the cell.

    Returns
    -------
    Its element, and the distance of the neighbour that comes nearest to a bond as a multiple of the
    sum of the largest radii; None where every atom has a neighbour within `LONGEST_BOND`, or where
    radii are missing.
    """
    element, ratio = loneliest_atom(cell)
    return (element, ratio) if ratio > LONGEST_BOND else None


def loneliest_atom(cell: UnitCell) -> tuple[str, float]:
    """Do what `lonely_atom` does, without the limit; 0 where nothing can be said."""
    elements = [max(kind, key=lambda pair: pair[1])[0] for kind in cell.species]
    kept = [i for i, element in enumerate(elements) if element not in _DISREGARDED]
    if not kept:
        return "", 0.0
    names = [elements[i] for i in kept]
    positions = cell.positions[kept]
    distances, neighbours = _nearest(positions, cell.basis)
    worst = ("", 0.0)
    for name, away, others in zip(names, distances, neighbours, strict=True):
        bonds = [_longest(name, names[j]) for j in others]
        ratio = min((d / b for d, b in zip(away, bonds, strict=True) if b), default=0.0)
        if None not in bonds and ratio > worst[1]:
            worst = (name, float(ratio))
    return worst


def _nearest(positions: FloatArray, basis: FloatArray) -> tuple[FloatArray, IntArray]:
    """Distances of the nearest neighbours of each atom, and which atoms they are images of."""
    unit = (abs(np.linalg.det(basis)) / len(positions)) ** (1.0 / 3.0)
    radius = 2.0 * unit
    while True:
        cloud, atoms = images_around(positions, basis=basis, margin_angstrom=radius)
        distances, found = cKDTree(cloud).query(positions @ basis, k=_NEIGHBOURS + 1)
        if distances.max() <= radius:
            return distances[:, 1:], atoms[found[:, 1:]]
        radius = min(1.01 * float(distances.max()), 2.0 * radius)


def _longest(one: str, other: str) -> float | None:
    """Sum of the largest radii that the two have beside each other, angstrom; None if unknown."""
    if forms_anions(one) and forms_anions(other):
        pair = (_anion(one), _anion(other))
    elif forms_anions(one) or forms_anions(other):
        anion, cation = (one, other) if forms_anions(one) else (other, one)
        pair = (_anion(anion), _cation(cation))
    else:
        pair = (_metal(one), _metal(other))
    return None if None in pair else float(sum(r for r in pair if r is not None))


def _anion(element: str) -> float | None:
    return max((r for q, r in ionic_radii(element).items() if q < 0), default=None)


def _cation(element: str) -> float | None:
    if element == "C":
        return _CARBIDE_ANGSTROM
    return max((r for q, r in ionic_radii(element).items() if q > 0), default=None)


def _metal(element: str) -> float | None:
    if element == "C":
        return _CARBIDE_ANGSTROM
    return metallic_radii().get(element)
