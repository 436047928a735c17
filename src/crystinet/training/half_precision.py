"""ONNX files with weights in half precision: half the size, and single precision when they run.

A weight is kept as a constant of 16 bits behind a node that casts it to 32; ONNX Runtime casts it
once, when the file is loaded. What is rounded are weights alone, by 2^-11 of themselves at most.
"""

from typing import Any

import numpy as np

_HALF = ".half"
#: Smaller arrays, shapes and slopes for instance, are not worth a node.
_LEAST_SIZE = 256


def halved(data: bytes) -> bytes:
    """The same graph with its large constants in half precision.

    Constants that half precision cannot hold, beyond 65504, stay as they are.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load_model_from_string(data)
    graph, kept, casts = model.graph, [], []
    for constant in graph.initializer:
        values = numpy_helper.to_array(constant)
        small = constant.data_type != TensorProto.FLOAT or values.size < _LEAST_SIZE
        if small or float(np.abs(values).max()) > float(np.finfo(np.float16).max):
            kept.append(constant)
            continue
        half = numpy_helper.from_array(values.astype(np.float16), constant.name + _HALF)
        kept.append(half)
        casts.append(helper.make_node("Cast", [half.name], [constant.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    return bytes(model.SerializeToString())


def constants_of(graph: Any) -> dict[str, np.ndarray]:
    """Constants of an ONNX graph by name, in single precision also where they are kept in half."""
    from onnx import numpy_helper

    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    return {
        name.removesuffix(_HALF): value.astype(np.float32) if name.endswith(_HALF) else value
        for name, value in values.items()
    }
