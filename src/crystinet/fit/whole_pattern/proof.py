"""The noun that says whether a fit bears a structure type out."""

from enum import StrEnum


class Proof(StrEnum):
    """Whether the fit bears a structure type out; a member equals its word.

    Examples
    --------
    >>> import crystinet
    >>> crystinet.Proof.YES == "yes"
    True
    """

    YES = "yes"
    DOUBTFUL = "doubtful"
    NO = "no"
