"""Use case: what the place of a candidate in the ranking rests on."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.models import load_model
from crystinet.app.question import Question
from crystinet.app.reading import pattern_of
from crystinet.patterns.pattern import Pattern

if TYPE_CHECKING:
    from crystinet.model.explanation import Explanation


def explain(
    source: str | Path | Pattern,
    *,
    type: str | None = None,
    two_theta_range: Sequence[float] | None = None,
    score: str = "logit",
    wavelength_angstrom: float | None = None,
    elements: Iterable[str] | None = None,
    model: str | Path | None = None,
) -> "Explanation":
    """Show what the place of a candidate in the ranking rests on.

    Parameters
    ----------
    source
        A pattern file, or a `Pattern`.
    type
        The candidate to explain, by its name; None takes the answer.
    two_theta_range
        First and last 2theta in degrees, as measured; the rest counts as not measured.
    score
        What is differentiated for the heat: "logit" of the type, or its "share" ln(C p), see
        `crystinet.model.heat.Score`.
    wavelength_angstrom, elements, model
        As in `identify`.

    Returns
    -------
    Explanation
        Heat, matched and unexplained lines, and what masking a part of the range would change.

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
    from crystinet.model import explanation

    question = Question.of(
        wavelength_angstrom=wavelength_angstrom,
        elements=elements,
        two_theta_range=two_theta_range,
        model=model,
    )
    pattern = pattern_of(source, question)
    if question.two_theta_range is not None:
        pattern = pattern.within(question.two_theta_range)
    loaded = load_model(question.model)
    return explanation.explain(
        loaded, loaded.sample(pattern), type_name=type, score=score, elements=question.elements
    )
