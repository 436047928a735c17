"""The verdict: whether the best candidate counts as known, and if not, why."""

from collections.abc import Sequence

from crystinet.core.notes import Note, NoteCode
from crystinet.model.further import FURTHER, FURTHER_TOGETHER, FurtherTypes
from crystinet.model.identification import Verdict
from crystinet.model.reliability import Calibration

# From here on the further types are more probable than those of the bundle.
_HALF = 0.5


#: Why a pattern is not called known.
UNLIKE_ALL = "The pattern is unlike those of every type that the model knows."
CANNOT_HOLD = (
    "The sites of this type cannot hold the composition that was given: check it, or look for "
    "another type."
)
TOO_FEW_ELEMENTS = (
    "The pattern is most like those of {}, whose sites need more kinds of atoms than the elements "
    "that were given: name all elements of the sample, or look for another type."
)
BY_COMPOSITION_ALONE = (
    "The composition that was given speaks for this type, the pattern alone for {}: check the "
    "composition, and compare the first candidates."
)
#: Nothing is known that is less probable than this without the composition. Of 678 right and known
#: answers about validation compounds, with their formulas, one is below.
LEAST_ALONE = 0.01
NO_CLEAR_BEST = "No single type stands out: compare the first candidates."
#: What is said of a pattern that no answer can be more than uncertain for.
DOUBTS = frozenset({NoteCode.ONE_PEAK, NoteCode.MUCH_SATURATED, NoteCode.PERHAPS_COMPRESSED})


def verdict(
    unknown: float, best_probability: float, calibration: Calibration
) -> tuple[Verdict, str]:
    """Verdict from the unknown score and the best candidate's probability, and why it is not known.

    The reason is empty for known.
    """
    if unknown > calibration.unknown_above:
        return Verdict.UNKNOWN, UNLIKE_ALL
    if not unknown < calibration.known_below:  # NaN is no certainty
        return Verdict.UNCERTAIN, UNLIKE_ALL
    if best_probability <= calibration.certain_above:
        return Verdict.UNCERTAIN, NO_CLEAR_BEST
    return Verdict.KNOWN, ""


def verdict_beside(
    found: Verdict, reason: str, further: FurtherTypes, best: float
) -> tuple[Verdict, str]:
    """Verdict and its reason, as further types leave them.

    Nothing is known where one of them is more probable than the best candidate, or all together
    are than all candidates.

    Parameters
    ----------
    found, reason
        Without them.
    further
        What they are.
    best
        Probability of the best candidate among the bundle's own types.
    """
    first = further.types[0].probability if further.types else 0.0
    better = first > best * (1.0 - further.share)
    if further.known and further.share > _HALF:
        return Verdict.UNKNOWN, FURTHER
    if found is Verdict.KNOWN and (better or further.share > _HALF):
        return Verdict.UNCERTAIN, FURTHER if better else FURTHER_TOGETHER
    return found, reason


def doubt_of(notes: Sequence[Note]) -> Note | None:
    """The first note that lets nothing be known for sure."""
    return next((note for note in notes if note.code in DOUBTS), None)
