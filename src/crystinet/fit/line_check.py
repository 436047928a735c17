"""Does the type that is named have all strong lines of the pattern? If not, it is not known.

Networks look at the whole pattern and forgive what they have not seen: the lines of a second
phase, of a superstructure or of a distortion. So the lines of the named type are laid on the
pattern, and a strong peak that none of them can be takes the certainty from the answer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.notes import Note, NoteCode, find_note
from crystinet.corpus.index.index import CompoundIndex
from crystinet.fit.agreement import strongest_beyond
from crystinet.fit.derivatives import DerivativeTest, derivation_of
from crystinet.fit.lattice import LaidLines
from crystinet.fit.sample_lines import SampleLines
from crystinet.fit.starting_points import PLACEMENT_ONLY, StartingPoints
from crystinet.fit.tube_test import UNCONFIRMED, TubeTest, has_known_lattice, was_assumed
from crystinet.fit.variant_test import LEAST_HEIGHT, with_derivative
from crystinet.model.further import FurtherTypes
from crystinet.model.identification import Identification, Verdict
from crystinet.model.sensitivity import measured_angles
from crystinet.model.twins import has_twins, with_twins
from crystinet.patterns.sample import Sample

if TYPE_CHECKING:
    from crystinet.model.inference import Model

#: A peak of this height, relative to the highest, that no line explains is no impurity.
STRONG = 0.15
#: ... and this one where only another bundle made the answer a known one.
STRONG_OF_UNSURE = 0.06
#: ... unless the lines explain so much of the intensity: low symmetries are hard to lay.
NEARLY_ALL = 0.975
#: No pattern of 64 measured ones has a second line lower than 0.15 of the highest.
LEAST_SECOND = 0.12
#: ... but of two lines in a short range one may well be so.
FEWEST_FOR_HEIGHTS = 3


@dataclass(frozen=True, slots=True)
class Leftover:
    """What the lines of a type, laid on a pattern, leave unexplained.

    Attributes
    ----------
    explained
        Share of the intensity above the background under lines, 0 to 1.
    height, two_theta_deg
        Of the highest peak under no line: height relative to the highest of all, 0 where there is
        none, and place in degrees on the axis of the prepared pattern.
    """

    explained: float
    height: float
    two_theta_deg: float

    def is_much(self, limit: float = STRONG) -> bool:
        """Whether something else must be in the sample, or the type be another.

        Parameters
        ----------
        limit
            A peak of this height, relative to the highest, is no impurity's.
        """
        return self.height > limit and self.explained < NEARLY_ALL


class LineCheck:
    """Checks answers that are known by the lines of the type that they name.

    Parameters
    ----------
    model
        The model that identifies.
    index
        Gives the known compounds; called when the first answer is checked.
    """

    def __init__(self, model: "Model", index: Callable[[], CompoundIndex]) -> None:
        self._model, self._index = model, index

    @cached_property
    def _points(self) -> StartingPoints:
        return StartingPoints(self._model, self._index(), PLACEMENT_ONLY)

    @cached_property
    def _derivatives(self) -> DerivativeTest:
        points = self._points
        return DerivativeTest(points.index, lambda sample, names: points.starts(sample, names))

    def ranked(self, sample: Sample, found: Identification) -> Identification:
        """The answer with parent and derivative in the order that their lines and lattices say.

        Parameters
        ----------
        sample
            Prepared for the model.
        found
            With at least two candidates; the verdict stays.
        """
        if derivation_of(found) is None:
            return found
        return self._derivatives.decided(sample, found)

    def of(self, sample: Sample, names: Sequence[str], *, limit: float = STRONG) -> Leftover | None:
        """What a type leaves at the best of its starts; None where its lines cannot be laid.

        Parameters
        ----------
        sample
            Prepared for the model.
        names
            The type and what is merged into it.
        limit
            The search ends where no peak higher than this is left.
        """
        return self._left(SampleLines(self._points, sample), names, limit=limit)

    def _left(
        self, lines: SampleLines, names: Sequence[str], *, limit: float = STRONG
    ) -> Leftover | None:
        if not len(lines.sample.peaks):
            return None
        least: Leftover | None = None
        for found in _left_by_each(lines, names):
            if least is None or found.height < least.height:
                least = found
            if not least.is_much(limit):  # nothing else would change the verdict
                break
        return least

    @cached_property
    def _tubes(self) -> TubeTest:
        return TubeTest(self._points, self._ranked, self._checked)

    def _ranked(self, samples: Sequence[Sample]) -> list[Identification]:
        """The model's answers; those that are known are `ranked`.

        The bundle alone is asked first: it takes less time, and mostly nothing is known.
        """
        answers = self._model.alone.identify(samples)
        known = [i for i, found in enumerate(answers) if found.verdict is Verdict.KNOWN]
        both = self._model.identify([samples[i] for i in known])
        for i, found in zip(known, both, strict=True):
            answers[i] = self.ranked(samples[i], found) if found.verdict is Verdict.KNOWN else found
        return answers

    def lines_on(self, sample: Sample) -> SampleLines:
        """Known lines, to be laid on a sample that was prepared for the model."""
        return SampleLines(self._points, sample)

    def identify(self, samples: Sequence[Sample]) -> list[Identification]:
        """The model's answers for samples, `ranked` and `checked`."""
        return [
            self.checked(sample, self.ranked(sample, found))
            for sample, found in zip(samples, self._model.identify(samples), strict=True)
        ]

    def checked(
        self, sample: Sample, found: Identification, *, composed: bool = False
    ) -> Identification:
        """The answer, no longer known where lines, twins or an assumed tube speak against it.

        It says of which type the sample may be a derivative.

        Parameters
        ----------
        sample
            Prepared for the model.
        found
            From `ranked`.
        composed
            Whether the composition was given, which excludes types by itself.
        """
        return self._checked(SampleLines(self._points, sample), found, composed=composed)

    def _checked(
        self, lines: SampleLines, found: Identification, *, composed: bool = False
    ) -> Identification:
        if found.further is not None and found.further.known:
            found = replace(found, further=self._further(lines, found.further))
            if not composed:
                found = self._with_alike(lines.sample, found)
            if found.further is not None and found.further.known:
                return found  # it has a name: no derivative, and no other tube, is looked for
        found, left = self._by_lines(lines, found)
        if not composed and found.verdict is Verdict.KNOWN:
            found = self._with_parent(lines.sample, found)
        told = find_note(found.notes, NoteCode.PARENT_AS_WELL) is not None
        if not told and (left is None or left.height >= LEAST_HEIGHT):
            found = with_derivative(lines, found)
        return self._tubes.checked(lines, found) if was_assumed(lines.sample) else found

    def _further(self, lines: SampleLines, further: FurtherTypes) -> FurtherTypes:
        """Further types, of which the first is not known where it lacks strong lines.

        Neither is it where none of its lines can be laid, or where the tube was assumed and the
        lattice is no known one of the type.
        """
        best = further.types[0]
        left = self._left(lines, (best.type, *best.merged))
        if left is None:
            return further.doubted(f"No lines of {best.type} could be laid on the pattern.")
        if left.is_much():
            return further.doubted(_unexplained(lines.sample, left, best.type))
        if was_assumed(lines.sample) and not has_known_lattice(lines, (best.type, *best.merged)):
            return further.doubted(UNCONFIRMED)
        return further

    def _with_alike(self, sample: Sample, found: Identification) -> Identification:
        """An answer with a known further type, uncertain where the bundle's best is as good."""
        best, further = found.candidates[0].type, found.further
        if further is None or not further.known:
            return found
        alike = self._derivatives.alike_beyond(sample, best)
        if alike is None or alike.parent != further.types[0].type or not alike.has_derivative:
            return found
        note = Note(NoteCode.PARENT_AS_WELL, _as_well(alike.parent, best))
        return replace(
            found,
            verdict=Verdict.UNCERTAIN,
            reason=note.text,
            notes=(*found.notes, note),
            further=further.doubted(""),
        )

    def _by_lines(
        self, lines: SampleLines, found: Identification
    ) -> tuple[Identification, Leftover | None]:
        """The answer, no longer known where a strong peak is not the named type's; what is left.

        A known answer names the types beside it that powder diffraction hardly tells apart; where
        one is as good that is no such twin, nothing is known.
        """
        if found.verdict is not Verdict.KNOWN:
            return found, None
        sample = lines.sample
        if doubt := _doubtful_heights(sample, found):
            notes = found.notes if doubt in found.notes else (*found.notes, doubt)
            doubtful = replace(found, verdict=Verdict.UNCERTAIN, reason=doubt.text, notes=notes)
            return doubtful, None
        best = found.candidates[0]
        limit = STRONG_OF_UNSURE if found.further and found.further.tipped else STRONG
        left = self._left(lines, (best.type, *best.merged), limit=limit)
        if left is None or not left.is_much(limit):
            return with_twins(found), left
        note = Note(NoteCode.UNEXPLAINED_LINES, _unexplained(sample, left, best.type))
        notes = (*found.notes, note)
        return replace(found, verdict=Verdict.UNCERTAIN, reason=note.text, notes=notes), left

    def _with_parent(self, sample: Sample, found: Identification) -> Identification:
        """A known answer, uncertain where a type that is none of the bundle's fits as well."""
        best = found.candidates[0].type
        alike = self._derivatives.alike_beyond(sample, best)
        if alike is None or not alike.has_parent:
            return found
        note = Note(NoteCode.PARENT_AS_WELL, _as_well(alike.parent, best))
        notes = (*found.notes, note)
        return replace(found, verdict=Verdict.UNCERTAIN, reason=note.text, notes=notes)


