"""First stage: lattices and profiles, with intensities and background eliminated.

Variable projection: for every cell, displacement and width the best intensities follow from linear
equations, so that only the few parameters of the lines are searched. G. H. Golub & V. Pereyra, SIAM
J. Numer. Anal. 10 (1973) 413, with the shorter derivative of L. Kaufman, BIT 15 (1975) 49.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.core.cell import Cell
from crystinet.fit.whole_pattern.descent import Descent, descend
from crystinet.fit.whole_pattern.instrument import InstrumentProfile
from crystinet.fit.whole_pattern.normal import Normal, background_of, normal_of, slopes_of
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.fit.whole_pattern.profile import SHARED, WIDTHS, LatticeLines, ProfileModel
from crystinet.fit.whole_pattern.uncertainty import covariance_of

#: At most so many places of lines of one phase are fitted: the range ends with the last of them.
MOST_PLACES = 400
#: Standard deviations that are expected: displacement in degrees, zero in degrees, weight of
#: K-alpha2 around its usual half.
USUAL = {"shift": 0.1, "zero": 0.05, "alpha2": 0.1}
_ALPHA2 = 0.5

# Edges change by at most about this part from where they start.
_RANGE = 0.02
# Intensities are drawn this much, relative to their weight, to those of the pattern at the place.
_RIDGE = 1e-3
# A step moves no line by more than its width.
_FARTHEST = 1.0
# Places that would be negative are taken out in so many rounds.
_ACTIVE_ROUNDS = 6
# Parameters are freed one group after the other.
_ROUNDS = (
    (("shift", "zero", "w"), 3),
    (("metric", "shift", "zero", "w", "x"), 6),
    (("metric", "shift", "zero", "axial", "alpha2", "u", "w", "x", "y"), 12),
)
_LEAST_GAIN = 1e-3
# A lattice whose lines leave more of the pattern than this is given up early.
_HOPELESS = 0.75


@dataclass(frozen=True, eq=False)
class Lattice:
    """Where the lines of a phase are looked for.

    Attributes
    ----------
    hall_symbol
        Of the space group.
    cell
        In its axes.
    shift_deg
        Displacement that goes with the cell.
    """

    hall_symbol: str
    cell: Cell
    shift_deg: float = 0.0


@dataclass(frozen=True, eq=False)
class LatticeFit:
    """Outcome of the first stage.

    Attributes
    ----------
    points
        The part of the pattern that was fitted.
    model
        The lines.
    parameters
        Of the lines, (q,).
    bounds
        Lowest and highest of them.
    normal
        The misfit as a function of intensities, at these parameters.
    intensity
        The best intensities, (g,).
    misfit
        Weighted squared misfit.
    residual
        Weighted R factor without background and noise, about 0 to 1.
    total
        Weighted squared intensity above the background.
    covariance
        Of the parameters, (q, q): misfits of profiles and counting taken together.
    """

    points: PatternPoints
    model: ProfileModel
    parameters: FloatArray
    bounds: tuple[FloatArray, FloatArray]
    normal: Normal
    intensity: FloatArray
    misfit: float
    residual: float
    total: float
    covariance: FloatArray

    def cell(self, phase: int = 0) -> Cell:
        """Fitted cell of a phase."""
        lines = self.model.phases[phase]
        found = lines.form.cell(self.parameters[self.model.metric[phase]])
        if found is None:  # the bounds are far narrower than this
            raise ArithmeticError("The fitted metric is that of no cell.")
        return found

    def shared(self, name: str) -> float:
        """One of the parameters of the instrument."""
        return float(self.parameters[self.model.shared[name]])


def lines_in(points: PatternPoints, lattice: Lattice, *, most: int = MOST_PLACES) -> LatticeLines:
    """Reflections of a lattice in the range of points."""
    x, wavelength = points.two_theta_deg, points.radiation.wavelength_angstrom

    def d_at(two_theta: float) -> float:
        return wavelength / (2.0 * math.sin(math.radians(min(max(two_theta, 0.5), 178.0) / 2.0)))

    limits = (d_at(float(x[-1]) + 0.3), d_at(float(x[0]) - 0.2))
    return LatticeLines.of(lattice.hall_symbol, lattice.cell, d_range=limits, most=most)


def fit_lattices(
    points: PatternPoints,
    lattices: Sequence[Lattice],
    *,
    instrument: InstrumentProfile | None = None,
    most_places: int = MOST_PLACES,
    hopeless: float = _HOPELESS,
) -> LatticeFit | None:
    """Fit cells, displacement and profile, whatever the intensities.

    Parameters
    ----------
    points
        The pattern.
    lattices
        One of each phase.
    instrument
        What is known of the instrument.
    most_places
        Places of lines of each phase; a large cell is fitted in the lower part of the range.
    hopeless
        A weighted R factor; what leaves more after the first steps is given up.

    Returns
    -------
    None where no line lies in the range.

    Raises
    ------
    InvalidStructureError
        A cell contradicts its symmetry.
    """
    phases = [lines_in(points, lattice, most=most_places) for lattice in lattices]
    if not all(len(lines) for lines in phases):
        return None
    model, start, bounds = _prepared(points, phases, lattices, instrument)
    low, high = bounds
    ends = (
        float(model.two_theta(start)[places].max()) - 0.3
        for places in model.places
        if len(places) == most_places
    )
    points = points.up_to(min(ends, default=math.inf))
    work = _Projection(points, model)
    free = high > low
    found: Descent[_Linear] | None = None
    for names, steps in _ROUNDS:
        chosen = np.zeros(model.size, dtype=np.bool_)
        for name in names:
            chosen[_columns(model, name)] = True
        found = descend(
            start if found is None else found.parameters,
            value=work.value,
            slope=work.slope,
            free=chosen & free,
            bounds=bounds,
            shorten=work.shorten,
            most_steps=steps,
            least_gain=_LEAST_GAIN,
            begun=None if found is None else (found.value, found.state),
        )
        if work.residual(found.state) > hopeless:
            break
    assert found is not None  # noqa: S101  (there is a round)
    state = found.state
    return LatticeFit(
        points=points,
        model=model,
        parameters=found.parameters,
        bounds=bounds,
        normal=state.normal.alone(),
        intensity=state.intensity,
        misfit=state.misfit,
        residual=work.residual(state),
        total=work.total(state),
        covariance=work.covariance(found.parameters, state, fixed=~free),
    )


def _columns(model: ProfileModel, name: str) -> list[int]:
    """Parameters of a name, of all phases."""
    if name == "metric":
        return [i for part in model.metric for i in range(part.start, part.stop)]
    if name in SHARED:
        return [model.shared[name]]
    return [part.start + WIDTHS.index(name) for part in model.widths]


def usual_of(model: ProfileModel) -> tuple[FloatArray, FloatArray]:
    """What parameters are expected to be, and the inverse of the variance around it; (q,) each."""
    middle, trust = np.zeros(model.size), np.zeros(model.size)
    for name, sigma in USUAL.items():
        trust[model.shared[name]] = sigma**-2.0
    middle[model.shared["alpha2"]] = _ALPHA2
    return middle, trust


def _prepared(
    points: PatternPoints,
    phases: Sequence[LatticeLines],
    lattices: Sequence[Lattice],
    instrument: InstrumentProfile | None,
) -> tuple[ProfileModel, FloatArray, tuple[FloatArray, FloatArray]]:
    """Model, first parameters and their bounds."""
    width = points.width_deg
    start, low, high = [], [], []
    for lines in phases:
        reach = _RANGE * 2.0 * float(np.abs(lines.elements).max())
        start += [*lines.elements, 0.0, 0.0, (0.7 * width) ** 2, 0.35 * width, 0.05 * width]
        broad = (4.0 * width) ** 2
        low += [*(lines.elements - reach), 0.0, -broad, (0.1 * width) ** 2, 0.0, 0.0]
        high += [*(lines.elements + reach), 4.0, broad, broad, 4.0 * width, 4.0]
        if instrument is not None:
            known = [getattr(instrument.widths, name) for name in WIDTHS]
            start[-5:] = [*known[:3], known[3] + 0.2 * width, known[4]]
            low[-5:] = known
            high[-5:] = [*known[:3], known[3] + 4.0 * width, known[4] + 4.0]
    doublet = len(points.radiation.wavelengths_angstrom) == 2
    displaced = doublet or (instrument is not None and instrument.zero_deg != 0.0)
    if instrument is not None and instrument.transmission:
        displaced = False
    shift = lattices[0].shift_deg
    zero = 0.0 if instrument is None else instrument.zero_deg
    axial = 0.01**2 if instrument is None else instrument.axial**2
    alpha2 = _ALPHA2 if doublet else 0.0
    start += [shift if displaced else 0.0, zero if displaced else zero or shift, axial, alpha2]
    low += [-0.6 if displaced else 0.0, zero if displaced else -0.3, 0.0, 0.0]
    high += [0.6 if displaced else 0.0, zero if displaced else 0.3, 0.12**2, 0.7 * doublet]
    if instrument is not None:
        low[-2] = high[-2] = axial
    first, lower, upper = (np.array(values, dtype=np.float64) for values in (start, low, high))
    first = np.clip(first, lower, upper)
    return ProfileModel(phases, points.radiation, first), first, (lower, upper)


@dataclass(frozen=True, eq=False)
class _Linear:
    """Best intensities at given lines."""

    normal: Normal
    intensity: FloatArray
    active: BoolArray
    factor: FloatArray
    misfit: float


class _Projection:
    """The misfit as a function of the parameters of the lines alone."""

    def __init__(self, points: PatternPoints, model: ProfileModel) -> None:
        self.points, self.model = points, model
        self.middle, self.trust = usual_of(model)
        self.trust = self.trust * points.correlated
        self._expected: FloatArray | None = None
        self._active = np.ones(len(model), dtype=np.bool_)

    def value(self, parameters: FloatArray) -> tuple[float, _Linear]:
        form = normal_of(self.points, self.model, parameters)
        state = self._solve(form)
        pull = float(self.trust @ (parameters - self.middle) ** 2)
        return state.misfit + pull, state

    def slope(self, parameters: FloatArray, state: _Linear) -> tuple[FloatArray, FloatArray]:
        active, form = state.active, state.normal
        slopes = slopes_of(self.points, self.model, parameters, state.intensity, form)
        mixed = slopes.mixed[:, active]
        solved = scipy.linalg.cho_solve((state.factor, True), mixed.T, check_finite=False)
        left = form.gradient - form.matrix @ state.intensity
        downhill = slopes.observed - slopes.mixed @ state.intensity - solved.T @ left[active]
        downhill -= self.trust * (parameters - self.middle)
        return downhill, slopes.jacobian - mixed @ solved + np.diag(self.trust)

    def shorten(self, parameters: FloatArray, step: FloatArray) -> float:
        """No line moves by more than its width."""
        return shortened(self.model, parameters, step)

    def total(self, state: _Linear) -> float:
        """Weighted squared intensity above the fitted background."""
        net = self.points.observed - background_of(self.points, state.normal, state.intensity)
        return float(self.points.weight @ (net * net))

    def residual(self, state: _Linear) -> float:
        free = int(state.active.sum())
        return self.points.residual(state.misfit, self.total(state), free=free)

    def covariance(self, parameters: FloatArray, state: _Linear, *, fixed: BoolArray) -> FloatArray:
        """Of the parameters; neighbouring misfits of profiles count as one observation."""
        _, matrix = self.slope(parameters, state)
        return covariance_of(matrix / self.points.correlated, fixed=fixed)

    def _solve(self, form: Normal) -> _Linear:
        """Intensities, none negative, by penalised least squares with an active set."""
        diagonal = np.diag(form.matrix)
        least = 1e-9 * (diagonal.max() or 1.0)  # 0 where no line reaches a measured point
        ridge = _RIDGE * np.maximum(diagonal, least)
        if self._expected is None:
            self._expected = (
                0.5
                * np.maximum(form.gradient, 0.0)
                / np.maximum(np.abs(form.matrix).sum(axis=1), least)
            )
        right = form.gradient + ridge * self._expected
        active = self._active.copy()
        for _ in range(_ACTIVE_ROUNDS):
            chosen = np.flatnonzero(active)
            inner = form.matrix[np.ix_(chosen, chosen)] + np.diag(ridge[chosen])
            factor = _cholesky(inner)
            found = scipy.linalg.cho_solve((factor, True), right[chosen], check_finite=False)
            negative = found < 0.0
            if not negative.any() or negative.all():
                break
            active[chosen[negative]] = False
        active = np.zeros(len(active), dtype=np.bool_)
        active[chosen] = True
        intensity = np.zeros(len(active))
        intensity[chosen] = np.maximum(found, 0.0)
        misfit = form.misfit(intensity)
        # The next solution begins with the places that are dark now and stay so.
        pushed = right - form.matrix @ intensity > 0.0
        self._active = active | pushed
        return _Linear(form, intensity, active, factor, misfit)


def _cholesky(matrix: FloatArray) -> FloatArray:
    """Lower factor of a normal matrix, made definite where rounding has left it next to that."""
    more = 0.0
    top = float(np.diag(matrix).max(initial=0.0))
    while True:
        try:
            factor: FloatArray = scipy.linalg.cholesky(
                matrix + more * np.eye(len(matrix)), lower=True, check_finite=False
            )
        except scipy.linalg.LinAlgError:
            more = max(10.0 * more, 1e-10 * top)
            if not more < top:
                raise
        else:
            return factor


def shortened(model: ProfileModel, parameters: FloatArray, step: FloatArray) -> float:
    """What a step is multiplied by so that no line moves by more than its width."""
    moved = np.abs(model.two_theta(parameters + step) - model.two_theta(parameters))
    farthest = float((moved / model.fwhm(parameters)).max())
    return min(1.0, _FARTHEST / farthest) if farthest > 0.0 else 1.0
