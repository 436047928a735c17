"""What an answer says to people in a sentence or two."""

from collections.abc import Sequence

from crystinet.core.plain import in_percent
from crystinet.model.all_types import share_of_own
from crystinet.model.candidate import NAMED_FROM, Candidate
from crystinet.model.derivative_of import DerivativeOf, DerivativeReason
from crystinet.model.further import FURTHER, FurtherTypes


def numbered_name(candidate: Candidate) -> str:
    """Name of a class with its number."""
    return f"{candidate.full_name} (no. {candidate.number})"


def known_sentence(
    best: Candidate,
    *,
    beside: Sequence[Candidate],
    further: FurtherTypes | None,
    reason: str,
) -> str:
    """A known type, and what else it may be; probabilities are of all types.

    Parameters
    ----------
    best, further
        The first candidate, and the further types.
    beside
        Candidates that are named beside the first.
    reason
        Why several types are named; may be empty.
    """
    share = share_of_own(further)
    others = [f"{each.full_name} ({in_percent(each.probability * share)})" for each in beside]
    near = [each for each in (further.types if further else ()) if each.probability >= NAMED_FROM]
    named = " or ".join(
        [*others, *(f"{each.full_name} ({in_percent(each.probability)})" for each in near)]
    )
    text = f"Known type: {numbered_name(best)}, probability {in_percent(best.probability * share)}"
    if named:
        text += f", or {named}"
    if further and near:
        text += f", {'one' if len(near) == 1 else 'two' if len(near) == 2 else 'some'} of "
        text += f"{further.count} further types"
    return f"{text}. {reason}".rstrip() if reason else f"{text}."


def uncertain_sentence(
    best: Candidate,
    *,
    reason: str,
    derived: DerivativeOf | None,
    further: FurtherTypes | None,
    further_first: bool,
) -> str:
    """Types to compare, the more probable one first.

    Parameters
    ----------
    best, further
        The first candidate, and the further types.
    reason, derived
        Why it is not known, and of what the sample may be a derivative.
    further_first
        Whether a further type is the most probable of all.
    """
    beside = further.sentence if further else ""
    if further_first and beside:
        perhaps = beside[0].lower() + beside[1:]
        own = f"Of the model's own types {numbered_name(best)} is the nearest."
        return _together(
            f"Uncertain: {perhaps}",
            own,
            "" if reason == FURTHER else reason,
            _told(derived, reason),
        )
    has_further_lines = derived is not None and derived.reason is DerivativeReason.FURTHER_LINES
    perhaps = "probably a derivative of" if has_further_lines else "perhaps"
    first = f"Uncertain: {perhaps} {numbered_name(best)}."
    return _together(first, reason, _told(derived, reason), beside)


def unknown_sentence(
    best: Candidate,
    *,
    reason: str,
    derived: DerivativeOf | None,
    further: FurtherTypes | None,
    further_first: bool,
    lattice: str,
    in_short: str = "",
    types_asked: int = 0,
) -> str:
    """That it is none of the bundle's types, and the best that is known instead.

    Parameters
    ----------
    best, reason, derived, further, further_first
        As those of `uncertain_sentence`.
    lattice
        What is known without any type, in sentences; may be empty.
    in_short
        The same in a few words, where a lattice is known: "tetragonal ...; nearest: ...".
    types_asked
        How many types the answer is about; 0 where nobody counted.
    """
    beside = further.sentence if further else ""
    if further and further.known:
        return _together(beside, lattice)
    if further_first and beside:
        first = "Unknown: probably none of the types that this model knows."
        return _together(first, beside, lattice, "" if reason == FURTHER else reason)
    counted = bool(types_asked) and not beside  # of these one may be among the further types
    known = f"{types_asked} types" if counted else "types that this model knows"
    if in_short:
        first = f"Unknown: probably none of the {known}; {in_short}."
        return _together(first, beside, reason, _told(derived, reason))
    first = f"Unknown: probably none of the {known}."
    nearest = f"The nearest type is {numbered_name(best)}."
    return _together(first, beside, lattice, nearest, reason, _told(derived, reason))


def _told(derived: DerivativeOf | None, reason: str) -> str:
    return derived.sentence if derived and derived.sentence != reason else ""


def _together(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
