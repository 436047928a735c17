"""Whether a fit bears a structure type out: yes, doubtful or no, with reasons in words."""

import math
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


def judge_fit(fit: CandidateFit, *, ambiguous_with: tuple[str, ...] = ()) -> FitVerdict:
    """Judge a candidate.

    Parameters
    ----------
    fit
        Its fit.
    ambiguous_with
        Other types that fit as well.
    """
    return verdict_on(fit.lattice.residual, fit.residual, ambiguous_with=ambiguous_with)


def verdict_on(
    lattice: float, structure: float, *, ambiguous_with: tuple[str, ...] = ()
) -> FitVerdict:
    """Judge what lattices and atoms leave of a pattern.

    Parameters
    ----------
    lattice, structure
        Weighted R factors without background, 0 to 1.
    ambiguous_with
        Other types that fit as well.
    """
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
    if ambiguous_with:
        reasons.append(f"{_listed(ambiguous_with)} fit as well.")
    return FitVerdict(worst, tuple(reasons), ambiguous_with, lattice, structure)


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
