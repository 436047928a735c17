"""The symmetry-independent reflections of a lattice: indices, 1/d^2 and multiplicities."""

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.crystals.hall import TRANSLATION_UNIT, operations_of

_MOST_CANDIDATES = 10_000_000
_LARGEST_SLAB = 200_000

# The reflections of small cells are taken from tables, for boxes of some sizes only, so that many
# cells share a table. At most 256 are kept, each of less than half a megabyte.
_SIZES = (4, 6, 9, 13, 19, 28, 40, 10**9)
_LARGEST_TABLE = 750  # of the box, for each operation of the Laue class

# hkl is coded as one number, ordered by h + k + l, then h, then k. It is linear in h, k, l, so
# that the codes of all equivalents are one matrix product; doubles hold it exactly up to indices
# of 30,000.
_BASE = 2.0**17
_KEY = np.array([_BASE**2 + _BASE, _BASE**2 + 1.0, _BASE**2])


@dataclass(frozen=True, slots=True, eq=False)
class _LaueClass:
    """Which reflections are equivalent, in one setting; g is the order of the Laue class.

    Attributes
    ----------
    excess
        Shape (g, 3): ``excess @ hkl`` is the key minus that of each equivalent.
    sieve
        Shape (f, 3), the few rows of ``excess`` that exclude most.
    lowest
        Shape (3,): 0 for an axis on which the largest key has no negative index, else -1.
    """

    excess: FloatArray
    sieve: FloatArray
    lowest: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class _Bookkeeping:
    """What the space group says about reflections.

    Attributes
    ----------
    laue
        One object for all space groups of a Laue class.
    centring, screws
        Shape (c, 3) and (s, 3): translations in units of 1/24.
    turned
        Shape (s, 3): ``turned @ hkl`` is the key minus that of the image under each operation
        with a translation.
    """

    laue: _LaueClass
    centring: FloatArray
    screws: FloatArray
    turned: FloatArray


@lru_cache(maxsize=1024)
def _bookkeeping(hall_symbol: str) -> _Bookkeeping:
    operations = operations_of(hall_symbol)
    images = operations.rotations @ _KEY  # (s, 3): h R . key = h . (R key)
    moving = operations.translations.any(axis=1)
    return _Bookkeeping(
        laue=_laue_class(np.unique(np.concatenate([images, -images]), axis=0).tobytes()),
        centring=operations.centring[1:].astype(np.float64),
        screws=operations.translations[moving].astype(np.float64),
        turned=_KEY - images[moving],
    )


@lru_cache(maxsize=256)
def _laue_class(keys: bytes) -> _LaueClass:
    """Of the keys' images under the operations, (g, 3) sorted, as bytes."""
    images = np.frombuffer(keys).reshape(-1, 3)
    mirrored = _KEY * (1.0 - 2.0 * np.eye(3))  # the key with one index negated
    mirrors = (images[None] == mirrored[:, None]).all(axis=2).any(axis=1)
    excess = _KEY - images
    lowest = np.where(mirrors, 0, -1)
    return _LaueClass(excess, _sieve(excess, lowest=lowest), lowest)


def _sieve(excess: FloatArray, *, lowest: IntArray) -> FloatArray:
    """Few rows that together exclude all that any excludes, of a sample of small indices."""
    ranges = [np.arange(low * 6.0, 7.0) for low in lowest]
    sample = np.stack(np.meshgrid(*ranges), axis=-1).reshape(-1, 3)
    excluded = sample @ excess.T < 0.0
    chosen: list[int] = []
    while excluded.any():  # greedily: the row that excludes most of the rest
        chosen.append(int(excluded.sum(axis=0).argmax()))
        excluded = excluded[~excluded[:, chosen[-1]]]
    return excess[chosen]