def _as_well(other: str, derivative: str) -> str:
    """That a sample may have another type too, for people."""
    return (
        f"The sample may as well be {other}, of which a compound with this lattice is known: no "
        f"line is seen that only {derivative} has."
    )


def _unexplained(sample: Sample, left: Leftover, name: str) -> str:
    """What a strong peak under no line of a type means, for people."""
    (angle,) = measured_angles(
        np.array([left.two_theta_deg]),
        grid=sample.grid,
        wavelength_angstrom=sample.wavelength_angstrom,
    )
    return (
        f"The line at {angle:.1f} degrees, {100.0 * left.height:.0f} % of the highest, is none of "
        f"{name}: the sample is a mixture, or a superstructure or distortion of this type."
    )


def _doubtful_heights(sample: Sample, found: Identification) -> Note | None:
    """Why the heights of lines, which tell types apart, are not to be believed; None if they are.

    One line far above all others is that of a strong texture or of a large grain. Cut-off lines
    matter where only heights tell the type from its twins.
    """
    height = np.sort(sample.peaks.height)
    if len(height) >= FEWEST_FOR_HEIGHTS and height[-2] < LEAST_SECOND * height[-1]:
        return Note(
            NoteCode.ONE_HIGH_PEAK,
            f"One line is {height[-1] / height[-2]:.0f} times as high as any other, as of a strong "
            "texture or a few large grains: the heights of lines tell little of the type.",
        )
    saturated = find_note(found.notes, NoteCode.SATURATED)
    return saturated if saturated and has_twins(found.candidates[0].type) else None


def _left_by_each(lines: SampleLines, names: Sequence[str]) -> Iterator[Leftover]:
    """What is left by lines of the type, laid in one way after the other; the quickest first."""
    for laid in lines.laid(names):
        if quick := laid.quick:
            yield _left_by(laid, *quick)
        if estimate := laid.estimate:
            place = laid.design @ laid.form.elements(estimate.cell)
            yield _left_by(laid, place, estimate.shift_deg)


def _left_by(laid: LaidLines, inverse_d_squared: FloatArray, shift_deg: float) -> Leftover:
    explained, _ = laid.agreement(inverse_d_squared, shift_deg)
    height, two_theta = strongest_beyond(
        inverse_d_squared,
        sample=laid.sample,
        wavelength_angstrom=laid.overlap.wavelength_angstrom,
        shift_deg=shift_deg,
    )
    return Leftover(explained, height, two_theta)
