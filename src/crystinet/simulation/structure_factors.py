"""Structure factors as sums over the atoms of the cell."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import operations_of
from crystinet.simulation.scattering import anomalous_terms, form_factors

ComplexArray = NDArray[np.complex128]

_LARGEST_BATCH = 1_000_000
#: Phase factors, atoms times reflections: some seconds of work.
_MOST_FACTORS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Scatterer:
    """What stands on a site: pairs (element or ion, occupancy), and B in square angstrom."""

    species: tuple[tuple[str, float], ...]
    b_iso: float


def squared_structure_factors(
    hkl: IntArray,
    *,
    stol_squared: FloatArray,
    hall_symbol: str,
    xyz: FloatArray,
    multiplicity: IntArray,
    scatterers: Sequence[Scatterer],
    wavelength_angstrom: float | None = None,
) -> FloatArray:
    r"""``|F|^2`` of reflections, shape (p,), electrons squared.

    .. math:: F(h) = \sum_e T_e(s) f_e(s) S_e(h), \quad
              S_e(h) = \sum_{j \in e} \frac{m_j}{|G|} \sum_{(R, t) \in G}
              e^{2 \pi i\, h \cdot (R x_j + t)}

    The sites j that scatter alike are one group e, so that f and T are computed once. The phase
    factors are separable, :math:`e^{2 \pi i (h x + k y)} e^{2 \pi i l z}`: the sum over atoms is a
    matrix product of the pairs (h, k) with the indices l, and no factor is computed twice.
    Centring only multiplies allowed reflections, which the multiplicities do already. An inversion
    leaves one half of the operations: with its centre as the origin, S is real.

    With anomalous terms f is complex, and the answer is the mean over Friedel mates,
    :math:`|\sum (f_0 + f') T S|^2 + |\sum f'' T S|^2`: a powder pattern shows their sum.

    Parameters
    ----------
    hkl, stol_squared
        Shape (p, 3) and (p,), the latter :math:`s^2 = 1 / 4 d^2` per square angstrom.
    hall_symbol
        The space group.
    xyz, multiplicity, scatterers
        Shape (n, 3), (n,) and n long: the sites of the asymmetric unit.
    wavelength_angstrom
        For anomalous terms; None leaves them out.

    Raises
    ------
    InvalidStructureError
        There are too many atoms and reflections.
    """
    rotations, translations, centre = _about_inversion(hall_symbol)
    groups = {scatterer: i for i, scatterer in enumerate(dict.fromkeys(scatterers))}
    group = np.array([groups[scatterer] for scatterer in scatterers])
    order = np.argsort(group, kind="stable")
    origin = np.zeros(3) if centre is None else centre
    turned = (xyz[order] - origin) @ rotations.transpose(2, 0, 1).reshape(3, -1)
    images = turned.reshape(len(xyz), -1, 3) + translations
    n_images = turned.shape[1] // 3 * len(xyz)
    if n_images * len(hkl) > _MOST_FACTORS:
        raise InvalidStructureError(
            f"{len(hkl)} reflections of {n_images} atoms are too many to calculate.",
            hint="Give a smaller cell, or raise the smallest d.",
        )
    weights = np.repeat(multiplicity[order] / len(rotations), len(rotations))
    edges = np.searchsorted(group[order], np.arange(len(groups) + 1)) * len(rotations)
    f_squared = np.empty(len(hkl))
    for rows, sums in _lattice_sums(
        hkl, images.reshape(-1, 3), weights, edges.tolist(), centric=centre is not None
    ):
        amplitudes = _amplitudes(list(groups), stol_squared[rows], wavelength_angstrom)
        f_real: FloatArray | ComplexArray = np.zeros(1)
        f_imaginary: FloatArray | ComplexArray = np.zeros(1)
        for (real, imaginary), total in zip(amplitudes, sums, strict=True):
            f_real = f_real + real * total
            f_imaginary = f_imaginary + imaginary * total
        f_squared[rows] = np.abs(f_real) ** 2 + np.abs(f_imaginary) ** 2
    return f_squared


def _amplitudes(
    scatterers: Sequence[Scatterer], stol_squared: FloatArray, wavelength: float | None
) -> Iterator[tuple[FloatArray, FloatArray | float]]:
    """``(f0 + f') T`` and ``f'' T`` of each, shape (p,); the latter 0 without anomalous terms."""
    names = tuple(dict.fromkeys(name for s in scatterers for name, _ in s.species))
    factors = dict(zip(names, form_factors(names, stol_squared=stol_squared), strict=True))
    damping: dict[float, FloatArray] = {}
    for scatterer in scatterers:
        b_iso = scatterer.b_iso
        if b_iso not in damping:
            damping = {b_iso: np.exp(-b_iso * stol_squared)}  # one at a time: there may be many
        f: FloatArray = np.zeros(len(stol_squared))
        f_imaginary = 0.0
        for name, occupancy in scatterer.species:
            f += occupancy * factors[name]
            if wavelength is not None:
                real, imaginary = anomalous_terms(name, wavelength_angstrom=wavelength)
                f += occupancy * real
                f_imaginary += occupancy * imaginary
        f *= damping[b_iso]
        yield f, 0.0 if wavelength is None else f_imaginary * damping[b_iso]


def _lattice_sums(
    hkl: IntArray, atoms: FloatArray, weights: FloatArray, edges: Sequence[int], *, centric: bool
) -> "Iterator[tuple[slice | IntArray, Iterator[FloatArray | ComplexArray]]]":
    """Parts of the reflections with, for each group of atoms, the sum of their phase factors.

    Real ones if ``centric``. ``edges`` are the first atoms of the groups, (groups + 1,).
    """
    lowest, highest = hkl.min(axis=0), hkl.max(axis=0)
    # The longest range as the inner index of the product leaves the fewest pairs.
    inner = int((highest - lowest).argmax())
    outer, middle = (axis for axis in range(3) if axis != inner)
    offset = hkl - lowest
    tables = [
        _phase_factors(np.arange(low, high + 1), atoms[:, axis])
        for axis, (low, high) in enumerate(zip(lowest, highest, strict=True))
    ]
    right = tables[inner] * weights
    if centric:
        right = right.conj()
    n_middle = len(tables[middle])
    code = offset[:, outer] * n_middle + offset[:, middle]
    present = np.zeros(len(tables[outer]) * n_middle, dtype=np.bool_)
    present[code] = True
    pairs = np.flatnonzero(present)
    pair = (np.cumsum(present) - 1)[code]
    step = max(1, _LARGEST_BATCH // len(atoms))
    for start in range(0, len(pairs), step):
        part = pairs[start : start + step]
        left = tables[outer][part // n_middle] * tables[middle][part % n_middle]
        rows: slice | IntArray = slice(None)
        if step < len(pairs):
            rows = np.flatnonzero((pair >= start) & (pair < start + step))
        yield rows, _grouped(left, right, edges, pair[rows] - start, offset[rows, inner], centric)


def _grouped(
    left: ComplexArray,
    right: ComplexArray,
    edges: Sequence[int],
    row: IntArray,
    column: IntArray,
    centric: bool,
) -> "Iterator[FloatArray | ComplexArray]":
    for start, stop in pairwise(edges):
        a, b = left[:, start:stop], right[:, start:stop]
        if centric:  # the real part of a b, as a product of real and imaginary parts side by side
            yield (a.view(np.float64) @ b.view(np.float64).T)[row, column]
        else:
            yield (a @ b.T)[row, column]


def _phase_factors(indices: IntArray, x: FloatArray) -> ComplexArray:
    """``exp(2 pi i h x)``, shape (indices, atoms)."""
    angle = np.multiply.outer(2.0 * math.pi * indices, x)
    factors = np.empty(angle.shape, dtype=np.complex128)
    np.cos(angle, out=factors.real)
    np.sin(angle, out=factors.imag)
    return factors


@lru_cache(maxsize=1024)
def _about_inversion(hall_symbol: str) -> tuple[IntArray, FloatArray, FloatArray | None]:
    """Operations, and the centre of inversion, if any: then one of each pair, about the centre."""
    operations = operations_of(hall_symbol)
    rotations, translations = operations.rotations, operations.fractional_translations
    inversion = np.flatnonzero((rotations == -np.eye(3, dtype=np.int64)).all(axis=(1, 2)))
    if not len(inversion):
        return rotations, translations, None
    centre = translations[inversion[0]] / 2.0
    moved = rotations @ centre + translations - centre
    # R and -R are a pair; the sign of the first entry that is not 0 tells them apart.
    flat = rotations.reshape(-1, 9)
    half = flat[np.arange(len(flat)), (flat != 0).argmax(axis=1)] > 0
    return rotations[half], moved[half], centre
