"""Levenberg-Marquardt descent within bounds: what every stage of the fit walks down with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import scipy.linalg

from crystinet.core.arrays import BoolArray, FloatArray

State = TypeVar("State")

_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-3, 1e-7, 1e6
_RAISED, _LOWERED = 8.0, 0.2
_TRIES = 6
# How often a step is worked out anew because it would leave the bounds.
_BOUND_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Descent(Generic[State]):
    """Where a descent ended.

    Attributes
    ----------
    parameters
        Shape (q,).
    value
        Of the function there.
    state
        What the function computed there besides.
    steps
        Steps that were taken.
    converged
        Whether the last step gained next to nothing, and the descent was not merely stopped.
    """

    parameters: FloatArray
    value: float
    state: State
    steps: int
    converged: bool


def descend(
    start: FloatArray,
    *,
    value: Callable[[FloatArray], tuple[float, State]],
    slope: Callable[[FloatArray, State], tuple[FloatArray, FloatArray]],
    free: BoolArray,
    bounds: tuple[FloatArray, FloatArray],
    shorten: Callable[[FloatArray, FloatArray], float],
    most_steps: int,
    least_gain: float,
    begun: tuple[float, State] | None = None,
) -> Descent[State]:
    """Walk down a sum of squares.

    Parameters
    ----------
    start
        Shape (q,), within the bounds.
    value
        The function, and anything that ``slope`` needs.
    slope
        Half of the negative gradient (q,), and the Gauss-Newton matrix (q, q).
    free
        Shape (q,): parameters that may change.
    bounds
        Lowest and highest parameters. One at a bound that the gradient pushes outwards is frozen
        for the step.
    shorten
        Parameters and a step: what the step is multiplied by, at most 1, so that it stays where
        the function is nearly linear.
    most_steps
        At most so many.
    least_gain
        Ends where a step gains less than this part of the function.
    begun
        The function at the start, if it is known.
    """
    low, high = bounds
    parameters = start
    best, state = value(parameters) if begun is None else begun
    damping, steps, gain = _DAMPING, 0, np.inf
    while steps < most_steps and gain > least_gain:
        downhill, matrix = slope(parameters, state)
        stuck = ((parameters <= low) & (downhill < 0.0)) | ((parameters >= high) & (downhill > 0.0))
        moving = free & ~stuck
        if not moving.any():
            return Descent(parameters, best, state, steps, True)
        gain = 0.0
        for _ in range(_TRIES):
            step = _step(matrix, downhill, moving, damping, low - parameters, high - parameters)
            tried = np.clip(parameters + shorten(parameters, step) * step, low, high)
            new, new_state = value(tried)
            if new < best:
                gain = (best - new) / max(abs(best), 1e-300)
                parameters, best, state = tried, new, new_state
                damping = max(_LOWERED * damping, _LEAST_DAMPING)
                break
            damping = min(_RAISED * damping, _MOST_DAMPING)
        steps += 1
    return Descent(parameters, best, state, steps, gain <= least_gain)


def _step(
    matrix: FloatArray,
    downhill: FloatArray,
    moving: BoolArray,
    damping: float,
    lowest: FloatArray,
    highest: FloatArray,
) -> FloatArray:
    """The damped step; what would leave the bounds goes to them, and the rest makes up for it."""
    step = np.zeros(len(downhill))
    moving = moving.copy()
    for _ in range(_BOUND_ROUNDS):
        rows = np.flatnonzero(moving)
        if not len(rows):
            break
        inner = matrix[np.ix_(rows, rows)]
        diagonal = np.diag(inner).copy()
        diagonal[diagonal <= 0.0] = 1e-12 * diagonal.max(initial=0.0) + 1e-30
        scale = 1.0 / np.sqrt(diagonal)
        right = downhill[rows] - matrix[rows] @ np.where(moving, 0.0, step)
        step[rows] = scale * _solved(inner * scale[:, None] * scale, right * scale, damping)
        outside = moving & ((step < lowest) | (step > highest))
        if not outside.any():
            break
        step = np.where(outside, np.clip(step, lowest, highest), step)
        moving &= ~outside
    return step


def _solved(matrix: FloatArray, right: FloatArray, damping: float) -> FloatArray:
    damped = matrix + damping * np.eye(len(matrix))
    try:
        factor = scipy.linalg.cho_factor(damped, check_finite=False)
        found: FloatArray = scipy.linalg.cho_solve(factor, right, check_finite=False)
    except scipy.linalg.LinAlgError:
        found = np.linalg.lstsq(damped, right, rcond=1e-10)[0].astype(np.float64)
    return np.nan_to_num(found)
