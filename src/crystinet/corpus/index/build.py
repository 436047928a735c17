"""From stores, tables and data sets to an index of known compounds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from crystinet.core.arguments import as_count
from crystinet.core.cell import Cell
from crystinet.core.errors import CorpusError
from crystinet.core.progress import Progress, silent
from crystinet.core.version import __version__
from crystinet.corpus.compound import EXPERIMENTAL, Compound
from crystinet.corpus.datasets.build import source_digest
from crystinet.corpus.datasets.compute import LineLimits, LinesWanted, compute_lines
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.datasets.lines import with_standard_axes
from crystinet.corpus.datasets.sources import label_sources
from crystinet.corpus.index.atoms import KnownAtoms
from crystinet.corpus.index.index import CompoundIndex, IndexEntry, pack_index
from crystinet.corpus.index.table import KnownCompound
from crystinet.corpus.intake.table import TableRow
from crystinet.corpus.labels.labelling import DOPED, HYPOTHETICAL, Labelled, Row, rows_of
from crystinet.crystals.structure import Structure
from crystinet.simulation.reflections import Reflections
from crystinet.work.processes import Workers

#: Suffix of data sets.
DATASET_SUFFIX = ".npz"


@dataclass(frozen=True)
class IndexConfig:
    """What goes into an index.

    Attributes
    ----------
    lines
        At most so many lines of a compound, the strongest.
    d_min_angstrom
        Lines are computed down to this d; 0.8 leaves room for larger cells below 110 degrees of
        Cu K-alpha. A data set has lines down to its own limit.
    all_compounds
        Also compounds that nobody made.
    workers
        Processes.
    """

    lines: int = 64
    d_min_angstrom: float = 0.8
    all_compounds: bool = False
    workers: int = 2

    def __post_init__(self) -> None:
        as_count(self.lines, name="lines")


def build_index(
    sources: Sequence[Path],
    *,
    config: IndexConfig,
    report: Progress = silent,
    workers: Workers | None = None,
) -> CompoundIndex:
    """Build an index from stores, Parquet tables and data sets.

    Of several entries of one formula and type one is kept: a measured structure before a
    calculated one, that before one that was doped on paper, and of equals the first. Hypothetical
    compounds of crystinet itself are left out, and so is what has no structure type. Types beyond
    the 91 classes are for bundles that were extended by them.

    Parameters
    ----------
    sources
        Files.
    config
        What goes in.
    report
        Called now and then.
    workers
        Those of a cluster, instead of the processes of ``config``.

    Raises
    ------
    CrystinetError
        A file cannot be read, or none of them holds a compound of a structure type.
    """
    if not sources:
        raise CorpusError("No store, table or data set is given.", hint="Name at least one.")
    entries: list[IndexEntry] = []
    for path in sources:
        if path.suffix.lower() == DATASET_SUFFIX:
            entries += _from_dataset(Dataset.load(path), config)
        else:
            entries += _from_structures(path, config, report, workers or config.workers)
    kept = _without_repeats(entries)
    if not kept:
        names = ", ".join(map(str, sources))
        raise CorpusError(
            f"{names}: no known compound of a structure type is in there.",
            hint="Only compounds with a type count, and without --all only those that were made.",
        )
    settings = asdict(config)
    del settings["workers"]
    provenance: dict[str, Any] = {
        "crystinet": __version__,
        "origin": " + ".join(path.name for path in sources),
        "origin_sha256": " + ".join(map(source_digest, sources)),
        "settings": settings,
    }
    return pack_index(kept, provenance=provenance)


def with_atoms(
    index: CompoundIndex, sources: Sequence[Path], *, report: Progress = silent
) -> CompoundIndex:
    """The same compounds and lines with the atoms that other files know of them.

    A row belongs to a compound where source, name of the entry, formula, space group and cell are
    the same.

    Parameters
    ----------
    index
        With or without atoms; atoms that it has are replaced.
    sources
        Stores and Parquet tables.
    report
        Called now and then.

    Raises
    ------
    CrystinetError
        A file cannot be read, or none of them knows any of the compounds.
    """
    wanted: dict[tuple[str, str, str], list[int]] = {}
    for number, compound in enumerate(index.compounds):
        key = (compound.source, compound.source_id, compound.formula)
        wanted.setdefault(key, []).append(number)
    found: list[Structure | None] = [None] * len(index)
    for row in (row for path in sources for row in rows_of(path)):
        for number in wanted.get(_origin(row), ()):
            structure, group = with_standard_axes(row.structure, space_group=row.space_group)
            compound = index.compounds[number]
            if group == compound.space_group and _same_cell(structure.cell, compound.cell):
                found[number] = structure
                report("finding atoms", len(index) - found.count(None), len(index))
    if not any(found):
        raise CorpusError(
            f"{', '.join(map(str, sources))}: no compound of the index is in there.",
            hint="Name the stores or tables that the index was made of.",
        )
    atoms = KnownAtoms.of(found)
    origin = {
        "crystinet": __version__,
        "origin": " + ".join(path.name for path in sources),
        "origin_sha256": " + ".join(map(source_digest, sources)),
    }
    return replace(
        index,
        find_atoms=lambda: atoms,
        provenance={**index.provenance, "atoms": origin},
        id="",
    )


def _same_cell(cell: Cell, other: Cell) -> bool:
    return bool(np.allclose(cell, other, rtol=1e-4, atol=0.0))


def _origin(row: Row) -> tuple[str, str, str]:
    """Source, name of the entry in it, and formula."""
    if isinstance(row, TableRow):
        return row.source, row.source_id, row.formula
    if isinstance(row, Compound):
        return row.entry.source, row.entry.code, row.entry.formula
    return "", "", ""


def _without_repeats(entries: Iterable[IndexEntry]) -> list[IndexEntry]:
    best: dict[tuple[str, str], IndexEntry] = {}
    for entry in entries:
        key = (entry.compound.formula, entry.compound.type_name)
        if key not in best or _preference(entry) < _preference(best[key]):
            best[key] = entry
    return list(best.values())


def _preference(entry: IndexEntry) -> int:
    kind = entry.compound.kind
    return 0 if kind == EXPERIMENTAL else 2 if kind == DOPED else 1


def _wanted(labelled: Labelled, config: IndexConfig) -> bool:
    return (
        labelled.type_name != ""
        and labelled.kind != HYPOTHETICAL
        and (labelled.known_experimentally or config.all_compounds)
    )


def _from_structures(
    path: Path, config: IndexConfig, report: Progress, workers: int | Workers
) -> Iterator[IndexEntry]:
    """Compounds of a store or a Parquet table, with their lines."""
    labelled, _ = label_sources([path], types=(), known_only=False, workers=workers, report=report)
    chosen = _first_of_each([entry for entry in labelled if _wanted(entry, config)])
    wanted = (
        (row, LinesWanted(row.structure, row.space_group))
        for row in rows_of(path)
        if row.id in chosen
    )
    computed = compute_lines(
        wanted,
        LineLimits(config.d_min_angstrom, config.lines),
        workers=workers,
        stage="computing lines",
        total=len(chosen),
        report=report,
    )
    for row, lines in computed:
        structure, _ = with_standard_axes(row.structure, space_group=row.space_group)
        yield _entry(chosen[row.id], _origin(row)[1], lines.reflections, config, structure)


def _first_of_each(labelled: Iterable[Labelled]) -> dict[int, Labelled]:
    """One row of each formula and type, by number; spares the lines of the others."""
    ranks = {EXPERIMENTAL: 0, DOPED: 2}
    ordered = sorted(labelled, key=lambda e: (ranks.get(e.kind, 1), e.row_id))
    first: dict[tuple[str, str], Labelled] = {}
    for entry in ordered:
        first.setdefault((entry.formula, entry.type_name), entry)
    return {entry.row_id: entry for entry in first.values()}


def _entry(
    labelled: Labelled,
    code: str,
    reflections: Reflections,
    config: IndexConfig,
    structure: Structure | None,
) -> IndexEntry:
    compound = KnownCompound(
        formula=labelled.formula,
        type_name=labelled.type_name,
        cell=reflections.cell,
        space_group=reflections.space_group,
        source=labelled.source,
        source_id=code,
        licence=labelled.licence,
        kind=labelled.kind,
    )
    strength = reflections.multiplicity * reflections.f_squared
    order = np.argsort(-strength * reflections.d_angstrom**2, kind="stable")[: config.lines]
    kept = np.sort(order)
    return IndexEntry(compound, reflections.hkl[kept], strength[kept], structure)


def _from_dataset(dataset: Dataset, config: IndexConfig) -> Iterator[IndexEntry]:
    """Compounds of a data set: without atoms, and named by the number of the row."""
    terms = {
        source: (licence, kind)
        for source, licence, kind, _ in sorted(dataset.provenance.get("sources", ()), reverse=True)
    }
    for number, member in enumerate(dataset.members):
        licence, kind = terms.get(member.source, ("", ""))
        labelled = Labelled(
            row_id=member.row_id,
            type_name=member.type_name,
            class_number=member.class_number,
            known_experimentally=member.known_experimentally,
            kind=kind,
            source=member.source,
            formula=member.formula,
            licence=licence,
        )
        if _wanted(labelled, config):
            code = f"row {member.row_id}"
            yield _entry(labelled, code, dataset.reflections(number), config, None)
