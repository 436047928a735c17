"""An extended bundle, and what its base answers together with the bundle of many types.

A bundle that was extended has all types of its base and some more, and calibrations of its own: it
cannot take its base's place in a joint. So it answers by itself, and the base with its partner is
asked as well: about the types of the base the answer is known only where both say so, and the
types that neither has stand beside it. Of an added type only the extended bundle can speak; another
type is named beside it where that is known.
"""

from collections.abc import Collection
from dataclasses import replace

from crystinet.core.errors import BundleError
from crystinet.core.files import sha256_of
from crystinet.model.added_nets import FIRST_BEFORE
from crystinet.model.bundle import Bundle
from crystinet.model.further import FURTHER
from crystinet.model.identification import Identification, Verdict


def base_id(bundle: Bundle) -> str | None:
    """Id of the bundle that one was extended from; None where it remembers none."""
    manifest = bundle.files.get(FIRST_BEFORE)
    return None if manifest is None else sha256_of(manifest)


def check_base(bundle: Bundle, base: Bundle) -> None:
    """Whether a bundle holds everything of its base.

    Raises
    ------
    BundleError
        A file of the base is missing or differs.
    """
    if any(bundle.files.get(name) != data for name, data in base.files.items()):
        raise BundleError(
            f"The bundle {bundle.id[:12]} is not an extension of {base.id[:12]}, as it says.",
            hint="Extend the bundle again, or name it by its id: then it answers alone.",
        )


def names_of(bundle: Bundle) -> frozenset[str]:
    """Names of the types of a bundle, and of what is merged into them."""
    return frozenset(name for entry in bundle.types for name in (entry.name, *entry.merged))


def beside_base(
    own: Identification, base: Identification, *, of_base: Collection[str]
) -> Identification:
    """The answer of an extended bundle with what its base and the many types say.

    Parameters
    ----------
    own
        Of the extended bundle alone.
    base
        Of its base with the bundle of many types, without those that the extended bundle has.
    of_base
        Names of the base's types.
    """
    found = replace(own, symmetry=base.symmetry)
    further = base.further
    if further is None:
        return found
    added = own.candidates[0].type not in of_base
    if further.known:
        doubted = own.verdict is Verdict.KNOWN and added
        found = replace(
            found, verdict=Verdict.UNCERTAIN if doubted else Verdict.UNKNOWN, reason=FURTHER
        )
    elif added and own.verdict is not Verdict.UNKNOWN:
        return found  # the others have never heard of it, so that they cannot be compared with it
    elif own.verdict is Verdict.KNOWN and base.verdict is not Verdict.KNOWN:
        found = replace(found, verdict=base.verdict, reason=base.reason)
    return replace(found, further=replace(further, unknown_alone=own.unknown_score, tipped=False))
