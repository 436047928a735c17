"""Second stage: atoms fitted to the correlated intensities that the first stage left.

With the profile kept, the misfit of the whole pattern is a quadratic form of the intensities, so
that a structure is fitted without looking at the pattern again: W. I. F. David, J. Appl. Cryst. 37
(2004) 621.
"""

import math
from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.fit.whole_pattern.atoms import AtomModel
from crystinet.fit.whole_pattern.descent import descend
from crystinet.fit.whole_pattern.normal import Normal
from crystinet.fit.whole_pattern.prior import Prior

_MOST_STEPS = 25
_LEAST_GAIN = 1e-4
# A step changes logarithms by at most the first number, and moves atoms by at most the second.
_LARGEST_CHANGE, _LARGEST_MOVE = 0.5, 0.1


@dataclass(frozen=True, eq=False)
class IntensityFit:
    """Outcome of the second stage.

    Attributes
    ----------
    values
        What describes the atoms, see `crystinet.fit.whole_pattern.atoms.AtomNumbers`.
    area
        Calculated areas of the places, (g,).
    misfit
        Weighted squared misfit.
    score
        Misfit of independent observations and of the expectations together: the lower the better.
    """

    values: FloatArray
    area: FloatArray
    misfit: float
    score: float


def fit_intensities(
    atoms: AtomModel,
    form: Normal,
    prior: Prior,
    *,
    correlated: float,
    start: FloatArray | None = None,
) -> IntensityFit:
    """Fit scale, displacement, scattering powers and positions.

    Parameters
    ----------
    atoms
        The model.
    form
        The misfit as a function of the areas.
    prior
        What is expected.
    correlated
        Points whose misfits are alike.
    start
        Values to begin with; the start structure, scaled, if not given.
    """
    values = np.zeros(len(atoms.contents)) if start is None else start.copy()
    if start is None:
        values[0] = _log_scale(atoms.areas(values), form)

    def value(tried: FloatArray) -> tuple[float, FloatArray]:
        area = atoms.areas(tried)
        return form.misfit(area) / correlated + float(prior.trust @ tried**2), area

    def slope(tried: FloatArray, area: FloatArray) -> tuple[FloatArray, FloatArray]:
        area, by = atoms.areas_and_slopes(tried)
        downhill = by.T @ (form.gradient - form.matrix @ area) / correlated
        matrix = by.T @ form.matrix @ by / correlated
        return downhill - prior.trust * tried, matrix + np.diag(prior.trust)

    found = descend(
        values,
        value=value,
        slope=slope,
        free=prior.free,
        bounds=(prior.low, prior.high),
        shorten=lambda _, step: shortened_contents(atoms, step),
        most_steps=_MOST_STEPS,
        least_gain=_LEAST_GAIN,
    )
    return IntensityFit(found.parameters, found.state, form.misfit(found.state), found.value)


def shortened_contents(atoms: AtomModel, step: FloatArray) -> float:
    """What a step of the atoms is multiplied by so that it stays small."""
    changes = np.abs(step[atoms.contents.powers]).max(initial=0.0) / _LARGEST_CHANGE
    moves = np.abs(step[atoms.contents.moves]).max(initial=0.0) / _LARGEST_MOVE
    others = max(abs(float(step[1])), 2.0 * abs(float(step[-1])), 0.3 * abs(float(step[0])))
    return 1.0 / max(1.0, float(changes), float(moves), others)


def _log_scale(area: FloatArray, form: Normal) -> float:
    """Logarithm of the scale that fits best."""
    down, up = float(form.gradient @ area), float(area @ form.matrix @ area)
    return math.log(max(down / max(up, 1e-300), 1e-30))