def independent_hkl(
    *, hall_symbol: str, metric: FloatArray, d_min_angstrom: float, d_max_angstrom: float | None
) -> tuple[IntArray, FloatArray, IntArray]:
    """Allowed reflections, one of each symmetry-equivalent set, sorted by rising 1/d^2.

    Friedel mates count as equivalent. Of a set, that with the largest h + k + l, then h, then k
    stands for it.

    Parameters
    ----------
    hall_symbol
        The space group.
    metric
        Metric tensor of the cell, shape (3, 3), square angstrom, with its symmetry.
    d_min_angstrom, d_max_angstrom
        Limits of the lattice-plane distance, angstrom; None for no upper one.

    Returns
    -------
    hkl
        Shape (p, 3).
    inverse_d_squared
        Shape (p,), per square angstrom.
    multiplicity
        Shape (p,), reflections in each set.

    Raises
    ------
    ConfigError
        Where ``d_min_angstrom`` is not positive.
    InvalidStructureError
        Where there would be millions.
    """
    most = _largest_indices(metric, d_min_angstrom)
    book = _bookkeeping(hall_symbol)
    box = tuple(_SIZES[bisect_left(_SIZES, n)] for n in most)
    if math.prod(box) <= _LARGEST_TABLE * len(book.laue.excess):
        table = _table(book.laue, box)
        inverse = _reciprocal(metric) @ table.products
        inside = inverse * d_min_angstrom**2 <= 1.0
        inside &= _allowed_in_table(hall_symbol, box)
        if d_max_angstrom is not None:
            inside &= inverse * d_max_angstrom**2 >= 1.0
        rows = inside.nonzero()[0]
        rows = rows[inverse[rows].argsort(kind="stable")]
        return table.hkl[rows], inverse[rows], table.multiplicity[rows]
    found = [
        _allowed_representatives(hkl, inverse, book)
        for hkl, inverse in _slabs(metric, book.laue, most, d_min_angstrom, d_max_angstrom)
    ]
    hkl, inverse, multiplicity = (
        parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)
        for parts in zip(*found, strict=True)
    )
    order = np.lexsort((-(_KEY @ hkl), inverse))
    return hkl[:, order].T.astype(np.int64, order="C"), inverse[order], multiplicity[order]


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Reflections of a Laue class in a box of indices, ordered by falling key.

    Attributes
    ----------
    hkl, multiplicity
        Shape (p, 3) and (p,), as `independent_hkl` gives them, without absences.
    products
        Shape (6, p), what the elements of the reciprocal metric are multiplied with in 1/d^2.
    """

    hkl: IntArray
    products: FloatArray
    multiplicity: IntArray


@lru_cache(maxsize=256)
def _table(laue: _LaueClass, box: tuple[int, ...]) -> _Table:
    """Reflections with indices up to those of the box, which many small cells share."""
    ranges = [np.arange(low * n, n + 1.0) for low, n in zip(laue.lowest, box, strict=True)]
    points = np.stack(np.meshgrid(*ranges, indexing="ij")).reshape(3, -1)
    points = points[:, points.any(axis=0)]
    found, _, multiplicity = _representatives(points, points[0], laue)
    order = np.argsort(-(_KEY @ found))
    h, k, l = found = found[:, order]  # noqa: E741
    return _Table(
        hkl=found.T.astype(np.int64, order="C"),
        products=np.stack([h * h, k * k, l * l, 2.0 * k * l, 2.0 * h * l, 2.0 * h * k]),
        multiplicity=multiplicity[order],
    )


@lru_cache(maxsize=4096)
def _allowed_in_table(hall_symbol: str, box: tuple[int, ...]) -> BoolArray:
    """Which reflections of a table the space group allows, shape (p,)."""
    book = _bookkeeping(hall_symbol)
    return _allowed(_table(book.laue, box).hkl.T.astype(np.float64), book)


def _reciprocal(metric: FloatArray) -> FloatArray:
    """Elements 11, 22, 33, 23, 13, 12 of the inverse of a metric tensor, shape (6,)."""
    (a, f, e), (_, b, d), (_, _, c) = metric.tolist()
    bc, ac, ab = b * c - d * d, a * c - e * e, a * b - f * f
    de, df, ef = d * e - c * f, d * f - b * e, e * f - a * d
    determinant = a * bc + f * de + e * df
    elements: FloatArray = np.array([bc, ac, ab, ef, df, de]) / determinant
    return elements


def _largest_indices(metric: FloatArray, d_min: float) -> tuple[int, int, int]:
    """Largest h, k and l of reflections down to a d."""
    if not (math.isfinite(d_min) and d_min > 0.0):
        raise ConfigError(f"The smallest d is {d_min:g} angstrom.", hint="Give a positive number.")
    edges = [math.sqrt(metric[i, i]) for i in range(3)]
    if math.prod(2.0 * math.floor(edge / d_min) + 1.0 for edge in edges) > _MOST_CANDIDATES:
        raise InvalidStructureError(
            f"the cell with edges {', '.join(f'{edge:.4g}' for edge in edges)} has "
            f"too many reflections down to d = {d_min:g} angstrom.",
            hint="Check the cell edges, or raise the smallest d.",
        )
    h, k, l = (math.floor(edge / d_min) for edge in edges)  # noqa: E741
    return h, k, l


def _slabs(
    metric: FloatArray,
    laue: _LaueClass,
    most: tuple[int, int, int],
    d_min: float,
    d_max: float | None,
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Indices (3, p) and 1/d^2 (p,) of the lattice points within the limits, in parts."""
    h, k, l = (np.arange(low * n, n + 1.0) for low, n in zip(laue.lowest, most, strict=True))  # noqa: E741
    g = np.linalg.inv(metric)
    step = max(1, _LARGEST_SLAB // (len(k) * len(l)))
    for start in range(0, len(h), step):
        part = h[start : start + step, None]
        plane = g[0, 0] * part**2 + (2.0 * g[0, 1] * part + g[1, 1] * k) * k
        slope = 2.0 * (g[0, 2] * part + g[1, 2] * k)
        inverse = plane[:, :, None] + (slope[:, :, None] + g[2, 2] * l) * l
        inside = (inverse > 0.0) & (inverse * d_min**2 <= 1.0)
        if d_max is not None:
            inside &= inverse * d_max**2 >= 1.0
        i, j, m = np.nonzero(inside)
        yield np.array([h[start + i], k[j], l[m]]), inverse[inside]


def _representatives(
    hkl: FloatArray, inverse: FloatArray, laue: _LaueClass
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Reflections with the largest key of their set, and the size of the set."""
    # Arrays are (rows, p): NumPy reduces their first axis quickly, a short last one slowly.
    if laue.sieve.size:
        kept = (laue.sieve @ hkl >= 0.0).all(axis=0)
        hkl, inverse = hkl[:, kept], inverse[kept]
    excess = laue.excess @ hkl
    kept = (excess >= 0.0).all(axis=0)
    if not kept.all():
        hkl, inverse, excess = hkl[:, kept], inverse[kept], excess[:, kept]
    return hkl, inverse, len(excess) // (excess == 0.0).sum(axis=0)


def _allowed_representatives(
    hkl: FloatArray, inverse: FloatArray, book: _Bookkeeping
) -> tuple[FloatArray, FloatArray, IntArray]:
    """`_representatives` without those that are absent."""
    hkl, inverse, multiplicity = _representatives(hkl, inverse, book.laue)
    allowed = _allowed(hkl, book)
    if allowed.all():
        return hkl, inverse, multiplicity
    return hkl[:, allowed], inverse[allowed], multiplicity[allowed]


def _allowed(hkl: FloatArray, book: _Bookkeeping) -> BoolArray:
    """Whether no operation forbids a reflection, shape (p,).

    Forbidden is what has a phase h t that is no integer under a centring translation t, or under
    an operation (R, t) with h R = h.
    """
    allowed = np.ones(hkl.shape[1], dtype=np.bool_)
    if book.centring.size:
        allowed &= _whole(book.centring @ hkl).all(axis=0)
    if book.screws.size:
        absent = (book.turned @ hkl == 0.0) & ~_whole(book.screws @ hkl)
        allowed &= ~absent.any(axis=0)
    return allowed


def _whole(phases: FloatArray) -> BoolArray:
    """Whether phases in units of 1/24 are whole numbers."""
    cycles = phases / TRANSLATION_UNIT
    whole: BoolArray = cycles == np.rint(cycles)
    return whole
