"""Names of generated types: the mineral or prototype where it is known, else a compound."""

from collections.abc import Iterable

from crystinet.corpus.compound import composition_of
from crystinet.corpus.generated.classes import ClassMember
from crystinet.corpus.labels.minerals import mineral_of
from crystinet.crystals.formulas import readable_formula


def named_after(members: Iterable[ClassMember]) -> str:
    """Find what a type is called.

    A prototype of the list in ``data/prototypes.txt`` comes first, then a mineral, then the first
    member (the one nearest to the middle) that is ordered and has few elements.
    """
    members = list(members)
    for member in members:
        if member.prototype is not None:
            return member.prototype.name
    for member in members:
        formula = member.compound.entry.formula
        mineral = mineral_of(formula, member.compound.space_group)
        if mineral is not None and not mineral.type_name:
            written = "" if formula.endswith("%") else f"-{readable_formula(formula)}"
            return f"{mineral.name.capitalize()}{written}"
    formulas = [member.compound.entry.formula for member in members]
    formulas = [formula for formula in formulas if not formula.endswith("%")] or formulas
    return readable_formula(min(formulas, key=lambda formula: len(composition_of(formula))))


def minerals_of(members: Iterable[ClassMember]) -> list[str]:
    """Names of minerals among the members, for the labels of a type."""
    found: dict[str, None] = {}
    for member in members:
        mineral = mineral_of(member.compound.entry.formula, member.compound.space_group)
        if mineral is not None and not mineral.type_name:
            found[mineral.name.capitalize()] = None
    return list(found)


def unique(name: str, *, pearson: str, space_group: int, taken: Iterable[str]) -> str:
    """Add the Pearson symbol, then the space group and a number, to a name that is taken."""
    taken = set(taken)
    tries = [name, f"{name}({pearson})", f"{name}({pearson},{space_group})"]
    tries += [f"{name}({pearson},{space_group},{n})" for n in range(2, 100)]
    return next(found for found in tries if found not in taken)
