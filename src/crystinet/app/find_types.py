"""Use case: which structure types somebody means, by name, mineral, formula or symbol."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crystinet.core.errors import ConfigError

if TYPE_CHECKING:
    from crystinet.crystals.structure_type import StructureType

#: Types that are found by the formula of a known compound, at most.
_MOST_BY_FORMULA = 5


@dataclass(frozen=True, slots=True)
class FoundType:
    """A structure type that a search found.

    Attributes
    ----------
    type
        Of the catalogue.
    why
        What fits, for people: "name", "also called Halite", "known compound PrCoO3".
    """

    type: "StructureType"
    why: str


def find_types(text: str, kinds: "Iterable[StructureType]") -> list[FoundType]:
    """Find structure types by what people call them.

    Parameters
    ----------
    text
        A part of a name ("perovskite"), a mineral, a formula in any order ("PrCoO3"), a Pearson
        symbol ("cF8") or an ANX formula ("ABX3").
    kinds
        The types to choose from.

    Returns
    -------
    The best first: those called so, then those with such a name, then those that known compounds
    of this formula have.

    Raises
    ------
    ConfigError
        There is nothing to look for.
    """
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(
            f"The text to look for is {text!r}.", hint='Give a name or a formula: "TiO2".'
        )
    by_name = {kind.name: kind for kind in kinds}
    found: dict[str, str] = {}
    for name, why in _hits(text.strip(), list(by_name.values())):
        if name in by_name:
            found.setdefault(name, why)
    return [FoundType(by_name[name], why) for name, why in found.items()]


def _hits(text: str, kinds: "list[StructureType]") -> Iterator[tuple[str, str]]:
    """Names of types with what fits, the best first; a type may come several times."""
    from crystinet.crystals.labels import type_from_label

    wanted = _form_of(text)
    exact = type_from_label(text)
    if exact is not None:
        yield exact.name, "name" if wanted.search(exact.name) else f"also called {text}"
    for kind in kinds:
        if wanted.search(kind.name):
            yield kind.name, "name"
    for kind in kinds:
        called = next((label for label in kind.labels if wanted.search(label)), None)
        if called:
            yield kind.name, f"also called {called.replace('#', ', ')}"
    for kind in kinds:
        if text in kind.pearson_symbols or text == kind.anx:
            yield kind.name, "Pearson symbol" if text in kind.pearson_symbols else "ANX formula"
    yield from _minerals(wanted)
    yield from _known_compounds(text)


def _form_of(text: str) -> re.Pattern[str]:
    """What a name must hold: these letters, or a formula as a whole in either order."""
    from crystinet.crystals.formulas import amounts_of, readable_formula

    if not amounts_of(text):
        return re.compile(re.escape(text), re.IGNORECASE)
    spellings = "|".join(re.escape(each) for each in (text, readable_formula(text)))
    return re.compile(rf"(?<![A-Za-z\d)])(?:{spellings})(?![A-Za-z\d(])")


def _minerals(wanted: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    from crystinet.corpus.labels.minerals import load_minerals

    for mineral in load_minerals():
        if wanted.search(mineral.name):
            yield mineral.type_name, f"mineral {mineral.name}"


def _known_compounds(text: str) -> Iterator[tuple[str, str]]:
    """Types of the known compounds with this formula, those with most of them first."""
    from crystinet.app.models import load_index
    from crystinet.corpus.compound import reduced_formula
    from crystinet.crystals.formulas import amounts_of, readable_formula

    amounts = amounts_of(text)
    if not amounts:
        return
    formula = reduced_formula(amounts)
    numbers = Counter(c.type_name for c in load_index().compounds if c.formula == formula)
    for name, _ in numbers.most_common(_MOST_BY_FORMULA):
        yield name, f"known compound {readable_formula(formula)}"
