"""Whether a structure type can hold a formula on its sites, by the rules of assignment.

The elements are put on the sites of the type's reference in the ways that the amounts allow, and
each way is assigned like any other structure: rules on elements, anions and order decide as they
do there.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from enum import IntEnum
from functools import lru_cache

from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.assignment import assign_as_it_is
from crystinet.crystals.catalogue import Catalogue, find_type, load_catalogue, load_further
from crystinet.crystals.positions import positions_of
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.structure_type import StructureType

#: Shares of all atoms agree to this: formulas are rounded, and sites not quite full.
SAME_AMOUNT = 0.02
_HYDROGEN = frozenset(("H", "D", "T"))
# Elements that are anions where others are not.
_ANIONS = frozenset("N O F P S Cl As Se Br Te I".split())
# At most so many ways are assigned: a reference with many like sites has thousands.
_MOST_WAYS = 24

#: Elements of each group of sites, with their shares of it.
Filling = dict[str, dict[str, float]]


class Holding(IntEnum):
    """How well a type can hold a formula, the better the larger."""

    #: It has more kinds of sites that have to differ than there are elements.
    TOO_FEW = -1
    #: No way to put the elements on the sites is one of the type.
    CANNOT = 0
    #: Only with elements that share sites and are on several of them as well, or with guests.
    SHUFFLED = 1
    #: Only with several elements on one site: an alloy, a solid solution.
    MIXED = 2
    #: A framework with guests, or a type that nobody described: no amounts are fixed.
    OPEN = 3
    #: Each group of sites has one element, and one element has several groups.
    JOINED = 4
    #: Each group of sites has one element of its own.
    ORDERED = 5


def holding(kind: StructureType, amounts: Mapping[str, float]) -> Holding:
    """How well a structure type can hold a formula.

    Parameters
    ----------
    kind
        The type.
    amounts
        Of each element, on any scale. Hydrogen counts where there is neither oxygen nor nitrogen.
    """
    named = set(_seen(amounts))
    seen = {name: n for name, n in amounts.items() if name in named and n > 0.0}
    total = sum(seen.values())
    if not total:
        return Holding.CANNOT
    if any(d.framework is not None for d in kind.definitions):
        return Holding.OPEN
    found = _holding(kind.name, tuple(sorted((name, n / total) for name, n in seen.items())))
    if found is Holding.CANNOT:
        return min(found, holding_elements(kind, seen))
    return found


def holding_elements(kind: StructureType, elements: Iterable[str]) -> Holding:
    """Whether a structure type can hold just these elements, in whatever amounts.

    Parameters
    ----------
    kind
        The type.
    elements
        Symbols.

    Returns
    -------
    ``ORDERED`` where some way is of the type, ``OPEN`` where too many would have to be tried,
    ``TOO_FEW`` where elements would have to be on sites that the type tells apart.
    """
    seen = _seen(elements)
    if not seen:
        return Holding.CANNOT
    if any(d.framework is not None for d in kind.definitions):
        return Holding.OPEN
    return _holding_elements(kind.name, seen)


def _seen(elements: Iterable[str]) -> tuple[str, ...]:
    """Elements that assignment looks at: protons of hydroxides and amides it does not."""
    named = set(elements)
    return tuple(sorted(named - _HYDROGEN if named & {"O", "N"} else named))


@lru_cache(maxsize=4096)
def _holding_elements(name: str, elements: tuple[str, ...]) -> Holding:
    kind = find_type(name)
    groups = tuple(_groups(kind.reference))
    if len(elements) > len(groups):
        return Holding.OPEN  # some share a site: in alloys and solid solutions any may
    ways = [
        places
        for places in itertools.product(elements, repeat=len(groups))
        if set(places) == set(elements)
    ]
    if len(ways) > 2 * _MOST_WAYS:
        return Holding.OPEN
    tried: Iterator[Filling] = ({g: {e: 1.0} for g, e in zip(groups, w, strict=True)} for w in ways)
    if any(_is_of(kind, way) for way in tried):
        return Holding.ORDERED
    fixed = not any(d.optional or d.guests for d in kind.definitions)
    if not fixed:
        return Holding.OPEN
    return Holding.TOO_FEW if len(elements) < len(groups) else Holding.CANNOT


@lru_cache(maxsize=4096)
def _holding(name: str, amounts: tuple[tuple[str, float], ...]) -> Holding:
    kind = find_type(name)
    held, groups = dict(amounts), _groups(kind.reference)
    ways = sorted(itertools.islice(_ways(groups, held), 8 * _MOST_WAYS), key=_mixed)
    for way in ways[:_MOST_WAYS]:
        if _is_of(kind, way):
            joined = len({element for own in way.values() for element in own}) < len(way)
            if _mixed(way):
                return Holding.MIXED
            return Holding.JOINED if joined else Holding.ORDERED
    if any(d.optional or d.guests for d in kind.definitions):
        return Holding.SHUFFLED  # some on sites that the reference has empty
    anions = sum(n for element, n in held.items() if element in _ANIONS)
    places = sum(n for group, n in groups.items() if group in _ANIONS)
    shuffled = 0.0 < anions and abs(anions - places) < SAME_AMOUNT and len(held) > 2
    return Holding.SHUFFLED if shuffled else Holding.CANNOT


def _groups(structure: Structure) -> dict[str, float]:
    """Share of all atoms on the sites of each main element, without protons."""
    multiplicity = positions_of(structure, apart_angstrom=0.0).multiplicity
    protons = _HYDROGEN if any(_main(site) in ("O", "N") for site in structure.sites) else ()
    groups: dict[str, float] = {}
    for site, number in zip(structure.sites, multiplicity, strict=True):
        if (name := _main(site)) not in protons:
            groups[name] = groups.get(name, 0.0) + float(number) * site.occupancy
    total = sum(groups.values())
    return {name: n / total for name, n in groups.items()}


def _main(site: Site) -> str:
    return max(site.species, key=lambda pair: pair[1])[0].rstrip("+-0123456789")


def _ways(groups: Mapping[str, float], held: Mapping[str, float]) -> Iterator[Filling]:
    """Ways in which each group has elements of its own, or one that it shares with other groups."""
    if not groups:
        if not held:
            yield {}
        return
    first, *others = groups
    for size in range(1, len(held) - len(others) + 1 if others else len(held) + 1):
        for chosen in itertools.combinations(held, size):
            own = {name: held[name] for name in chosen}
            total = sum(own.values())
            if abs(total - groups[first]) < SAME_AMOUNT:
                rest = {g: groups[g] for g in others}
                left = {e: n for e, n in held.items() if e not in own}
                for way in _ways(rest, left):
                    yield {first: {e: n / total for e, n in own.items()}, **way}
    for size in range(1, len(others) + 1):
        for joined in itertools.combinations(others, size):
            total = groups[first] + sum(groups[g] for g in joined)
            for element, amount in held.items():
                if abs(amount - total) < SAME_AMOUNT:
                    rest = {g: groups[g] for g in others if g not in joined}
                    left = {e: n for e, n in held.items() if e != element}
                    for way in _ways(rest, left):
                        yield {g: {element: 1.0} for g in (first, *joined)} | way


def _mixed(way: Filling) -> int:
    """Elements beyond the first on all groups."""
    return sum(len(own) - 1 for own in way.values())


def _is_of(kind: StructureType, way: Filling) -> bool:
    """Whether the reference with these elements is assigned to the type, or to its class."""
    sites = [
        replace(site, species=tuple((e, n * site.occupancy) for e, n in sorted(own.items())))
        for site in kind.reference.sites
        if (own := way.get(_main(site)))
    ]
    try:
        structure = replace(kind.reference, sites=tuple(sites))
        catalogue = _catalogue_of(kind)
        found = assign_as_it_is(structure, catalogue=catalogue).type
    except InvalidStructureError:
        return False
    return found is not None and catalogue.class_of(found).name == catalogue.class_of(kind).name


def _catalogue_of(kind: StructureType) -> Catalogue:
    own = load_catalogue()
    return own if own.has(kind.name) else load_further()
