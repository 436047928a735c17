"""Use case: whether the lines of a known structure are those of measured patterns."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.app.models import load_model
from crystinet.app.outcome import Outcome, attempt
from crystinet.core.plain import Document
from crystinet.patterns.pattern import Pattern

if TYPE_CHECKING:
    from crystinet.crystals.structure import Structure
    from crystinet.fit.structure_check import StructureCheck

_NAMES = {
    "yes": "The lines of the structure are those of {of}.",
    "doubtful": "It stays open whether the lines of the structure are those of {of}.",
    "no": "The lines of the structure are not those of {of}.",
}


def compare_structure(
    structure: "Structure",
    patterns: Iterable[tuple[str, Pattern]],
    *,
    model: str | Path | None = None,
) -> "Iterator[Outcome[StructureCheck]]":
    """Lay the lines of a structure on patterns, its cell being right to a few percent.

    Parameters
    ----------
    structure
        For instance that of a CIF file that was found for a group of unknown patterns.
    patterns
        Each with its name.
    model
        Bundle whose preparation the patterns get; None takes the default one.

    Raises
    ------
    BundleError
        The bundle is unusable. An error of one pattern is its outcome.
    """
    from crystinet.fit.structure_check import check_structure

    loaded = load_model(model)

    def check(pattern: Pattern) -> "StructureCheck":
        return check_structure(structure, loaded.sample(pattern))

    for name, pattern in patterns:
        yield attempt(name, partial(check, pattern))


def comparison_document(outcomes: "Sequence[Outcome[StructureCheck]]") -> Document:
    """What came of it: an entry for each pattern, and a sentence about all of them.

    ``verified`` of all is that of most patterns that could be compared, the worse one of two that
    are equally many; None where none could.
    """
    words = [outcome.result.verified.value for outcome in outcomes if outcome.ok]
    document: Document = {"verified": None, "text": "No pattern could be compared."}
    if words:
        most = max(("no", "doubtful", "yes"), key=words.count)  # the first of equals
        number = words.count(most)
        of = "the pattern" if len(words) == 1 else f"{number} of {len(words)} patterns"
        document = {"verified": most, "text": _NAMES[most].format(of=of)}
    return {**document, "patterns": [outcome.to_dict() for outcome in outcomes]}
