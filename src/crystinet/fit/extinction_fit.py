"""Space groups of an indexed cell by fitted intensities, overlap and noise taken for what they are.

The structure-free fit of `whole_pattern.lattice_fit` gives the intensities of all lines of the
lattice with their covariance. How much the pattern speaks for a line, and how much against it, is
the likelihood of its intensity with all other lines free, against that of an intensity of zero. The
idea is that of Markvardsen, David, Johnson & Shankland, Acta Cryst. A 57 (2001) 47; two things are
not theirs: a line that a group allows may be absent by accident, as in the many inorganic
structures whose atoms lie on a finer net, and one that it forbids may be an impurity's.

How the chances and the weight of networks were chosen: for the right cells of 87 held-out compounds
of the validation split (seed 31), which are of the expected family, the right group is in the first
set of groups for 70 by absent lines (`lines.indexing.extinction`), 75 by fitted intensities; with
what networks say 78 and 80, and the first group named is the right one for 66 of both (15 and 19
without). Normal distributions alone, which an impurity would mislead, do 76 and 81.
"""

from collections.abc import Sequence

import gemmi
import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.core.errors import CrystinetError
from crystinet.crystals.hall import operations_of
from crystinet.fit.whole_pattern.lattice_fit import Lattice, LatticeFit, fit_lattices
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.lines.indexing.beyond import IndexedCell
from crystinet.lines.indexing.extinction import Extinction, ranked_extinctions, space_groups_of
from crystinet.patterns.sample import Sample

#: Chance that a line that is allowed is absent by accident, and that one that is forbidden is seen.
ABSENT_BY_ACCIDENT, SEEN_BY_ACCIDENT = 0.3, 0.003
#: A fit that leaves more of the pattern than this, as a weighted R factor, says nothing.
LARGEST_RESIDUAL = 0.3
# Intensities are about so many times the mean at their angle: the root of the mean square of
# Wilson's distribution, Acta Cryst. 2 (1949) 318.
_SPREAD = 2.0**0.5
# The mean is taken over this part of the range of sin^2(theta).
_AROUND = 0.2
# Lines are not expected to be weaker than this part of the highest mean.
_LEAST_MEAN = 1e-6

_HALL = {"cubic": "4 2 3", "tetragonal": "4 2", "orthorhombic": "2 2", "monoclinic": "2y"}


def fit_of_cell(cell: IndexedCell, sample: Sample) -> LatticeFit | None:
    """The structure-free fit of an indexed cell; None where it says nothing about the pattern."""
    lattice = Lattice(_holohedry(cell), cell.cell, cell.shift_deg)
    try:
        found = fit_lattices(PatternPoints.of(sample), [lattice])
    except CrystinetError:
        return None  # too few points
    return found if found is not None and found.residual <= LARGEST_RESIDUAL else None


def extinctions_of_fit(
    cell: IndexedCell, fitted: LatticeFit, *, likely: Sequence[float] | None = None
) -> tuple[Extinction, ...]:
    """Space groups that fitted intensities speak for, the most probable first.

    Parameters
    ----------
    cell, fitted
        Of a pattern, from `fit_of_cell`.
    likely
        How probable the space groups 1 to 230 are beforehand; None knows nothing.
    """
    odds = log_odds_of_lines(fitted)
    groups: dict[bytes, list[gemmi.SpaceGroup]] = {}
    for group, allowed in _allowed(fitted, cell):
        groups.setdefault(allowed.tobytes(), []).append(group)
    return ranked_extinctions(
        [
            (same, float(odds[np.frombuffer(key, dtype=np.bool_)].sum()))
            for key, same in groups.items()
        ],
        likely=likely,
    )


def log_odds_of_lines(found: LatticeFit) -> FloatArray:
    """How much a pattern speaks for each line of a lattice being allowed, in logarithms, (g,).

    Parameters
    ----------
    found
        Of one phase.

    Notes
    -----
    With the misfit I H I - 2 b I as -2 ln of the likelihood, and normal distributions of mean zero
    and width w for all intensities, these are normal: C = (H + W^-2)^-1 is their covariance, m =
    C b their mean. The likelihood of one of them, all others free, is then that normal distribution
    over its prior; its mean over the prior, against that of I = 0, has the logarithm
    m^2 / (2 C) + ln(C / w^2) / 2.
    """
    matrix, gradient = (
        part / found.points.correlated for part in (found.normal.matrix, found.normal.gradient)
    )
    width = _SPREAD * expected_intensity(found)
    covariance = np.linalg.inv(matrix + np.diag(width**-2.0))
    variance = np.diag(covariance)
    mean = covariance @ gradient
    there = 0.5 * mean**2 / variance + 0.5 * np.log(variance / width**2)
    odds: FloatArray = _mixed(there, 1.0 - ABSENT_BY_ACCIDENT) - _mixed(there, SEEN_BY_ACCIDENT)
    return odds


def _mixed(there: FloatArray, share: float) -> FloatArray:
    """Log likelihood of lines of which a share is there."""
    both: FloatArray = np.logaddexp(np.log(1.0 - share), np.log(share) + there)
    return both


def expected_intensity(found: LatticeFit) -> FloatArray:
    """Mean intensity of lines of one phase where each of them is, (g,).

    By multiplicity, the Lorentz and polarisation factors of a powder without monochromator, and the
    mean squared structure factor around the angle.
    """
    lines, theta = found.model.phases[0], 0.5 * np.radians(found.model.two_theta(found.parameters))
    multiplicity = np.bincount(lines.place, weights=lines.multiplicity, minlength=len(lines))
    factor = (1.0 + np.cos(2.0 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    weight = multiplicity * factor
    squared = np.sin(theta) ** 2
    reach = _AROUND * float(np.ptp(squared)) + 1e-9
    near = np.exp(-0.5 * ((squared[:, None] - squared) / reach) ** 2)
    mean = weight * (near @ np.maximum(found.intensity, 0.0)) / (near @ weight)
    least: FloatArray = np.maximum(mean, _LEAST_MEAN * float(mean.max()) + 1e-300)
    return least


def _holohedry(cell: IndexedCell) -> str:
    """Hall symbol of the space group without absences beside those of the centring."""
    if cell.centring == "R":
        return '-R 3 2"'
    return f"-{cell.centring} {_HALL.get(cell.family, '6 2')}"


def _allowed(found: LatticeFit, cell: IndexedCell) -> "list[tuple[gemmi.SpaceGroup, BoolArray]]":
    """The space groups of a lattice, each with the places that it allows a line on, (g,)."""
    lines = found.model.phases[0]
    rotations = operations_of(lines.hall_symbol).rotations
    # Lines that are equal in the symmetry of the lattice need not be so in that of a group.
    star = np.einsum("pi,sij->psj", lines.hkl, rotations).reshape(-1, 3).astype(np.int32)
    result = []
    for group in space_groups_of(cell.family, cell.centring):
        absent = group.operations().systematic_absences(star).astype(np.bool_)
        there = ~absent.reshape(len(lines.hkl), -1).all(axis=1)
        result.append((group, np.bincount(lines.place, weights=there, minlength=len(lines)) > 0.0))
    return result
