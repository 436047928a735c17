"""Array types and the read-only copies that frozen value objects hold."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

#: The least and the largest value, in that order.
Range = tuple[float, float]


def median_of(values: FloatArray) -> float:
    """Median of finite numbers, shape (n,), n at least 1: that of `numpy.median`.

    Of the hundreds of short arrays that one answer looks at, NumPy's spends most of its time on
    cases that do not occur here.
    """
    middle = len(values) // 2
    parted = np.partition(values, middle)
    upper = float(parted[middle])
    if len(values) % 2:
        return upper
    return 0.5 * (float(parted[:middle].max()) + upper)


def read_only_floats(values: ArrayLike) -> FloatArray:
    """Copy ``values`` into a float64 array that cannot be written to."""
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array


def read_only_bools(values: ArrayLike) -> BoolArray:
    """Copy ``values`` into a boolean array that cannot be written to."""
    array = np.array(values, dtype=np.bool_)
    array.setflags(write=False)
    return array


def read_only_ints(values: ArrayLike) -> IntArray:
    """Copy ``values`` into an int64 array that cannot be written to."""
    array = np.array(values, dtype=np.int64)
    array.setflags(write=False)
    return array
