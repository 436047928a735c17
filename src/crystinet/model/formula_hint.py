"""Whether a type can hold the formula of a sample: an optional hint that re-weights the types.

A type whose sites cannot hold a formula is hardly its type, whatever its pattern is like. It is a
soft rule: disorder and rounding let it fail for the right type now and then.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.crystals.catalogue import find_type, load_catalogue, load_further
from crystinet.crystals.holding import Holding, holding, holding_elements
from crystinet.crystals.structure_type import StructureType
from crystinet.model.manifest import TypeEntry

#: What is added to ln(C p). Of held-back compounds the right type can hold the formula in 98 %, and
#: of the other types among the first ten candidates a quarter can. Disorder cannot make more kinds
#: of atoms than there are elements, so that a type with too few is excluded: that holds for none of
#: 311 known compounds with fewer elements than their type has kinds of sites.
WEIGHT: Mapping[Holding, float] = MappingProxyType(
    {
        Holding.TOO_FEW: -50.0,
        Holding.CANNOT: -5.0,
        Holding.SHUFFLED: -3.0,
        Holding.MIXED: -2.5,
        Holding.OPEN: -1.0,
        Holding.JOINED: -0.5,
        Holding.ORDERED: 0.0,
    }
)
#: What is added to the logit of the unknown score where a type is sure: minus the logarithm of how
#: much likelier such a formula is with the right type than with an unknown structure.
UNKNOWN: Mapping[Holding, float] = MappingProxyType(
    {
        Holding.TOO_FEW: 6.0,
        Holding.CANNOT: 3.0,
        Holding.SHUFFLED: 1.5,
        Holding.MIXED: 0.0,
        Holding.OPEN: 0.0,
        Holding.JOINED: 0.0,
        Holding.ORDERED: -1.0,
    }
)
#: So many of the best candidates that there are elements enough for are looked at, among the second
#: number; to all others the formula is a stranger.
LOOKED_AT, _AMONG = 10, 40


@dataclass(frozen=True)
class Held:
    """How well the first candidates for one pattern can hold a formula.

    Attributes
    ----------
    by_column
        Of the types that were looked at.
    weight
        What is added to ln(C p) of every type, (t,), at most 0.
    """

    by_column: Mapping[int, Holding]
    weight: FloatArray

    def refuses(self, column: int) -> bool:
        """Whether a type cannot hold the formula."""
        return self.by_column.get(column, Holding.CANNOT) <= Holding.CANNOT

    def excludes(self, column: int) -> bool:
        """Whether a type was looked at and needs more kinds of atoms than there are elements."""
        return self.by_column.get(column, Holding.CANNOT) is Holding.TOO_FEW

    def unknown_score(self, score: float, probability: FloatArray) -> float:
        """The unknown score, 0 to 1, where the formula is known too.

        Bayes' rule: the odds of a known type change by how much likelier the formula is with it
        than with an unknown structure, a mean over the types.

        Parameters
        ----------
        score
            Without the formula.
        probability
            Of each type without the formula, (t,).
        """
        evidence = np.full(len(probability), math.exp(-UNKNOWN[Holding.CANNOT]))
        evidence[list(self.by_column)] = [math.exp(-UNKNOWN[h]) for h in self.by_column.values()]
        kept = min(max(score, 1e-9), 1.0 - 1e-9)
        return 1.0 / (1.0 + (1.0 - kept) / kept * float(evidence @ probability))


@dataclass(frozen=True)
class FormulaHint:
    """What is known of the composition of a sample, and what it says of types.

    Attributes
    ----------
    elements
        Symbols.
    amounts
        Of each element, on any scale; None where only the elements are known.
    """

    elements: tuple[str, ...]
    amounts: Mapping[str, float] | None = None

    def holding(self, names: Sequence[str]) -> Holding:
        """How well the best of some types can hold it; `Holding.OPEN` where none is described.

        Parameters
        ----------
        names
            Of a class and the types merged into it.
        """
        kinds = [kind for name in names if (kind := _described(name)) is not None]
        if self.amounts is None:
            found = [holding_elements(kind, self.elements) for kind in kinds]
        else:
            found = [holding(kind, self.amounts) for kind in kinds]
        return max(found, default=Holding.OPEN)

    def held_by(self, types: Sequence[TypeEntry], *rankings: IntArray) -> Held:
        """How well the first types of rankings, columns (t,) of each, can hold it."""
        held: dict[int, Holding] = {}
        for ranking in rankings:
            possible = 0
            for t in ranking[:_AMONG].tolist():
                if t not in held:
                    held[t] = self.holding((types[t].name, *types[t].merged))
                possible += held[t] is not Holding.TOO_FEW
                if possible == LOOKED_AT:
                    break
        weight = np.full(len(types), WEIGHT[Holding.CANNOT])
        weight[list(held)] = [WEIGHT[each] for each in held.values()]
        return Held(held, weight - weight.max())


def _described(name: str) -> StructureType | None:
    """A type of the catalogue or of the further ones; None for one that CIF files taught."""
    if load_catalogue().has(name) or load_further().has(name):
        return find_type(name)
    return None
