"""Two bundles with one answer: one that knows few types well, and one that knows many.

The types of the first bundle are the first types of the second, so that both have an opinion of
them. Of these types ln(C p) is a weighted mean of both; all other types have the second bundle's
alone. The first bundle then answers for its own types, with the others as competitors: a pattern of
a type that it does not know is not called one that it knows, and has the name of its type beside
the answer.

What joins them is a file of the second bundle, `JOINT`; it names the first by its id.
"""

import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.config import from_table
from crystinet.core.errors import BundleError, CrystinetError
from crystinet.model.bundle import Bundle
from crystinet.model.manifest import HINT
from crystinet.model.reliability import Calibration
from crystinet.model.scores import Narrowed, Scores
from crystinet.model.symmetry import SymmetryHead

#: Name of the file of a bundle that joins it to another.
JOINT = "joint.json"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the verdicts of the first bundle change; as in `Calibration`."""

    known_below: float
    unknown_above: float
    certain_above: float
    set_probability: float


@dataclass(frozen=True)
class Joint:
    """How two bundles are joined; fitted on patterns of validation compounds.

    Attributes
    ----------
    first
        Id of the bundle with fewer types.
    weight, offset
        Of the first bundle in the mean of ln(C p), 0 to 1, and what is added to its ln(C p): the
        bundles are sure of themselves in different degrees.
    calibration
        Of the joined scores of all types.
    unknown_weights
        Of the unknown score of answers about the types of the first bundle alone, see `Narrowed`.
    of_first
        Thresholds of these answers.
    """

    first: str
    weight: float
    offset: float
    calibration: Calibration
    unknown_weights: tuple[float, ...]
    of_first: Thresholds

    @cached_property
    def calibration_of_first(self) -> Calibration:
        """For answers about the types of the first bundle alone."""
        return replace(self.calibration, **asdict(self.of_first))

    def to_bytes(self) -> bytes:
        """The text of the file."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()

    def scores(self, first: Scores, second: Scores) -> Scores:
        """Scores of all types of the second bundle, from those of both for the same patterns."""
        n = first.log_share.shape[1]
        log_share = second.log_share.copy()
        own = self.weight * (first.log_share + self.offset)
        log_share[:, :n] = own + (1.0 - self.weight) * second.log_share[:, :n]
        return replace(second, log_share=np.minimum(log_share, 0.0))


def joint_of(bundle: Bundle) -> Joint | None:
    """What joins a bundle to one with fewer types; None where nothing does.

    Raises
    ------
    BundleError
        The file is damaged.
    """
    data = bundle.files.get(JOINT)
    if data is None:
        return None
    try:
        return from_table(Joint, json.loads(data), complete=True)
    except (CrystinetError, ValueError, RecursionError) as error:
        raise BundleError(f"{JOINT} of a bundle is damaged ({error}).", hint=HINT) from error


@dataclass(frozen=True, slots=True)
class Partner:
    """The other bundle of a joint, as one of them sees it.

    Attributes
    ----------
    joint
        How they are joined.
    bundle
        The other bundle.
    has_more
        Whether the other one is the second, with more types.
    head
        What the second bundle has for the symmetry of any compound; None where it has nothing.
    """

    joint: Joint
    bundle: Bundle
    has_more: bool
    head: SymmetryHead | None = None

    @property
    def calibration(self) -> Calibration:
        """Of the joined scores, for answers about the types of the bundle whose partner it is."""
        return self.joint.calibration_of_first if self.has_more else self.joint.calibration

    def check(self, bundle: Bundle) -> None:
        """Whether it can be the partner of a bundle.

        Raises
        ------
        BundleError
            It is joined to another one, or they differ in their types or in what they see.
        """
        first, second = (bundle, self.bundle) if self.has_more else (self.bundle, bundle)
        names = [entry.name for entry in first.types]
        alike = (first.axis, first.preprocessing) == (second.axis, second.preprocessing)
        same = names == [entry.name for entry in second.types[: len(names)]]
        if first.id != self.joint.first or not alike or not same:
            raise BundleError(
                f"The bundles {first.id[:12]} and {second.id[:12]} cannot answer together.",
                hint="Both must come from the same version of crystinet: install it again.",
            )

    def joined(self, own: Scores, other: Scores, *, alone: Calibration) -> Scores:
        """Scores of both, about the types of the bundle whose partner it is.

        Parameters
        ----------
        own, other
            Of that bundle, and of its partner.
        alone
            Calibration of that bundle without a partner.
        """
        first, second = (own, other) if self.has_more else (other, own)
        joined = replace(
            self.joint.scores(first, second), pooled=None, symmetry=self._symmetry(first, second)
        )
        if not self.has_more:
            return joined
        asked = Narrowed(
            count=own.log_share.shape[1],
            unknown_alone=own.unknown_score(alone),
            weights=self.joint.unknown_weights,
        )
        return replace(joined, asked=asked)

    def _symmetry(self, first: Scores, second: Scores) -> FloatArray | None:
        """Probability of each space group, (b, 230); None without a head for it."""
        if self.head is None or first.pooled is None or second.pooled is None:
            return None
        pooled = np.hstack([first.pooled, second.pooled])
        return self.head.probability(pooled, np.exp(second.log_share))
