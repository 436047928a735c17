"""From an entry to a compound: symmetry, structure type and split."""

from dataclasses import dataclass, replace

from crystinet.corpus.compound import Compound, Entry, composition_of, reduced_formula
from crystinet.corpus.datasets.dataset import OUTSIDE
from crystinet.corpus.splits import compound_key, split_of
from crystinet.crystals.anx import anx_formula
from crystinet.crystals.assignment import assign
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.labels import type_from_label
from crystinet.crystals.structure_type import StructureType
from crystinet.crystals.symmetry import Symmetry, analyse

#: Where the structure type of a compound comes from.
FROM_SOURCE, ASSIGNED = "source", "assigned"


def compound_of(entry: Entry) -> Compound:
    """Analyse one entry.

    A structure type that the source names is taken over, under the catalogue's name where it has
    one and else under its own; all other types are computed.

    Raises
    ------
    InvalidStructureError
        The structure is impossible.
    """
    symmetry = analyse(entry.structure)
    formula = entry.formula or reduced_formula(symmetry.composition)
    key = compound_key(composition_of(formula))
    typed = _type_of(entry, symmetry)
    number = None if typed.kind is None else load_catalogue().class_of(typed.kind).number
    return Compound(
        entry=replace(entry, formula=formula),
        space_group=symmetry.space_group,
        pearson=symmetry.pearson_symbol,
        wyckoff=symmetry.wyckoff,
        anx=anx_formula(symmetry),
        type_name=typed.name,
        type_origin=typed.origin,
        class_number=OUTSIDE if number is None else number,
        evidence=typed.evidence,
        compound_key=key,
        split=split_of(key),
        isopointal_to=typed.isopointal_to,
    )


@dataclass(frozen=True, slots=True)
class _Typed:
    """Type of the catalogue if any, name, where the name comes from, evidence; see `Compound`."""

    kind: StructureType | None
    name: str
    origin: str
    evidence: str
    isopointal_to: str = ""


def _type_of(entry: Entry, symmetry: Symmetry) -> _Typed:
    """Find the type.

    A label that the catalogue does not know keeps its structures out of the classes; the evidence
    says what crystinet would have called them.
    """
    kind = type_from_label(entry.label) if entry.label else None
    if kind is not None:
        return _Typed(kind, kind.name, FROM_SOURCE, f"the source calls it {entry.label}")
    found = assign(entry.structure, symmetry=symmetry)
    if entry.label:
        evidence = f"the source calls it {entry.label}, which the catalogue does not know"
        if found.type is not None:
            evidence += f"; crystinet would call it {found.type.name}: {found.evidence}"
        return _Typed(None, entry.label, FROM_SOURCE, evidence)
    near = found.isopointal_to.type.name if found.isopointal_to else ""
    if found.type is None:
        return _Typed(None, "", "", found.evidence, near)
    return _Typed(found.type, found.type.name, ASSIGNED, found.evidence, near)
