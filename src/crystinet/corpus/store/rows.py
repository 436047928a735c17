"""Compounds as rows of the table ``structure``, there and back."""

from collections.abc import Sequence
from typing import Any

from crystinet.core.cell import Cell
from crystinet.corpus.compound import Compound, Entry, sites_of_text, sites_text
from crystinet.corpus.splits import Split
from crystinet.crystals.structure import Structure

#: The columns after ``id`` and ``source``, in the order of `row_of`.
_COLUMNS = (
    "code content_hash kind known_experimentally disordered formula compound_key split name "
    "hall_symbol a b c alpha beta gamma sites space_group pearson wyckoff anx label type_name "
    "type_origin class_number evidence isopointal_to"
).split()

INSERT_STRUCTURE = " ".join(
    ("INSERT OR IGNORE INTO structure (source,", ", ".join(_COLUMNS), ") VALUES (?")
    + (", ?",) * len(_COLUMNS)
    + (")",)
)
SELECT_COMPOUND = " ".join(
    (
        "SELECT structure.id, source.name, source.licence,",
        ", ".join(f"structure.{column}" for column in _COLUMNS),
        "FROM structure JOIN source ON source.id = structure.source",
    )
)


def row_of(compound: Compound, source_id: int) -> tuple[object, ...]:
    """Values of a compound for `INSERT_STRUCTURE`."""
    entry, structure = compound.entry, compound.entry.structure
    return (
        source_id,
        entry.code,
        entry.content_hash,
        entry.kind,
        int(entry.known_experimentally),
        int(entry.disordered),
        entry.formula,
        compound.compound_key,
        compound.split.value,
        structure.name,
        structure.hall_symbol,
        *structure.cell,
        sites_text(structure.sites),
        compound.space_group,
        compound.pearson,
        compound.wyckoff,
        compound.anx,
        entry.label,
        compound.type_name,
        compound.type_origin,
        compound.class_number,
        compound.evidence,
        compound.isopointal_to,
    )


def compound_of_row(row: Sequence[Any]) -> Compound:
    """Compound from a row of `SELECT_COMPOUND`."""
    number, source, licence, *values = row
    get = dict(zip(_COLUMNS, values, strict=True))
    a, b, c, alpha, beta, gamma = (get[name] for name in ("a", "b", "c", "alpha", "beta", "gamma"))
    structure = Structure(
        cell=Cell(a, b, c, alpha, beta, gamma),
        hall_symbol=get["hall_symbol"],
        sites=sites_of_text(get["sites"]),
        name=get["name"],
    )
    entry = Entry(
        source=source,
        code=get["code"],
        licence=licence,
        kind=get["kind"],
        known_experimentally=bool(get["known_experimentally"]),
        formula=get["formula"],
        label=get["label"],
        structure=structure,
    )
    return Compound(
        entry=entry,
        space_group=get["space_group"],
        pearson=get["pearson"],
        wyckoff=get["wyckoff"],
        anx=get["anx"],
        type_name=get["type_name"],
        type_origin=get["type_origin"],
        class_number=get["class_number"],
        evidence=get["evidence"],
        isopointal_to=get["isopointal_to"],
        compound_key=get["compound_key"],
        split=Split(get["split"]),
        id=number,
    )
