"""Powder reflections of a crystal structure: d, multiplicity and squared structure factors."""

import math
from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    read_only_floats,
    read_only_ints,
)
from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.crystals.hall import TRANSLATION_UNIT, Operations, operations_of
from crystinet.crystals.positions import Positions, metric_of, positions_of
from crystinet.crystals.structure import Structure
from crystinet.simulate.scattering import form_factor, form_factor_coefficients

#: Displacement parameter B of atoms whose structure gives none: usual for inorganic solids at
#: room temperature, square angstrom.
DEFAULT_B_ISO = 0.5

_MOST_CANDIDATES = 10_000_000
_LARGEST_BATCH = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Reflections:
    """The symmetry-independent reflections of one structure, without any wavelength.

    Attributes
    ----------
    hkl
        Shape (p, 3), one representative of each symmetry-equivalent set (Friedel mates merged):
        the one with the largest h + k + l, then h, then k.
    d_angstrom
        Shape (p,), decreasing.
    multiplicity
        Shape (p,), number of equivalent reflections including Friedel mates.
    f_squared
        Shape (p,), ``|F|^2`` per conventional cell, electrons squared, with displacement factors.
    cell
        The cell that gave ``d_angstrom``; strain changes d and leaves the rest.
    space_group
        International number; 0 where the operations are in no table of settings.
    """

    hkl: IntArray
    d_angstrom: FloatArray
    multiplicity: IntArray
    f_squared: FloatArray
    cell: tuple[float, float, float, float, float, float]
    space_group: int

    def __post_init__(self) -> None:
        for name in ("d_angstrom", "f_squared"):
            object.__setattr__(self, name, read_only_floats(getattr(self, name)))
        for name in ("hkl", "multiplicity"):
            object.__setattr__(self, name, read_only_ints(getattr(self, name)))


def compute_reflections(
    structure: Structure,
    *,
    d_min_angstrom: float,
    d_max_angstrom: float | None = None,
    default_b_iso: float = DEFAULT_B_ISO,
    relative_minimum: float = 1e-6,
) -> Reflections:
    r"""Reflections of a structure with :math:`d_{min} \le d \le d_{max}`.

    .. math:: F(h) = \sum_j \frac{m_j}{|G|} T_j(s) f_j(s) \sum_{(R, t) \in G}
              e^{2 \pi i\, h \cdot (R x_j + t)}, \quad T_j = e^{-B_j s^2}, \quad s = 1 / 2d

    over the sites j of multiplicity m and the operations of the space group G; f is the sum of
    the scattering factors on the site, weighted by occupancy. No anomalous scattering, so that
    Friedel mates have one intensity. Source: International Tables for Crystallography B (2001),
    section 1.2.

    Parameters
    ----------
    structure
        Its sites may be mixed and partly filled.
    d_min_angstrom, d_max_angstrom
        Limits of the lattice-plane distance; no upper limit unless given.
    default_b_iso
        B in square angstrom where a site gives none.
    relative_minimum
        Reflections with ``multiplicity * f_squared`` below this part of the largest are left out.

    Raises
    ------
    ConfigError
        Where ``d_min_angstrom`` is not positive.
    InvalidStructureError
        Where the cell, a species, an occupancy or a position is impossible, where all positions
        are empty, or where the cell holds too many reflections.
    """
    metric = metric_of(structure)
    operations = operations_of(structure.hall_symbol)
    positions = positions_of(structure)
    candidates = _hkl_between(structure, metric, d_min_angstrom, d_max_angstrom)
    hkl, d, multiplicity = _independent_hkl(candidates, metric, operations)
    f_squared = np.zeros(len(hkl))
    atoms = positions.multiplicity * [site.occupancy for site in structure.sites]
    if not atoms.sum() > 0.0:
        raise InvalidStructureError(
            f"{structure.name or 'The structure'}: every site is empty.",
            hint="At least one occupancy must be above 0.",
        )
    if len(hkl):
        scattering = _site_scattering(structure, positions, d, default_b_iso)
        f_squared = _squared_structure_factors(hkl, scattering, positions, operations)
        strength = multiplicity * f_squared
        kept = strength >= relative_minimum * strength.max()
        hkl, d, multiplicity, f_squared = (v[kept] for v in (hkl, d, multiplicity, f_squared))
    return Reflections(hkl, d, multiplicity, f_squared, structure.cell, operations.space_group)


def _independent_hkl(
    candidates: IntArray, metric: FloatArray, operations: Operations
) -> tuple[IntArray, FloatArray, IntArray]:
    """Find the allowed hkl (p, 3), one of each equivalent set, with d and multiplicity.

    Sorted by falling d. hkl is coded as one integer key that is linear in h, k, l, so that the
    keys of all equivalents are one matrix product; the largest key represents them.
    """
    centred = (candidates @ operations.centring.T) % TRANSLATION_UNIT == 0
    hkl = candidates[centred.all(axis=1)]
    weights = _key_weights(hkl)
    rotated = operations.rotations @ weights  # (s, 3): h R . w = h . (R w)
    laue = np.unique(np.concatenate([rotated, -rotated]), axis=0)
    for image_weights in laue:  # leaves the first of each equivalent set; fewer with every step
        hkl = hkl[hkl @ (weights - image_weights) >= 0]
    hkl = hkl[~_systematically_absent(hkl, operations, weights)]
    key = hkl @ weights
    multiplicity = len(laue) // (hkl @ laue.T == key[:, None]).sum(axis=1)
    d = 1.0 / np.sqrt(_inverse_d_squared(hkl, metric))
    order = np.lexsort((-key, -d))
    return hkl[order], d[order], multiplicity[order]


