"""Minerals as an independent check: what mineralogy says about their structure types.

A structure is taken for a mineral of the table if its composition and space group are the
mineral's. The table knows nothing of Wyckoff positions, distances or tolerances, so that an
agreement says something about the assignment.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from crystinet.corpus.compound import composition_of

#: Composition may differ from the ideal formula by this share of all atoms, foreign elements too.
COMPOSITION_TOLERANCE = 0.02

#: What the table writes for a mineral whose structure type is not in the catalogue.
_NONE = "-"

_GROUP = re.compile(r"\(([A-Za-z,]+)\)(\d*)|([A-Z][a-z]?)(\d*)")
_COMPLEX = re.compile(r"\(([A-Za-z0-9]+)\)(\d+)")


@dataclass(frozen=True, slots=True)
class Mineral:
    """One mineral of the table.

    Attributes
    ----------
    name
        Of the species, or of a series with the same structure.
    formula
        Groups of elements that share sites, and the atoms of each group; without hydrogen, which
        many structure determinations leave out.
    space_groups
        International numbers.
    type_name
        Structure type; empty if it is none of the catalogue.
    """

    name: str
    formula: tuple[tuple[frozenset[str], float], ...]
    space_groups: frozenset[int]
    type_name: str

    def has_composition(self, shares: dict[str, float]) -> bool:
        """Whether a composition, in shares of the atoms, is this mineral's."""
        atoms = sum(amount for _, amount in self.formula)
        foreign = 1.0
        for elements, amount in self.formula:
            share = sum(shares.get(element, 0.0) for element in elements)
            if abs(share - amount / atoms) > COMPOSITION_TOLERANCE:
                return False
            foreign -= share
        return foreign <= COMPOSITION_TOLERANCE


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the assigned types agree with the table.

    Attributes
    ----------
    minerals
        Number of minerals found.
    correct, none, wrong
        Structures with the mineral's type, without a type where the mineral has one, with another
        type.
    differing
        One line for each mineral and type that differ, with a structure as an example.
    """

    minerals: int
    correct: int
    none: int
    wrong: int
    differing: tuple[str, ...]


@lru_cache(maxsize=1)
def load_minerals() -> tuple[Mineral, ...]:
    """Read the table that comes with the package."""
    text = files("crystinet.corpus").joinpath("data/minerals.txt").read_text("utf-8")
    minerals = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, formula, numbers, kind = (part.strip() for part in line.split("|"))
            space_groups = frozenset(map(int, numbers.split()))
            type_name = "" if kind == _NONE else kind
            minerals.append(Mineral(name, _groups(formula), space_groups, type_name))
    return tuple(minerals)


def mineral_of(formula: str, space_group: int) -> Mineral | None:
    """Find the first mineral of the table with this composition and space group."""
    amounts = composition_of(formula)
    if len(amounts) > 1:
        amounts.pop("H", None)
    total = sum(amounts.values())
    shares = {element: amount / total for element, amount in amounts.items()}
    for mineral in _by_space_group().get(space_group, ()):
        if mineral.has_composition(shares):
            return mineral
    return None


def agreement_with_minerals(found: Iterable[tuple[str, int, str, str]]) -> Agreement:
    """Compare assigned types with those of the minerals among some structures.

    ``found`` yields formula, space group as the source gives it, assigned type (empty for none)
    and the code of the structure.
    """
    counts: Counter[str] = Counter()
    seen: set[str] = set()
    differing: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for formula, space_group, type_name, code in found:
        mineral = mineral_of(formula, space_group)
        if mineral is None:
            continue
        seen.add(mineral.name)
        if type_name == mineral.type_name:
            counts["correct"] += 1
            continue
        counts["wrong" if type_name else "none"] += 1
        differing[mineral.name, mineral.type_name, type_name].append(code)
    lines = (
        f"{name}: {kind or 'none'} expected, {other or 'none'} assigned, {len(codes)} structures, "
        f"such as {codes[0]}"
        for (name, kind, other), codes in sorted(differing.items())
    )
    return Agreement(len(seen), counts["correct"], counts["none"], counts["wrong"], tuple(lines))


@lru_cache(maxsize=1)
def _by_space_group() -> dict[int, list[Mineral]]:
    index: dict[int, list[Mineral]] = defaultdict(list)
    for mineral in load_minerals():
        for number in mineral.space_groups:
            index[number].append(mineral)
    return dict(index)


def _groups(formula: str) -> tuple[tuple[frozenset[str], float], ...]:
    """Read ``"Ca(Mg,Fe)(CO3)2"``: groups of elements, or of one, with their amounts."""
    plain = _COMPLEX.sub(_multiplied, formula)
    groups: dict[frozenset[str], float] = defaultdict(float)
    for shared, number, element, amount in _GROUP.findall(plain):
        elements = frozenset(shared.split(",")) if shared else frozenset({element})
        groups[elements] += float(number or amount or 1)
    return tuple(groups.items())


def _multiplied(complex_anion: re.Match[str]) -> str:
    factor = int(complex_anion[2])
    atoms = re.findall(r"([A-Z][a-z]?)(\d*)", complex_anion[1])
    return "".join(f"{element}{factor * int(amount or 1)}" for element, amount in atoms)
