"""Several stores and tables read as one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crystinet.core.errors import CorpusError
from crystinet.core.progress import Progress
from crystinet.corpus.datasets.dataset import OUTSIDE
from crystinet.corpus.labels.labelling import Labelled, Row, label_rows, rows_of
from crystinet.crystals.structure import Structure
from crystinet.work.processes import Workers

#: Rows of the second source are numbered from here on, and so forth; the first keeps its numbers.
STRIDE = 1_000_000_000


@dataclass(frozen=True, slots=True)
class NumberedRow:
    """A structure with its number among all sources; see `Row`."""

    id: int
    space_group: int
    structure: Structure


def read_sources(paths: Sequence[Path]) -> Iterator[Row]:
    """Yield the structures of all sources, one source after the other."""
    for number, path in enumerate(paths):
        for row in rows_of(path):
            yield NumberedRow(row.id + number * STRIDE, row.space_group, row.structure)


def label_sources(
    paths: Sequence[Path],
    *,
    types: Sequence[str],
    known_only: bool,
    workers: int | Workers,
    report: Progress,
) -> tuple[list[Labelled], list[str]]:
    """Do what `label_rows` does, for several sources.

    Types are chosen in the first one; structures of the others that have one of these types get
    its class number.

    Raises
    ------
    CrystinetError
        As in `label_rows`; `CorpusError` where no source is given.
    """
    if not paths:
        raise CorpusError("No store or table is given.", hint="Name at least one.")
    labelled: list[Labelled] = []
    keys: list[str] = []
    for number, path in enumerate(paths):
        found, chosen = label_rows(
            path,
            types=() if number else types,
            known_only=known_only,
            workers=workers,
            report=report,
        )
        keys = keys or chosen
        if number and types:
            numbers = {e.type_name: e.class_number for e in labelled if e.class_number != OUTSIDE}
            found = [replace(e, class_number=numbers.get(e.type_name, OUTSIDE)) for e in found]
        labelled += [replace(e, row_id=e.row_id + number * STRIDE) for e in found]
    return labelled, keys
