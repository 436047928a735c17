"""Parent or derivative: what the lines decide that only the derivative has.

A derivative has the lattice of its parent, or a multiple of it, and less symmetry: ilmenite is
corundum whose metal sites hold two elements in turn. Its pattern is that of the parent and some
weak lines more, which networks hardly see. Two facts decide, each by Bayes' rule:

* Does a line stand out that only the derivative has? The chance that none does in a derivative is
  the share of its known compounds whose lines would all be too weak to be seen.
* Is the lattice that of a known compound of one of the types? Most samples are known compounds; how
  often a lattice agrees by chance is counted over the known compounds of the other type.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import BoolArray, FloatArray
from crystinet.core.diffraction import lorentz_polarisation_of_d, two_theta_of
from crystinet.corpus.index.index import CompoundIndex
from crystinet.fit.agreement import places, reach_deg
from crystinet.fit.lattice import Start, estimate_lattice, lay_lines
from crystinet.lines.overlap import Overlap
from crystinet.model.identification import Candidate, Identification
from crystinet.patterns.sample import Sample

#: A line of this height, relative to the highest, is seen, or of so many standard deviations of
#: the noise where that is more: a half above what the peak finder asks for, since it may be broad.
LEAST_SEEN, LEAST_SIGMA = 0.0225, 6.0
#: A parent shows a line at such a place by chance, an impurity's for example, in so many patterns.
BY_CHANCE = 0.1
#: No chance is ever taken for smaller: the index does not hold all compounds.
_LEAST_CHANCE = 0.03
#: Edges that agree to this part are those of one compound, and so many samples are known ones.
SAME_LATTICE, ARE_KNOWN = 0.003, 0.7
#: The second candidate is looked at from this probability on.
LEAST_PROBABILITY = 0.02


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a structure type derives from another.

    Attributes
    ----------
    parent, derivative
        Names of the types.
    multiples
        Edges of the derivative's cell in edges of the parent's.
    parent_group
        Space group of the parent, international number, in its standard setting.
    """

    parent: str
    derivative: str
    multiples: tuple[int, int, int]
    parent_group: int

    def only_derivative(self, hkl: NDArray[np.integer]) -> BoolArray:
        """Whether lines (p, 3) of the derivative are none of the parent, (p,)."""
        return np.array([_is_extra(self, *(int(i) for i in row)) for row in hkl], dtype=np.bool_)


#: Types of the bundle in which one is the other with the sites of one element shared by two.
#: Lattices as in the catalogue: ordering of metals in corundum, AuCu3 of fcc, ZrBeSi of AlB2,
#: chalcopyrite of sphalerite, elpasolite of perovskite.
DERIVATIONS = (
    Derivation("Corundum-Al2O3", "Ilmenite-FeTiO3", (1, 1, 1), 167),
    Derivation("fcc(ccp)-Cu", "Auricupride-AuCu3", (1, 1, 1), 225),
    Derivation("AlB2", "ZrBeSi", (1, 1, 2), 191),
    Derivation("Sphalerite-ZnS(cF8)", "Chalcopyrite-CuFeS2", (1, 1, 2), 216),
    Derivation("Perovskite-CaTiO3", "Elpasolite-K2NaAlF6", (2, 2, 2), 221),
)

#: The same where the parent is none of the bundle's types. Sphalerite with one element on both
#: sites is diamond: silicon, the commonest standard.
BEYOND_THE_BUNDLE = (Derivation("Diamond-C", "Sphalerite-ZnS(cF8)", (1, 1, 1), 227),)


