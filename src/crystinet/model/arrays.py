"""Arrays of real numbers as the content of NumPy files."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crystinet.core.errors import BundleError
from crystinet.model.manifest import HINT


def array_of_npy(data: bytes, *, name: str) -> NDArray[np.float32]:
    """Numbers from the content of a ``.npy`` file; BundleError where impossible."""
    try:
        array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except (EOFError, MemoryError, OSError, ValueError) as error:
        raise BundleError(f"{name} is no NumPy array ({error}).", hint=HINT) from error
    if array.dtype.kind != "f":
        raise BundleError(f"{name} holds {array.dtype}, not real numbers.", hint=HINT)
    return np.asarray(array, dtype=np.float32)


def npy_of_array(array: NDArray[Any]) -> bytes:
    """Content of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()
