"""Use case: rank the structure types that patterns may have."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.models import line_check, load_index, load_model
from crystinet.app.outcome import Failure, Outcome, attempt
from crystinet.app.question import Question
from crystinet.app.reading import Piped, pattern_of, patterns_of
from crystinet.core.progress import Progress, silent
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.tables import Table

if TYPE_CHECKING:
    from crystinet.fit.starting_points import StartingPoint, StartingPoints
    from crystinet.fit.whole_pattern.answer import Fit
    from crystinet.fit.whole_pattern.refinement import Refinement
    from crystinet.model.identification import Identification
    from crystinet.model.inference import Model
    from crystinet.patterns.sample import Sample

    Observer = Callable[[Sample, "Answer"], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """All that a question asked about one pattern.

    Attributes
    ----------
    identification
        The ranking and the verdict.
    starting_points
        Known compounds and lattices of the best candidates; None where nobody asked.
    fits
        Fits of the best candidates to the whole pattern, each None where no line of the type lies
        in the range; None where nobody asked. These candidates are in the order, and have the
        probabilities, of networks and fits together.
    """

    identification: "Identification"
    starting_points: "tuple[StartingPoint, ...] | None" = None
    fits: "tuple[Fit | None, ...] | None" = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Texts of the notes."""
        return self.identification.warnings


class Identifier:
    """Answers a question about any number of patterns; what it takes is loaded once.

    Parameters
    ----------
    question
        What is asked.
    observers
        Each is given every sample with its answer; an error of one is that of the pattern.
    progress
        Told how far the search for a lattice is, if there is one; see `look_beyond`.

    Raises
    ------
    BundleError
        The bundle is unusable.
    CorpusError
        The index of known compounds is unusable, or made for other types than the model's.
    """

    def __init__(
        self,
        question: Question,
        *,
        observers: "Sequence[Observer]" = (),
        progress: Progress = silent,
    ) -> None:
        self.question, self.observers, self._progress = question, observers, progress
        self.model = load_model(question.model)
        self._check = line_check(self.model, question.index)
        self.finder = _finder(self.model, question)
        self.refinement = _refinement(self.model, question)

    @property
    def index_id(self) -> str:
        """Of the index of known compounds; empty without one."""
        used = self.finder or self.refinement
        return used.index.id if used else ""

    def answer(self, pattern: Pattern, *, alone: bool = True) -> Answer:
        """Answer for one pattern; ``alone`` says whether it is that of a file.

        Raises
        ------
        InvalidPatternError
            The pattern cannot be prepared, or nothing of it lies in the range that is asked for.
        """
        asked = self.question
        if asked.two_theta_range is not None:
            pattern = pattern.within(asked.two_theta_range)
        sample = self.model.sample(pattern)
        (found,) = self.model.identify(
            [sample], elements=asked.elements, formula=asked.composition_hint
        )
        found, fits = self._fitted(sample, self._check.ranked(sample, found))
        composed = asked.elements is not None or asked.composition_hint is not None
        found = self._check.checked(sample, found, composed=composed)
        found = self._beyond(sample, found, alone=alone)
        found = replace(found, candidates=found.candidates[: asked.top])
        answer = Answer(found, self.finder.find(sample, found) if self.finder else None, fits)
        for observer in self.observers:
            observer(sample, answer)
        return answer

    def _beyond(
        self, sample: "Sample", found: "Identification", *, alone: bool
    ) -> "Identification":
        """The answer with its lattice, where that is asked for."""
        wanted = self.question.beyond
        if wanted is None:
            wanted = alone and found.standing == "unknown"
        if not wanted:
            return found
        from crystinet.fit.beyond_types import beyond_types

        lines = self._check.lines_on(sample)
        lattice = beyond_types(lines, found, progress=self._progress)
        return replace(found, beyond=lattice)

    def _fitted(
        self, sample: "Sample", found: "Identification"
    ) -> "tuple[Identification, tuple[Fit | None, ...] | None]":
        """The answer with its first candidates in the order of networks and fits together."""
        if self.refinement is None:
            return found, None
        from crystinet.fit.whole_pattern.comparison import ranked_fits

        first = found.candidates[: self.question.fits]
        ranked = ranked_fits(
            self.refinement,
            sample,
            [((each.type, *each.merged), each.probability) for each in first],
        )
        candidates = tuple(
            replace(first[each.number], probability=each.probability) for each in ranked
        )
        found = replace(found, candidates=(*candidates, *found.candidates[len(first) :]))
        return with_proof(found, ranked[0].fit), tuple(each.fit for each in ranked)

    def answers(self, name: str, read: Callable[[], list[Pattern]]) -> Iterator[Outcome[Answer]]:
        """Answer for each pattern of a file; ``read`` gives them.

        One of several patterns is called by its number: "a.raw#2".
        """
        found = attempt(name, read)
        if isinstance(found, Failure):
            yield found
            return
        alone = len(found.result) == 1
        for number, pattern in enumerate(found.result, start=1):
            called = name if alone else f"{name}#{number}"
            yield attempt(called, partial(self.answer, pattern, alone=alone))


