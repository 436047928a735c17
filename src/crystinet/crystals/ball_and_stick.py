"""The noun `BallAndStick`: a cell filled with atoms, its boundary included, and their bonds."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import gemmi
import numpy as np
from scipy.spatial import cKDTree

from crystinet.core.arrays import FloatArray, IntArray, read_only_floats, read_only_ints
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.anx import anions_of
from crystinet.crystals.expansion import Species, expand, images_around
from crystinet.crystals.structure import Structure

#: More atoms are no picture any more.
MOST_DRAWN = 3000
#: Two atoms are bonded up to the sum of their covalent radii (Cordero et al., Dalton Trans. 2008,
#: 2832, as gemmi lists them) and this, angstrom: what Jmol and its descendants draw.
_TOLERANCE_ANGSTROM = 0.45
#: Of a longest bond that is looked for: twice the largest radius, francium's.
_LONGEST_ANGSTROM = 2 * 2.60 + _TOLERANCE_ANGSTROM


@dataclass(frozen=True, slots=True)
class BallAndStick:
    """A cell to be drawn.

    Attributes
    ----------
    basis
        Row vectors of the cell in angstrom, shape (3, 3); a along x, b in the xy plane.
    xyz
        Cartesian positions of the atoms in angstrom, shape (n, 3). An atom on a face, an edge or a
        corner is there on each of them that belongs to it.
    species
        Elements of each atom without charges, and their occupancies; sorted by element.
    bonds
        Pairs of atoms, shape (m, 2). Where there are anions, a metal has bonds with them alone, and
        none with another metal or with the phosphorus of a phosphate.
    """

    basis: FloatArray
    xyz: FloatArray
    species: tuple[Species, ...]
    bonds: IntArray


def ball_and_stick(structure: Structure) -> BallAndStick:
    """Fill the cell of a structure.

    Raises
    ------
    InvalidStructureError
        As `crystinet.crystals.expansion.expand`; or the cell holds more than `MOST_DRAWN` atoms.
    """
    cell = expand(structure)
    xyz, atoms = images_around(cell.positions, basis=cell.basis, margin_angstrom=0.0)
    if len(xyz) > MOST_DRAWN:
        raise InvalidStructureError(
            f"The cell of {structure.name or 'the structure'} holds {len(xyz)} atoms.",
            hint=f"At most {MOST_DRAWN} are drawn; take a program for pictures and the CIF.",
        )
    elements = [main_element(each) for each in cell.species]
    bonds = _bonds(xyz, [elements[atom] for atom in atoms], anions=anions_of(Counter(elements)))
    return BallAndStick(
        basis=read_only_floats(cell.basis),
        xyz=read_only_floats(xyz),
        species=tuple(cell.species[atom] for atom in atoms),
        bonds=read_only_ints(bonds),
    )


def main_element(species: Species) -> str:
    """The element with the largest share of a site."""
    return max(species, key=lambda pair: pair[1])[0]


def _bonds(xyz: FloatArray, elements: list[str], *, anions: Collection[str]) -> IntArray:
    near = cKDTree(xyz).query_pairs(_LONGEST_ANGSTROM, output_type="ndarray")
    radius = np.array([_radius_and_metal(name)[0] for name in elements])
    distance = np.linalg.norm(xyz[near[:, 0]] - xyz[near[:, 1]], axis=1)
    near = near[distance <= radius[near].sum(axis=1) + _TOLERANCE_ANGSTROM]
    if anions:
        metal = np.array([_radius_and_metal(name)[1] for name in elements])
        with_anion = np.isin(elements, sorted(anions))[near].any(axis=1)
        near = near[with_anion | ~metal[near].any(axis=1)]
    found: IntArray = near.astype(np.int64)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


@lru_cache(maxsize=256)
def _radius_and_metal(element: str) -> tuple[float, bool]:
    known = gemmi.Element(element)
    return known.covalent_r, known.is_metal