def _hkl_between(
    structure: Structure, metric: FloatArray, d_min: float, d_max: float | None
) -> IntArray:
    """All hkl (p, 3) but 0 0 0 with d within the limits."""
    if not (math.isfinite(d_min) and d_min > 0.0):
        raise ConfigError(f"The smallest d is {d_min:g} angstrom.", hint="Give a positive number.")
    limits = np.floor(np.sqrt(np.diag(metric)) / d_min)
    if float((2.0 * limits + 1.0).prod()) > _MOST_CANDIDATES:
        raise InvalidStructureError(
            f"{structure.name or 'The structure'}: the cell "
            f"{', '.join(f'{v:g}' for v in structure.cell)} has too many reflections down to "
            f"d = {d_min:g} angstrom.",
            hint="Check the cell edges, or raise the smallest d.",
        )
    h, k, l = (np.arange(-limit, limit + 1, dtype=np.int64) for limit in limits)  # noqa: E741
    hkl = np.stack(np.meshgrid(h, k, l, indexing="ij"), axis=-1).reshape(-1, 3)
    inverse = _inverse_d_squared(hkl, metric)
    inside = (inverse > 0.0) & (inverse * d_min**2 <= 1.0)
    if d_max is not None:
        inside &= inverse * d_max**2 >= 1.0
    between: IntArray = hkl[inside]
    return between


def _inverse_d_squared(hkl: IntArray, metric: FloatArray) -> FloatArray:
    total: FloatArray = ((hkl @ np.linalg.inv(metric)) * hkl).sum(axis=1)
    return total


def _key_weights(hkl: IntArray) -> IntArray:
    """Weights (3,) that code hkl as one integer, ordered by h + k + l, then h, then k."""
    # Keeps even the differences of two hkl apart; at least 5, which keeps the axes apart.
    bases = 4 * np.abs(hkl).max(axis=0, initial=1) + 1
    smaller = np.array([bases[1] * bases[2], bases[2], 1], dtype=np.int64)
    weights: IntArray = smaller + bases.prod()
    return weights


def _systematically_absent(hkl: IntArray, operations: Operations, weights: IntArray) -> BoolArray:
    """Whether an operation with ``h R = h`` has a phase ``h t`` that is no integer, shape (p,)."""
    fixed = hkl @ (operations.rotations @ weights).T == (hkl @ weights)[:, None]
    shifted = (hkl @ operations.translations.T) % TRANSLATION_UNIT != 0
    absent: BoolArray = (fixed & shifted).any(axis=1)
    return absent


def _site_scattering(
    structure: Structure, positions: Positions, d: FloatArray, default_b_iso: float
) -> FloatArray:
    """``m f T`` of each site, shape (p, n), electrons."""
    stol_squared = 0.25 / d**2
    factors = {
        name: form_factor(form_factor_coefficients(name), stol_squared=stol_squared)
        for name in dict.fromkeys(name for site in structure.sites for name, _ in site.species)
    }
    columns = []
    for site, multiplicity in zip(structure.sites, positions.multiplicity, strict=True):
        b_iso = default_b_iso if site.b_iso is None else site.b_iso
        f = sum(occupancy * factors[name] for name, occupancy in site.species)
        columns.append(multiplicity * f * np.exp(-b_iso * stol_squared))
    return np.stack(columns, axis=1)


def _squared_structure_factors(
    hkl: IntArray, scattering: FloatArray, positions: Positions, operations: Operations
) -> FloatArray:
    """``|F|^2``, shape (p,); the sum over operations runs in batches of reflections.

    Centring only multiplies allowed reflections, which the multiplicities already do. An
    inversion at ``c`` leaves one half of the operations: from there F is real.
    """
    rotations, translations, xyz, centric = _about_inversion(positions.xyz, operations)
    n, s = len(xyz), len(rotations)
    f_squared = np.empty(len(hkl))
    step = max(1, _LARGEST_BATCH // (n * s))
    for start in range(0, len(hkl), step):
        rows = slice(start, start + step)
        rotated = np.einsum("pi,sij->psj", hkl[rows], rotations)  # (p, s, 3)
        phase = rotated @ xyz.T + (hkl[rows] @ translations.T)[:, :, None]  # (p, s, n), cycles
        phase -= np.rint(phase)
        # Single precision is 20 times faster here; its error is 1e-6 of the sum of all f.
        angle = (2.0 * np.pi * phase).astype(np.float32)
        cosines = np.cos(angle).sum(axis=1, dtype=np.float64) / s  # (p, n)
        f_squared[rows] = (scattering[rows] * cosines).sum(axis=1) ** 2
        if not centric:
            sines = np.sin(angle).sum(axis=1, dtype=np.float64) / s
            f_squared[rows] += (scattering[rows] * sines).sum(axis=1) ** 2
    return f_squared


def _about_inversion(
    xyz: FloatArray, operations: Operations
) -> tuple[IntArray, FloatArray, FloatArray, bool]:
    """Operations and positions with an inversion as the origin, if any; one of each pair."""
    rotations, translations = operations.rotations, operations.fractional_translations
    inversion = np.flatnonzero((rotations == -np.eye(3, dtype=np.int64)).all(axis=(1, 2)))
    if not len(inversion):
        return rotations, translations, xyz, False
    centre = translations[inversion[0]] / 2.0
    moved = rotations @ centre + translations - centre
    # R and -R are a pair; the sign of the first entry that is not 0 tells them apart.
    flat = rotations.reshape(-1, 9)
    signs = flat[np.arange(len(flat)), (flat != 0).argmax(axis=1)]
    half = signs > 0
    return rotations[half], moved[half], xyz - centre, True
