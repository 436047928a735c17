"""What is known of the composition: which elements a start may hold on which of its sites."""

import itertools
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.crystals.positions import positions_of
from crystinet.crystals.species import species_of_symbol
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.symmetry import analyse
from crystinet.fit.whole_pattern.atom_starts import AtomStart
from crystinet.simulation.scattering import atomic_number, element_of

_NUMBER = r"(\d+\.?\d*|\.\d+)?"
_PART = re.compile(rf"([A-Z][a-z]?){_NUMBER}|(\()|(\){_NUMBER})|\s+")
# Between a compound and what crystallises with it; a full stop only before water, as it is that of
# decimals elsewhere.
_DOT = re.compile(r"\s*[\u00b7\u22c5\u2022\u2219*]\s*")
_STOP = re.compile(r"(?<!\D0)(?<=[\dA-Za-z)])\.(?=(?:\d+\.)?\d*\s*H2O)")
_BRACKETS = str.maketrans("[]{}", "()()")
#: Elements that are anions where the others are not; they change places among themselves only.
ANIONS = frozenset("N O F P S Cl As Se Br Te I".split())
_HYDROGEN = frozenset(("H", "D", "T"))
# Amounts of a formula and of the sites that hold them differ by at most this part of all atoms.
_AMOUNT = 0.04
# At most so many ways are tried, and so many starts made of each start.
_MOST_WAYS, _MOST_STARTS = 20_000, 24


@dataclass(frozen=True)
class Composition:
    """Elements of a sample, with their amounts where a formula is known.

    Attributes
    ----------
    elements
        Without hydrogen, which X-rays hardly see.
    amounts
        Of each element, adding up to 1; None where only the elements are known.
    """

    elements: tuple[str, ...]
    amounts: Mapping[str, float] | None = None

    @classmethod
    def of(cls, *, formula: str | None, elements: Iterable[str] | None) -> "Self | None":
        """From what people give; None where neither is given.

        Raises
        ------
        ConfigError
            The formula cannot be read, or holds nothing but hydrogen.
        """
        if formula is not None:
            amounts = parsed_formula(formula)
            seen = {name: n for name, n in amounts.items() if name not in _HYDROGEN}
            total = sum(seen.values())
            if not total > 0.0:
                raise ConfigError(
                    f"The formula {formula!r} holds no element that X-rays see.",
                    hint='Write it as "SrTiO3" or "Ca(OH)2".',
                )
            return cls(tuple(sorted(seen)), {name: n / total for name, n in seen.items()})
        if elements is None:
            return None
        return cls(tuple(sorted(set(elements) - _HYDROGEN)))

    def starts(self, start: AtomStart) -> list[AtomStart]:
        """The start with these elements on its sites, in every way that agrees; may be empty."""
        groups = _groups(start.structure)
        names = list(groups)
        if not self.elements:
            return []
        ways = self._exact(groups) if self.amounts is not None else self._any(names)
        tried = sorted(itertools.islice(ways, _MOST_WAYS), key=_strangeness)
        made = [_replaced(start.structure, way) for way in tried[:_MOST_STARTS]]
        if not made and self.amounts is not None:
            tried = sorted(itertools.islice(self._joined(groups), _MOST_WAYS), key=_strangeness)
            made = [_replaced(start.structure, way) for way in tried[:_MOST_STARTS]]
            made = [each for each in made if _as_symmetric(each, start.structure)]
        return [replace(start, structure=structure) for structure in made]

    def _exact(self, groups: Mapping[str, float]) -> Iterator[dict[str, dict[str, float]]]:
        """Every element on one group of sites, the amounts right."""
        assert self.amounts is not None  # noqa: S101  (asked for only then)
        total = sum(groups.values())
        for places in itertools.product(groups, repeat=len(self.elements)):
            held: dict[str, dict[str, float]] = {name: {} for name in groups}
            for element, place in zip(self.elements, places, strict=True):
                held[place][element] = self.amounts[element]
            sums = {place: sum(parts.values()) for place, parts in held.items()}
            if all(abs(sums[g] - groups[g] / total) < _AMOUNT and sums[g] > 0.0 for g in groups):
                yield {g: {e: n / sums[g] for e, n in held[g].items()} for g in groups}

    def _joined(self, groups: Mapping[str, float]) -> Iterator[dict[str, dict[str, float]]]:
        """Elements on several groups of sites each, as iron in magnetite."""
        assert self.amounts is not None  # noqa: S101  (asked for only then)
        total = sum(groups.values())
        if len(self.elements) >= len(groups):
            return
        for held in itertools.product(self.elements, repeat=len(groups)):
            amounts = dict.fromkeys(self.elements, 0.0)
            for element, amount in zip(held, groups.values(), strict=True):
                amounts[element] += amount / total
            if all(abs(amounts[e] - self.amounts[e]) < _AMOUNT for e in self.elements):
                yield {g: {e: 1.0} for g, e in zip(groups, held, strict=True)}

    def _any(self, names: Sequence[str]) -> Iterator[dict[str, dict[str, float]]]:
        """All elements on the groups of sites, several in equal parts where there are more."""
        anions = [e for e in self.elements if e in ANIONS]
        cations = [e for e in self.elements if e not in ANIONS]
        like = {g: anions if g in ANIONS and anions else cations or anions for g in names}
        if len(self.elements) <= len(names):
            for chosen in itertools.product(*(like[g] for g in names)):
                if set(chosen) == set(self.elements):
                    yield {g: {e: 1.0} for g, e in zip(names, chosen, strict=True)}
            return
        for places in itertools.product(names, repeat=len(self.elements)):
            held: dict[str, list[str]] = {g: [] for g in names}
            for element, place in zip(self.elements, places, strict=True):
                held[place].append(element)
            if all(parts and set(parts) <= set(like[g]) for g, parts in held.items()):
                yield {g: dict.fromkeys(parts, 1.0 / len(parts)) for g, parts in held.items()}


