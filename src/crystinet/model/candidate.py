"""The nouns `Verdict` and `Candidate`: what the answer for one pattern is made of."""

from dataclasses import dataclass
from enum import StrEnum

from crystinet.core.plain import Document, number

#: Another type with this probability is named beside one that is known.
NAMED_FROM = 0.10
#: One of more than this part of the first one's probability is as good as it.
NEAR_TIE = 0.5


class Verdict(StrEnum):
    """Whether the compound has one of the types that the bundle knows.

    Attributes
    ----------
    KNOWN
        It has, and the first candidate is to be believed.
    UNCERTAIN
        It may have; compare the candidates.
    UNKNOWN
        It has probably none of them.

    Examples
    --------
    >>> import crystinet
    >>> crystinet.Verdict("known") is crystinet.Verdict.KNOWN
    True
    >>> crystinet.Verdict.KNOWN == "known"
    True
    """

    KNOWN = "known"
    UNCERTAIN = "uncertain"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One structure type in the ranking.

    Attributes
    ----------
    type, number, merged
        Name and number (1-91) of the class in the published method, and the names of the types
        merged into it because powder diffraction cannot tell them apart.
    reliability
        ``alpha * similarity + (1 - alpha) * confidence * share``, 0 to 1; ranks the candidates.
    probability
        Calibrated over all classes of the bundle; adds up to 1 over the full ranking.
    similarity
        Cosine of the pattern with the type's average pattern over the measured range, 0 to 1.
    confidence
        What the net of this type says about the pattern belonging to its group, 0 to 1.
    net
        Number of the group whose RCNet answers for this type.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "NaCl")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> best = crystinet.identify(pattern).candidates[0]
    >>> best.type, best.number, best.probability > 0.9
    ('NaCl', 15, True)
    """

    type: str
    number: int
    merged: tuple[str, ...]
    reliability: float
    probability: float
    similarity: float
    confidence: float
    net: int

    @property
    def full_name(self) -> str:
        """Name of the class with the types merged into it."""
        return " / ".join((self.type, *self.merged))

    def to_dict(self) -> Document:
        """Plain data, as ``candidates`` of ``crystinet identify --json``.

        There ``probability_of_all`` stands beside it, which hangs on the whole answer.
        """
        return {
            "type": self.type,
            "number": self.number,
            "merged": list(self.merged),
            "reliability": number(self.reliability),
            "probability": number(self.probability),
            "similarity": number(self.similarity),
            "confidence": number(self.confidence),
            "net": self.net,
        }
