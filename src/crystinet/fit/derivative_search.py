"""Of which known type a compound of no known type is the nearest relative.

A distorted structure, a superstructure and one with other atoms keep the net of their parent: the
lattice is that of the parent or a part of its points, strained a little, and the strong lines are
the parent's. So the lattice that was indexed is compared with the sublattices of known compounds,
of the types that the networks think of; where one agrees, the lines of the compound are laid where
the strain takes them, and compared with the whole pattern.

How the least cosine was chosen: of 240 held-out compounds of the validation split of no type
(at most 80 atoms in a cell, seed 61) and 45 more that are derivatives (seed 62), with the right
cell; triclinic ones and those that are *known* left out. A compound is a derivative here where a
symmetry search with a tolerance of 0.05 to 0.5 angstrom, or with two elements taken for one, gives
it a type. Beside that the types that were thought of for another pattern, by chance, were tried.

    least cosine                      0.70  0.75  0.80  0.85  0.90  0.95
    47 derivatives: named               36    33    33    29    27    22
    ... and the type is right           29    27    27    24    22    19
    195 others: named                   34    31    23    16    10     7
    179 with types of another pattern    3     3     2     1     0     0

Most of the others that are named are relatives that the search for symmetry has no eye for: Mn2AsO4
(OH) and Mn2AsO5, CsMn2P2 and ThCr2Si2, SbTi3 and W5Si3.
"""

from collections.abc import Iterator
from itertools import islice

import gemmi
import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.cell import crystal_system
from crystinet.crystals.hall import operations_of
from crystinet.fit.known import KnownLines
from crystinet.fit.sample_lines import SampleLines
from crystinet.fit.sublattices import LatticeDescent, descent_of
from crystinet.fit.whole_pattern.lattice_fit import LatticeFit
from crystinet.lines.indexing.beyond import IndexedCell
from crystinet.lines.indexing.nearest_derivative import Kinship, NearestDerivative
from crystinet.model.identification import Identification

#: A relative is named from this cosine on.
LEAST_LIKENESS = 0.85
# Types of the answering bundle that are looked at, and lists of lines of each.
_CANDIDATES, _STARTS = 5, 3
# Places in 1/d^2 are one where they agree to this part: they come from whole indices.
_SAME_PLACE = 1e-5


def nearest_derivative(
    lines: SampleLines, found: Identification, cell: IndexedCell, fitted: LatticeFit
) -> NearestDerivative | None:
    """The relative of a known type that is closest; None where nothing is close enough.

    Parameters
    ----------
    lines
        On the sample.
    found
        The answer for it; its first types are looked at, and the further ones.
    cell
        That the lines of the sample have.
    fitted
        The structure-free fit of this cell.
    """
    best: NearestDerivative | None = None
    for names in _types(found):
        for laid in islice(lines.laid(names), _STARTS):
            parent, scale = laid.start.lines, laid.start.scale
            centring = _centring(parent.space_group)
            descent = descent_of((cell.cell, cell.centring), (parent.cell, centring), scale=scale)
            if descent is None:
                continue
            likeness = likeness_of(parent, descent, fitted)
            if likeness >= max(LEAST_LIKENESS, best.likeness if best else 0.0):
                kinship = _kinship(parent, descent, cell)
                best = NearestDerivative(
                    names[0], kinship, parent.name, descent.index, descent.strain, likeness
                )
    return best


def likeness_of(parent: KnownLines, descent: LatticeDescent, fitted: LatticeFit) -> float:
    """Cosine of a pattern with the lines of a parent where a strain takes them, 0 to 1.

    Parameters
    ----------
    parent, descent
        Its lines, and how the lattice follows from its own.
    fitted
        The structure-free fit of one lattice.

    Notes
    -----
    Equivalent lines of the parent, which the strain may take to several places, share the strength.
    With the normal equations H I = b of the intensities and the pattern's own square c, all
    weighted and without background, it is b . p / sqrt(c p . H p) for the intensities p that are
    expected.
    """
    lines = fitted.model.phases[0]
    elements = fitted.parameters[fitted.model.metric[0]]
    rotations = operations_of(_hall(parent.space_group)).rotations
    star = np.einsum("pi,sij->psj", parent.hkl, rotations) @ descent.matrix
    hkl = np.rint(star.reshape(-1, 3)).astype(np.int64)
    strength = np.repeat(parent.strength / len(rotations), len(rotations))
    expected = _laid(lines.form.design(hkl) @ elements, strength, lines.design @ elements)
    theta = 0.5 * np.radians(fitted.model.two_theta(fitted.parameters))
    expected *= (1.0 + np.cos(2.0 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    form = fitted.normal
    square = float(expected @ form.matrix @ expected) * form.constant
    return float(form.gradient @ expected) / square**0.5 if square > 0.0 else 0.0


def _laid(place: FloatArray, strength: FloatArray, places: FloatArray) -> FloatArray:
    """Strength of lines at the places of a fit, (g,); those at no place are left out."""
    order = np.argsort(places)
    after = np.clip(np.searchsorted(places[order], place), 1, max(len(places) - 1, 1))
    pair = np.stack((order[after - 1], order[np.minimum(after, len(places) - 1)]))
    miss = np.abs(places[pair] - place)
    nearest = pair[miss.argmin(axis=0), np.arange(len(place))]
    hit = miss.min(axis=0) < _SAME_PLACE * place
    laid: FloatArray = np.bincount(
        nearest[hit], weights=strength[hit], minlength=len(places)
    ).astype(np.float64)
    return laid


def _types(found: Identification) -> Iterator[tuple[str, ...]]:
    """Types that the networks think of, each with what is merged into it."""
    for candidate in found.candidates[:_CANDIDATES]:
        yield (candidate.type, *candidate.merged)
    for further in found.further.types if found.further else ():
        yield (further.type, *further.merged)


def _kinship(parent: KnownLines, descent: LatticeDescent, cell: IndexedCell) -> Kinship:
    if descent.index > 1:
        return Kinship.SUPERSTRUCTURE
    system = crystal_system(parent.space_group)
    family = "hexagonal" if system == "trigonal" else system
    return Kinship.VARIANT if family == cell.family else Kinship.DISTORTED


def _centring(space_group: int) -> str:
    return str(gemmi.find_spacegroup_by_number(space_group).centring_type())


def _hall(space_group: int) -> str:
    return str(gemmi.find_spacegroup_by_number(space_group).hall)
