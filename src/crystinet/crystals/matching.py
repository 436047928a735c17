"""Compare a structure with one definition: letters, then cell, coordination, elements, filling."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import combinations, islice, product

import numpy as np
from scipy.optimize import linear_sum_assignment

from crystinet.core.arrays import FloatArray
from crystinet.crystals.anx import anions_of, anx_formula
from crystinet.crystals.chemistry import unlikeness
from crystinet.crystals.coordination import difference, fingerprint
from crystinet.crystals.structure_type import Definition, StructureType
from crystinet.crystals.symmetry import Orbit, Symmetry
from crystinet.crystals.wyckoff import arrangements

#: Choices of the sites that belong to the type are tried up to this number, where guests share a
#: Wyckoff letter with them.
_MOST_CHOICES = 60
#: Sites that must be alike may differ by a minority of their atoms; unlike ones must differ more.
_ALIKE, _UNLIKE = 0.5, 0.25

#: For each Wyckoff letter of a definition: orbits of the structure, orbits of the reference.
OrbitGrouping = tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


class Difference(StrEnum):
    """What keeps a structure with the space group and Wyckoff sequence of a type out of it."""

    CELL = "axial ratio or angle"
    COORDINATES = "free coordinates"
    ANTI_TYPE = "anti-type"
    ELEMENTS = "other elements"
    OCCUPATION = "other occupation"


#: What speaks against a type, in words, and what kind of difference that is.
_Problem = tuple[str, Difference]


@dataclass(frozen=True, slots=True)
class Match:
    """How a structure compares with one definition of a type.

    Attributes
    ----------
    kind, definition
        What it was compared with.
    distance
        Mean difference of the coordination fingerprints.
    problem
        What speaks against the type, in words; empty if it fits.
    difference
        What kind of problem that is, the first one found; None if it fits.
    """

    kind: StructureType
    definition: Definition
    distance: float
    problem: str
    difference: Difference | None = None

    @property
    def only_too_far(self) -> bool:
        """Whether nothing but the distance speaks against it."""
        return self.difference is Difference.COORDINATES

    @property
    def nearness(self) -> float:
        """Distance in units of the definition's tolerance; up to 1 where it fits."""
        return self.distance / self.definition.tolerance

    @property
    def rank(self) -> tuple[bool, float]:
        """Sort key: what fits comes first, then what comes nearest for its tolerance."""
        return bool(self.problem), self.nearness


def compare(symmetry: Symmetry, kind: StructureType, definition: Definition) -> Match | None:
    """Find the best mapping of the orbits onto a definition's; None if the letters allow none."""
    cell_problem = _cell_problem(symmetry, definition)
    matches = []
    for orbits, groupings in _mappings(symmetry, definition):
        if not _guests_fit(symmetry, orbits, definition):
            continue
        reference = _reference_fingerprint(definition.reference)
        cost = difference(fingerprint(symmetry, orbits), reference)
        preference = cost + _forbidden(definition, orbits)
        for grouping in groupings:
            pairs = _pairs(preference, grouping)
            distance = _mean(cost, pairs, orbits)
            found = cell_problem or _site_problem(definition, orbits, pairs)
            if found is None and distance > definition.tolerance:
                text = f"the sites differ by {distance:.3f}, limit {definition.tolerance:g}"
                found = text, Difference.COORDINATES
            problem, what = found or ("", None)
            if what is Difference.ELEMENTS:  # pairs by elements may mix the sites of an anti-type
                plain = _pairs(cost, grouping)
                if _is_exchanged(definition, orbits, plain):
                    what, distance = Difference.ANTI_TYPE, _mean(cost, plain, orbits)
            matches.append(Match(kind, definition, distance, problem, what))
    return min(matches, key=lambda match: match.rank, default=None)


@cache
def _reference_fingerprint(reference: Symmetry) -> FloatArray:
    return fingerprint(reference, reference.orbits)


def _mappings(
    symmetry: Symmetry, definition: Definition
) -> Iterator[tuple[tuple[Orbit, ...], set[OrbitGrouping]]]:
    """Yield choices of orbits with their groupings by letter, in every equivalent setting."""
    targets: dict[str, tuple[int, ...]] = {}
    for index, letter in enumerate(definition.reference.letters):
        targets[letter] = (*targets.get(letter, ()), index)
    wanted = Counter(definition.reference.letters)
    choices: dict[tuple[int, ...], set[OrbitGrouping]] = {}
    for letters in arrangements(symmetry.space_group, symmetry.letters):
        have = Counter(letters)
        if wanted - have or not set(have - wanted) <= definition.optional:
            continue
        places = [[i for i, other in enumerate(letters) if other == letter] for letter in targets]
        options = product(
            *(combinations(p, len(t)) for p, t in zip(places, targets.values(), strict=True))
        )
        for picked in islice(options, _MOST_CHOICES):
            chosen = tuple(sorted(i for group in picked for i in group))
            groups = [tuple(chosen.index(i) for i in group) for group in picked]
            grouping = tuple(zip(groups, targets.values(), strict=True))
            choices.setdefault(chosen, set()).add(grouping)
    for chosen, groupings in choices.items():
        yield tuple(symmetry.orbits[i] for i in chosen), groupings


