"""LAPACK's solver for banded matrices, out of SciPy but without the import of `scipy.linalg`.

That package takes 0.2 s to import, a fifth of what one call of ``crystinet identify`` takes in all
(docs/adr/0006-own-airpls.md); the library that it wraps, 0.02 s.
"""

from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

import numpy as np

from crystinet.core.arrays import FloatArray

_WRAPPERS, _SOLVER = "_flapack", "dpbsv"


def solve_banded(bands: FloatArray, right: FloatArray) -> FloatArray:
    """Solve ``A x = b`` for a symmetric positive definite band matrix A, as `solveh_banded` does.

    Parameters
    ----------
    bands
        Lower form: ``bands[k, i]`` is ``A[i + k, i]``. It is overwritten.
    right
        Shape (n,).

    Raises
    ------
    numpy.linalg.LinAlgError
        A is not positive definite.
    """
    _, solution, info = _solver()(bands, right, lower=1, overwrite_ab=1)
    if info != 0:
        raise np.linalg.LinAlgError(f"the matrix is not positive definite ({info})")
    found: FloatArray = solution
    return found


@cache
def _solver() -> Callable[..., tuple[Any, Any, int]]:
    """The wrapper itself; by way of `scipy.linalg.lapack` where it lies elsewhere."""
    import scipy

    folders = [str(Path(path) / "linalg") for path in scipy.__path__]
    spec = PathFinder.find_spec(_WRAPPERS, folders)
    if spec is not None and spec.loader is not None:
        try:
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            solver: Callable[..., tuple[Any, Any, int]] = getattr(module, _SOLVER)
            return solver
        except (ImportError, AttributeError):
            pass
    from scipy.linalg import lapack

    public: Callable[..., tuple[Any, Any, int]] = getattr(lapack, _SOLVER)
    return public
