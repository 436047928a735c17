"""The isoconfigurational classes of a store that may become structure types.

A class is what shares space group (either hand), canonical Wyckoff letters and ANX formula. Protons
beside oxygen or nitrogen are left out, since half of the entries do not have them.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from crystinet.core.errors import InvalidStructureError
from crystinet.corpus.compound import EXPERIMENTAL, Compound
from crystinet.corpus.generated.prototypes import Prototype, is_wanted, prototype_of
from crystinet.crystals.anx import anx_formula
from crystinet.crystals.assignment import without_protons
from crystinet.crystals.symmetry import Symmetry, analyse
from crystinet.crystals.wyckoff import without_hand

#: Space group, Wyckoff sequence, ANX formula.
ClassKey = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class ClassMember:
    """One compound of a class.

    Attributes
    ----------
    compound
        As it stands in the store.
    symmetry
        Standardised; without protons where the class disregards them.
    protons
        Whether protons were left out.
    """

    compound: Compound
    symmetry: Symmetry
    protons: bool

    @property
    def key(self) -> ClassKey:
        """Of its class."""
        return class_key(self.symmetry)

    @property
    def wanted(self) -> bool:
        """Whether its type is wanted whatever the number of its compounds."""
        return self.prototype is not None and self.prototype.wanted

    @property
    def prototype(self) -> Prototype | None:
        """What the compound is the prototype of."""
        return prototype_of(
            self.compound.entry.formula,
            self.symmetry.space_group,
            pearson=self.symmetry.pearson_symbol,
            code=self.compound.entry.code,
        )


def class_key(symmetry: Symmetry) -> ClassKey:
    """Space group, Wyckoff sequence and ANX formula."""
    return without_hand(symmetry.space_group), symmetry.wyckoff, anx_formula(symmetry)


def member_of(compound: Compound) -> ClassMember | None:
    """Analyse a compound; None where it is impossible."""
    try:
        symmetry = analyse(compound.structure)
    except InvalidStructureError:
        return None
    bare = without_protons(symmetry)
    return ClassMember(compound, bare or symmetry, bare is not None)


def populated(compounds: Iterable[Compound], *, least: int) -> dict[ClassKey, list[ClassMember]]:
    """Group compounds that were made, one entry of each formula, into classes.

    Parameters
    ----------
    compounds
        Those without a structure type of the catalogue.
    least
        Classes with fewer formulas are left out, unless one of them is wanted in any case.

    Returns
    -------
    Members of each class, sorted by formula; those that are disordered last.
    """
    dry: dict[ClassKey, dict[str, Compound]] = defaultdict(dict)
    hydrous: dict[tuple[ClassKey, str], Compound] = {}
    for compound in compounds:
        if not compound.entry.known_experimentally:
            continue
        formula = compound.entry.formula
        key = (without_hand(compound.space_group), compound.wyckoff, compound.anx)
        elements = {pair[0] for site in compound.structure.sites for pair in site.species}
        if "H" in elements and elements & {"O", "N"}:
            hydrous[key, formula] = _better(hydrous.get((key, formula)), compound)
        else:
            dry[key][formula] = _better(dry[key].get(formula), compound)
    wet: dict[ClassKey, dict[str, ClassMember]] = defaultdict(dict)
    for (_, formula), compound in hydrous.items():
        member = member_of(compound)
        if member is not None:
            wet[member.key].setdefault(formula, member)
    found: dict[ClassKey, list[ClassMember]] = {}
    for key in sorted(dry.keys() | wet.keys()):
        formulas = dry[key].keys() | wet[key].keys()
        if len(formulas) >= least or any(is_wanted(f, key[0]) for f in formulas):
            members = [
                member_of(dry[key][f]) or wet[key].get(f) for f in sorted(formulas) if f in dry[key]
            ]
            members += [wet[key][f] for f in sorted(wet[key].keys() - dry[key].keys())]
            fitting = [member for member in members if member is not None and member.key == key]
            found[key] = sorted(fitting, key=lambda member: member.compound.entry.disordered)
    return {key: found[key] for key in found if len(found[key]) >= least or _wanted(found[key])}


def _wanted(members: list[ClassMember]) -> bool:
    return any(member.wanted for member in members)


def _better(one: Compound | None, other: Compound) -> Compound:
    """Of two entries of a formula the one that stands for it: ordered first, then measured."""

    def rank(compound: Compound) -> tuple[bool, bool, int]:
        return compound.entry.disordered, compound.entry.kind != EXPERIMENTAL, compound.id

    return other if one is None else min(one, other, key=rank)
