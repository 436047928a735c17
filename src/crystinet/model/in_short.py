"""An answer's document in a few words: its standing, and the type that it names first."""

from dataclasses import dataclass

from crystinet.core.plain import Document


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
    verdict, best = entry["verdict"], entry["candidates"][0]
    own = best.get("probability_of_all", best["probability"])
    first = next(iter((entry.get("further") or {}).get("types", ())), None)
    if first is None or verdict == "known" or first["probability"] <= own:
        return ToldInShort(verdict, (best["type"], *best.get("merged", ())), own)
    known = verdict == "unknown" and entry["further"]["known"]
    names = (first["type"], *first["merged"])
    return ToldInShort("further" if known else verdict, names, first["probability"], True)
