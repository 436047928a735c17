"""The types of an answer and those beside it in one ranking, with probabilities of one scale."""

from collections.abc import Sequence
from dataclasses import dataclass

from crystinet.model.candidate import Candidate
from crystinet.model.further import FurtherType, FurtherTypes


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
    """All types that an answer names, the most probable first.

    The candidates keep their order, which lines or fits may have changed; a further type stands
    before the first of them that is less probable.

    Parameters
    ----------
    candidates
        Of the answering bundle, the best first.
    further
        What stands beside them; None where nothing does.
    """
    share = share_of_own(further)
    waiting = [RankedType(each, each.probability) for each in (further.types if further else ())]
    ranking: list[RankedType] = []
    for each in candidates:
        own = RankedType(each, each.probability * share)
        while waiting and waiting[0].probability > own.probability:
            ranking.append(waiting.pop(0))
        ranking.append(own)
    return (*ranking, *waiting)
