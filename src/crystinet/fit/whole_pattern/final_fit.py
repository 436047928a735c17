"""The last refinement: as counting weighs the points, for R factors and uncertainties."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidPatternError
from crystinet.fit.whole_pattern.atoms import AtomModel, AtomNumbers
from crystinet.fit.whole_pattern.composition import ANIONS
from crystinet.fit.whole_pattern.joint_fit import JointFit, fit_jointly
from crystinet.fit.whole_pattern.lattice_fit import LatticeFit
from crystinet.fit.whole_pattern.normal import background_of, curves_of
from crystinet.fit.whole_pattern.prior import Prior
from crystinet.fit.whole_pattern.uncertainty import covariance_of
from crystinet.simulation.scattering import atomic_number, element_of

_MOST_STEPS = 25
_LEAST_GAIN = 1e-4


@dataclass(frozen=True, eq=False)
class FinalFit:
    """A joint refinement with counting weights, and what follows from it.

    Attributes
    ----------
    joint
        The refinement.
    curves, background
        Shapes (phases, n) and (n,).
    covariance
        Of the parameters of the lines and the values of the phases, as ``joint.matrix``.
    rwp, rexp
        R factors, background included, 0 to 1.
    parameters
        Free numbers, background included.
    """

    joint: JointFit
    curves: FloatArray
    background: FloatArray
    covariance: FloatArray
    rwp: float
    rexp: float
    parameters: int


def fit_finally(
    lattice: LatticeFit,
    joint: JointFit,
    atoms: Sequence[AtomModel],
    priors: Sequence[Prior],
) -> FinalFit:
    """Refine with the weights of counting.

    Misfits of the profile are far larger than those of counting, and those of neighbouring points
    are alike. So uncertainties are larger than counting makes them by the goodness of fit and by
    the root of the number of points that go together: J.-F. Berar & P. Lelann, J. Appl. Cryst. 24
    (1991) 1.

    Parameters
    ----------
    lattice
        Of the first stage.
    joint
        Of the third stage: where to begin.
    atoms, priors
        Of each phase.

    Raises
    ------
    InvalidPatternError
        Nothing was measured there.
    """
    points = joint.points
    if not points.observed.any():  # no R factor says how far off that is
        raise InvalidPatternError(
            "There is no intensity at all in the range of the lines that were fitted.",
            hint="Check the cell: one that is far too large has all its lines at low angles.",
        )
    counting = points.weighted(points.sigma**-2.0)
    curves = curves_of(points, joint.profile, joint.parameters, joint.area)
    left = points.observed - background_of(points, joint.normal, joint.area) - curves.sum(axis=0)
    gof = math.sqrt(float(counting.weight @ left**2) / len(points))
    found = fit_jointly(
        counting,
        lattice,
        atoms,
        [_with_own_b(prior, a.contents) for prior, a in zip(priors, atoms, strict=True)],
        joint.values,
        parameters=joint.parameters,
        correlated=points.correlated * max(gof, 1.0) ** 2,
        most_steps=_MOST_STEPS,
        least_gain=_LEAST_GAIN,
    )
    curves = curves_of(counting, found.profile, found.parameters, found.area)
    background = background_of(counting, found.normal, found.area)
    left = points.observed - background - curves.sum(axis=0)
    total = float(counting.weight @ points.observed**2)
    parameters = int(found.free.sum()) + points.splines.shape[1]
    return FinalFit(
        joint=found,
        curves=curves,
        background=background,
        covariance=covariance_of(found.matrix, fixed=~found.free),
        rwp=math.sqrt(float(counting.weight @ left**2) / total),
        rexp=math.sqrt(max(len(points) - parameters, 1) / total),
        parameters=parameters,
    )


def _with_own_b(prior: Prior, contents: AtomNumbers) -> Prior:
    """The expectations with a B for each site, where there are several."""
    if contents.sites < 2:
        return prior
    own = Prior.of(contents, own_b=True)
    low, high = prior.low.copy(), prior.high.copy()
    low[contents.displacements] = own.low[contents.displacements]
    high[contents.displacements] = own.high[contents.displacements]
    return Prior(prior.trust, low, high)


def site_electrons(
    atoms: AtomModel, values: FloatArray, covariance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Electrons of each site and their standard uncertainties, (sites,) each.

    The scale of the pattern leaves a common factor open. It is chosen so that the anions have the
    electrons that they have in the start; without anions, so that all sites have together.

    Parameters
    ----------
    atoms, values
        The atoms as fitted.
    covariance
        Of ``values``.
    """
    powers = atoms.contents.powers
    start = np.array([electrons_of(site.species) for site in atoms.sites])
    anions = np.array([is_anion(max(s.species, key=lambda p: p[1])[0]) for s in atoms.sites])
    counted = atoms.multiplicity * (anions if anions.any() else np.ones(len(start)))
    weight = counted * start * np.exp(values[powers])
    share = weight / weight.sum()
    electrons = start * np.exp(values[powers])
    electrons *= float((counted * start).sum() / weight.sum())
    centred = np.eye(len(share)) - share[None, :]
    spread = centred @ covariance[powers, powers] @ centred.T
    return electrons, electrons * np.sqrt(np.maximum(np.diag(spread), 0.0))


def is_anion(species: str) -> bool:
    """Whether an element or ion is usually an anion where others are not."""
    return element_of(species) in ANIONS


def electrons_of(species: Sequence[tuple[str, float]]) -> float:
    """Occupancies times atomic numbers, added."""
    return max(sum(share * atomic_number(name) for name, share in species), 1e-3)
