"""Classes of elements, and rules on what may occupy a site."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crystinet.core.errors import ConfigError
from crystinet.crystals.expansion import Species

CLASSES: Mapping[str, frozenset[str]] = {
    "halogen": frozenset("F Cl Br I".split()),
    "chalcogen": frozenset("O S Se Te".split()),
    "pnictogen": frozenset("N P As Sb Bi".split()),
    "anion": frozenset("H N O F S Cl Se Br Te I".split()),
    "nonmetal": frozenset("H B C N O F Si P S Cl As Se Br Te I".split()),
    "noble": frozenset("He Ne Ar Kr Xe Rn".split()),
    "tetrahedral": frozenset("Li Be B Mg Al Si P Mn Fe Co Zn Ga Ge As V".split()),
    "alkali": frozenset("Li Na K Rb Cs".split()),
}

#: A share of a site below this is an impurity and breaks no rule.
_MINOR_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class ElementRule:
    """Which elements may sit on a site: only those listed, or none of those listed."""

    elements: frozenset[str]
    allowed: bool
    text: str

    @classmethod
    def parse(cls, text: str) -> "ElementRule":
        """Read ``"anion"``, ``"O S Se"`` (only these) or ``"!anion Xe"`` (none of these).

        Raises
        ------
        ConfigError
            A word is neither an element nor a class of `CLASSES`.
        """
        elements: set[str] = set()
        for word in text.removeprefix("!").split():
            if word in CLASSES:
                elements |= CLASSES[word]
            elif len(word) <= 2 and word[0].isupper():
                elements.add(word)
            else:
                raise ConfigError(
                    f"{word!r} in the element rule {text!r} is neither an element nor a class.",
                    hint=f"Classes: {', '.join(sorted(CLASSES))}.",
                )
        return cls(frozenset(elements), not text.startswith("!"), text)

    def accepts(self, species: Species) -> bool:
        """Whether every element with a share of at least 5 % of the site may be there."""
        return all((element in self.elements) == self.allowed for element in shares(species))


def shares(species: Species) -> dict[str, float]:
    """Give the share of each element of the atoms on a site; impurities below 5 % left out."""
    total = sum(occupancy for _, occupancy in species)
    parts = {element: occupancy / total for element, occupancy in species}
    return {element: share for element, share in parts.items() if share >= _MINOR_SHARE}


def unlikeness(first: Iterable[tuple[str, float]], second: Iterable[tuple[str, float]]) -> float:
    """How differently two sites are occupied: 0 for the same elements, 1 for no common element.

    Half the sum of the absolute differences of the shares (total variation).
    """
    a, b = shares(tuple(first)), shares(tuple(second))
    return 0.5 * sum(abs(a.get(key, 0.0) - b.get(key, 0.0)) for key in a.keys() | b.keys())
