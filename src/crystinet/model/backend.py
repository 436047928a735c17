"""ONNX Runtime behind one small class; the only module that imports it."""

import os
from functools import cached_property
from typing import Any

import numpy as np

from crystinet.core.arrays import Float32Array
from crystinet.core.errors import BundleError

#: More threads than these wait for each other more than they compute: the networks are small.
_MOST_THREADS = 8
#: ONNX Runtime (1.32 does) keeps a book of its uses in the user's folder and sends it away, unless
#: this variable says no before it is loaded. Nothing leaves the machine here.
_SILENT = {"ORT_DISABLE_TELEMETRY": "1"}


_threads = _MOST_THREADS


def use_threads(count: int) -> None:
    """Let networks that this process loads from now on take so many threads at most.

    One pattern at a time is no faster with two, and costs a tenth more processor time: whoever
    answers in several processes wants one in each.
    """
    global _threads
    _threads = max(1, min(count, _MOST_THREADS))


class Network:
    """One network of a bundle, ready to run on the CPU.

    Parameters
    ----------
    data
        The ONNX file.
    name
        Its name, for messages.
    """

    def __init__(self, data: bytes, *, name: str) -> None:
        self.name = name
        self._data = data

    @cached_property
    def _session(self) -> Any:
        os.environ.update(_SILENT)
        import onnxruntime

        onnxruntime.disable_telemetry_events()  # where somebody else had loaded it before
        options = onnxruntime.SessionOptions()
        # Left to itself, ONNX Runtime takes every core of the machine and pins its threads to
        # them, although a batch system or a container may have given this process only a few.
        options.intra_op_num_threads = min(usable_cores(), _threads)
        # A store of its own for each network keeps what its largest run took. The store of C that
        # all share is no slower (measured: 16 ms a pattern in batches, 18 with stores).
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4  # what it would print is in the error raised below
        # Threads that spin while they wait take the cores from NumPy, which works in between.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            session = onnxruntime.InferenceSession(
                self._data, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime has no public base class of its errors
            raise BundleError(
                f"{self.name} is not a network that ONNX Runtime can load ({_line(error)}).",
                hint="Use a bundle written by `crystinet train`.",
            ) from error
        # It keeps the file for a change of providers, which is never asked for: 13 MB a process.
        session._model_bytes = None
        return session

    def let_go(self) -> None:
        """Forget the file, of which ONNX Runtime keeps what it needs, once it has been loaded."""
        if "_session" in self.__dict__:
            self._data = b""

    @property
    def input_shapes(self) -> list[tuple[int | None, ...]]:
        """Shapes of the inputs without the axis of the batch; None where a size is open."""
        return [_shape(value) for value in self._session.get_inputs()]

    @property
    def output_shapes(self) -> list[tuple[int | None, ...]]:
        """The same of the outputs."""
        return [_shape(value) for value in self._session.get_outputs()]

    def __call__(self, x: Float32Array, *, first: int | None = None) -> list[Float32Array]:
        """Run on a batch; the outputs in the order of the graph.

        ``first`` asks for so many of them only: what no asked output needs is not computed.

        Raises
        ------
        BundleError
            The network fails on a batch of this shape, or answers with NaN.
        """
        feed = {self._session.get_inputs()[0].name: np.ascontiguousarray(x, dtype=np.float32)}
        try:
            names = [value.name for value in self._session.get_outputs()][:first]
            outputs: list[Float32Array] = self._session.run(names, feed)
        except Exception as error:
            raise BundleError(
                f"{self.name} fails on an input of shape {x.shape} ({_line(error)}).",
                hint="Use a bundle written by `crystinet train`.",
            ) from error
        if not all(np.isfinite(output).all() for output in outputs):
            raise BundleError(
                f"{self.name} answers with numbers that are not finite.",
                hint="Its training failed: train the bundle anew.",
            )
        return outputs


def usable_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _shape(value: Any) -> tuple[int | None, ...]:
    sizes = value.shape[1:]
    return tuple(size if isinstance(size, int) else None for size in sizes)


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
