"""What the contents of a cell rule out, before any search for symmetry.

The atoms of each species stand in fixed ratios in an ordered type: a definition with four and eight
atoms on its orbits can describe AB2 or an element, never ABX3. A wider tolerance may find more
symmetry and a smaller cell, but it never changes these ratios. So a look at the numbers of atoms
saves most of the repeated symmetry searches.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import gcd

from crystinet.crystals.catalogue import Catalogue
from crystinet.crystals.expansion import UnitCell
from crystinet.crystals.structure_type import Definition
from crystinet.crystals.symmetry import Symmetry, pseudo_species

#: Atoms of each species in the smallest whole numbers, sorted.
Ratios = tuple[int, ...]

_FULL = 0.995


@dataclass(frozen=True, slots=True)
class Demand:
    """What a definition demands of the contents of a cell.

    Attributes
    ----------
    atoms
        In the primitive cell; the structure has a multiple of them, or more where sites are
        optional.
    exact
        Whether all atoms of the structure belong to the definition (no optional sites).
    one_of
        Sets of elements; each must have a member in the structure.
    partial
        Whether some site must be partly empty.
    without
        Elements that are disregarded.
    """

    atoms: int
    exact: bool
    one_of: tuple[frozenset[str], ...]
    partial: bool
    without: frozenset[str]


def is_possible(cell: UnitCell, catalogue: Catalogue, *, framework: bool = False) -> bool:
    """Whether any definition may describe these atoms, whatever symmetry they have.

    Parameters
    ----------
    cell
        Any cell of the structure.
    catalogue
        Whose definitions are meant.
    framework
        Look at the definitions of frameworks instead of the others.
    """
    by_ratios, with_guests = _demands(catalogue, framework)
    elements = {element for kind in set(cell.species) for element, _ in kind}
    partial = any(sum(amount for _, amount in kind) < _FULL for kind in set(cell.species))
    numbers = Counter(pseudo_species(cell.species))
    bare = Counter(pseudo_species(tuple(k for k in cell.species if {e for e, _ in k} != {"H"})))
    for counts, protons in ((numbers, False), (bare, True)):
        atoms = counts.total()
        for demand in (*by_ratios.get(_ratios(counts.values()), ()), *with_guests):
            if (
                (not protons or demand.without)
                and (atoms % demand.atoms == 0 if demand.exact else atoms >= demand.atoms)
                and (partial or not demand.partial)
                and all(elements & wanted for wanted in demand.one_of)
            ):
                return True
    return False


@lru_cache(maxsize=16)
def _demands(
    catalogue: Catalogue, framework: bool
) -> tuple[Mapping[Ratios, tuple[Demand, ...]], tuple[Demand, ...]]:
    """Demands by the ratios that they allow, and those of definitions with optional sites."""
    by_ratios: dict[Ratios, dict[Demand, None]] = defaultdict(dict)
    with_guests: dict[Demand, None] = {}
    for kind in catalogue:
        for definition in kind.definitions:
            if (definition.framework is not None) != framework:
                continue
            orbits = _orbits_in_primitive_cell(definition.reference)
            demand = Demand(
                atoms=sum(orbits),
                exact=not definition.optional,
                one_of=_needed_elements(definition),
                partial=any(high < _FULL for _, high in definition.occupancy.values()),
                without=definition.without,
            )
            if definition.optional:
                with_guests[demand] = None
            else:
                for ratios in _allowed_ratios(definition, orbits):
                    by_ratios[ratios][demand] = None
    return {ratios: tuple(found) for ratios, found in by_ratios.items()}, tuple(with_guests)


def _needed_elements(definition: Definition) -> tuple[frozenset[str], ...]:
    rules = list(definition.elements.values())
    if definition.filled and definition.guests is not None:
        rules.append(definition.guests)
    return tuple({rule.elements: None for rule in rules if rule.allowed})


def _orbits_in_primitive_cell(reference: Symmetry) -> list[int]:
    lattice_points = {"P": 1, "R": 3, "F": 4}.get(reference.hall_symbol.lstrip("-")[0], 2)
    return [orbit.multiplicity // lattice_points for orbit in reference.orbits]


def _allowed_ratios(definition: Definition, orbits: Iterable[int]) -> set[Ratios]:
    """Ratios of the species; an ANX formula leaves only those of the reference.

    (A disordered structure whose sites hold other mixtures than elements is then taken as it is.)
    """
    if not definition.anx:
        return _possible_ratios(orbits)
    orbits_of = definition.reference.orbits
    atoms: Counter[str] = Counter()
    mixtures: Counter[int] = Counter()
    for orbit, number in zip(
        orbits_of, pseudo_species(tuple(o.species for o in orbits_of)), strict=True
    ):
        atoms[orbit.main_element] += orbit.multiplicity
        mixtures[number] += orbit.multiplicity
    return {_ratios(atoms.values()), _ratios(mixtures.values())}


def _possible_ratios(orbits: Iterable[int]) -> set[Ratios]:
    """Ratios of the species if any orbits may hold the same one."""
    found: set[tuple[int, ...]] = {()}
    for size in orbits:
        grown = set()
        for groups in found:
            grown.add(tuple(sorted((*groups, size))))
            for place in range(len(groups)):
                joined = groups[place] + size
                grown.add(tuple(sorted((*groups[:place], joined, *groups[place + 1 :]))))
        found = grown
    return {_ratios(groups) for groups in found}


def _ratios(counts: Iterable[int]) -> Ratios:
    numbers = sorted(counts)
    divisor = gcd(*numbers)
    return tuple(number // divisor for number in numbers)
