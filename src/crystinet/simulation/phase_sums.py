"""Sums of the phase factors of atoms, ``exp(2 pi i (h x + k y + l z))``."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray, IntArray

ComplexArray = NDArray[np.complex128]

_LARGEST_BATCH = 1_000_000
# For at most so many pairs of reflection and atom, one phase factor for each is quicker than sums
# that share factors.
_FEW_TERMS = 25_000


def few_terms(hkl: IntArray, atoms: FloatArray) -> bool:
    """Whether `direct_sums` of reflections (p, 3) and atoms (n, 3) are quicker."""
    return len(hkl) * len(atoms) <= _FEW_TERMS


def lattice_sums(
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


def direct_sums(
    hkl: IntArray, atoms: FloatArray, weights: FloatArray, edges: Sequence[int], *, centric: bool
) -> FloatArray | ComplexArray:
    """Of each group of atoms the sum of their phase factors, (groups, p); real if ``centric``."""
    cycles = atoms @ hkl.T
    cycles -= np.rint(cycles)
    squared = cycles * cycles
    cosines = _polynomial(_COSINE, squared)
    cosines *= weights[:, None]
    real: FloatArray = np.add.reduceat(cosines, edges[:-1], axis=0)
    if centric:
        return real
    sines = _polynomial(_SINE, squared)
    sines *= cycles
    sines *= weights[:, None]
    return real + 1j * np.add.reduceat(sines, edges[:-1], axis=0)


def _fitted(function: Callable[[FloatArray], FloatArray]) -> tuple[float, ...]:
    """Coefficients of a polynomial that interpolates a smooth function of 0 to 1/4, falling."""
    series = Chebyshev.interpolate(function, _DEGREE, domain=[0.0, 0.25])
    return tuple(series.convert(kind=Polynomial, domain=[-1.0, 1.0]).coef[::-1].tolist())


# Polynomials for cos(2 pi r) and sin(2 pi r) / r of the square of a fraction r of a cycle, -1/2 to
# 1/2: several times as quick as the functions of NumPy, and right to 1e-13.
_DEGREE = 9
_COSINE = _fitted(lambda u: np.cos(2.0 * np.pi * np.sqrt(u)))
_SINE = _fitted(lambda u: 2.0 * np.pi * np.sinc(2.0 * np.sqrt(u)))


def _polynomial(coefficients: tuple[float, ...], values: FloatArray) -> FloatArray:
    """A polynomial with these coefficients, that of the highest power first."""
    result = values * coefficients[0]
    result += coefficients[1]
    for coefficient in coefficients[2:]:
        result *= values
        result += coefficient
    return result
