"""Orbits of positions, told from the operations that leave each position where it is.

Which operations those are is a finite choice for each space group (its site symmetries), so what
follows from it is worked out once and kept.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray, IntArray, read_only_ints
from crystinet.crystals.hall import TRANSLATION_UNIT, Operations

_ENTRY_RANGE = 16  # of the entries of rotations, from -8 on


@lru_cache(maxsize=64)
def product_table(operations: Operations) -> NDArray[np.int16]:
    """Numbers of the products ``g_i g_j`` of all operations with centring, shape (s, s).

    They count as `Operations.all_operations` does; lattice translations are left out.
    """
    rotations, fractions = operations.all_operations()
    translations = np.rint(fractions * TRANSLATION_UNIT)
    matrices = rotations.astype(np.float64)
    turned = np.einsum("iab,jbc->ijac", matrices, matrices, optimize=True)
    moved = np.einsum("iab,jb->ija", matrices, translations, optimize=True)
    codes = _codes(matrices, translations)
    order = np.argsort(codes)
    places = np.searchsorted(codes[order], _codes(turned, moved + translations[:, None]))
    table: NDArray[np.int16] = order[places].astype(np.int16)
    table.setflags(write=False)
    return table


def _codes(matrices: FloatArray, translations: FloatArray) -> IntArray:
    """One number for each operation, of (..., 3, 3) and (..., 3) in units of 1/24."""
    entries = matrices.reshape(*matrices.shape[:-2], 9).astype(np.int64) + _ENTRY_RANGE // 2
    steps = translations.astype(np.int64) % TRANSLATION_UNIT
    codes: IntArray = entries @ _ENTRY_RANGE ** np.arange(9)
    return codes * TRANSLATION_UNIT**3 + steps @ TRANSLATION_UNIT ** np.arange(3)


@lru_cache(maxsize=8192)
def orbit_labels(operations: Operations, fixing: bytes) -> IntArray:
    """For each operation the first one that takes a position to the same atom, shape (s,).

    Parameters
    ----------
    operations
        Of the space group.
    fixing
        A row of `Positions.fixing`, as bytes. Where those operations are no group, every operation
        counts as giving an atom of its own.
    """
    stabiliser = np.flatnonzero(np.frombuffer(fixing, dtype=np.bool_))
    labels = product_table(operations)[:, stabiliser].min(axis=1)
    sizes = np.bincount(labels)
    if (sizes[sizes > 0] != len(stabiliser)).any():
        labels = np.arange(len(labels))
    return read_only_ints(labels)


@lru_cache(maxsize=8192)
def distinct_images(operations: Operations, fixing: bytes) -> IntArray:
    """Numbers of operations that together give each atom of an orbit once; see `orbit_labels`."""
    return read_only_ints(np.unique(orbit_labels(operations, fixing)))
