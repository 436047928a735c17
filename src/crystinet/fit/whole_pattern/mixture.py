"""Several phases: found one after the other, and refined together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.core.diffraction import d_from_two_theta
from crystinet.core.errors import CrystinetError, InvalidStructureError
from crystinet.core.progress import Progress, silent
from crystinet.fit.line_test import LineEvidence, evidence_by_class
from crystinet.fit.whole_pattern.atom_starts import AtomStart
from crystinet.fit.whole_pattern.candidate import CandidateFit, atoms_on, fit_candidate
from crystinet.fit.whole_pattern.composition import Composition
from crystinet.fit.whole_pattern.joint_fit import JointFit, fit_jointly
from crystinet.fit.whole_pattern.lattice_fit import Lattice, LatticeFit, fit_lattices, lines_in
from crystinet.fit.whole_pattern.normal import curves_of
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.fit.whole_pattern.prior import Prior
from crystinet.fit.whole_pattern.refinement import Refinement
from crystinet.model.further import WORTH_A_WORD
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.sample import Sample

if TYPE_CHECKING:
    from crystinet.model.inference import Model

#: Candidates of the networks and of the quick test of lines that are fitted as the next phase.
FROM_NETWORKS, FROM_LINES = 3, 4
#: So many types that the model itself does not know, where lines speak more for them than for any
#: other, beside the one that is named first.
FROM_FURTHER = 2
# Points without a line of the candidate count this much, and points that stand above the fit by so
# many standard deviations lose half of their weight: other phases are there.
_ELSEWHERE, _ABOVE = 0.02, 2.0
_ROUNDS = 1
# A candidate that leaves less than this near its own lines needs no other lattice.
_GOOD = 0.4
# Points of a line, and free numbers of its atoms, each of which costs so much.
_COARSE, _COST = 4.0, 0.008
# Fits with more free numbers have to be better by so much for each: the logarithm of a usual number
# of independent observations (G. Schwarz, Ann. Stat. 6 (1978) 461).
_SCHWARZ = 6.0
# Lines that a candidate has too much of weigh so many times those that it explains; the networks'
# logarithm of the probability and the evidence of lines weigh this much.
_TOO_MUCH, _NETWORKS, _LINES = 2.0, 0.02, 0.004
_LEAST_PROBABILITY = 1e-3
# Where a phase is strong, so much of it is not known, and hides weaker ones.
_HIDDEN = 0.12
#: A further phase has at least this part of the lines, ...
LEAST_SHARE = 0.03
#: ... takes at least this part of the misfit of the phases before it away, ...
LEAST_GAIN = 0.12
#: ... has, as they have, this part of its intensity where others have next to nothing, so that none
#: only mends profiles and textures, and is better than without it by this much, free numbers
#: counted.
LEAST_OWN, CLEARLY = 0.5, 20.0
_NEXT_TO_NOTHING = 0.2
# So many first phases are followed, each with so many second ones.
_FOLLOWED = 2


@dataclass(frozen=True, eq=False)
class PhaseFit:
    """One candidate for a phase among others.

    Attributes
    ----------
    names
        Type and what is merged into it.
    start, lattice
        Atoms and cell.
    joint
        The fit that leaves other phases alone.
    explained, too_much
        Parts of the intensity above the background that it explains, and that it has too much.
    score
        What candidates are compared by: the higher the better.
    """

    names: tuple[str, ...]
    start: AtomStart
    lattice: Lattice
    joint: JointFit
    explained: float
    too_much: float
    score: float


@dataclass(frozen=True, eq=False)
class MixtureFit:
    """Phases that were refined together.

    Attributes
    ----------
    starts
        Atoms of each phase.
    lattice
        The lattices, fitted together.
    joint
        The joint refinement.
    shares
        Parts of the intensity of all lines, one of each phase.
    own
        Part of a phase's intensity that stands where the others have next to nothing; of the phase
        that has least of it. A phase that others cover only mends their profiles, whichever of them
        was found first.
    """

    starts: tuple[AtomStart, ...]
    lattice: LatticeFit
    joint: JointFit
    shares: tuple[float, ...]
    own: float

    @property
    def residual(self) -> float:
        """Weighted R factor without background and noise, about 0 to 1."""
        points, free = self.lattice.points, int(self.joint.free.sum())
        return points.residual(self.joint.misfit, self.lattice.total, free=free)

    @property
    def criterion(self) -> float:
        """What mixtures are compared by: the lower the better."""
        return self.joint.score + _SCHWARZ * float(self.joint.free.sum())


class PhaseSearch:
    """Finds the phases of mixtures.

    Parameters
    ----------
    model
        The model that identifies.
    refinement
        What fits.
    known
        Compositions of phases, if they were given: no phase holds anything else.
    """

    def __init__(
        self, model: "Model", refinement: Refinement, *, known: Sequence[Composition] = ()
    ) -> None:
        self.model, self.refinement, self.known = model, refinement, tuple(known)
        self._names = {
            name: (entry.name, *entry.merged)
            for entry in model.bundle.types
            for name in (entry.name, *entry.merged)
        }

    def find(
        self, sample: Sample, phases: int, *, progress: Progress = silent
    ) -> MixtureFit | None:
        """Find up to so many phases; fewer where no further one is borne out.

        Returns
        -------
        None where not even one phase can be fitted.
        """
        points = PatternPoints.of(sample, points_per_width=_COARSE)
        progress("phases", 0, phases)
        firsts = self._candidates(sample, points)[:_FOLLOWED]
        best: MixtureFit | None = None
        for first in firsts:
            found = self.refined_together(points, [first])
            chain = [first]
            for number in range(1, phases):
                progress("phases", number, phases, note=" + ".join(p.names[0] for p in chain))
                longer, more = self._one_more(sample, points, chain, found)
                if more is None:
                    break
                chain, found = longer, more
            if found is not None and (best is None or _better(found, best)):
                best = found
        return best

    def _one_more(
        self,
        sample: Sample,
        points: PatternPoints,
        chain: list[PhaseFit],
        before: MixtureFit | None,
    ) -> tuple[list[PhaseFit], MixtureFit | None]:
        """The chain with the phase that explains most of what is left; None where none does."""
        left = _left(sample, points, before, chain[-1])
        try:
            rest = self.model.sample(left)
            seconds = self._candidates(rest, _rest_of(points, before, chain[-1]))[:_FOLLOWED]
        except CrystinetError:  # nothing is left that could be looked at
            return chain, None
        best: tuple[list[PhaseFit], MixtureFit] | None = None
        known = {name for phase in chain for name in phase.names}
        for second in seconds:
            if second.names[0] in known and _same_cell(second, chain):
                continue
            longer = [*chain, second]
            found = self.refined_together(points, longer)
            if found is None or not _borne_out(found, before):
                continue
            if best is None or found.criterion < best[1].criterion:
                best = longer, found
        return best if best is not None else (chain, None)

    def _candidates(self, sample: Sample, points: PatternPoints) -> list[PhaseFit]:
        """Types that may be in a pattern, those first that explain most of it."""
        (answer,) = self.model.identify([sample])
        probability = {c.type: c.probability for c in answer.candidates}
        evidence = self.evidence(sample)
        names = [c.type for c in answer.candidates[:FROM_NETWORKS]]
        ranked = sorted(evidence, key=lambda name: -evidence[name].evidence)
        classes = [name for name in ranked if name in self._names]
        names += [name for name in classes[: FROM_LINES + FROM_NETWORKS] if name not in names]
        names = names[: FROM_NETWORKS + FROM_LINES]
        first = ranked.index(classes[0]) if classes else len(ranked)
        further: dict[str, tuple[str, ...]] = {n: (n,) for n in ranked[:first][:FROM_FURTHER]}
        if (named := answer.ranking[0]).is_further and named.probability >= WORTH_A_WORD:
            further[named.type] = named.names
            probability[named.type] = named.probability
        found = []
        for name in dict.fromkeys([*names, *further]):
            of_type = further.get(name) or self._names.get(name, (name,))
            fitted = self.fitted_phase(sample, points, of_type, evidence.get(name))
            if fitted is not None:
                said = math.log(max(probability.get(name, 0.0), _LEAST_PROBABILITY))
                seen = evidence[name].evidence if name in evidence else 0.0
                score = fitted.score + _NETWORKS * said + _LINES * seen
                found.append(replace(fitted, score=score))
        return sorted(found, key=lambda each: -each.score)

    def evidence(self, sample: Sample) -> Mapping[str, LineEvidence]:
        """What the quick test of lines says of each class of the model and each further type."""
        prepared = sample.prepared
        angle = prepared.two_theta_deg[prepared.mask]
        found = self.refinement.lines.find(
            d_from_two_theta(angle, sample.grid.wavelength_angstrom),
            prepared.intensity[prepared.mask],
        )
        classes = {name: names[0] for name, names in self._names.items()}
        return evidence_by_class(found, classes)

    def fitted_phase(
        self,
        sample: Sample,
        points: PatternPoints,
        names: tuple[str, ...],
        evidence: LineEvidence | None,
    ) -> PhaseFit | None:
        """Fit one candidate and leave what other phases have alone.

        Parameters
        ----------
        sample, points
            The pattern.
        names
            The type and what is merged into it.
        evidence
            What a quick test of lines says of it, see `evidence`.

        Returns
        -------
        None where there is nothing to start from, or nothing of it lies in the range.
        """
        starts, lattices = self.refinement.beginnings(
            sample, names, evidence=evidence, known=self.known
        )
        if self.known:
            starts = [start for start in starts if any(c.starts(start) for c in self.known)]
        if not starts:
            return None
        try:
            found, weight = _fitted_alone(points, starts, lattices, known=bool(self.known))
        except CrystinetError:
            return None
        if found is None or found.joint is None or found.atoms is None or found.prior is None:
            return None
        joint = found.joint
        for _ in range(_ROUNDS):
            curve = _curve(points, joint)
            above = np.maximum(points.net - curve, 0.0) * np.sqrt(points.weight)
            turned = points.weighted(weight / (1.0 + (above / _ABOVE) ** 2))
            joint = fit_jointly(
                turned.up_to(float(joint.points.two_theta_deg[-1]) + 1e-6),
                found.lattice,
                [found.atoms],
                [found.prior],
                joint.values,
                parameters=joint.parameters,
                correlated=points.correlated,
                most_steps=4,
            )
        curve, net = _curve(points, joint), np.maximum(points.net, 0.0)
        total = float(net.sum())
        explained = float(np.minimum(curve, net).sum()) / total
        too_much = float(np.maximum(curve - net, 0.0).sum()) / total
        cell = replace(found.lattice, parameters=joint.parameters).cell()
        shift = float(joint.parameters[joint.profile.shared["shift"]])
        lattice = Lattice(found.start.structure.hall_symbol, cell, shift)
        free = int(found.prior.free.sum()) + len(joint.profile.phases[0].form)
        score = explained - _TOO_MUCH * too_much - _COST * free
        return PhaseFit(names, found.start, lattice, joint, explained, too_much, score)

    def refined_together(
        self, points: PatternPoints, phases: Sequence[PhaseFit]
    ) -> MixtureFit | None:
        """Refine phases together, on the whole pattern; None where no line lies in the range.

        Parameters
        ----------
        points
            The pattern.
        phases
            From `fitted_phase`, in any order.
        """
        try:
            lattice = fit_lattices(
                points,
                [phase.lattice for phase in phases],
                instrument=self.refinement.instrument,
                hopeless=math.inf,
            )
        except InvalidStructureError:
            return None
        if lattice is None:
            return None
        starts = [phase.start for phase in phases]
        atoms = [
            atoms_on(lattice, start, number=i, instrument=self.refinement.instrument)
            for i, start in enumerate(starts)
        ]
        priors = [Prior.of(a.contents, known=bool(self.known)) for a in atoms]
        values = [phase.joint.values[0].copy() for phase in phases]
        joint = fit_jointly(lattice.points, lattice, atoms, priors, values, most_steps=20)
        curves = curves_of(joint.points, joint.profile, joint.parameters, joint.area)
        sums = curves.sum(axis=1)
        shares = tuple(float(part / max(sums.sum(), 1e-300)) for part in sums)
        alone = curves.sum(axis=0) - curves < _NEXT_TO_NOTHING * curves
        own = (curves * alone).sum(axis=1) / np.maximum(sums, 1e-300)
        return MixtureFit(tuple(starts), lattice, joint, shares, float(own.min()))


def _fitted_alone(
    points: PatternPoints,
    starts: Sequence[AtomStart],
    lattices: Sequence[Lattice],
    *,
    known: bool,
) -> tuple[CandidateFit | None, FloatArray]:
    """The candidate on the points near its lines; others count next to nothing."""
    best: CandidateFit | None = None
    weight = points.weight
    for lattice in lattices[:2]:
        near = np.where(_near_lines(points, lattice), 1.0, _ELSEWHERE) * points.weight
        found = fit_candidate(
            points.weighted(near), starts, [lattice], worst=math.inf, texture=False, known=known
        )
        if found is not None and found.joint is not None:
            if best is None or found.residual < best.residual:
                best, weight = found, near
            if best.residual < _GOOD:
                break
    return best, weight


def _near_lines(points: PatternPoints, lattice: Lattice) -> BoolArray:
    """Points within a few widths of a line, (n,)."""
    lines = lines_in(points, lattice)
    inverse = lines.design @ lines.elements
    x, reach = points.two_theta_deg, 1.6 * max(points.width_deg, 0.1)
    counts = np.zeros(len(x) + 1)
    for wavelength in points.radiation.wavelengths_angstrom[:2]:
        sine = np.minimum(0.5 * wavelength * np.sqrt(inverse), 0.9999)
        place = 2.0 * np.degrees(np.arcsin(sine))
        place = place + lattice.shift_deg * np.cos(np.radians(place) / 2.0)
        np.add.at(counts, np.searchsorted(x, place - reach), 1.0)
        np.add.at(counts, np.searchsorted(x, place + reach), -1.0)
    near: BoolArray = np.cumsum(counts)[:-1] > 0.5
    return near


def _curve(points: PatternPoints, joint: JointFit) -> FloatArray:
    """All phases of a fit on all points."""
    curve: FloatArray = curves_of(points, joint.profile, joint.parameters, joint.area).sum(axis=0)
    return curve


def _left(
    sample: Sample, points: PatternPoints, before: MixtureFit | None, last: PhaseFit
) -> Pattern:
    """The pattern without the phases that were found."""
    curve = _curve(points, last.joint if before is None else before.joint)
    raw = sample.raw
    x = raw.two_theta_deg
    calculated = np.interp(x, points.two_theta_deg, curve, left=0.0, right=0.0)
    base = np.interp(x, points.two_theta_deg, points.base)
    left = raw.intensity - calculated
    top = float(np.abs(points.net).max())
    hidden = np.abs(left - base) < _HIDDEN * calculated
    left = np.where(hidden, base, np.maximum(left, base - 0.02 * top))
    inside = (x >= points.two_theta_deg[0]) & (x <= points.two_theta_deg[-1])
    return replace(raw, intensity=left, mask=raw.mask & inside)


def _rest_of(points: PatternPoints, before: MixtureFit | None, last: PhaseFit) -> PatternPoints:
    """The points without the phases that were found; what they hide counts less."""
    curve = _curve(points, last.joint if before is None else before.joint)
    variance = 1.0 / points.weight + (_HIDDEN * curve) ** 2
    return replace(points, observed=points.observed - curve, weight=1.0 / variance)


def _same_cell(second: PhaseFit, chain: Sequence[PhaseFit]) -> bool:
    """Whether a phase is one of those before it once more."""
    edges = np.log(np.array(second.lattice.cell[:3]))
    return any(
        second.names[0] == phase.names[0]
        and float(np.abs(np.log(np.array(phase.lattice.cell[:3])) - edges).max()) < 0.004
        for phase in chain
    )


def _borne_out(found: MixtureFit, before: MixtureFit | None) -> bool:
    """Whether one phase more is worth it."""
    if before is None:
        return True
    return (
        min(found.shares) >= LEAST_SHARE
        and found.own >= LEAST_OWN
        and found.criterion < before.criterion - CLEARLY
        and found.joint.misfit < (1.0 - LEAST_GAIN) * before.joint.misfit
    )


def _better(found: MixtureFit, best: MixtureFit) -> bool:
    return found.criterion < best.criterion
