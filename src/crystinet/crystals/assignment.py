"""Which structure type is this? Symmetry first, then geometry and chemistry of the sites."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, product

import numpy as np
from scipy.optimize import linear_sum_assignment

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.catalogue import (
    Catalogue,
    Definition,
    StructureType,
    key_of,
    load_catalogue,
)
from crystinet.crystals.chemistry import unlikeness
from crystinet.crystals.coordination import difference, fingerprint
from crystinet.crystals.expansion import UnitCell, expand
from crystinet.crystals.structure import Structure
from crystinet.crystals.symmetry import Orbit, Symmetry, analyse_cell
from crystinet.crystals.views import framework_of, simplified
from crystinet.crystals.wyckoff import arrangements

#: Tolerances of the symmetry search in angstrom, tried in turn: a real distortion (cryolite) must
#: not be smoothed away before a type with the lower symmetry had its chance.
SYMPREC_LADDER = (0.01, 0.05, 0.12)
#: Frameworks bend around their guests.
FRAMEWORK_SYMPREC = 0.25

_MAX_CHOICES = 60  # of the sites that belong to the type, where guests share a Wyckoff letter


@dataclass(frozen=True, slots=True)
class Assignment:
    """The structure type of a structure, or None, and why.

    Attributes
    ----------
    type
        The structure type; None if no type of the catalogue fits.
    space_group, pearson, wyckoff
        Of the structure as it was compared: Wyckoff letters from last to first, such as "b a".
    evidence
        One sentence for the reader.
    runner_up
        The type that fits next best, or comes nearest where none fits.
    """

    type: StructureType | None
    space_group: int
    pearson: str
    wyckoff: str
    evidence: str
    runner_up: StructureType | None = None


@dataclass(frozen=True, slots=True)
class _Match:
    """How a structure compares with one definition; ``problem`` is empty if it fits."""

    kind: StructureType
    definition: Definition
    distance: float
    problem: str

    @property
    def badness(self) -> float:
        return self.distance / self.definition.tolerance


def assign(
    structure: Structure,
    *,
    catalogue: Catalogue | None = None,
    symmetry: Symmetry | None = None,
) -> Assignment:
    """Find the structure type.

    Parameters
    ----------
    structure
        Any setting; mixed, partly occupied and split sites are welcome.
    catalogue
        The types to choose from; the package's own if None.
    symmetry
        The standardised structure with its Wyckoff positions where the caller trusts them (a
        database that was standardised before); searched for if None.

    Raises
    ------
    InvalidStructureError
        The structure is impossible.
    """
    catalogue = catalogue or load_catalogue()
    tried: list[tuple[Symmetry, list[_Match]]] = []
    for view, note in _views(structure, symmetry, catalogue):
        matches = _matches(view, catalogue, framework=note == "framework")
        fitting = [match for match in matches if not match.problem]
        if fitting:
            return _answer(view, fitting, matches, note)
        tried.append((view, matches))
    view, matches = next((entry for entry in tried if entry[1]), tried[0])
    return _no_answer(view, matches)


def _views(
    structure: Structure, symmetry: Symmetry | None, catalogue: Catalogue
) -> Iterator[tuple[Symmetry, str]]:
    """Yield ever simpler views of a structure, with a word on each."""
    if symmetry is not None:
        yield symmetry, ""
    cell = expand(structure)
    if symmetry is None:
        symmetry = analyse_cell(cell, symprec=SYMPREC_LADDER[0])
        yield symmetry, ""
    seen = [(symmetry.space_group, symmetry.wyckoff)]
    for symprec in SYMPREC_LADDER[1:]:
        view = _try(cell, symprec)
        if view is not None and (view.space_group, view.wyckoff) not in seen:
            seen.append((view.space_group, view.wyckoff))
            yield view, ""
    for simpler, note in simplified(cell):
        view = _try(simpler, SYMPREC_LADDER[-1])
        if view is not None:
            yield view, note
    for anions_join, ratio in catalogue.frameworks:
        skeleton = framework_of(cell, anions_join=anions_join)
        if skeleton is not None and abs(_anions_per_tetrahedron(skeleton) - ratio) < 1e-6:
            view = _try(skeleton, FRAMEWORK_SYMPREC)
            if view is not None:
                yield view, "framework"


def _anions_per_tetrahedron(framework: UnitCell) -> float:
    cations = sum(kind[0][0] == "Si" for kind in framework.species)
    return (len(framework.species) - cations) / cations


def _try(cell: UnitCell, symprec: float) -> Symmetry | None:
    """Search the symmetry; too wide a tolerance for close atoms is no error here."""
    try:
        return analyse_cell(cell, symprec=symprec)
    except InvalidStructureError:
        return None


def _matches(view: Symmetry, catalogue: Catalogue, *, framework: bool) -> list[_Match]:
    """Compare with every definition that the Wyckoff letters allow; best first."""
    found = []
    bare = _without_hydrogen(view)
    for symmetry in (view,) if bare is None else (view, bare):
        key = key_of(symmetry)
        candidates = list(catalogue.by_key.get(key, ()))
        candidates += catalogue.with_optional_sites.get(key[0], ())
        for kind, definition in candidates:
            if (definition.framework is not None) != framework:
                continue
            if symmetry is bare and not definition.without:
                continue
            match = _compare(symmetry, kind, definition)
            if match is not None:
                found.append(match)
    return sorted(found, key=lambda match: (bool(match.problem), match.badness))


def _without_hydrogen(symmetry: Symmetry) -> Symmetry | None:
    """Drop the protons; None if there are none, or if hydrogen may be an anion (no O or N)."""
    if not {"O", "N"} & symmetry.composition.keys():
        return None
    kept = tuple(o for o in symmetry.orbits if {e for e, _ in o.species} != {"H"})
    return replace(symmetry, orbits=kept) if 0 < len(kept) < len(symmetry.orbits) else None


def _compare(symmetry: Symmetry, kind: StructureType, definition: Definition) -> _Match | None:
    """Best mapping of the orbits onto those of the definition; None if the letters forbid any."""
    problem = _cell_problem(symmetry, definition)
    best: _Match | None = None
    for orbits, groups in _mappings(symmetry, definition):
        if not _guests_fit(symmetry, orbits, definition):
            continue
        cost = difference(fingerprint(symmetry, orbits), reference_fingerprint(definition))
        for pairs in _pairings(cost, groups, orbits):
            distance = _mean(cost, pairs, orbits)
            trouble = problem or _site_problem(definition, orbits, pairs)
            if not trouble and distance > definition.tolerance:
                trouble = f"the sites differ by {distance:.3f}, limit {definition.tolerance:g}"
            match = _Match(kind, definition, distance, trouble)
            if best is None or (bool(trouble), distance) < (bool(best.problem), best.distance):
                best = match
    return best


def reference_fingerprint(definition: Definition) -> FloatArray:
    """Fingerprint of a definition's reference structure, computed once."""
    return _reference_fingerprint(definition.reference)


