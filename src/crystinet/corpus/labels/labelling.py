"""What decides on a structure's place in a data set, from a store or from a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from crystinet.core.errors import ConfigError, CorpusError, InvalidStructureError
from crystinet.core.progress import Progress
from crystinet.core.sqlite import is_sqlite
from crystinet.corpus.datasets.dataset import OUTSIDE
from crystinet.corpus.intake.table import TableRow, read_table
from crystinet.corpus.labels.selection import class_numbers, select_isotypes
from crystinet.corpus.store.queries import labels, ranked_isotypes
from crystinet.corpus.store.store import Store
from crystinet.crystals.structure import Structure
from crystinet.work.processes import Workers, chunked, map_chunks

#: ``kind`` of known compounds with elements partly replaced on paper.
DOPED = "dft, doped by hand"

#: ``kind`` of compounds that crystinet made up; for training only.
HYPOTHETICAL = "hypothetical"

_PARQUET_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A structure with its type, before its reflections are computed.

    Attributes
    ----------
    row_id
        Number in the store or table.
    type_name, class_number
        Structure type, empty where there is none, and class, or `OUTSIDE`.
    known_experimentally, kind, source, licence, formula
        What the source says, see `Entry`.
    isopointal_to
        Type that the structure would have but for one difference; empty where there is none.
    """

    row_id: int
    type_name: str
    class_number: int
    known_experimentally: bool
    kind: str
    source: str
    formula: str
    licence: str = ""
    isopointal_to: str = ""


class Row(Protocol):
    """A row of a table, or a compound of a store."""

    @property
    def id(self) -> int:
        """Number in the store or table."""

    @property
    def space_group(self) -> int:
        """International number."""

    @property
    def structure(self) -> Structure:
        """In any setting."""


def _is_store(path: Path) -> bool:
    """Whether a file is a store; CorpusError where it is no Parquet table either."""
    if is_sqlite(path):
        return True
    if path.is_file():
        with path.open("rb") as file:
            if file.read(len(_PARQUET_MAGIC)) != _PARQUET_MAGIC:
                raise CorpusError(
                    f"{path} is neither a store of structures nor a Parquet table of them.",
                    hint="`crystinet corpus add` makes a store of CIF files and tables.",
                )
    return False


def rows_of(path: Path) -> Iterator[Row]:
    """Yield the structures of a store or of a Parquet table; CorpusError for other files."""
    if not _is_store(path):
        yield from read_table(path)
        return
    with Store.open(path) as store:
        yield from store.compounds()


def label_rows(
    path: Path, *, types: Sequence[str], known_only: bool, workers: int | Workers, report: Progress
) -> tuple[list[Labelled], list[str]]:
    """Label all structures of a store or table; also give the keys of the chosen types.

    Parameters
    ----------
    path
        Store or Parquet table.
    types
        The types that the data set is about, see `select_isotypes`; none stands for the 91
        classes. Needs a store.
    known_only
        Leave out calculated compounds that nobody made; doped variants of known ones stay, and so
        do hypothetical ones.
    workers
        Number of processes, or a cluster's, to assign the types of a table.
    report
        Called now and then.

    Raises
    ------
    ConfigError
        Types are chosen in a table.
    CrystinetError
        The file cannot be read, or a type is not in it.
    """
    if _is_store(path):
        return _label_store(path, types=types, known_only=known_only)
    if types:
        raise ConfigError(
            f"{path} is a table; types can only be chosen from a store.",
            hint="Add the table to a store first: `crystinet corpus add`.",
        )
    return _label_table(path, known_only=known_only, workers=workers, report=report), []


def _label_store(
    path: Path, *, types: Sequence[str], known_only: bool
) -> tuple[list[Labelled], list[str]]:
    numbers: Mapping[str, int] = {}
    with Store.open(path) as store:
        if types:
            ranked = ranked_isotypes(store, known_only=known_only)
            numbers = class_numbers(select_isotypes(types, ranked))
        labelled = []
        for row_id, isotype, name, number, known, kind, *said in labels(store):
            source, licence, formula, near = said
            if known_only and not known and kind not in (DOPED, HYPOTHETICAL):
                continue
            entry = Labelled(row_id, name, number, known, kind, source, formula, licence, near)
            if isotype in numbers:
                entry = replace(entry, type_name=isotype, class_number=numbers[isotype])
            elif types:
                entry = replace(entry, class_number=OUTSIDE)
            labelled.append(entry)
    return labelled, list(numbers)


def _label_table(
    path: Path, *, known_only: bool, workers: int | Workers, report: Progress
) -> list[Labelled]:
    wanted = (
        row
        for row in read_table(path)
        if not known_only or row.known_experimentally or row.kind in (DOPED, HYPOTHETICAL)
    )
    labelled: list[Labelled] = []
    for _, part in map_chunks(_label_chunk, chunked(wanted, 500), workers=workers):
        labelled.extend(part)
        report("assigning types", len(labelled), 0)
    return labelled


def _label_chunk(rows: list[TableRow]) -> list[Labelled]:
    return [label_row(row) for row in rows]


def label_row(row: TableRow) -> Labelled:
    """Assign the structure type of a row; a structure that cannot be analysed has none."""
    from crystinet.crystals.assignment import assign
    from crystinet.crystals.catalogue import load_catalogue

    near = ""
    try:
        assigned = assign(row.structure)
        found = assigned.type
        near = assigned.isopointal_to.type.name if assigned.isopointal_to else ""
    except InvalidStructureError:
        found = None
    number = None if found is None else load_catalogue().class_of(found).number
    return Labelled(
        row_id=row.id,
        type_name="" if found is None else found.name,
        class_number=OUTSIDE if number is None else number,
        known_experimentally=row.known_experimentally,
        kind=row.kind,
        source=row.source,
        formula=row.formula,
        licence=row.licence,
        isopointal_to=near,
    )
