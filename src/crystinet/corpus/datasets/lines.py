"""The lines that a data set keeps of a compound, and their strengths in its variants."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import operations_of
from crystinet.crystals.structure import Structure
from crystinet.crystals.symmetry import analyse
from crystinet.simulation.reflections import Reflections, compute_reflections
from crystinet.simulation.variation import VariationConfig, vary_structure

#: Lines weaker than this part of the strongest, in every variant, are left out.
WEAKEST = 1e-5
#: Draws of a variant whose atoms come too close; then the structure itself stands in for it.
_MOST_DRAWS = 3


@dataclass(frozen=True, slots=True, eq=False)
class CompoundLines:
    """Lines of one compound.

    Attributes
    ----------
    reflections
        Of the structure as it is, p of them.
    variants
        ``|F|^2`` of the same reflections in variants of the structure, shape (v, p).
    """

    reflections: Reflections
    variants: NDArray[np.float32]


def lines_of(
    structure: Structure,
    *,
    space_group: int,
    d_min_angstrom: float,
    max_lines: int,
    variants: int,
    seed: int,
) -> CompoundLines | None:
    """Compute the strongest lines of a compound; None where it has none or is impossible.

    Parameters
    ----------
    structure, space_group
        In any setting.
    d_min_angstrom
        Lines are computed down to this d.
    max_lines
        At most so many lines, the strongest; a line counts with its strength relative to the
        strongest line, in the variant where that is largest.
    variants
        Number of variants, see `vary_structure`.
    seed
        Decides on the variants.
    """
    try:
        structure, space_group = with_standard_axes(structure, space_group=space_group)
        ideal = compute_reflections(structure, d_min_angstrom=d_min_angstrom, relative_minimum=0.0)
    except InvalidStructureError:
        return None
    rng = np.random.default_rng(seed)
    varied = [_variant(structure, ideal, d_min_angstrom, rng) for _ in range(variants)]
    strength = np.array([ideal.f_squared, *varied]) * ideal.multiplicity * ideal.d_angstrom**2
    if not strength.size or not np.isfinite(strength).all() or strength.max(axis=1).min() <= 0.0:
        return None
    strength = (strength / strength.max(axis=1, keepdims=True)).max(axis=0)
    kept = np.sort(np.argsort(-strength, kind="stable")[:max_lines])
    kept = kept[strength[kept] > WEAKEST]
    reflections = Reflections(
        hkl=ideal.hkl[kept],
        d_angstrom=ideal.d_angstrom[kept],
        multiplicity=ideal.multiplicity[kept],
        f_squared=ideal.f_squared[kept],
        cell=ideal.cell,
        space_group=space_group,
    )
    return CompoundLines(
        reflections, np.array([f[kept] for f in varied], np.float32).reshape(variants, len(kept))
    )


def _variant(
    structure: Structure, ideal: Reflections, d_min_angstrom: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """``|F|^2`` of a variant, shape (p,)."""
    for _ in range(_MOST_DRAWS):
        varied = vary_structure(structure, config=VariationConfig(), rng=rng)
        try:
            return compute_reflections(
                varied, d_min_angstrom=d_min_angstrom, relative_minimum=0.0
            ).f_squared
        except InvalidStructureError:  # two atoms of a split site came too close
            continue
    return ideal.f_squared


def with_standard_axes(structure: Structure, *, space_group: int) -> tuple[Structure, int]:
    """Structure and space group in axes that fit the group: strain must keep the crystal system.

    A CIF file may list all atoms of a primitive cell, or use rhombohedral axes or another unique
    axis; such a structure is standardised.
    """
    alpha, beta, gamma = (abs(angle - 90.0) < 1e-3 for angle in structure.cell[3:])
    hexagonal = structure.cell.hexagonal
    fits = (
        space_group <= 2
        or (space_group <= 15 and alpha and gamma)
        or (143 <= space_group <= 194 and hexagonal)
        or (not 143 <= space_group <= 194 and alpha and beta and gamma)
    )
    if fits and operations_of(structure.hall_symbol).space_group == space_group:
        return structure, space_group
    symmetry = analyse(structure)
    return symmetry.structure(structure.name), symmetry.space_group