@lru_cache(maxsize=None)
def _reference_fingerprint(reference: Symmetry) -> FloatArray:
    return fingerprint(reference, reference.orbits)


Groups = list[tuple[list[int], list[int]]]


def _mappings(
    symmetry: Symmetry, definition: Definition
) -> Iterator[tuple[tuple[Orbit, ...], set[tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]]]]:
    """Yield choices of orbits with the ways to group them by Wyckoff letter of the reference."""
    wanted = Counter(definition.reference.letters)
    choices: dict[tuple[int, ...], set[tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]]] = {}
    for letters in arrangements(symmetry.space_group, symmetry.letters):
        have = Counter(letters)
        surplus = have - wanted
        if wanted - have or not set(surplus) <= definition.optional:
            continue
        per_letter = []
        for letter, count in wanted.items():
            places = [i for i, other in enumerate(letters) if other == letter]
            per_letter.append(list(combinations(places, count)))
        for picked in list(product(*per_letter))[:_MAX_CHOICES]:
            chosen = tuple(sorted(i for group in picked for i in group))
            position = {index: place for place, index in enumerate(chosen)}
            groups = []
            for letter, group in zip(wanted, picked, strict=True):
                targets = [
                    j for j, other in enumerate(definition.reference.letters) if other == letter
                ]
                groups.append((tuple(position[i] for i in group), tuple(targets)))
            choices.setdefault(chosen, set()).add(tuple(groups))
    for chosen, grouped in choices.items():
        yield tuple(symmetry.orbits[i] for i in chosen), grouped


