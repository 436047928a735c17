"""Fits of one sample: which starts are tried, which stages follow, and which outcome is kept."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.diffraction import d_from_two_theta
from crystinet.core.errors import InvalidPatternError, InvalidStructureError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.index.index import CompoundIndex
from crystinet.crystals.structure import Structure
from crystinet.fit.known import setting_of
from crystinet.fit.line_test import LineEvidence, LineTest
from crystinet.fit.nearest import Neighbour
from crystinet.fit.starting_points import StartingPoints, StartOptions
from crystinet.fit.whole_pattern.answer import Fit, UnexplainedLine
from crystinet.fit.whole_pattern.assembly import lattice_answer, structure_answer
from crystinet.fit.whole_pattern.atom_starts import (
    AtomStart,
    in_axes_of,
    lattices_for,
    placement_of_structure,
    reference_start,
    with_cell,
    with_cells_as_given,
)
from crystinet.fit.whole_pattern.candidate import (
    CandidateFit,
    comparable_scores,
    fit_candidate,
    free_numbers_of,
    last_angle_of,
)
from crystinet.fit.whole_pattern.composition import Composition
from crystinet.fit.whole_pattern.final_fit import fit_finally
from crystinet.fit.whole_pattern.fit_verdict import doubted_by_lines, judge_fit
from crystinet.fit.whole_pattern.instrument import InstrumentProfile
from crystinet.fit.whole_pattern.lattice_fit import Lattice
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.fit.whole_pattern.proof import Proof
from crystinet.fit.whole_pattern.ranking import (
    NOTHING_FITS,
    as_good,
    clearly_better,
    in_units_of_misfit,
    together,
)
from crystinet.patterns.sample import Sample

if TYPE_CHECKING:
    from crystinet.model.inference import Model

#: Known compounds whose atoms a fit starts from, beside the reference of the type.
NEAREST = 4
#: Atoms of the asymmetric unit of a structure that is given: more are refused.
MOST_SITES = 300
#: How often the sites of the right type cannot hold the formula of the sample.
CANNOT_HOLD = 0.013
# So many lines of this height, as shares of the strongest, that a fit does not have are another
# phase, and the quick test of lines has a name for it from this evidence on.
_FEWEST_LINES, _OTHER_PHASE, _EVIDENCE = 2, 0.04, 20.0


@dataclass(frozen=True, slots=True)
class RankedFit:
    """A candidate in the order of networks and fits together.

    Attributes
    ----------
    number
        Its place among those that were given, from 0.
    probability
        Of networks and fit together.
    fit
        None where no line of the type lies in the range.
    """

    number: int
    probability: float
    fit: Fit | None


class Refinement:
    """Fits samples with the structures of types.

    Parameters
    ----------
    model
        The model that identifies, for its preprocessing and its types.
    index
        The known compounds.
    instrument
        What is known of the instrument.
    known
        Elements of the sample, if they are known.
    """

    def __init__(
        self,
        model: "Model",
        index: CompoundIndex,
        *,
        instrument: InstrumentProfile | None = None,
        known: Composition | None = None,
    ) -> None:
        self.index = index
        self.instrument = instrument
        self.known = known
        self._starts = StartingPoints(model, index, StartOptions(nearest=NEAREST, lattice=True))

    def candidate(
        self,
        sample: Sample,
        names: Sequence[str],
        *,
        points: PatternPoints | None = None,
        without: IntArray | None = None,
    ) -> CandidateFit | None:
        """Fit the structures of types that count as one.

        Parameters
        ----------
        sample
            The pattern.
        names
            The type and what is merged into it.
        points
            Of the sample, if they were prepared before.
        without
            Numbers of compounds of the index that no fit starts from.

        Returns
        -------
        None where there are no atoms to start from, or no line lies in the range.
        """
        known = () if self.known is None else (self.known,)
        starts, lattices = self.beginnings(sample, names, without=without, known=known)
        if not starts:
            return None
        points = PatternPoints.of(sample) if points is None else points
        return self._fitted(points, starts, lattices)

    def beginnings(
        self,
        sample: Sample,
        names: Sequence[str],
        *,
        without: IntArray | None = None,
        evidence: LineEvidence | None = None,
        known: Sequence[Composition] = (),
    ) -> tuple[list[AtomStart], list[Lattice]]:
        """Atoms and cells that a fit of a type begins with.

        Parameters
        ----------
        sample, names, without
            As for `candidate`.
        evidence
            What a quick test of lines says: the scale of a known compound.
        known
            Compositions, of which the atoms have one wherever any start can.
        """
        point = self._starts.of_types(sample, names, without=without)
        starts = [*self._near(point.nearest or ()), *filter(None, map(reference_start, names))]
        if not starts:
            return [], []
        # Before the lattices: they are in the axes of the first start.
        starts = _held(starts, known) or starts
        starts.sort(key=lambda start: not in_axes_of(start.structure, point.placement))
        lattices = lattices_for(starts[0].structure, point.placement)
        if evidence is not None:
            cell = self.index.compounds[evidence.number].cell.scaled(evidence.scale)
            lattices = with_cell(starts[0].structure, cell, lattices)
        return starts, lattices

    def given(self, sample: Sample, structure: Structure) -> CandidateFit | None:
        """Fit a given structure; its cell is nearly right."""
        start = AtomStart("", structure.name or "given structure", structure.name, structure)
        placed = placement_of_structure(structure, sample)
        lattices = with_cells_as_given(structure, lattices_for(structure, placed))
        starts = [] if self.known is None else self.known.starts(start)
        return self._fitted(PatternPoints.of(sample), starts or [start], lattices)

    def answer(
        self,
        sample: Sample,
        found: CandidateFit,
        *,
        ambiguous_with: tuple[str, ...] = (),
        better: tuple[str, ...] = (),
        progress: Progress = silent,
    ) -> Fit:
        """Refine a candidate to the end and say what came out.

        Parameters
        ----------
        sample
            The pattern.
        found
            The fit of the candidate.
        ambiguous_with
            Other types that fit as well.
        better
            Other types that fit clearly better.
        progress
            Told what is being refined.
        """
        judged = judge_fit(found, ambiguous_with=ambiguous_with, better=better)
        if found.joint is None or found.atoms is None or found.prior is None:
            return lattice_answer(
                found.lattice,
                [found.start],
                judged=[judged],
                name=sample.raw.name,
                monochromator_deg=self.monochromator_deg,
            )
        progress("refine", 0, 1, note=found.start.name)
        final = fit_finally(found.lattice, found.joint, [found.atoms], [found.prior])
        fit = structure_answer(
            [found.start],
            found.lattice,
            final,
            judged=[judged],
            known=[self.known],
            name=sample.raw.name,
            monochromator_deg=self.monochromator_deg,
        )
        return self._with_other_phase(doubted_by_lines(fit))

    def _with_other_phase(self, fit: Fit) -> Fit:
        """The fit with a word on lines that it does not have."""
        (phase,) = fit.phases
        seen = [line for line in fit.unexplained if line.height >= _OTHER_PHASE]
        if len(seen) < _FEWEST_LINES or phase.verified is Proof.NO:
            return fit
        angles = ", ".join(f"{line.two_theta_deg:.2f}" for line in sorted(seen[:4], key=_angle))
        said = f"Lines at {angles} degrees are none of this phase"
        true = fit.two_theta_deg - fit.zero_deg
        true = true - fit.shift_deg * np.cos(np.radians(true) / 2.0)
        d = d_from_two_theta(np.maximum(true, 0.5), fit.radiation.wavelength_angstrom)
        left = np.maximum(fit.difference - 0.15 * (fit.calculated - fit.background), 0.0)
        other = self.lines.find(d, left)
        if other and other[0].evidence > _EVIDENCE:
            said += f": {other[0].type} may be there as well"
        reasons = (*phase.reasons, f"{said}.")
        return replace(fit, phases=(replace(phase, reasons=reasons),))

    @cached_property
    def lines(self) -> LineTest:
        """The quick test of lines over all known compounds."""
        return LineTest(self.index)

    @property
    def monochromator_deg(self) -> float:
        """Of the instrument, 0 for none."""
        return 0.0 if self.instrument is None else self.instrument.monochromator_deg

    def best_of(
        self,
        sample: Sample,
        candidates: Sequence[tuple[Sequence[str], float]],
        *,
        progress: Progress = silent,
    ) -> Fit:
        """Fit several candidates and refine the one that networks and fits together prefer.

        Parameters
        ----------
        sample
            The pattern.
        candidates
            Type and what is merged into it, and the probability of the networks.
        progress
            Told what is being fitted.

        Raises
        ------
        InvalidPatternError
            No line of any candidate lies in the range.
        """
        fits, scores = self.fitted(sample, candidates, progress=progress)
        order = np.argsort(-self.weighed(candidates, fits, scores), kind="stable")
        best = next((int(i) for i in order if fits[i] is not None), None)
        if best is None:
            return self._answer_or_refuse(sample, None, "any candidate", progress)
        chosen = fits[best]
        assert chosen is not None  # noqa: S101  (chosen among those)
        return self._compared(sample, chosen, candidates, scores, best, progress=progress)

    def ranked(
        self,
        sample: Sample,
        candidates: Sequence[tuple[Sequence[str], float]],
        *,
        progress: Progress = silent,
    ) -> tuple[RankedFit, ...]:
        """Fit several candidates and put them in the order of networks and fits together.

        Parameters
        ----------
        sample, candidates, progress
            As for `best_of`.
        """
        fits, scores = self.fitted(sample, candidates, progress=progress)
        probabilities = self.weighed(candidates, fits, scores)
        order = np.argsort(-probabilities, kind="stable").tolist()
        return tuple(
            RankedFit(
                i,
                float(probabilities[i]),
                None
                if (found := fits[i]) is None
                else self._compared(sample, found, candidates, scores, i, progress=progress),
            )
            for i in order
        )

    @staticmethod
    def weighed(
        candidates: Sequence[tuple[Sequence[str], float]],
        fits: Sequence[CandidateFit | None],
        scores: Sequence[float],
    ) -> FloatArray:
        """Probabilities of candidates by networks and fits together, (n,); see `fitted`.

        Networks decide alone where no fit describes the pattern.
        """
        before = [
            p * (CANNOT_HOLD if found is not None and found.contradicts else 1.0)
            for (_, p), found in zip(candidates, fits, strict=True)
        ]
        if min((found.residual for found in fits if found is not None), default=1.0) > NOTHING_FITS:
            return together(before, [math.inf] * len(fits), [0] * len(fits))
        return together(before, scores, [free_numbers_of(f) for f in fits])

    def _compared(
        self,
        sample: Sample,
        found: CandidateFit,
        candidates: Sequence[tuple[Sequence[str], float]],
        scores: Sequence[float],
        number: int,
        *,
        progress: Progress,
    ) -> Fit:
        """The answer for one candidate, knowing the others."""
        return self.answer(
            sample,
            found,
            ambiguous_with=tuple(candidates[i][0][0] for i in as_good(scores, number)),
            better=tuple(candidates[i][0][0] for i in clearly_better(scores, number)),
            progress=progress,
        )

    def fitted(
        self,
        sample: Sample,
        candidates: Sequence[tuple[Sequence[str], float]],
        *,
        without: IntArray | None = None,
        progress: Progress = silent,
    ) -> tuple[list[CandidateFit | None], list[float]]:
        """Fits of all candidates, and their scores, the lower the better.

        Parameters
        ----------
        sample, candidates, progress
            As for `best_of`.
        without
            Numbers of compounds of the index that no fit starts from.
        """
        points = PatternPoints.of(sample)
        fits = []
        for number, (names, _) in enumerate(candidates):
            progress("fit", number, len(candidates), note=names[0])
            fits.append(self.candidate(sample, names, points=points, without=without))
        scores = comparable_scores(fits)
        if any(found is not None and not found.contradicts for found in fits):
            # What cannot hold the formula is no better, however well it fits.
            scores = [
                math.inf if found is not None and found.contradicts else score
                for found, score in zip(fits, scores, strict=True)
            ]
        compared = points.up_to(last_angle_of(fits) + 1e-6)
        independent = len(compared) / compared.correlated
        return fits, in_units_of_misfit(scores, independent=independent)

    def of_type(
        self,
        sample: Sample,
        names: Sequence[str],
        *,
        rivals: Sequence[tuple[Sequence[str], float]] = (),
        progress: Progress = silent,
    ) -> Fit:
        """Fit the structure of a type that was asked for, and say which of others fit as well.

        A cubic parent has most lines of its distorted derivatives, and these can take any pattern
        of the parent: on its own either would be borne out.

        Parameters
        ----------
        sample
            The pattern.
        names
            The type and what is merged into it.
        rivals
            Candidates that it is compared with, as those of `best_of`.
        progress
            Told what is being fitted.

        Raises
        ------
        InvalidPatternError
            No line of the type lies in the range.
        """
        candidates = [(names, 1.0), *rivals]
        fits, scores = self.fitted(sample, candidates, progress=progress)
        if (found := fits[0]) is None:
            return self._answer_or_refuse(sample, None, names[0], progress)
        return self._compared(sample, found, candidates, scores, 0, progress=progress)

    def of_structure(
        self, sample: Sample, structure: Structure, *, progress: Progress = silent
    ) -> Fit:
        """Fit a given structure; errors as `of_type`, and InvalidStructureError.

        The time grows with the square of the atoms: beyond `MOST_SITES` it would be minutes for a
        fit that no powder pattern can bear out.
        """
        if len(structure.sites) > MOST_SITES:
            raise InvalidStructureError(
                f"{structure.name or 'The structure'} has {len(structure.sites)} atoms in the "
                f"asymmetric unit, more than the {MOST_SITES} that are refined.",
                hint="Give the structure with its symmetry, not as all atoms of the cell.",
            )
        name = structure.name or "the given structure"
        progress("fit", 0, 1, note=name)
        return self._answer_or_refuse(sample, self.given(sample, structure), name, progress)

    def _answer_or_refuse(
        self, sample: Sample, found: CandidateFit | None, name: str, progress: Progress
    ) -> Fit:
        if found is None:
            raise InvalidPatternError(
                f"No line of {name} lies in the measured range.",
                hint="Choose another type, or measure a wider range.",
            )
        return self.answer(sample, found, progress=progress)

    def _near(self, neighbours: Sequence[Neighbour]) -> list[AtomStart]:
        """Atoms of known compounds."""
        starts = []
        for each in neighbours:
            structure = self.index.structure(each.number)
            if structure is not None:
                compound = each.compound
                name = setting_of(compound).name
                starts.append(AtomStart(compound.type_name, name, compound.formula, structure))
        return starts

    def _fitted(
        self, points: PatternPoints, starts: Sequence[AtomStart], lattices: Sequence[Lattice]
    ) -> CandidateFit | None:
        exact = self.known is not None and self.known.amounts is not None
        holds = self.known is not None and bool(_held(starts, [self.known]))
        found = fit_candidate(
            points, starts, lattices, instrument=self.instrument, known=exact and holds
        )
        if found is None or not exact or holds:
            return found
        return replace(found, contradicts=True)


def _held(starts: Sequence[AtomStart], known: Sequence[Composition]) -> list[AtomStart]:
    """Starts with the elements of compositions on their sites, in every way that agrees."""
    return [held for start in starts for each in known for held in each.starts(start)]


def numbers_of(index: CompoundIndex, formula: str) -> IntArray:
    """Numbers of the compounds of a formula in an index."""
    found = [i for i, compound in enumerate(index.compounds) if compound.formula == formula]
    return np.array(found, dtype=np.int64)


def _angle(line: UnexplainedLine) -> float:
    return line.two_theta_deg
