"""Whether a fit bears a structure type out: yes, doubtful or no, with reasons in words."""

import math
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.diffraction import d_from_two_theta
from crystinet.fit.line_test import LineTest
from crystinet.fit.whole_pattern.answer import Fit
from crystinet.fit.whole_pattern.candidate import CandidateFit
from crystinet.fit.whole_pattern.proof import Proof


@dataclass(frozen=True, slots=True)
class FitVerdict:
    """What is said of one phase.

    Attributes
    ----------
    verified, reasons, ambiguous_with
        As those of `crystinet.fit.whole_pattern.fitted_phase.FittedPhase`.
    residual_lattice, residual
        Weighted R factors of the lattice and of the structure, without background and noise.
    """

    verified: Proof
    reasons: tuple[str, ...]
    ambiguous_with: tuple[str, ...]
    residual_lattice: float
    residual: float


# A lattice that leaves more of the pattern than this is doubtful, or none.
_LATTICE = (0.35, 0.55)
# The same for what atoms leave besides, on patterns of fewer places of lines than the first number,
# where texture and few grains matter most, and of more.
_FEW_PLACES = 60
_ATOMS_FEW, _ATOMS_MANY = (0.22, 0.40), (0.15, 0.30)
# Atoms that had to go farther than this from those of every known compound of the type, as a sum of
# squares of standard deviations, are of another structure.
_FARTHEST = 20.0
# A line of this part of the strongest that no phase has: something else is there as well.
_STRONG_LINE = 0.2
# These numbers were set on 150 simulated patterns of validation compounds, a third of them with a
# preferred orientation, and with the measured patterns in sight: see docs/explanation/fit.md.
_PROOFS = (Proof.YES, Proof.DOUBTFUL, Proof.NO)
# So many lines of this height, as shares of the strongest, that a fit does not have are another
# phase, and the quick test of lines has a name for it from this evidence on.
_FEWEST_LINES, _OTHER_PHASE, _EVIDENCE = 2, 0.04, 20.0


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
        pull=fit.pull,
        contradicts=fit.contradicts,
        ambiguous_with=ambiguous_with,
        better=better,
    )


def verdict_on(
    lattice: float,
    structure: float,
    *,
    places: int,
    pull: float = 0.0,
    contradicts: bool = False,
    ambiguous_with: tuple[str, ...] = (),
    better: tuple[str, ...] = (),
) -> FitVerdict:
    """Judge what lattices and atoms leave of a pattern.

    Parameters
    ----------
    lattice, structure
        Weighted R factors without background and noise, about 0 to 1.
    places
        Places of lines in the range.
    pull
        How far the atoms went from those of the known compound that they began with, see
        `crystinet.fit.whole_pattern.prior.Prior.pull`.
    contradicts
        Whether the sites cannot hold the formula that is known.
    ambiguous_with
        Other types that fit as well.
    better
        Other types that fit clearly better.
    """
    more = math.sqrt(max(structure**2 - lattice**2, 0.0))
    atoms = _ATOMS_FEW if places < _FEW_PLACES else _ATOMS_MANY
    far = pull > _FARTHEST
    worst = max(_grade(lattice, _LATTICE), _grade(more, atoms), int(bool(better)), int(far))
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
    if far:
        reasons.append("Its atoms had to go far from those of every known compound of the type.")
    if better:
        reasons.append(f"{_listed(better)} {'fits' if len(better) == 1 else 'fit'} better.")
    if not reasons:
        rest = f"{100.0 * structure:.0f} %" if structure >= 0.005 else "less than 1 %"
        reasons.append(f"Lattice and atoms of this type explain all but {rest} of it.")
    if ambiguous_with:
        fits = "fits" if len(ambiguous_with) == 1 else "fit"
        reasons.append(f"{_listed(ambiguous_with)} {fits} as well.")
    return FitVerdict(_PROOFS[worst], tuple(reasons), ambiguous_with, lattice, structure)


def doubted_by_lines(fit: Fit) -> Fit:
    """A fit whose phases are borne out no more where a strong line of the pattern is none of them.

    Parameters
    ----------
    fit
        The answer, with its unexplained lines.
    """
    line = max(fit.unexplained, key=lambda each: each.height, default=None)
    if line is None or line.height < _STRONG_LINE:
        return fit
    said = (
        f"The line at {line.two_theta_deg:.2f} degrees, {100.0 * line.height:.0f} % of the "
        f"highest, is none of {'this phase' if len(fit.phases) == 1 else 'these phases'}."
    )
    phases = tuple(
        replace(phase, verified=Proof.DOUBTFUL, reasons=(said, *phase.reasons))
        if phase.verified is Proof.YES
        else phase
        for phase in fit.phases
    )
    return replace(fit, phases=phases)


def with_other_phase(fit: Fit, lines: LineTest) -> Fit:
    """A fit of one phase with a word on lines that it does not have.

    Parameters
    ----------
    fit
        The answer, with its unexplained lines.
    lines
        Names the other phase.
    """
    (phase,) = fit.phases
    seen = [line for line in fit.unexplained if line.height >= _OTHER_PHASE]
    if len(seen) < _FEWEST_LINES or phase.verified is Proof.NO:
        return fit
    places = sorted(line.two_theta_deg for line in seen[:4])
    angles = ", ".join(f"{angle:.2f}" for angle in places)
    said = f"Lines at {angles} degrees are none of this phase"
    true = fit.two_theta_deg - fit.zero_deg
    true = true - fit.shift_deg * np.cos(np.radians(true) / 2.0)
    d = d_from_two_theta(np.maximum(true, 0.5), fit.radiation.wavelength_angstrom)
    left = np.maximum(fit.difference - 0.15 * (fit.calculated - fit.background), 0.0)
    other = lines.find(d, left)
    if other and other[0].evidence > _EVIDENCE:
        said += f": {other[0].type} may be there as well"
    reasons = (*phase.reasons, f"{said}.")
    return replace(fit, phases=(replace(phase, reasons=reasons),))


def _grade(value: float, limits: tuple[float, float]) -> int:
    """0 up to the first limit, 1 up to the second, else 2."""
    return int(value > limits[0]) + int(value > limits[1])


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
