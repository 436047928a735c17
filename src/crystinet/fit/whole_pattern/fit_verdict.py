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


# A lattice that leaves more of the pattern than this is doubtful, or none.
_LATTICE = (0.35, 0.55)
# The same for what atoms leave besides, on patterns of fewer places of lines than the first number,
# where texture and few grains matter most, and of more. With these numbers 0.8 % of simulated
# patterns of validation compounds that were named rightly are doubted, 5 % where all have a strong
# preferred orientation, and 86 % of those of other types.
_FEW_PLACES = 60
_ATOMS_FEW, _ATOMS_MANY = (0.22, 0.40), (0.15, 0.30)
_PROOFS = (Proof.YES, Proof.DOUBTFUL, Proof.NO)


def judge_fit(
    fit: CandidateFit, *, ambiguous_with: tuple[str, ...] = (), better: tuple[str, ...] = ()
) -> FitVerdict:
    """Judge a candidate.

    Parameters
    ----------
    fit
        Its fit.
    ambiguous_with
        Other types that fit as well.
    better
        Other types that fit clearly better.
    """
    return verdict_on(
        fit.lattice.residual,
        fit.residual,
        places=len(fit.lattice.model),
        contradicts=fit.contradicts,
        ambiguous_with=ambiguous_with,
        better=better,
    )


def verdict_on(
    lattice: float,
    structure: float,
    *,
    places: int,
    contradicts: bool = False,
    ambiguous_with: tuple[str, ...] = (),
    better: tuple[str, ...] = (),
) -> FitVerdict:
    """Judge what lattices and atoms leave of a pattern.

    Parameters
    ----------
    lattice, structure
        Weighted R factors without background, 0 to 1.
    places
        Places of lines in the range.
    contradicts
        Whether the sites cannot hold the formula that is known.
    ambiguous_with
        Other types that fit as well.
    better
        Other types that fit clearly better.
    """
    more = math.sqrt(max(structure**2 - lattice**2, 0.0))
    atoms = _ATOMS_FEW if places < _FEW_PLACES else _ATOMS_MANY
    worst = max(_grade(lattice, _LATTICE), _grade(more, atoms), int(bool(better)))
    reasons = []
    if contradicts:
        worst = len(_PROOFS) - 1
        reasons.append("Its sites cannot hold the formula that was given.")
    if lattice > _LATTICE[0]:
        reasons.append(f"The lattice leaves {100.0 * lattice:.0f} % of the pattern unexplained.")
    if more > atoms[0]:
        reasons.append(
            f"Atoms of this type leave {100.0 * structure:.0f} % of the pattern unexplained, "
            f"the lattice alone {100.0 * lattice:.0f} %."
        )
    if better:
        reasons.append(f"{_listed(better)} {'fits' if len(better) == 1 else 'fit'} better.")
    if not reasons:
        reasons.append(
            f"Lattice and atoms of this type explain all but {100.0 * structure:.0f} % of it."
        )
    if ambiguous_with:
        fits = "fits" if len(ambiguous_with) == 1 else "fit"
        reasons.append(f"{_listed(ambiguous_with)} {fits} as well.")
    return FitVerdict(_PROOFS[worst], tuple(reasons), ambiguous_with, lattice, structure)


def _grade(value: float, limits: tuple[float, float]) -> int:
    """0 up to the first limit, 1 up to the second, else 2."""
    return int(value > limits[0]) + int(value > limits[1])


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
