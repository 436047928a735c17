"""An answer's document as people are told it: its standing, and all types in one ranking."""

from dataclasses import dataclass

from crystinet.core.plain import Document
from crystinet.model.all_types import in_one_ranking


@dataclass(frozen=True, slots=True)
class ToldType:
    """A type that an answer names.

    Attributes
    ----------
    type, merged
        Its name, and what is merged into it.
    probability
        Of it, among all that were asked about.
    candidate
        Its entry among the ``candidates``; None of a further type.
    """

    type: str
    merged: tuple[str, ...]
    probability: float
    candidate: Document | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The type and what is merged into it."""
        return (self.type, *self.merged)

    @property
    def is_further(self) -> bool:
        """Whether it is none of the answering bundle."""
        return self.candidate is None


@dataclass(frozen=True, slots=True)
class ToldInShort:
    """What an answer says first.

    Attributes
    ----------
    standing
        The verdict; "further" where it is unknown and a further type is known.
    names
        The type that is most probable of all, and what is merged into it.
    probability
        Of this type, among all that were asked about.
    is_further
        Whether it is none of the answering bundle.
    """

    standing: str
    names: tuple[str, ...]
    probability: float
    is_further: bool = False


def told_in_short(entry: Document) -> ToldInShort:
    """What the document of an answer says first.

    Parameters
    ----------
    entry
        As ``results`` of ``identify --json``; also one that an earlier version kept.
    """
    first, verdict = told_types(entry)[0], entry["verdict"]
    known = verdict == "unknown" and first.is_further and entry["further"]["known"]
    standing = "further" if known else verdict
    return ToldInShort(standing, first.names, first.probability, first.is_further)


def told_types(entry: Document) -> tuple[ToldType, ...]:
    """All types that the document of an answer names, in the order of `Identification.ranking`.

    Parameters
    ----------
    entry
        As for `told_in_short`.
    """
    own = [
        ToldType(
            each["type"],
            tuple(each.get("merged", ())),
            each.get("probability_of_all", each["probability"]),
            each,
        )
        for each in entry["candidates"]
    ]
    further = [
        ToldType(each["type"], tuple(each["merged"]), each["probability"])
        for each in (entry.get("further") or {}).get("types", ())
    ]
    ranking = in_one_ranking(own, further, probability=_probability)
    if entry["verdict"] == "known":  # whatever was rounded
        return (own[0], *(each for each in ranking if each is not own[0]))
    return ranking


def _probability(each: ToldType) -> float:
    return each.probability