def parsed_formula(formula: str) -> dict[str, float]:
    """Amounts of the elements of a formula: ``"Ca(OH)2"``, ``"Dy0.5Sr0.5MnO3"``.

    Small digits, other brackets and water of crystallisation are understood: ``"CaSO4.2H2O"``.

    Raises
    ------
    ConfigError
        Where it is none.
    """
    text = unicodedata.normalize("NFKC", formula).translate(_BRACKETS).strip()
    first, *others = _DOT.split(text)
    parts = [*_STOP.split(first, maxsplit=1), *others]
    if len(parts) == 1:
        return _amounts_in(text, formula)
    amounts: dict[str, float] = {}
    for each in parts:
        times = re.match(_NUMBER, each)
        number = times[0] if times else ""
        _put(amounts, _amounts_in(each[len(number) :], formula), float(number or 1))
    return amounts


def _amounts_in(text: str, formula: str) -> dict[str, float]:
    """Amounts of a part of a formula."""
    stack: list[dict[str, float]] = [{}]
    place = 0
    while place < len(text):
        part = _PART.match(text, place)
        if part is None or not part[0] or (part[4] and len(stack) == 1):
            break
        place = part.end()
        if part[1]:
            _put(stack[-1], {_element(part[1], formula): 1.0}, float(part[2] or 1))
        elif part[3]:
            stack.append({})
        elif part[4]:
            inner = stack.pop()
            _put(stack[-1], inner, float(part[5] or 1))
    if place < len(text) or len(stack) > 1 or not stack[0]:
        raise ConfigError(
            f"{formula!r} is no chemical formula.", hint='Write it as "SrTiO3" or "Ca(OH)2".'
        )
    return stack[0]


def _element(symbol: str, formula: str) -> str:
    try:
        return species_of_symbol(symbol)
    except InvalidStructureError:
        raise ConfigError(
            f"{symbol!r} in the formula {formula!r} is no element.",
            hint='Write elements with a capital first letter: "SrTiO3".',
        ) from None


def _put(amounts: dict[str, float], more: Mapping[str, float], times: float) -> None:
    for name, amount in more.items():
        amounts[name] = amounts.get(name, 0.0) + times * amount


def _main(site: Site) -> str:
    """The element that a site holds most of."""
    return element_of(max(site.species, key=lambda pair: pair[1])[0])


def _groups(structure: Structure) -> dict[str, float]:
    """Atoms in the cell of the sites that hold one main element, without hydrogen."""
    multiplicity = positions_of(structure, apart_angstrom=0.0).multiplicity
    groups: dict[str, float] = {}
    for site, number in zip(structure.sites, multiplicity, strict=True):
        if (name := _main(site)) not in _HYDROGEN:
            groups[name] = groups.get(name, 0.0) + float(number) * site.occupancy
    return groups


def _replaced(structure: Structure, way: Mapping[str, Mapping[str, float]]) -> Structure:
    sites = []
    for site in structure.sites:
        held = way.get(_main(site))
        if held is not None:
            shares = tuple((name, share * site.occupancy) for name, share in sorted(held.items()))
            site = replace(site, species=shares)
        sites.append(site)
    return replace(structure, sites=tuple(sites))


def _as_symmetric(structure: Structure, start: Structure) -> bool:
    """Whether other elements leave the symmetry as it was; with more of it, the type is another."""
    found, before = analyse(structure), analyse(start)
    ratio = found.structure("").cell.volume / before.structure("").cell.volume
    return found.space_group == before.space_group and abs(ratio - 1.0) < 1e-3


def _strangeness(way: Mapping[str, Mapping[str, float]]) -> float:
    """How little like the elements of the start those are that take their places."""
    total = 0.0
    for old, new in way.items():
        z = sum(share * atomic_number(name) for name, share in new.items())
        total += abs(math.log(z / atomic_number(old)))
        total += 3.0 * ((old in ANIONS) != all(name in ANIONS for name in new))
    return total
