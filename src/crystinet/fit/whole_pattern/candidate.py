"""The three stages for one candidate: starts in, the best fit out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidStructureError
from crystinet.fit.whole_pattern.atom_starts import AtomStart, same_shape
from crystinet.fit.whole_pattern.atoms import AtomModel
from crystinet.fit.whole_pattern.instrument import InstrumentProfile
from crystinet.fit.whole_pattern.intensity_fit import IntensityFit, fit_intensities
from crystinet.fit.whole_pattern.joint_fit import JointFit, fit_jointly
from crystinet.fit.whole_pattern.lattice_fit import Lattice, LatticeFit, fit_lattices
from crystinet.fit.whole_pattern.normal import normal_of
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.fit.whole_pattern.prior import Prior

#: A lattice that leaves less of the pattern than this is right; no other is tried.
RIGHT_LATTICE = 0.15
# One that leaves more than this is wrong, and atoms on it tell nothing.
_WRONG_LATTICE = 0.7
# Axes of preferred orientation that are tried, where the atoms leave so much more than the lattice.
_AXES = ((0, 0, 1), (1, 0, 0), (0, 1, 0), (1, 1, 0), (1, 0, 1), (1, 1, 1))
_TEXTURE_EXCESS = 0.03
# It has to lower the score by so much.
_TEXTURE_GAIN = 8.0


@dataclass(frozen=True, eq=False)
class CandidateFit:
    """What the stages found for one candidate.

    Attributes
    ----------
    start
        The atoms that fitted best.
    lattice
        Outcome of the first stage.
    atoms, prior
        Model of the atoms, and what was expected of them; None where the lattice is wrong.
    intensities, joint
        Outcomes of the second and third stage; None where the lattice is wrong.
    contradicts
        Whether no start can hold the formula that is known: then any electrons were allowed.
    """

    start: AtomStart
    lattice: LatticeFit
    atoms: AtomModel | None
    prior: Prior | None
    intensities: IntensityFit | None
    joint: JointFit | None
    contradicts: bool = False

    @property
    def residual(self) -> float:
        """Weighted R factor of the structure, as that of the lattice; 1 where there is none."""
        if self.joint is None:
            return 1.0
        points, free = self.lattice.points, free_numbers_of(self)
        return points.residual(self.joint.misfit, self.lattice.total, free=free)

    @property
    def pull(self) -> float:
        """How far the atoms went from the start, see `Prior.pull`; 0 where there are none."""
        if self.joint is None or self.prior is None or self.atoms is None:
            return 0.0
        return self.prior.pull(self.joint.values[0], self.atoms.contents)


def comparable_scores(fits: Sequence[CandidateFit | None]) -> list[float]:
    """Scores of fits on the range that all of them have; infinite where there is no fit.

    Large cells are fitted in the lower part of a pattern, where there is less to miss.

    Parameters
    ----------
    fits
        Of one sample.
    """
    end = last_angle_of(fits)
    joints = (None if found is None else found.joint for found in fits)
    return [math.inf if joint is None else _score_up_to(joint, end) for joint in joints]


def last_angle_of(fits: Sequence[CandidateFit | None]) -> float:
    """Where the range ends that all fits have, degrees; infinite where there is no fit."""
    joints = (found.joint for found in fits if found is not None)
    last = (float(joint.points.two_theta_deg[-1]) for joint in joints if joint is not None)
    return min(last, default=math.inf)


def _score_up_to(joint: JointFit, end_deg: float) -> float:
    """The score of a fit without the points beyond an angle; nothing is refined again."""
    if joint.points.two_theta_deg[-1] <= end_deg:
        return joint.score
    points = joint.points.up_to(end_deg + 1e-6)
    misfit = normal_of(points, joint.profile, joint.parameters).misfit(joint.area)
    expected = joint.score - joint.misfit / joint.points.correlated
    return misfit / points.correlated + expected


def free_numbers_of(found: CandidateFit | None) -> int:
    """How many numbers the joint refinement had free; 0 where there is none."""
    return 0 if found is None or found.joint is None else int(found.joint.free.sum())


def fit_candidate(
    points: PatternPoints,
    starts: Sequence[AtomStart],
    lattices: Sequence[Lattice],
    *,
    instrument: InstrumentProfile | None = None,
    known: bool = False,
    worst: float = _WRONG_LATTICE,
    texture: bool = True,
) -> CandidateFit | None:
    """Fit one phase with the best of several starts.

    Parameters
    ----------
    points
        The pattern.
    starts
        Atoms, the likeliest first; the lattices are in the axes of the first.
    lattices
        Cells that are tried, the likeliest first.
    instrument
        What is known of the instrument.
    known
        Whether the elements of the starts are those of the sample.
    worst
        A lattice that leaves more of the pattern is wrong, and atoms on it are not tried.
    texture
        Whether a preferred orientation is looked for.

    Returns
    -------
    None where no line lies in the range.
    """
    lattice = best_lattice(points, lattices, instrument=instrument, hopeless=worst + 0.05)
    if lattice is None:
        return None
    if lattice.residual > worst:
        return CandidateFit(starts[0], lattice, None, None, None, None)
    found: list[tuple[AtomStart, LatticeFit, AtomModel, Prior, IntensityFit]] = []
    for start in starts:
        if not _on_lattice(start, lattice):
            continue
        try:
            atoms = atoms_on(lattice, start, instrument=instrument)
        except InvalidStructureError:
            continue
        prior = Prior.of(atoms.contents, known=known)
        fitted = fit_intensities(atoms, lattice.normal, prior, correlated=lattice.points.correlated)
        found.append((start, lattice, atoms, prior, fitted))
    if not found:
        return CandidateFit(starts[0], lattice, None, None, None, None)
    start, lattice, atoms, prior, fitted = min(found, key=lambda each: each[4].score)
    joint = fit_jointly(lattice.points, lattice, [atoms], [prior], [fitted.values])
    best = CandidateFit(start, lattice, atoms, prior, fitted, joint)
    if texture and best.residual - lattice.residual > _TEXTURE_EXCESS:
        best = _with_texture(best, known=known)
    return best


def best_lattice(
    points: PatternPoints,
    lattices: Sequence[Lattice],
    *,
    instrument: InstrumentProfile | None = None,
    hopeless: float,
) -> LatticeFit | None:
    """The first lattice that is right, else that which leaves least; None without lines."""
    best: LatticeFit | None = None
    for lattice in lattices:
        try:
            found = fit_lattices(points, [lattice], instrument=instrument, hopeless=hopeless)
        except InvalidStructureError:
            continue
        if found is not None and (best is None or found.residual < best.residual):
            best = found
        if best is not None and best.residual < RIGHT_LATTICE:
            break
    return best


def atoms_on(
    lattice: LatticeFit,
    start: AtomStart,
    *,
    number: int = 0,
    instrument: InstrumentProfile | None = None,
    parameters: FloatArray | None = None,
) -> AtomModel:
    """The atoms of a start on a fitted lattice.

    Parameters
    ----------
    lattice
        The lattice fit.
    start
        The atoms.
    number
        Of the phase.
    instrument
        For the polarisation.
    parameters
        Of the lines, where not those of the lattice fit.

    Raises
    ------
    InvalidStructureError
        Positions or elements are impossible.
    """
    model = lattice.model
    parameters = lattice.parameters if parameters is None else parameters
    stol = model.stol_squared(parameters)[model.places[number]]
    wavelength = model.radiation.wavelength_angstrom
    sine = np.minimum(wavelength * np.sqrt(stol), 0.9999)
    return AtomModel(
        replace(start.structure, cell=lattice.cell(number)),
        model.phases[number],
        stol_squared=stol,
        wavelength_angstrom=wavelength,
        two_theta_deg=2.0 * np.degrees(np.arcsin(sine)),
        monochromator_deg=0.0 if instrument is None else instrument.monochromator_deg,
    )


def _on_lattice(start: AtomStart, lattice: LatticeFit) -> bool:
    """Whether the atoms of a start are described in the axes of a lattice."""
    if start.structure.hall_symbol != lattice.model.phases[0].hall_symbol:
        return False
    return same_shape(start.structure.cell, lattice.cell())


def _with_texture(found: CandidateFit, *, known: bool) -> CandidateFit:
    """The fit with a preferred orientation, where one makes it clearly better."""
    joint, atoms = found.joint, found.atoms
    assert joint is not None  # noqa: S101  (asked for only then)
    assert atoms is not None  # noqa: S101
    prior = Prior.of(atoms.contents, known=known, texture=True)
    correlated = joint.points.correlated
    start = joint.values[0]
    base = joint.normal.misfit(joint.area) / correlated + float(prior.trust @ start**2)
    tried = []
    for axis in _AXES:
        atoms.use_texture_axis(axis)
        fitted = fit_intensities(atoms, joint.normal, prior, correlated=correlated, start=start)
        tried.append((fitted.score, axis, fitted))
    score, axis, fitted = min(tried, key=lambda each: each[0])
    atoms.use_texture_axis(axis)
    if base - score < _TEXTURE_GAIN:
        return found
    again = fit_jointly(
        joint.points,
        found.lattice,
        [atoms],
        [prior],
        [fitted.values],
        parameters=joint.parameters,
    )
    return replace(found, prior=prior, intensities=fitted, joint=again)