def _pairings(
    cost: FloatArray,
    grouped: set[tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]],
    orbits: Sequence[Orbit],
) -> Iterator[dict[int, int]]:
    """Yield the cheapest pairing (orbit to reference orbit) for each grouping by letters."""
    for groups in grouped:
        pairs: dict[int, int] = {}
        possible = True
        for sources, targets in groups:
            block = cost[np.ix_(sources, targets)]
            rows, columns = linear_sum_assignment(block)
            pairs |= {sources[i]: targets[j] for i, j in zip(rows, columns, strict=True)}
        if possible and len(pairs) == len(orbits):
            yield pairs


def _guests_fit(symmetry: Symmetry, orbits: Sequence[Orbit], definition: Definition) -> bool:
    guests = [orbit for orbit in symmetry.orbits if orbit not in orbits]
    if definition.filled and not guests:
        return False
    return definition.guests is None or all(definition.guests.accepts(g.species) for g in guests)


def _mean(cost: FloatArray, pairs: dict[int, int], orbits: Sequence[Orbit]) -> float:
    """Difference of the paired fingerprints, averaged over the atoms."""
    weights = np.array([orbits[i].multiplicity for i in pairs], dtype=np.float64)
    values = np.array([cost[i, j] for i, j in pairs.items()])
    return float(weights @ values / weights.sum())


def _cell_problem(symmetry: Symmetry, definition: Definition) -> str:
    a, _, c, _, beta, _ = symmetry.cell
    for name, value, limits in (
        ("c/a", c / a, definition.c_over_a),
        ("beta", beta, definition.beta),
    ):
        if limits is not None and not limits[0] <= value <= limits[1]:
            return f"{name} = {value:.3g} is outside {limits[0]:g} to {limits[1]:g}"
    return ""


def _site_problem(definition: Definition, orbits: Sequence[Orbit], pairs: dict[int, int]) -> str:
    """What the elements and occupancies of the sites forbid, in words, or nothing."""
    by_role: dict[str, list[Orbit]] = {}
    for index, target in pairs.items():
        by_role.setdefault(definition.roles[target], []).append(orbits[index])
    for role, rule in definition.elements.items():
        for orbit in by_role.get(role, ()):
            if not rule.accepts(orbit.species):
                return f"{_formula(orbit)} on site {role}, wanted: {rule.text}"
    for role, (low, high) in definition.occupancy.items():
        for orbit in by_role.get(role, ()):
            if not low <= orbit.occupancy <= high:
                return f"occupancy {orbit.occupancy:.2f} of site {role} is not {low:g} to {high:g}"
    for roles in definition.alike:
        same = [orbit for role in roles for orbit in by_role.get(role, ())]
        if any(unlikeness(same[0].species, other.species) > 0.5 for other in same[1:]):
            return f"the sites {roles} hold different elements"
    for first, second in definition.unlike:
        for a, b in product(by_role[first], by_role[second]):
            if unlikeness(a.species, b.species) < 0.25:
                return f"the sites {first} and {second} hold the same elements"
    return ""


def _formula(orbit: Orbit) -> str:
    return "/".join(element for element, _ in orbit.species)


def _answer(view: Symmetry, fitting: list[_Match], matches: list[_Match], note: str) -> Assignment:
    best = fitting[0]
    others = [match.kind for match in matches if match.kind.name != best.kind.name]
    as_what = {"": "", "framework": "the tetrahedral framework alone: "}.get(note, f"{note}: ")
    return Assignment(
        best.kind,
        view.space_group,
        view.pearson_symbol,
        view.wyckoff,
        f"{as_what}space group {view.space_group}, {view.pearson_symbol}, Wyckoff sequence "
        f"{view.wyckoff}; coordination of the sites differs from the reference by "
        f"{best.distance:.3f} (limit {best.definition.tolerance:g})",
        others[0] if others else None,
    )


def _no_answer(view: Symmetry, matches: list[_Match]) -> Assignment:
    key = f"space group {view.space_group}, {view.pearson_symbol}, Wyckoff sequence {view.wyckoff}"
    nearest = matches[0] if matches else None
    reason = f"nearest {nearest.kind.name}, but {nearest.problem}" if nearest else "in no type"
    return Assignment(
        None,
        view.space_group,
        view.pearson_symbol,
        view.wyckoff,
        f"{key}: {reason}",
        nearest.kind if nearest else None,
    )