def _finder(model: "Model", question: Question) -> "StartingPoints | None":
    """What finds starting points, with its index; None where none are wanted."""
    if question.starts is None:
        return None
    from crystinet.fit.starting_points import StartingPoints

    return StartingPoints(model, load_index(question.index), question.starts)


def with_proof(found: "Identification", fit: "Fit | None") -> "Identification":
    """The answer, no longer known where the fit of its best candidate does not bear it out."""
    from crystinet.fit.whole_pattern.proof import Proof
    from crystinet.model.identification import Verdict

    if fit is None or found.verdict is not Verdict.KNOWN:
        return found
    phase = fit.phases[0]
    if phase.verified is not Proof.NO:
        return found
    reason = f"The fit of the whole pattern does not bear it out. {phase.reasons[0]}"
    return replace(found, verdict=Verdict.UNCERTAIN, reason=reason)


def _refinement(model: "Model", question: Question) -> "Refinement | None":
    """What fits candidates; None where no fits are wanted."""
    if not question.fits:
        return None
    from crystinet.fit.whole_pattern.composition import Composition
    from crystinet.fit.whole_pattern.refinement import Refinement

    known = Composition.of(formula=question.formula, elements=question.elements)
    return Refinement(model, load_index(question.index), known=known)


def identify(
    source: str | Path | Pattern | Table,
    *,
    wavelength_angstrom: float | str | None = None,
    anode: str | None = None,
    top: int | None = None,
    elements: Iterable[str] | None = None,
    formula: str | None = None,
    two_theta_range: Sequence[float] | None = None,
    model: str | Path | None = None,
    column: str | int | None = None,
    beyond: bool | None = None,
) -> "Identification":
    """Rank the structure types that a powder pattern may have.

    Parameters
    ----------
    source
        A pattern file of any format that is read, a `Pattern`, or what `Pattern.from_arrays` takes
        alone: a pair (2theta, intensity), a table of pandas, ...
    wavelength_angstrom
        Of the strongest X-ray line, angstrom; text such as "1,5406", "17.48 keV" and "Mo" is
        understood. It overrides what the file or the pattern says. Where nobody says it, Cu K-alpha
        is assumed and the answer carries a note.
    anode
        Of the X-ray tube, instead of the wavelength: "Mo", "cobalt".
    top
        Number of candidates to keep; None keeps the whole ranking.
    elements
        Symbols of the elements of the sample, if they are known: ``["Fe", "O"]``. Types are
        re-weighted by how often compounds with just these elements have them.
    formula
        Of the sample, if it is known, instead of ``elements``: ``"BaTiO3"``.
    two_theta_range
        First and last 2theta in degrees, as measured: what the answer would be if only this range
        had been measured. None takes everything.
    model
        Folder of a model bundle, or the name of one in the package; None takes its default. With
        the beginning of its id, ``"default@5be5fa59a45e"``, it is that bundle or an error. It is
        loaded once per process.
    column
        Name or number, from 1, of the column with the intensity, in tables that have several; None
        decides by the names, and the answer carries a note of what was left out.
    beyond
        Whether the lines are indexed too, so that there is a lattice where no type is found: the
        answer's ``beyond``. None where the verdict is unknown. It takes some seconds, 10 at most.

    Returns
    -------
    Identification
        Candidates, the best first, the verdict, and what both rest on.

    Raises
    ------
    FileMissingError, UnreadableFileError
        There is no such file, or it is in no format that is read.
    InvalidPatternError
        It holds no powder pattern that could be identified, or several: see `identify_many`.
    InvalidWavelengthError, ConfigError
        An argument is wrong.
    BundleError
        The bundle is unusable.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> answer = crystinet.identify(pattern, top=5)
    >>> answer.verdict.value, answer.candidates[0].type
    ('known', 'Rutile-TiO2')
    """
    question = Question.of(
        wavelength_angstrom=wavelength_angstrom,
        anode=anode,
        top=top,
        elements=elements,
        formula=formula,
        two_theta_range=two_theta_range,
        model=model,
        column=column,
        beyond=beyond,
    )
    pattern = pattern_of(source, question)
    return Identifier(question).answer(pattern).identification


def identify_files(
    files: Iterable[Path | Piped],
    question: Question = Question(),  # noqa: B008 (frozen)
    *,
    observers: "Sequence[Observer]" = (),
    progress: Progress = silent,
) -> Iterator[Outcome[Answer]]:
    """Answer a question about many files, one after the other, as the answers are asked for.

    Parameters
    ----------
    files
        From `crystinet.app.files.pattern_files`.
    question
        What is asked.
    observers
        Each is given every sample with its answer; an error of one is that of the file.
    progress
        Told how far searches for lattices are.
    """
    identifier = Identifier(question, observers=observers, progress=progress)
    for file in files:
        yield from identifier.answers(str(file), partial(patterns_of, file, question))
