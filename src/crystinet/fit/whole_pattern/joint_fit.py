"""Third stage: lattice, profile and atoms of all phases together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.fit.whole_pattern.atoms import AtomModel
from crystinet.fit.whole_pattern.descent import descend
from crystinet.fit.whole_pattern.intensity_fit import shortened_contents
from crystinet.fit.whole_pattern.lattice_fit import LatticeFit, shortened, usual_of
from crystinet.fit.whole_pattern.normal import Normal, normal_of, slopes_of
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.fit.whole_pattern.prior import Prior
from crystinet.fit.whole_pattern.profile import ProfileModel


@dataclass(frozen=True, eq=False)
class JointFit:
    """Outcome of a joint refinement.

    Attributes
    ----------
    points
        What was fitted, with the weights that were used.
    profile
        The lines.
    parameters
        Of the lines, (q,).
    atoms
        Of each phase.
    values
        What describes the atoms of each phase.
    normal
        The misfit as a function of the areas.
    area
        Calculated areas of all places, (g,).
    misfit
        Weighted squared misfit.
    score
        Misfit of independent observations and of the expectations together.
    matrix
        Half of the second derivatives of ``score``, by the parameters of the lines and the values
        of the phases, one after the other.
    free
        Which of them were free.
    converged
        Whether the last step gained next to nothing.
    """

    points: PatternPoints
    profile: ProfileModel
    parameters: FloatArray
    atoms: tuple[AtomModel, ...]
    values: tuple[FloatArray, ...]
    normal: Normal
    area: FloatArray
    misfit: float
    score: float
    matrix: FloatArray
    free: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]"
    converged: bool

    def block(self, phase: int) -> slice:
        """Where the values of a phase are in ``matrix``."""
        first = self.profile.size + sum(len(a.contents) for a in self.atoms[:phase])
        return slice(first, first + len(self.atoms[phase].contents))


def fit_jointly(
    points: PatternPoints,
    lattice: LatticeFit,
    atoms: Sequence[AtomModel],
    priors: Sequence[Prior],
    values: Sequence[FloatArray],
    *,
    parameters: FloatArray | None = None,
    bounds: tuple[FloatArray, FloatArray] | None = None,
    correlated: float | None = None,
    most_steps: int = 12,
    least_gain: float = 1e-3,
) -> JointFit:
    """Refine everything together.

    Parameters
    ----------
    points
        The pattern, with the weights that count.
    lattice
        Lines to begin with.
    atoms, priors, values
        Of each phase: model, expectations, and values to begin with.
    parameters, bounds
        Of the lines, where not those of ``lattice``.
    correlated
        Points whose misfits are alike; None takes those of ``points``.
    most_steps, least_gain
        When to stop.
    """
    work = _Joint(points, lattice.model, tuple(atoms), tuple(priors), correlated)
    line_bounds = lattice.bounds if bounds is None else bounds
    first = lattice.parameters if parameters is None else parameters
    start = np.concatenate([first, *values])
    low = np.concatenate([line_bounds[0], *(prior.low for prior in priors)])
    high = np.concatenate([line_bounds[1], *(prior.high for prior in priors)])
    low[: len(first)] = np.minimum(low[: len(first)], first)
    high[: len(first)] = np.maximum(high[: len(first)], first)
    free = high > low
    found = descend(
        start,
        value=work.value,
        slope=work.slope,
        free=free,
        bounds=(low, high),
        shorten=work.shorten,
        most_steps=most_steps,
        least_gain=least_gain,
    )
    parts = work.split(found.parameters)
    _, matrix = work.slope(found.parameters, found.state)
    state = found.state
    stuck = (found.parameters <= low) | (found.parameters >= high)
    return JointFit(
        points=points,
        profile=lattice.model,
        parameters=parts[0],
        atoms=work.atoms,
        values=tuple(parts[1:]),
        normal=state.normal.alone(),
        area=state.area,
        misfit=state.normal.misfit(state.area),
        score=found.value,
        matrix=matrix,
        free=free & ~stuck,
        converged=found.converged,
    )


@dataclass(frozen=True, eq=False)
class _State:
    normal: Normal
    area: FloatArray

    @classmethod
    def of(cls, normal: Normal, area: FloatArray) -> Self:
        return cls(normal, area)


class _Joint:
    """The misfit as a function of everything."""

    def __init__(
        self,
        points: PatternPoints,
        profile: ProfileModel,
        atoms: tuple[AtomModel, ...],
        priors: tuple[Prior, ...],
        correlated: float | None,
    ) -> None:
        self.points, self.profile, self.atoms, self.priors = points, profile, atoms, priors
        self.correlated = points.correlated if correlated is None else correlated
        middle, trust = usual_of(profile)
        self.middle = np.concatenate([middle, *(np.zeros(len(p.trust)) for p in priors)])
        self.trust = np.concatenate([trust, *(p.trust for p in priors)])
        self._ends = np.cumsum([profile.size, *(len(a.contents) for a in atoms)])[:-1]

    def split(self, everything: FloatArray) -> list[FloatArray]:
        return np.split(everything, self._ends)

    def value(self, everything: FloatArray) -> tuple[float, _State]:
        parameters, *values = self.split(everything)
        area = np.zeros(len(self.profile))
        for places, atoms, own in zip(self.profile.places, self.atoms, values, strict=True):
            area[places] = atoms.areas(own)
        normal = normal_of(self.points, self.profile, parameters)
        pull = float(self.trust @ (everything - self.middle) ** 2)
        return normal.misfit(area) / self.correlated + pull, _State(normal, area)

    def slope(self, everything: FloatArray, state: _State) -> tuple[FloatArray, FloatArray]:
        parameters, *values = self.split(everything)
        slopes = slopes_of(self.points, self.profile, parameters, state.area, state.normal)
        q, size = len(parameters), len(everything)
        by = np.zeros((len(self.profile), size - q))
        first = 0
        for places, atoms, own in zip(self.profile.places, self.atoms, values, strict=True):
            stop = first + len(own)
            by[places, first:stop] = atoms.areas_and_slopes(own)[1]
            first = stop
        form = state.normal
        matrix = np.empty((size, size))
        matrix[:q, :q] = slopes.jacobian
        matrix[:q, q:] = slopes.mixed @ by
        matrix[q:, :q] = matrix[:q, q:].T
        matrix[q:, q:] = by.T @ form.matrix @ by
        downhill = np.concatenate(
            [
                slopes.observed - slopes.mixed @ state.area,
                by.T @ (form.gradient - form.matrix @ state.area),
            ]
        )
        downhill = downhill / self.correlated - self.trust * (everything - self.middle)
        return downhill, matrix / self.correlated + np.diag(self.trust)

    def shorten(self, everything: FloatArray, step: FloatArray) -> float:
        parameters = self.split(everything)[0]
        line_step, *atom_steps = self.split(step)
        factors = [shortened_contents(a, s) for a, s in zip(self.atoms, atom_steps, strict=True)]
        return min([shortened(self.profile, parameters, line_step), *factors])
