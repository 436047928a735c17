"""The noun `Identification`: the ranked answer for one pattern, and what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crystinet.core.cell import crystal_system
from crystinet.core.notes import Note, NoteCode, find_note, texts_of
from crystinet.core.plain import Document, number, plain
from crystinet.core.radiation import ASSUMED
from crystinet.core.shown import data_frame, draw, html_lines, html_table
from crystinet.model.all_types import RankedType, ranked_types, share_of_own
from crystinet.model.answer_words import (
    known_sentence,
    numbered_name,
    uncertain_sentence,
    unknown_sentence,
)
from crystinet.model.candidate import Candidate, Verdict
from crystinet.model.derivative_of import DerivativeOf
from crystinet.model.further import FurtherTypes
from crystinet.model.symmetry import LikelySymmetry
from crystinet.patterns.metadata import NO_METADATA

if TYPE_CHECKING:
    from crystinet.lines.indexing.beyond import Beyond

__all__ = ["Candidate", "Identification", "Verdict"]

#: Smaller probabilities are shown as 0.0 %.
_LEAST_SHOWN = 0.0005
#: Candidates that an answer shows of itself.
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Identification:
    """The answer for one pattern.

    Attributes
    ----------
    candidates
        Best first, never empty.
    candidate_set
        Names of the first candidates that together hold the right type in at least 90 % of the
        patterns of known types, by the calibration on validation compounds.
    verdict
        Whether the best candidate is to be believed; docs/explanation/reliability.md says how
        often.
    reason
        Why the verdict is not known, or why a known answer names several types; else empty.
    twins
        Candidates that a known answer names beside the first, however few are kept: powder
        diffraction hardly tells them apart, see `crystinet.model.twins`.
    unknown_score
        0 (surely a known type) to 1 (surely not one of them).
    wavelength_angstrom
        The wavelength that the pattern was read with.
    wavelength_from
        Who said so, for people: "given", "assumed", "the file", or the line of the file.
    two_theta_range
        First and last measured 2theta in degrees, as measured.
    notes
        What the user should know: an assumed wavelength, a short range, ...
    steps
        The preprocessing, in order.
    model_id, model_version
        SHA-256 of the bundle's manifest, and its version.
    elapsed_s
        Time spent on this pattern, seconds.
    name
        File name or other label of the pattern.
    metadata
        What the file says about the measurement; see `crystinet.patterns.metadata.Metadata`.
    derivative_of
        Of which type the sample is probably a derivative, and why; None where nothing says so. The
        verdict is not known then.
    beyond
        What is known without any type, `crystinet.lines.indexing.beyond.Beyond`: cells that have
        the lines of the pattern; None where they were not looked for.
    further
        Types beyond those of the answering bundle that the pattern may be of; None where no other
        bundle has a say.
    symmetry
        What the networks say of crystal system and space group, whatever the type is; None for
        bundles without a head for it, and where the pattern has too few lines. It is told beside
        answers that are not known.

    types_asked
        How many types the answer is about, further ones among them; 0 where nobody counted.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "NaCl")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> answer = crystinet.identify(pattern, top=3)
    >>> [candidate.type for candidate in answer.candidates][0], len(answer.candidates)
    ('NaCl', 3)
    >>> answer.verdict.value, answer.warnings
    ('known', ())
    >>> answer.to_dict()["candidates"][0]["number"]
    15
    """

    candidates: tuple[Candidate, ...]
    candidate_set: tuple[str, ...]
    verdict: Verdict
    reason: str
    unknown_score: float
    wavelength_angstrom: float
    two_theta_range: tuple[float, float]
    notes: tuple[Note, ...]
    steps: tuple[str, ...]
    model_id: str
    model_version: str
    elapsed_s: float
    name: str = ""
    wavelength_from: str = ""
    twins: tuple[Candidate, ...] = ()
    metadata: Mapping[str, str | float] = NO_METADATA
    beyond: "Beyond | None" = None
    derivative_of: DerivativeOf | None = None
    further: FurtherTypes | None = None
    symmetry: LikelySymmetry | None = None
    types_asked: int = 0

    @property
    def ambiguous_with(self) -> tuple[str, ...]:
        """Types that a known answer names beside the first: names of its ``twins``."""
        return tuple(each.type for each in self._beside)

    @property
    def _beside(self) -> tuple[Candidate, ...]:
        return self.twins if self.verdict is Verdict.KNOWN else ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Texts of the notes, for people; programs look at the codes in ``notes``."""
        return texts_of(self.notes)

    @property
    def likely(self) -> tuple[Candidate, ...]:
        """The candidates whose probability does not round to 0.0 %, and always the first."""
        first, *others = self.candidates
        return (first, *(c for c in others if c.probability >= _LEAST_SHOWN))

    @property
    def ranking(self) -> tuple[RankedType, ...]:
        """Candidates and further types in one ranking, with probabilities of all types."""
        return ranked_types(self.candidates, self.further)

    @property
    def likely_of_all(self) -> tuple[RankedType, ...]:
        """The ranking without what rounds to 0.0 %, and always its first."""
        first, *others = self.ranking
        return (first, *(each for each in others if each.probability >= _LEAST_SHOWN))

    @property
    def first_named(self) -> str:
        """The most probable type of all: the first candidate, or the first further type."""
        return self.ranking[0].type

    @property
    def named(self) -> tuple[str, float | None]:
        """What the pattern is in a few words, and the probability where it does not mislead.

        That of the nearest type of an unknown one would: it is one among the known types.
        """
        best, first = self.candidates[0], self.ranking[0]
        if self.verdict is Verdict.KNOWN:
            own = best.probability * share_of_own(self.further)
            return " or ".join([numbered_name(best), *self.ambiguous_with]), own
        if first.is_further and self.further and self.further.is_worth_a_word:
            sure = "" if self.further.known else "perhaps "
            return f"{sure}{first.full_name}, a further type", first.probability
        if self.verdict is Verdict.UNCERTAIN:
            return f"perhaps {numbered_name(best)}", first.probability
        return f"nearest {numbered_name(best)}", None

    @property
    def standing(self) -> str:
        """The verdict in a word for people; "further" where a further type is known."""
        known = self.verdict is Verdict.UNKNOWN and self.further and self.further.known
        return "further" if known else self.verdict.value

    @property
    def sentence(self) -> str:
        """What the verdict means, for people; probabilities are of all types of both bundles."""
        best, reason, derived = self.candidates[0], self.reason, self.derivative_of
        if self.verdict is Verdict.KNOWN:
            return known_sentence(best, beside=self._beside, further=self.further, reason=reason)
        further_first = self.ranking[0].is_further
        if self.verdict is Verdict.UNCERTAIN:
            return uncertain_sentence(
                best,
                reason=reason,
                derived=derived,
                further=self.further,
                further_first=further_first,
            )
        return unknown_sentence(
            best,
            reason=reason,
            derived=derived,
            further=self.further,
            further_first=further_first,
            lattice=self._lattice,
            in_short=self._lattice_in_short,
            types_asked=self.types_asked,
        )

    @property
    def _lattice_in_short(self) -> str:
        """The lattice in a few words; empty where none was found, or a further type comes first."""
        return self.beyond.words if self.beyond and not self.ranking[0].is_further else ""

    @property
    def lattice_is_told(self) -> bool:
        """Whether `sentence` holds the whole sentence of ``beyond``."""
        return self.verdict is Verdict.UNKNOWN and not self._lattice_in_short

    @property
    def _lattice(self) -> str:
        """What is known without any type: the lattice of the lines, else the likely symmetry."""
        if self.beyond and self.beyond.best:
            return self.beyond.sentence
        if self.standing == "further":  # it has the symmetry of its type
            return ""
        told = [self.beyond.sentence] if self.beyond else []
        return " ".join([*told, self.symmetry.sentence] if self.symmetry else told)

    @property
    def told_symmetry(self) -> LikelySymmetry | None:
        """The likely symmetry; None beside a known type that has its own, and where they differ."""
        if self.symmetry is None or self.verdict is Verdict.KNOWN:
            return None
        if self.standing == "further" and self.further:
            group = self.further.types[0].space_group
            if group is not None and crystal_system(group) != self.symmetry.systems[0][0]:
                return None
        return self.symmetry

    @property
    def tube_assumed(self) -> bool:
        """Whether lattices hang on a wavelength that nobody gave; those of d or Q do not."""
        converted = find_note(self.notes, NoteCode.TWO_THETA_CONVERTED)
        return self.wavelength_from == ASSUMED and converted is None

    @property
    def basis(self) -> str:
        """What the answer took for granted, for people: the wavelength and who says so."""
        told = f" ({self.wavelength_from})" if self.wavelength_from else ""
        text = f"Wavelength {self.wavelength_angstrom:.5f} angstrom{told}"
        if self.wavelength_from == ASSUMED and not self.tube_assumed:
            return (
                "The file gives d or Q, on which the answer rests: angles are those of "
                f"{self.wavelength_angstrom:.5f} angstrom."
            )
        if self.wavelength_from == ASSUMED:
            return f"{text}: a Cu tube, since the file does not say what it was."
        return f"{text}."

    def __repr__(self) -> str:
        rows = [
            f"  {rank}. {name}: {100.0 * probability:.1f} %"
            for rank, (name, probability) in enumerate(self._shown, start=1)
        ]
        title = f"Identification of {self.name or 'a pattern'}: {self.standing}"
        return "\n".join((title, *rows, f"  {self.basis}"))

    def _repr_html_(self) -> str:
        rows = [
            (rank, name, f"{100.0 * probability:.1f} %")
            for rank, (name, probability) in enumerate(self._shown, start=1)
        ]
        return (
            html_lines(self.name or "pattern", (self.sentence, self.basis))
            + html_table(("rank", "structure type", "probability"), rows)
            + "".join(html_lines("Note", (text,)) for text in self.warnings)
        )

    @property
    def _shown(self) -> list[tuple[str, float]]:
        """The first types of all with their probabilities; candidates with their numbers."""
        return [
            (
                numbered_name(each.found) if isinstance(each.found, Candidate) else each.full_name,
                each.probability,
            )
            for each in self.likely_of_all[:_SHOWN]
        ]

    def to_dataframe(self) -> Any:
        """A `pandas.DataFrame`, one row a candidate, the best first.

        Raises
        ------
        MissingExtraError
            pandas is not installed.
        """
        return data_frame(
            [
                {"rank": rank, **candidate.to_dict(), "merged": " / ".join(candidate.merged)}
                for rank, candidate in enumerate(self.candidates, start=1)
            ]
        )

    def plot(self, axes: Any = None) -> Any:
        """Draw the probabilities of the candidates; ``pip install "crystinet[report]"``.

        Parameters
        ----------
        axes
            matplotlib's, to draw on; None makes new ones.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        """
        return draw("identification", self, axes)

    def to_dict(self) -> Document:
        """Plain data, as ``results`` of ``crystinet identify --json``, and the model's identity."""
        share, symmetry = share_of_own(self.further), self.told_symmetry
        return {
            "model": {"id": self.model_id, "version": self.model_version},
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "reason": self.reason,
            "ambiguous_with": list(self.ambiguous_with),
            "derivative_of": self.derivative_of.to_dict() if self.derivative_of else None,
            "unknown_score": number(self.unknown_score),
            "wavelength_angstrom": number(self.wavelength_angstrom),
            "wavelength_from": self.wavelength_from,
            "two_theta_range": [number(end) for end in self.two_theta_range],
            "warnings": list(self.warnings),
            "notes": [note.to_dict() for note in self.notes],
            "preprocessing": list(self.steps),
            "metadata": plain(dict(self.metadata)),
            "elapsed_s": number(self.elapsed_s),
            "candidate_set": list(self.candidate_set),
            "candidates": [
                {**each.to_dict(), "probability_of_all": number(each.probability * share)}
                for each in self.candidates
            ],
            **({"further": self.further.to_dict()} if self.further else {}),
            **({"symmetry": symmetry.to_dict()} if symmetry else {}),
            **({"beyond": self.beyond.to_dict()} if self.beyond else {}),
        }
