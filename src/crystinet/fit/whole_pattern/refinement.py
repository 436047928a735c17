"""Fits of one candidate: which starts are tried, which stages follow, and what is answered."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from crystinet.core.arrays import IntArray
from crystinet.core.errors import InvalidPatternError, InvalidStructureError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.index.index import CompoundIndex
from crystinet.crystals.structure import Structure
from crystinet.fit.known import setting_of
from crystinet.fit.line_test import LineEvidence, LineTest
from crystinet.fit.nearest import Neighbour
from crystinet.fit.starting_points import StartingPoints, StartOptions
from crystinet.fit.whole_pattern.answer import Fit
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
from crystinet.fit.whole_pattern.candidate import CandidateFit, fit_candidate
from crystinet.fit.whole_pattern.composition import Composition
from crystinet.fit.whole_pattern.final_fit import fit_finally
from crystinet.fit.whole_pattern.fit_verdict import doubted_by_lines, judge_fit, with_other_phase
from crystinet.fit.whole_pattern.instrument import InstrumentProfile
from crystinet.fit.whole_pattern.lattice_fit import Lattice
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.patterns.sample import Sample

if TYPE_CHECKING:
    from crystinet.model.inference import Model

#: Known compounds whose atoms a fit starts from, beside the reference of the type.
NEAREST = 4
#: Atoms of the asymmetric unit of a structure that is given: more are refused.
MOST_SITES = 300


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
        self.instrument = instrument
        self.known = known
        self._starts = StartingPoints(model, index, StartOptions(nearest=NEAREST, lattice=True))
        #: With the structures that taught the model a type: its numbers are those of neighbours.
        self.index = self._starts.index

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
        return with_other_phase(doubted_by_lines(fit), self.lines)

    @cached_property
    def lines(self) -> LineTest:
        """The quick test of lines over all known compounds."""
        return LineTest(self.index)

    @property
    def monochromator_deg(self) -> float:
        """Of the instrument, 0 for none."""
        return 0.0 if self.instrument is None else self.instrument.monochromator_deg

    def of_structure(
        self, sample: Sample, structure: Structure, *, progress: Progress = silent
    ) -> Fit:
        """Fit a given structure and refine it to the end.

        The time grows with the square of the atoms: beyond `MOST_SITES` it would be minutes for a
        fit that no powder pattern can bear out.

        Raises
        ------
        InvalidPatternError
            No line of the structure lies in the range.
        InvalidStructureError
            It has more atoms than are refined.
        """
        if len(structure.sites) > MOST_SITES:
            raise InvalidStructureError(
                f"{structure.name or 'The structure'} has {len(structure.sites)} atoms in the "
                f"asymmetric unit, more than the {MOST_SITES} that are refined.",
                hint="Give the structure with its symmetry, not as all atoms of the cell.",
            )
        name = structure.name or "the given structure"
        progress("fit", 0, 1, note=name)
        found = self.given(sample, structure)
        if found is None:
            raise no_line_of(name)
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


def no_line_of(name: str) -> InvalidPatternError:
    """The error where there is nothing to fit."""
    return InvalidPatternError(
        f"No line of {name} lies in the measured range.",
        hint="Choose another type, or measure a wider range.",
    )


def _held(starts: Sequence[AtomStart], known: Sequence[Composition]) -> list[AtomStart]:
    """Starts with the elements of compositions on their sites, in every way that agrees."""
    return [held for start in starts for each in known for held in each.starts(start)]
