"""Arrays of real numbers as the content of NumPy files."""

import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crystinet.core.errors import BundleError
from crystinet.model.manifest import HINT

#: No weight, feature or mean comes near it; its square is still a number in single precision.
_LARGEST = 1e9


def array_of_npy(data: bytes, *, name: str) -> NDArray[np.float32]:
    """Numbers from the content of a ``.npy`` file; BundleError where impossible or absurd."""
    shape, fortran, kind, offset = _header(data, name=name)
    if kind.kind != "f":
        raise BundleError(f"{name} holds {kind}, not real numbers.", hint=HINT)
    if min(shape, default=0) < 0 or math.prod(shape) * kind.itemsize != len(data) - offset:
        raise BundleError(
            f"{name} is no NumPy array (its size does not fit its shape {shape}).", hint=HINT
        )
    numbers = np.frombuffer(data, dtype=kind, offset=offset)
    if not np.isfinite(numbers).all():
        raise BundleError(f"{name} holds NaN or infinity.", hint=HINT)
    if len(numbers) and max(float(numbers.max()), -float(numbers.min())) > _LARGEST:
        raise BundleError(f"{name} holds numbers beyond {_LARGEST:g}.", hint=HINT)
    return numbers.reshape(shape, order="F" if fortran else "C").astype(np.float32)


def _header(data: bytes, *, name: str) -> tuple[tuple[int, ...], bool, "np.dtype[Any]", int]:
    """Shape, whether columns come first, kind of number, and where the numbers begin."""
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0}.get(
            version, np.lib.format.read_array_header_2_0
        )
        shape, fortran, kind = read(stream)
    except Exception as error:  # NumPy reads the header as Python: any error of a parser may come
        raise BundleError(f"{name} is no NumPy array ({error}).", hint=HINT) from error
    return shape, fortran, kind, stream.tell()


def npy_of_array(array: NDArray[Any]) -> bytes:
    """Content of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
