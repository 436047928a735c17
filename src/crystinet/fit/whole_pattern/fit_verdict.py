"""Whether a fit bears a structure type out: yes, doubtful or no, with reasons in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from crystinet.fit.whole_pattern.answer import Proof
from crystinet.fit.whole_pattern.candidate import CandidateFit


@dataclass(frozen=True, slots=True)
class FitVerdict:
    """What is said of one phase.

    Attributes
    ----------
    verified, reasons, ambiguous_with
        As those of `crystinet.fit.whole_pattern.answer.FittedPhase`.
    residual_lattice, residual
        Weighted R factors of the lattice and of the structure, without background.
    """

    verified: Proof
    reasons: tuple[str, ...]
    ambiguous_with: tuple[str, ...]
    residual_lattice: float
    residual: float


# Weighted R factors, of the lattice and of what the atoms leave besides, up to which a fit is
# borne out, and from which it is not.
_LATTICE, _ATOMS = (0.35, 0.55), (0.12, 0.25)


def judge_fit(fit: CandidateFit, *, others: Sequence[CandidateFit] = ()) -> FitVerdict:
    """Judge a candidate.

    Parameters
    ----------
    fit
        Its fit.
    others
        Those of other candidates.
    """
    lattice, structure = fit.lattice.residual, fit.residual
    more = math.sqrt(max(structure**2 - lattice**2, 0.0))
    reasons = []
    worst = Proof.YES
    if lattice > _LATTICE[0]:
        reasons.append(f"The lattice leaves {100.0 * lattice:.0f} % of the pattern unexplained.")
        worst = Proof.NO if lattice > _LATTICE[1] else Proof.DOUBTFUL
    if more > _ATOMS[0]:
        reasons.append(
            f"Atoms of this type on the lattice leave {100.0 * structure:.0f} % of the pattern, "
            f"the lattice alone {100.0 * lattice:.0f} %."
        )
        worst = Proof.NO if more > _ATOMS[1] or worst is Proof.NO else Proof.DOUBTFUL
    if not reasons:
        reasons.append(
            f"Lattice and atoms of this type explain all but {100.0 * structure:.0f} % of it."
        )
    return FitVerdict(worst, tuple(reasons), (), lattice, structure)