@lru_cache(maxsize=16384)
def _is_extra(derivation: Derivation, h: int, k: int, m: int) -> bool:
    import gemmi

    for index, multiple in zip((h, k, m), derivation.multiples, strict=True):
        if index % multiple:
            return True
    parent = [i // n for i, n in zip((h, k, m), derivation.multiples, strict=True)]
    group = gemmi.find_spacegroup_by_number(derivation.parent_group).operations()
    return bool(group.is_systematically_absent(parent))


def derivation_of(found: Identification) -> Derivation | None:
    """How one of the first two candidates derives from the other; None where it does not."""
    pair = found.candidates[:2]
    if len(pair) < 2 or pair[1].probability < LEAST_PROBABILITY:
        return None
    types = {each.type for each in pair}
    return next((d for d in DERIVATIONS if {d.parent, d.derivative} == types), None)


@dataclass(frozen=True, slots=True)
class AlikeBeyond:
    """A type beyond the bundle whose pattern may be that of one of its types.

    Attributes
    ----------
    parent
        Its name.
    has_parent, has_derivative
        Whether a known compound of it, and of the bundle's type with no line more that would be
        seen, has the lattice of the sample.
    """

    parent: str
    has_parent: bool
    has_derivative: bool


class DerivativeTest:
    """Decides between parents and derivatives by the lines that only the latter have.

    Parameters
    ----------
    index
        The known compounds.
    starts
        Gives lines of a type, each about where it lies on a sample.
    """

    def __init__(
        self, index: CompoundIndex, starts: Callable[[Sample, tuple[str, ...]], Iterable[Start]]
    ) -> None:
        self._index, self._starts = index, starts
        self._further: dict[Derivation, list[tuple[FloatArray, FloatArray]]] = {}

    def _further_lines(self, derivation: Derivation) -> list[tuple[FloatArray, FloatArray]]:
        """D and relative height of the lines of each known derivative that only these have."""
        if derivation not in self._further:
            numbers = self._index.of_types([derivation.derivative])
            self._further[derivation] = [self._further_of(derivation, number) for number in numbers]
        return self._further[derivation]

    def _further_of(self, derivation: Derivation, number: int) -> tuple[FloatArray, FloatArray]:
        lines, d = self._index.lines_of(number), self._index.d_of(np.array([number]))
        height = lines.strength * lorentz_polarisation_of_d(d, 1.5406)
        extra = derivation.only_derivative(lines.hkl)
        return d[extra], height[extra] / height.max()

    def decided(self, sample: Sample, found: Identification) -> Identification:
        """The answer with the first two candidates weighed anew, where one derives from the other.

        Parameters
        ----------
        sample
            Prepared for the model.
        found
            The answer; given back where the two are no such pair, or their lines cannot be laid.
        """
        derivation = derivation_of(found)
        if derivation is None:
            return found
        first, second, *others = found.candidates
        seen = self._seen(sample, derivation)
        if seen is None:
            return found
        pair = _weighed((first, second), self._chances(sample, derivation, seen=seen))
        kept = [name for name in found.candidate_set if name != pair[0].type]
        return replace(found, candidates=(*pair, *others), candidate_set=(pair[0].type, *kept))

    def alike_beyond(self, sample: Sample, derivative: str) -> AlikeBeyond | None:
        """What a parent that is no type of the bundle, and its derivative, have of such a pattern.

        None where the type is no derivative of such a parent, its lines cannot be laid, or one
        stands out that only the derivative has.

        Parameters
        ----------
        sample
            Prepared for the model.
        derivative
            Name of the type.
        """
        derivation = next((d for d in BEYOND_THE_BUNDLE if d.derivative == derivative), None)
        if derivation is None or self._seen(sample, derivation) is not False:
            return None
        parents = self._of_lattice(sample, derivation.parent)
        own = set(self._of_lattice(sample, derivative))
        hidden = self._unseen(sample, derivation)
        numbers = self._index.of_types([derivative])
        derivatives = [n for n, is_hidden in zip(numbers, hidden, strict=True) if is_hidden]
        return AlikeBeyond(derivation.parent, bool(parents), bool(own.intersection(derivatives)))

    def _chances(self, sample: Sample, derivation: Derivation, *, seen: bool) -> dict[str, float]:
        """How probable what is seen would be for parent and derivative, up to a common factor."""
        unseen = self._share_unseen(sample, derivation)
        parent, derivative = derivation.parent, derivation.derivative
        return {
            parent: (BY_CHANCE if seen else 1.0 - BY_CHANCE)
            * self._lattice_odds(sample, parent, derivative),
            derivative: (1.0 - unseen if seen else unseen)
            * self._lattice_odds(sample, derivative, parent),
        }

    def _seen(self, sample: Sample, derivation: Derivation) -> bool | None:
        """Whether a line that only the derivative has stands out; None where none can be laid."""
        overlap = Overlap.of_sample(sample)
        for start in self._starts(sample, (derivation.derivative,)):
            laid = lay_lines(start, sample, overlap=overlap)
            if laid is None:
                continue
            place = places(laid[0], overlap.wavelength_angstrom, shift_deg=laid[1])
            extra = derivation.only_derivative(start.lines.hkl)
            reach = reach_deg(sample)
            own = place[extra]
            own = own[_distance(own, place[~extra]) > 2.0 * reach]
            peaks = sample.peaks.two_theta_deg[sample.peaks.height >= _least_seen(sample)]
            return bool((_distance(peaks, own) < reach).any())
        return None

    def _share_unseen(self, sample: Sample, derivation: Derivation) -> float:
        """Share of the known derivatives whose further lines would all be too weak to be seen."""
        unseen = self._unseen(sample, derivation)
        if not unseen:
            return 1.0
        return float(np.clip(np.mean(unseen), _LEAST_CHANCE, 1.0 - _LEAST_CHANCE))

    def _unseen(self, sample: Sample, derivation: Derivation) -> list[bool]:
        """Whether the further lines of each known derivative would all be too weak to be seen."""
        limit = _least_seen(sample)
        axis, mask = sample.prepared.two_theta_deg, sample.prepared.mask
        unseen = []
        for d, height in self._further_lines(derivation):
            place = two_theta_of(d**-2.0, sample.grid.wavelength_angstrom)
            at = np.clip(np.searchsorted(axis, place), 0, len(axis) - 1)
            inside = (place > axis[0]) & (place < axis[-1]) & mask[at]
            unseen.append(not (height[inside] >= limit).any())
        return unseen

    def _lattice_odds(self, sample: Sample, name: str, other: str) -> float:
        """How much the lattice speaks for a type: that it is, or is not, a known compound's."""
        edges = self._edges_on(sample, name)
        if edges is None:
            return 1.0
        known = self._edges(name)
        agrees = _agree(edges, known).any()
        by_chance = float(_agree(self._edges(other), known).any(axis=1).mean())
        by_chance = float(np.clip(by_chance, _LEAST_CHANCE, 1.0 - _LEAST_CHANCE))
        return ARE_KNOWN / by_chance if agrees else (1.0 - ARE_KNOWN) / (1.0 - by_chance)

    def _of_lattice(self, sample: Sample, name: str) -> list[int]:
        """Numbers of the known compounds of a type that have the lattice of the sample."""
        edges = self._edges_on(sample, name)
        if edges is None:
            return []
        agrees = _agree(edges, self._edges(name))[0]
        return [int(number) for number in self._index.of_types([name])[agrees]]

    def _edges_on(self, sample: Sample, name: str) -> FloatArray | None:
        """Edges of a type's lattice on the sample, (1, 3), angstrom; None without one."""
        overlap = Overlap.of_sample(sample)
        estimates = (
            estimate_lattice(start, sample, overlap=overlap)
            for start in self._starts(sample, (name,))
        )
        estimate = next((found for found in estimates if found is not None), None)
        return None if estimate is None else np.array([estimate.cell[:3]])

    def _edges(self, name: str) -> FloatArray:
        """Edges of the known compounds of a type, (n, 3), angstrom."""
        rows = self._index.of_types([name])
        cells = [self._index.compounds[row].cell[:3] for row in rows]
        return np.array(cells, dtype=np.float64).reshape(-1, 3)


def _distance(places: FloatArray, others: FloatArray) -> FloatArray:
    """From each place to the nearest of the others, degrees."""
    apart = np.abs(places[:, None] - others[np.isfinite(others)])
    nearest: FloatArray = apart.min(axis=1, initial=np.inf)
    return nearest


def _agree(edges: FloatArray, known: FloatArray) -> BoolArray:
    """Whether lattices (m, 3) are those of known compounds (n, 3), (m, n)."""
    apart = np.abs(np.log(edges[:, None] / known[None])).max(axis=2)
    return np.asarray(apart < SAME_LATTICE)


def _least_seen(sample: Sample) -> float:
    return max(LEAST_SEEN, LEAST_SIGMA * sample.relative_noise)


def _weighed(
    pair: tuple[Candidate, Candidate], chances: dict[str, float]
) -> tuple[Candidate, Candidate]:
    """Two candidates by Bayes' rule, the more probable first; their sum stays."""
    total = sum(each.probability for each in pair)
    weight = [each.probability * chances[each.type] for each in pair]
    new = [
        replace(each, probability=total * w / sum(weight))
        for each, w in zip(pair, weight, strict=True)
    ]
    first, second = sorted(new, key=lambda each: -each.probability)
    return first, second
