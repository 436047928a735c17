"""Structure types by the labels that databases write: ``"Spinel#MgAl2O4"``, ``"NaCl"``.

The Inorganic Crystal Structure Database puts the name of the type into each CIF
(``_chemical_name_structure_type``): a formula, or a mineral or class name, ``#`` and a formula,
each with a qualifier in parentheses where it needs one. A label is taken apart and compared part
by part, formulas by their contents, so that order, case and spaces do not matter. The names
themselves and their synonyms (``labels``) are in the catalogue.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import gcd

import gemmi

from crystinet.crystals.catalogue import Catalogue, load_catalogue
from crystinet.crystals.structure_type import StructureType

_SUFFIX = re.compile(r"[\s-]*\b(structure)?[\s-]*type$", re.IGNORECASE)
_PEARSON = re.compile(r"[amothc][PSABCFIR]\d+")
_QUALIFIED = re.compile(r"(.*?)\(([^()]*)\)")
_AMOUNT = r"((?:\d+\.?\d*|\.\d+)?)"
_ATOMS = re.compile(rf"([A-Z][a-z]?){_AMOUNT}")
_INNERMOST = re.compile(rf"\(([^()]+)\){_AMOUNT}")


#: For each reading of a label, the types by name, with the Pearson symbols that it may give.
_Index = dict[tuple[str, ...], dict[str, tuple[StructureType, frozenset[str]]]]


@dataclass(frozen=True, slots=True)
class _Label:
    """A label taken apart; equal for labels that say the same.

    Attributes
    ----------
    parts
        Formulas, words and qualifiers, sorted.
    pearson
        Pearson symbol if the label gives one, in lower case; it is compared with the reference, not
        with another label.
    """

    parts: tuple[str, ...]
    pearson: str


def type_from_label(label: str, *, catalogue: Catalogue | None = None) -> StructureType | None:
    """Find the structure type that a label names.

    Parameters
    ----------
    label
        As in ``_chemical_name_structure_type``.
    catalogue
        The types to choose from; the package's own if None.

    Returns
    -------
    The type; None if the catalogue does not know the label, or if it fits several types ("ZnS").
    """
    names, formulas = _indices(load_catalogue() if catalogue is None else catalogue)
    for reading in _readings(label):
        for index in (names, formulas):
            named = [
                kind
                for kind, symbols in index.get(reading.parts, {}).values()
                if reading.pearson in symbols
            ]
            if named:
                return named[0] if len(named) == 1 else None
    return None


@lru_cache(maxsize=4)
def _indices(catalogue: Catalogue) -> tuple[_Index, _Index]:
    """Types by the parts of their names and labels, and by each formula in them alone.

    A formula is as good as the full name ("CaWO4" for "Scheelite-CaWO4") unless it is itself the
    name of another type ("Th2Zn17" and "Th2Zn17-filled").
    """
    names: _Index = {}
    formulas: _Index = {}
    for kind in catalogue:
        found = (kind, _pearson_symbols(kind))
        for text in (kind.name, *kind.labels):
            parts = _split(text)
            for reading in _in_both_cases(parts):
                names.setdefault(reading.parts, {})[kind.name] = found
            for part in parts:
                if _formula(_without_qualifiers(part)[0]):
                    for reading in _in_both_cases([part]):
                        formulas.setdefault(reading.parts, {})[kind.name] = found
    return names, formulas


def _pearson_symbols(kind: StructureType) -> frozenset[str]:
    """What a label may say, in lower case: nothing, or rhombohedral atoms of either cell."""
    symbol = kind.definitions[0].reference.pearson_symbol.lower()
    hexagonal = {f"hr{3 * int(symbol[2:])}"} if symbol.startswith("hr") else set()
    return frozenset({"", symbol, *hexagonal})


def _in_both_cases(parts: list[str]) -> tuple[_Label, _Label]:
    return _reading(parts), _reading([part.lower() for part in parts])


def _readings(label: str) -> Iterator[_Label]:
    """Yield what a label may mean: as written, with spaces as separators, in lower case."""
    text = unicodedata.normalize("NFKC", label).replace("_", "").strip().strip("'\"")
    text = _SUFFIX.sub("", text)
    letters = "".join(filter(str.isalpha, text))
    one_case = letters in (letters.lower(), letters.upper())
    for spelling in (text, re.sub(r"\s+", "#", text)):
        parts = _split(spelling)
        yield _reading(parts)
        if one_case:
            yield _reading([part.lower() for part in parts])


def _split(text: str) -> list[str]:
    """Split at ``#`` and ``-``; a qualifier that stands alone belongs to the part before it."""
    parts: list[str] = []
    for part in re.split(r"[#\-–]+(?![^(]*\))", re.sub(r"\s+", "", text)):
        if part.startswith("(") and parts and not _formula(part):
            parts[-1] += part
        elif part:
            parts.append(part)
    return parts


def _reading(parts: list[str]) -> _Label:
    """Give the normal form of a label's parts."""
    tokens, pearson = [], ""
    for part in parts:
        base, qualifiers = _without_qualifiers(part)
        tokens.append(_formula(base) or base.lower())
        for qualifier in qualifiers:
            if _PEARSON.fullmatch(qualifier) or _PEARSON.fullmatch(_as_pearson(qualifier)):
                pearson = qualifier.lower()
            else:
                tokens.append(f"({qualifier.lower()})")
    return _Label(tuple(sorted(tokens)), pearson)


def _as_pearson(qualifier: str) -> str:
    """Write "cp12" as "cP12": in a label of one case the lattice letter is not a capital."""
    lowered = qualifier.lower()
    return lowered[:1] + lowered[1:2].upper() + lowered[2:]


def _without_qualifiers(part: str) -> tuple[str, list[str]]:
    """Take the qualifiers off: ``"CaCO3(hR10)"`` gives ``"CaCO3"`` and ``["hR10"]``."""
    qualifiers = []
    while not _formula(part) and part.endswith(")") and (found := _QUALIFIED.fullmatch(part)):
        part, qualifier = found.groups()
        qualifiers.append(qualifier)
    return part, qualifiers


def _formula(text: str) -> str:
    """Write a chemical formula with sorted elements and the smallest amounts; else nothing."""
    while "(" in text:
        text, replaced = _INNERMOST.subn(_multiplied, text, count=1)
        if not replaced:
            return ""
    amounts: Counter[str] = Counter()
    end = 0
    for atom in _ATOMS.finditer(text):
        if atom.start() != end or gemmi.Element(atom[1]).name != atom[1]:
            return ""
        amounts[atom[1]] += float(atom[2] or 1)  # type: ignore[assignment]
        end = atom.end()
    return _written(amounts) if amounts and end == len(text) else ""


def _multiplied(group: re.Match[str]) -> str:
    """Write out a group in parentheses: ``"(SiO3)2"`` gives ``"Si2O6"``."""
    factor = float(group[2] or 1)
    atoms = list(_ATOMS.finditer(group[1]))
    if "".join(atom[0] for atom in atoms) != group[1]:
        return "?"  # a qualifier, not a group of atoms
    return "".join(f"{atom[1]}{factor * float(atom[2] or 1):g}" for atom in atoms)


def _written(amounts: Mapping[str, float]) -> str:
    whole = [round(amount) for amount in amounts.values()]
    exact = all(abs(n - a) < 1e-6 and n for n, a in zip(whole, amounts.values(), strict=True))
    divisor = gcd(*whole) if exact else 1
    return "".join(f"{element}{amounts[element] / divisor:g}" for element in sorted(amounts))
