"""The types of an answer and those beside it in one ranking, with probabilities of one scale."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from crystinet.model.candidate import Candidate
from crystinet.model.further import FurtherType, FurtherTypes

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RankedType:
    """One type among all that have a say.

    Attributes
    ----------
    found
        A candidate of the answering bundle, or a further type.
    probability
        That it is this one, of all types: of a candidate less than among the bundle's own.
    """

    found: Candidate | FurtherType
    probability: float

    @property
    def is_further(self) -> bool:
        """Whether the answering bundle does not have it."""
        return isinstance(self.found, FurtherType)

    @property
    def type(self) -> str:
        """Name of the type."""
        return self.found.type

    @property
    def names(self) -> tuple[str, ...]:
        """The type and what is merged into it."""
        return (self.found.type, *self.found.merged)

    @property
    def full_name(self) -> str:
        """Name of the class with the types merged into it."""
        return self.found.full_name


def share_of_own(further: FurtherTypes | None) -> float:
    """Probability that the type is one of the answering bundle, if it is any; 0 to 1."""
    return 1.0 if further is None else max(1.0 - further.share, 0.0)


def ranked_types(
    candidates: Sequence[Candidate], further: FurtherTypes | None
) -> tuple[RankedType, ...]:
    """All types that an answer names, the most probable first; see `in_one_ranking`.

    Parameters
    ----------
    candidates
        Of the answering bundle, the best first.
    further
        What stands beside them; None where nothing does.
    """
    share = share_of_own(further)
    return in_one_ranking(
        [RankedType(each, each.probability * share) for each in candidates],
        [RankedType(each, each.probability) for each in (further.types if further else ())],
        probability=lambda each: each.probability,
    )


def in_one_ranking(
    own: Sequence[T], further: Sequence[T], *, probability: Callable[[T], float]
) -> tuple[T, ...]:
    """Types of the answering bundle and further ones in one order, the most probable first.

    The first of the bundle's own comes before all its others, since lines and fits decide about
    it, whatever the networks say; a further type comes before it where it is more probable.

    Parameters
    ----------
    own
        The bundle's own, at least one, the best first.
    further
        The others.
    probability
        Of one, among all of both.
    """
    first, *others = own
    limit = probability(first)

    def before(each: T) -> float:
        return -probability(each)

    ahead = [each for each in further if probability(each) > limit]
    behind = [each for each in further if probability(each) <= limit]
    return (*sorted(ahead, key=before), first, *sorted([*others, *behind], key=before))