def _forbidden(definition: Definition, orbits: Sequence[Orbit]) -> FloatArray:
    """Add 1, more than any difference, where the elements of an orbit are not those of a role."""
    rules = [definition.elements.get(role) for role in definition.roles]
    return np.array(
        [
            [float(rule is not None and not rule.accepts(orbit.species)) for rule in rules]
            for orbit in orbits
        ]
    )


def _pairs(cost: FloatArray, grouping: OrbitGrouping) -> dict[int, int]:
    """Pair orbits with reference orbits of the same letter, as cheaply as possible."""
    pairs: dict[int, int] = {}
    for sources, targets in grouping:
        rows, columns = linear_sum_assignment(cost[np.ix_(sources, targets)])
        pairs |= {sources[i]: targets[j] for i, j in zip(rows, columns, strict=True)}
    return pairs


def _mean(cost: FloatArray, pairs: dict[int, int], orbits: Sequence[Orbit]) -> float:
    """Difference of the paired fingerprints, averaged over the atoms."""
    weights = np.array([orbits[i].multiplicity for i in pairs], dtype=np.float64)
    values = np.array([cost[i, j] for i, j in pairs.items()])
    return float(weights @ values / weights.sum())


def _guests_fit(symmetry: Symmetry, orbits: Sequence[Orbit], definition: Definition) -> bool:
    guests = [orbit for orbit in symmetry.orbits if orbit not in orbits]
    if definition.filled and not guests:
        return False
    rule = definition.guests
    return rule is None or all(rule.accepts(guest.species) for guest in guests)


def _cell_problem(symmetry: Symmetry, definition: Definition) -> _Problem | None:
    anx = anx_formula(symmetry) if definition.anx else ""
    if anx != definition.anx:
        return f"its ANX formula is {anx}, not {definition.anx}", Difference.ELEMENTS
    a, _, c, _, beta, _ = symmetry.cell
    checks = (("c/a", c / a, definition.c_over_a), ("beta", beta, definition.beta))
    for name, value, limits in checks:
        if limits is not None and not limits[0] <= value <= limits[1]:
            text = f"{name} = {value:.3g} is outside {limits[0]:g} to {limits[1]:g}"
            return text, Difference.CELL
    return None


def _site_problem(
    definition: Definition, orbits: Sequence[Orbit], pairs: dict[int, int]
) -> _Problem | None:
    """What the elements and occupancies of the sites forbid, in words, or nothing."""
    by_role: dict[str, list[Orbit]] = {}
    for index, target in pairs.items():
        by_role.setdefault(definition.roles[target], []).append(orbits[index])
    for role, rule in definition.elements.items():
        for orbit in by_role[role]:
            if not rule.accepts(orbit.species):
                elements = "/".join(element for element, _ in orbit.species)
                return f"{elements} on site {role}, wanted: {rule.text}", Difference.ELEMENTS
    for role, (low, high) in definition.occupancy.items():
        for orbit in by_role[role]:
            if not low <= orbit.occupancy <= high:
                text = f"occupancy {orbit.occupancy:.2f} of site {role} is not {low:g} to {high:g}"
                return text, Difference.OCCUPATION
    return _likeness_problem(definition, by_role)


def _likeness_problem(definition: Definition, by_role: dict[str, list[Orbit]]) -> _Problem | None:
    for roles in definition.alike:
        first, *others = (orbit for role in roles for orbit in by_role[role])
        if any(unlikeness(first.species, other.species) > _ALIKE for other in others):
            return f"the sites {roles} hold different elements", Difference.OCCUPATION
    for roles in definition.unlike:
        for one, other in product(by_role[roles[0]], by_role[roles[1]]):
            if unlikeness(one.species, other.species) < _UNLIKE:
                text = f"the sites {roles[0]} and {roles[1]} hold the same elements"
                return text, Difference.OCCUPATION
    return None


def _is_exchanged(definition: Definition, orbits: Sequence[Orbit], pairs: dict[int, int]) -> bool:
    """Whether cations stand on the sites of the anions, and the other way round."""
    anions, reference = _anions(orbits), _anions(definition.reference.orbits)
    if not anions or not reference:
        return False
    return all(
        (orbits[index].main_element in anions)
        != (definition.reference.orbits[target].main_element in reference)
        for index, target in pairs.items()
    )


def _anions(orbits: Sequence[Orbit]) -> frozenset[str]:
    amounts: Counter[str] = Counter()
    for orbit in orbits:
        amounts[orbit.main_element] += orbit.multiplicity
    return anions_of(amounts)
