"""ONNX Runtime behind one small class; the only module that imports it."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crystinet.core.errors import BundleError

Float32Array = NDArray[np.float32]


class Network:
    """One network of a bundle, ready to run on the CPU.

    ``threads`` 0 lets ONNX Runtime use every core.
    """

    def __init__(self, data: bytes, *, name: str, threads: int = 0) -> None:
        self._data, self._name, self._threads = data, name, threads

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.log_severity_level = 3
        # Threads that spin while they wait take the cores from NumPy, which works in between.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return onnxruntime.InferenceSession(
                self._data, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime has no public base class of its errors
            raise BundleError(
                f"{self._name} is not a network that ONNX Runtime can load ({error}).",
                hint="Use a bundle written by `crystinet train`.",
            ) from error

    def __call__(self, x: Float32Array) -> list[Float32Array]:
        """Run on a batch; the outputs in the order of the graph."""
        feed = {self._session.get_inputs()[0].name: np.ascontiguousarray(x, dtype=np.float32)}
        outputs: list[Float32Array] = self._session.run(None, feed)
        return outputs
