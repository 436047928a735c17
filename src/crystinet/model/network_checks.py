"""What a network file may hold: numbers and layers, and nothing that reaches beyond it.

An ONNX file is a tree of protocol buffers. ONNX Runtime reads it whole, but it would also follow
the names of other files, run loops without end and pass weights on that are no numbers. So the tree
is walked before, as far as it takes to find these.

Source: onnx.proto of ONNX 1.17, https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto
"""

from collections.abc import Iterator

import numpy as np

from crystinet.core.errors import BundleError
from crystinet.model.manifest import HINT

# Numbers of the fields, by message.
_MODEL_GRAPH, _MODEL_FUNCTIONS = 7, 25
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_SPARSE = 1, 5, 15
_NODE_ATTRIBUTE, _NODE_DOMAIN = 5, 7
_ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
_TENSOR_TYPE, _TENSOR_NUMBERS, _TENSOR_RAW, _TENSOR_DOUBLES = 2, 4, 9, 10
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14
#: Types of numbers with a sign, an exponent and NaN, as NumPy calls them.
_FLOATS = {1: "<f4", 10: "<f2", 11: "<f8"}
_BFLOAT16 = 16

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5

Field = tuple[int, int | memoryview]


def check_network(data: bytes, *, name: str) -> None:
    """Refuse a network file that is no tree of ONNX, or holds what a network of ours never does.

    That is: weights that are not finite, weights in other files, loops and branches, functions,
    and layers that ONNX itself does not define.

    Raises
    ------
    BundleError
        Naming the file and what is wrong with it.
    """
    try:
        for number, value in _fields(memoryview(data)):
            _require(number != _MODEL_FUNCTIONS, name, "defines functions of its own")
            if number == _MODEL_GRAPH:
                _check_graph(_message(value), name)
    except (IndexError, ValueError) as error:
        raise BundleError(f"{name} is not a network ({error}).", hint=HINT) from error


def _check_graph(graph: memoryview, name: str) -> None:
    for number, value in _fields(graph):
        _require(number != _GRAPH_SPARSE, name, "holds sparse weights")
        if number == _GRAPH_INITIALIZER:
            _check_tensor(_message(value), name)
        elif number == _GRAPH_NODE:
            _check_node(_message(value), name)


def _check_node(node: memoryview, name: str) -> None:
    for number, value in _fields(node):
        if number == _NODE_DOMAIN:
            domain = bytes(_message(value)).decode("utf-8", "replace")
            _require(domain in ("", "ai.onnx"), name, f"holds a layer of {domain!r}, not of ONNX")
        elif number == _NODE_ATTRIBUTE:
            for part, inner in _fields(_message(value)):
                _require(part not in _ATTRIBUTE_GRAPHS, name, "holds loops or branches")
                _require(part not in _ATTRIBUTE_SPARSE, name, "holds sparse weights")
                if part in _ATTRIBUTE_TENSORS:
                    _check_tensor(_message(inner), name)


def _check_tensor(tensor: memoryview, name: str) -> None:
    fields = list(_fields(tensor))
    # Of a field that is given twice the last one counts.
    kind = next((value for number, value in reversed(fields) if number == _TENSOR_TYPE), 0)
    for number, value in fields:
        outside = number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value != 0)
        _require(not outside, name, "takes weights from another file")
        numbers = None
        if number == _TENSOR_NUMBERS and isinstance(value, memoryview):
            numbers = np.frombuffer(value, dtype="<f4")
        elif number == _TENSOR_DOUBLES and isinstance(value, memoryview):
            numbers = np.frombuffer(value, dtype="<f8")
        elif number == _TENSOR_RAW and kind in _FLOATS:
            numbers = np.frombuffer(_message(value), dtype=_FLOATS[int(kind)])
        elif number == _TENSOR_RAW and kind == _BFLOAT16:  # the upper half of single precision
            halves = np.frombuffer(_message(value), dtype="<u2")
            numbers = (halves.astype(np.uint32) << 16).view(np.float32)
        _require(numbers is None or bool(np.isfinite(numbers).all()), name, "holds NaN or infinity")


def _require(fits: bool, name: str, problem: str) -> None:
    if not fits:
        raise BundleError(f"{name} {problem}.", hint=HINT)


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a number stands where a part should")
    return value


def _fields(data: memoryview) -> Iterator[Field]:
    """Numbers and values of the fields of a message."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _LENGTH:
            size, at = _varint(data, at)
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            size = 8 if kind == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"there is no kind {kind} of field")
        if size > len(data) - at:
            raise ValueError("it ends too early")
        yield number, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A whole number of seven bits a byte, and where the next field begins."""
    value = 0
    for place in range(10):
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("a number is too long")
