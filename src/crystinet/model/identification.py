"""The noun `Identification`: the ranked answer for one pattern, and what it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from crystinet.core.notes import Note, texts_of
from crystinet.core.plain import Document, in_percent, number, plain
from crystinet.core.radiation import ASSUMED
from crystinet.core.shown import data_frame, draw, html_lines, html_table
from crystinet.model.derivative_of import DerivativeOf, DerivativeReason
from crystinet.model.further import FurtherTypes
from crystinet.model.symmetry import LikelySymmetry
from crystinet.patterns.metadata import NO_METADATA

if TYPE_CHECKING:
    from crystinet.lines.indexing.beyond import Beyond

#: Smaller probabilities are shown as 0.0 %.
_LEAST_SHOWN = 0.0005
#: Candidates that an answer shows of itself.
_SHOWN = 5


class Verdict(StrEnum):
    """Whether the compound has one of the types that the bundle knows.

    Attributes
    ----------
    KNOWN
        It has, and the first candidate is to be believed.
    UNCERTAIN
        It may have; compare the candidates.
    UNKNOWN
        It has probably none of them.

    Examples
    --------
    >>> import crystinet
    >>> crystinet.Verdict("known") is crystinet.Verdict.KNOWN
    True
    >>> crystinet.Verdict.KNOWN == "known"
    True
    """

    KNOWN = "known"
    UNCERTAIN = "uncertain"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One structure type in the ranking.

    Attributes
    ----------
    type, number, merged
        Name and number (1-91) of the class in the published method, and the names of the types
        merged into it because powder diffraction cannot tell them apart.
    reliability
        ``alpha * similarity + (1 - alpha) * confidence * share``, 0 to 1; ranks the candidates.
    probability
        Calibrated over all classes of the bundle; adds up to 1 over the full ranking.
    similarity
        Cosine of the pattern with the type's average pattern over the measured range, 0 to 1.
    confidence
        What the net of this type says about the pattern belonging to its group, 0 to 1.
    net
        Number of the group whose RCNet answers for this type.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "NaCl")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> best = crystinet.identify(pattern).candidates[0]
    >>> best.type, best.number, best.probability > 0.9
    ('NaCl', 15, True)
    """

    type: str
    number: int
    merged: tuple[str, ...]
    reliability: float
    probability: float
    similarity: float
    confidence: float
    net: int

    @property
    def full_name(self) -> str:
        """Name of the class with the types merged into it."""
        return " / ".join((self.type, *self.merged))

    def to_dict(self) -> Document:
        """Plain data, as ``candidates`` of ``crystinet identify --json``."""
        return {
            "type": self.type,
            "number": self.number,
            "merged": list(self.merged),
            "reliability": number(self.reliability),
            "probability": number(self.probability),
            "similarity": number(self.similarity),
            "confidence": number(self.confidence),
            "net": self.net,
        }


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
    ambiguous_with
        Types that a known answer names beside the first, since powder diffraction hardly tells
        them apart: see `crystinet.model.twins`.
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
    ambiguous_with: tuple[str, ...] = ()
    metadata: Mapping[str, str | float] = NO_METADATA
    beyond: "Beyond | None" = None
    derivative_of: DerivativeOf | None = None
    further: FurtherTypes | None = None
    symmetry: LikelySymmetry | None = None

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
    def first_named(self) -> str:
        """The most probable type of all: the first candidate, or the first further type."""
        best, further = self.candidates[0], self.further
        if further is None or not further.types:
            return best.type
        own = best.probability * (1.0 - further.share)
        return further.types[0].type if further.types[0].probability > own else best.type

    @property
    def sentence(self) -> str:
        """What the verdict means, for people."""
        best = self.candidates[0]
        name = f"{best.full_name} (no. {best.number})"
        if self.ambiguous_with:
            named = [c for c in self.candidates if c.type in self.ambiguous_with]
            others = " or ".join(f"{c.full_name} ({in_percent(c.probability)})" for c in named)
            return (
                f"Known type: {name}, probability {in_percent(best.probability)}, or {others}. "
                f"{self.reason}"
            )
        if self.verdict is Verdict.KNOWN:
            return f"Known type: {name}, probability {in_percent(best.probability)}."
        derived = self.derivative_of
        told = f" {derived.sentence}" if derived and derived.sentence != self.reason else ""
        if self.verdict is Verdict.UNCERTAIN:
            perhaps = "probably a derivative of" if self._has_further_lines else "perhaps"
            return f"Uncertain: {perhaps} {name}. {self.reason}{told}{self._told_further}"
        lattice = f" {self.beyond.sentence}" if self.beyond else ""
        if self.symmetry and (self.beyond is None or self.beyond.best is None):
            lattice = f"{lattice} {self.symmetry.sentence}"
        if self.further and self.further.known:
            return f"Unknown: none of the types that this model knows.{self._told_further}{lattice}"
        return (
            "Unknown: probably none of the types that this model knows."
            f"{self._told_further}{lattice} The nearest type is {name}. {self.reason}{told}"
        )

    @property
    def _told_further(self) -> str:
        """What further types there may be, behind a sentence."""
        further = self.further.sentence if self.further else ""
        return f" {further}" if further else ""

    @property
    def _has_further_lines(self) -> bool:
        derived = self.derivative_of
        return derived is not None and derived.reason is DerivativeReason.FURTHER_LINES

    @property
    def basis(self) -> str:
        """What the answer took for granted, for people: the wavelength and who says so."""
        told = f" ({self.wavelength_from})" if self.wavelength_from else ""
        text = f"Wavelength {self.wavelength_angstrom:.5f} angstrom{told}"
        if self.wavelength_from == ASSUMED:
            return f"{text}: a Cu tube, since the file does not say what it was."
        return f"{text}."

    def __repr__(self) -> str:
        rows = [
            f"  {rank}. {candidate.full_name} (no. {candidate.number}): "
            f"{100.0 * candidate.probability:.1f} %"
            for rank, candidate in enumerate(self.likely[:_SHOWN], start=1)
        ]
        title = f"Identification of {self.name or 'a pattern'}: {self.verdict.value}"
        return "\n".join((title, *rows, f"  {self.basis}"))

    def _repr_html_(self) -> str:
        rows = [
            (rank, c.full_name, c.number, f"{100.0 * c.probability:.1f} %")
            for rank, c in enumerate(self.likely[:_SHOWN], start=1)
        ]
        return (
            html_lines(self.name or "pattern", (self.sentence, self.basis))
            + html_table(("rank", "structure type", "no.", "probability"), rows)
            + "".join(html_lines("Note", (text,)) for text in self.warnings)
        )

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
        symmetry = None if self.verdict is Verdict.KNOWN else self.symmetry
        return {
            "model": {"id": self.model_id, "version": self.model_version},
            "verdict": self.verdict.value,
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
            "candidates": [candidate.to_dict() for candidate in self.candidates],
            **({"further": self.further.to_dict()} if self.further else {}),
            **({"symmetry": symmetry.to_dict()} if symmetry else {}),
            **({"beyond": self.beyond.to_dict()} if self.beyond else {}),
        }
