"""Further types: what stands beside an answer about the types of one bundle, from another one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.plain import Document, in_percent, number
from crystinet.model.bundle import Bundle
from crystinet.model.candidate import NAMED_FROM, NEAR_TIE
from crystinet.model.reliability import Calibration

#: Types that are listed at most, and those that are less probable are not.
MOST, LEAST_PROBABILITY = 5, 0.02
#: The first is worth a sentence from here on.
WORTH_A_WORD = 0.2
#: The first is not known below this probability. Of 1,999 made compounds of the validation split,
#: of any type, 33 further types below it would have been known, and 13 of these were wrong; of the
#: 297 above it 53 (`crystinet evaluate --coverage` asks the test split).
KNOWN_FROM = 0.8

#: Why an answer about the bundle's own types is not known.
FURTHER = "A type that this model does not know explains the pattern better."
FURTHER_TOGETHER = "Types that this model does not know are together as probable."
#: Why the first further type is not known.
NEARLY_AS_GOOD = "Another type fits nearly as well: compare the first ones."
ONLY_PROBABLE = "It is probable, but not sure: compare the first ones."


@dataclass(frozen=True, slots=True)
class FurtherType:
    """A type that the answering bundle does not have.

    Attributes
    ----------
    type, merged
        Name, and names of the types that count as the same.
    probability
        That it is this one, of all types of both bundles.
    space_group
        Number of that of the type's reference; None where nobody says it.
    """

    type: str
    merged: tuple[str, ...]
    probability: float
    space_group: int | None = None

    @property
    def full_name(self) -> str:
        """Name of the class with the types merged into it."""
        return " / ".join((self.type, *self.merged))

    def to_dict(self) -> Document:
        """Plain data, as ``types`` of ``further``."""
        return {
            "type": self.type,
            "merged": list(self.merged),
            "probability": number(self.probability),
            "space_group": self.space_group,
        }


@dataclass(frozen=True, slots=True)
class FurtherTypes:
    """Types beyond those of the answering bundle, as far as they are probable.

    Attributes
    ----------
    types
        The best first; none where one of the bundle's own is surely the right one.
    share
        Probability of all further types together, of all types of both bundles.
    count
        How many further types there are.
    known
        Whether the first is to be believed as an answer that is *known* is.
    model_id
        Of the bundle that knows them.
    reason
        Why the first is not known; may be empty.
    unknown_alone
        Unknown score of the bundle's own types by that bundle alone, 0 to 1.
    tipped
        Whether the answer about the bundle's own types is *known* only since the other bundle
        agrees.
    """

    types: tuple[FurtherType, ...]
    share: float
    count: int
    known: bool
    model_id: str
    reason: str = ""
    unknown_alone: float = 0.0
    tipped: bool = False

    @property
    def is_worth_a_word(self) -> bool:
        """Whether the first is probable enough to be named to people."""
        return bool(self.types) and self.types[0].probability >= WORTH_A_WORD

    @property
    def sentence(self) -> str:
        """What it means, for people; empty where no further type is worth a word."""
        if not self.is_worth_a_word:
            return ""
        best, *others = self.types
        share = in_percent(best.probability)
        if self.known:
            near = [
                f" or {o.full_name} ({in_percent(o.probability)})"
                for o in others
                if o.probability >= NAMED_FROM
            ]
            return (
                f"It is one of {self.count} further types: {best.full_name}, probability "
                f"{share}{',' if near else ''}{''.join(near)}."
            )
        also = "".join(f", {o.full_name} {in_percent(o.probability)}" for o in others[:2])
        told = f" {self.reason}" if self.reason else ""
        return f"Perhaps one of {self.count} further types: {best.full_name} {share}{also}.{told}"

    def doubted(self, reason: str) -> "FurtherTypes":
        """The same, no longer known for a reason."""
        return replace(self, known=False, reason=reason)

    def to_dict(self) -> Document:
        """Plain data, as ``further`` of ``crystinet identify --json``."""
        return {
            "known": self.known,
            "reason": self.reason,
            "sentence": self.sentence,
            "model": {"id": self.model_id},
            "count": self.count,
            "share": number(self.share),
            "types": [each.to_dict() for each in self.types],
        }


def further_types(
    bundle: Bundle,
    probability: FloatArray,
    *,
    asked: int,
    unknown_score: float,
    calibration: Calibration,
    groups: Sequence[int] | None = None,
    left_out: frozenset[str] = frozenset(),
) -> FurtherTypes:
    """The types of a bundle beyond the first ones, for one pattern.

    Parameters
    ----------
    bundle
        Who knows them.
    probability
        Of all its types, (t,).
    asked
        The first so many types are not further ones.
    unknown_score, calibration
        Of all its types: 0 (surely one of them) to 1.
    groups
        Space groups of all its types, 0 where there is none; None where nobody knows them.
    left_out
        Names of types that are no further ones, since whoever asks has them already.
    """
    others = np.arange(asked, len(bundle.types))
    if left_out:
        kept = [left_out.isdisjoint((e.name, *e.merged)) for e in bundle.types[asked:]]
        others = others[np.array(kept)]
    ranking = others[np.argsort(-probability[others], kind="stable")[:MOST]]
    named = tuple(
        FurtherType(
            bundle.types[t].name,
            bundle.types[t].merged,
            float(probability[t]),
            int(groups[t]) or None if groups is not None else None,
        )
        for t in ranking
        if probability[t] >= LEAST_PROBABILITY
    )
    best = float(probability.max())
    likely = (
        bool(named)
        and named[0].probability == best
        and best > calibration.certain_above
        and unknown_score < calibration.known_below
    )
    share = float(probability[others].sum())
    found = FurtherTypes(named, share, len(others), likely, bundle.id)
    if likely and best < KNOWN_FROM:
        tie = float(np.sort(probability)[-2]) > NEAR_TIE * best
        return found.doubted(NEARLY_AS_GOOD if tie else ONLY_PROBABLE)
    return found
