"""Files of a bundle in half precision: half the size, and single precision when they are used.

A weight of a network is kept as a constant of 16 bits behind a node that casts it to 32; ONNX
Runtime casts it once, when the file is loaded. Arrays are cast when they are read. What is rounded
are weights and means alone, by 2^-11 of themselves at most.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crystinet.model.arrays import array_of_npy, npy_of_array
from crystinet.model.manifest import COMPOSITION

_HALF = ".half"
_WHOLE = {"float16": np.float32, "int16": np.int64}
#: Smaller arrays, shapes and slopes for instance, are not worth a node.
_LEAST_SIZE = 256


def halved_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a bundle, its networks and arrays in half precision.

    The probabilities of elements stay: near 1 their complements, which count as well, would be
    rounded to steps of 2^-11.
    """
    return {name: _halved_file(name, data) for name, data in files.items()}


def _halved_file(name: str, data: bytes) -> bytes:
    if Path(name).suffix == ".onnx":
        return halved(data)
    if Path(name).suffix != ".npy" or name.endswith(COMPOSITION):
        return data
    short = _short(array_of_npy(data, name=name))
    return data if short is None else npy_of_array(short)


def halved(data: bytes) -> bytes:
    """The same graph with its large constants in half precision.

    Constants that half precision cannot hold, beyond 65504, stay as they are. Tables of whole
    numbers, of positions for instance, are kept in 16 bits as well, which changes nothing.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load_model_from_string(data)
    graph, kept, casts = model.graph, [], []
    for constant in graph.initializer:
        short = _short(numpy_helper.to_array(constant))
        if short is None:
            kept.append(constant)
            continue
        half = numpy_helper.from_array(short, constant.name + _HALF)
        kept.append(half)
        casts.append(helper.make_node("Cast", [half.name], [constant.name], to=constant.data_type))
    nodes = [part for node in graph.node for part in _shortened(node)]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend([*casts, *nodes])
    return bytes(model.SerializeToString())


def _shortened(node: Any) -> list[Any]:
    """A node; one that gives a large constant keeps it in 16 bits, with a node that casts it."""
    from onnx import helper, numpy_helper

    if node.op_type != "Constant" or node.attribute[0].name != "value":
        return [node]
    value = node.attribute[0].t
    short = _short(numpy_helper.to_array(value))
    if short is None:
        return [node]
    (name,) = node.output
    half = helper.make_node(
        "Constant", [], [name + _HALF], name=node.name, value=numpy_helper.from_array(short)
    )
    return [half, helper.make_node("Cast", [name + _HALF], [name], to=value.data_type)]


def _short(values: NDArray[Any]) -> NDArray[Any] | None:
    """The same numbers in 16 bits; None where they are few, or do not fit."""
    kinds: dict[str, tuple[type[np.generic], float]] = {
        "float32": (np.float16, float(np.finfo(np.float16).max)),
        "int64": (np.int16, float(np.iinfo(np.int16).max)),
    }
    kind, largest = kinds.get(values.dtype.name, (None, 0.0))
    if kind is None or values.size < _LEAST_SIZE or float(np.abs(values).max()) > largest:
        return None
    return values.astype(kind)


def constants_of(graph: Any) -> dict[str, np.ndarray]:
    """Constants of an ONNX graph by name, as they are used: those of 16 bits are cast."""
    from onnx import numpy_helper

    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    return {
        name.removesuffix(_HALF): value.astype(_WHOLE[value.dtype.name])
        if name.endswith(_HALF)
        else value
        for name, value in values.items()
    }
