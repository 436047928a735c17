"""Use case: what the place of a candidate in the ranking rests on."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.models import line_check, load_index, load_model
from crystinet.app.question import Question
from crystinet.app.reading import Piped, pattern_of
from crystinet.core.errors import UnknownTypeError
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.tables import Table

if TYPE_CHECKING:
    from crystinet.model.explanation import Explanation
    from crystinet.model.inference import Model


def explain(
    source: str | Path | Piped | Pattern | Table,
    *,
    type: str | None = None,
    two_theta_range: Sequence[float] | None = None,
    score: str = "logit",
    wavelength_angstrom: float | str | None = None,
    anode: str | None = None,
    elements: Iterable[str] | None = None,
    model: str | Path | None = None,
    column: str | int | None = None,
) -> "Explanation":
    """Show what the place of a candidate in the ranking rests on.

    Parameters
    ----------
    source
        A pattern file, a `Pattern`, or what `Pattern.from_arrays` takes alone.
    type
        The candidate to explain, by its name; None takes the answer.
    two_theta_range
        First and last 2theta in degrees, as measured; the rest counts as not measured.
    score
        What is differentiated for the heat: "logit" of the type, or its "share" ln(C p), see
        `crystinet.model.heat.Score`.
    wavelength_angstrom, anode, elements, model, column
        As in `identify`.

    Returns
    -------
    Explanation
        Heat, matched and unexplained lines, what masking a part of the range would change, and
        the scale of the lattice relative to the type's reference structure.

    Raises
    ------
    FileMissingError, UnreadableFileError, InvalidPatternError, InvalidWavelengthError, ConfigError
        As `identify`.
    UnknownTypeError
        The model does not know the type.
    BundleError
        The bundle is unusable, or was exported without what explaining needs.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> why = crystinet.explain(crystinet.simulate(kind.reference, counts=5000, seed=1))
    >>> why.candidate.type, why.rank
    ('Rutile-TiO2', 1)
    >>> why.heat.shape == why.two_theta_deg.shape
    True
    """
    from crystinet.fit.starting_points import PLACEMENT_ONLY, StartingPoints
    from crystinet.model import explanation

    question = Question.of(
        wavelength_angstrom=wavelength_angstrom,
        anode=anode,
        elements=elements,
        two_theta_range=two_theta_range,
        model=model,
        column=column,
    )
    pattern = pattern_of(source, question)
    if question.two_theta_range is not None:
        pattern = pattern.within(question.two_theta_range)
    loaded = load_model(question.model)
    if type is not None:
        _check_known(type, loaded)
    sample = loaded.sample(pattern)
    check = line_check(loaded)
    if type is None:
        (answer,) = loaded.identify([sample], elements=question.elements)
        type = check.ranked(sample, answer).candidates[0].type
    found = explanation.explain(
        loaded, sample, type_name=type, score=score, elements=question.elements
    )
    finder = StartingPoints(loaded, load_index(), PLACEMENT_ONLY)
    point = finder.of_types(sample, (found.candidate.type, *found.candidate.merged))
    answer = check.checked(sample, check.ranked(sample, found.identification))
    rank = [each.type for each in answer.candidates].index(found.candidate.type) + 1
    return replace(
        found,
        identification=answer,
        candidate=answer.candidates[rank - 1],
        rank=rank,
        lattice_scale=point.scale,
    )


def _check_known(type: str, model: "Model") -> None:
    """Refuse a type that only another bundle of the package knows, and name this bundle."""
    from crystinet.app.types import knowing_bundles
    from crystinet.model.beside_base import names_of

    if type in names_of(model.bundle):
        return
    if knowing := knowing_bundles([type])[type]:
        raise UnknownTypeError(
            f"This model does not know {type}, but the model {knowing[-1]} does.",
            hint=f'Ask it: --model {knowing[-1]}, model="{knowing[-1]}".',
        )
