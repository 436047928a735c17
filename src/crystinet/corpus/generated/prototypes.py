"""Prototypes: compounds that structure types are called after, from ``data/prototypes.txt``."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from crystinet.corpus.compound import composition_of, reduced_formula
from crystinet.crystals.wyckoff import without_hand


@dataclass(frozen=True, slots=True)
class Prototype:
    """A line of ``data/prototypes.txt``: a name, and whether the type is wanted in any case."""

    name: str
    wanted: bool


def prototype_of(
    formula: str, space_group: int, *, pearson: str, code: str = ""
) -> Prototype | None:
    """Find what a compound of this formula, space group (either hand) and cell is prototype of.

    ``code`` is that of its entry, which the list may name as well.
    """
    key = _canonical(formula), without_hand(space_group)
    table = _prototypes()
    found = (table.get((*key, which)) for which in (code, pearson, ""))
    return next((prototype for prototype in found if prototype is not None), None)


def is_wanted(formula: str, space_group: int) -> bool:
    """Whether some structure of a compound gives a type in any case."""
    key = _canonical(formula), without_hand(space_group)
    return key in _wanted()


def _canonical(formula: str) -> str:
    return reduced_formula(composition_of(formula.removesuffix("%")))


@lru_cache(maxsize=1)
def _wanted() -> frozenset[tuple[str, int]]:
    return frozenset(key[:2] for key, found in _prototypes().items() if found.wanted)


@lru_cache(maxsize=1)
def _prototypes() -> Mapping[tuple[str, int, str], Prototype]:
    """Prototypes by reduced formula, space group and Pearson symbol or code ("" for any)."""
    text = files("crystinet.corpus").joinpath("data/prototypes.txt").read_text("utf-8")
    table = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            compound, numbers, name = (part.strip() for part in line.split("|"))
            formula, _, pearson = compound.partition("(")
            for number in numbers.split():
                key = _canonical(formula), without_hand(int(number)), pearson.rstrip(")")
                table[key] = Prototype(name.removesuffix("!").strip(), name.endswith("!"))
    return table
