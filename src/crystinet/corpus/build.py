"""From a table of structures to a training data set: assign, choose, compute reflections."""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from crystinet.core.errors import CorpusError, InvalidStructureError
from crystinet.corpus.dataset import OUTSIDE, Dataset, Member, pack
from crystinet.corpus.splits import Split, compound_key, split_of
from crystinet.corpus.table import TableRow, read_table
from crystinet.simulate.reflections import Reflections, compute_reflections

T = TypeVar("T")

#: ``kind`` of known compounds with elements partly replaced on paper.
DOPED = "dft, doped by hand"

#: Called with a stage name, rows done and rows in all (0 where not known).
Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class BuildConfig:
    """What goes into a data set.

    Attributes
    ----------
    per_class
        At most so many compounds of a class, those known experimentally first.
    outside
        At most so many compounds without a class; only compounds known experimentally.
    max_lines
        At most so many lines of a compound, the strongest.
    d_min_angstrom
        Lines are computed down to this d.
    known_only
        Leave out calculated compounds that nobody made; doped variants of known ones stay.
    workers
        Processes.
    """

    per_class: int = 900
    outside: int = 16_000
    max_lines: int = 1_500
    d_min_angstrom: float = 0.93
    known_only: bool = False
    workers: int = 2


@dataclass(frozen=True, slots=True)
class Labelled:
    """A row of the table with its type, before its reflections are computed."""

    row_id: int
    type_name: str
    class_number: int
    known_experimentally: bool
    kind: str
    source: str
    formula: str


def composition_of(formula: str) -> dict[str, float]:
    """Amounts of the elements in a formula such as ``"LiFePO4"`` or ``"Fe0.5Mg49.5O50%"``."""
    amounts: dict[str, float] = defaultdict(float)
    for element, amount in re.findall(r"([A-Z][a-z]?)(\d*\.?\d*)", formula):
        amounts[element] += float(amount) if amount else 1.0
    return dict(amounts)


def label_row(row: TableRow) -> Labelled:
    """Assign the structure type of a row; a structure that cannot be analysed has none."""
    from crystinet.crystals.assignment import assign
    from crystinet.crystals.catalogue import load_catalogue

    try:
        found = assign(row.structure).type
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
    )


def choose(labelled: Iterable[Labelled], config: BuildConfig) -> list[Labelled]:
    """The compounds of the data set: capped classes and outside structures.

    One entry of each formula and type comes before any second one, and compounds that were made
    come before calculated ones; ties go by a hash-free, stable order of row numbers.
    """
    by_class: dict[int, list[Labelled]] = defaultdict(list)
    for entry in labelled:
        by_class[entry.class_number].append(entry)
    chosen: list[Labelled] = []
    for number in sorted(by_class):
        entries = by_class[number]
        if number == OUTSIDE:
            entries = [e for e in entries if e.known_experimentally]
        limit = config.outside if number == OUTSIDE else config.per_class
        seen: Counter[tuple[str, str]] = Counter()
        ranked = []
        for entry in sorted(entries, key=lambda e: (not e.known_experimentally, e.row_id)):
            repeat = seen[(entry.formula, entry.type_name)]
            seen[(entry.formula, entry.type_name)] += 1
            ranked.append((repeat, not entry.known_experimentally, _scatter(entry.row_id), entry))
        ranked.sort(key=lambda item: item[:3])
        chosen.extend(item[3] for item in ranked[:limit])
    return chosen


def _scatter(row_id: int) -> int:
    """Order that does not follow the table (Knuth's multiplicative hash), the same everywhere."""
    return (row_id * 2654435761) % 2**32


def _lines_of(row: TableRow, config: BuildConfig) -> Reflections | None:
    try:
        reflections = compute_reflections(row.structure, d_min_angstrom=config.d_min_angstrom)
    except InvalidStructureError:
        return None
    strength = reflections.multiplicity * reflections.f_squared * reflections.d_angstrom**2
    if not len(strength) or not np.isfinite(strength).all() or strength.max() <= 0.0:
        return None
    kept = np.sort(np.argsort(-strength, kind="stable")[: config.max_lines])
    kept = kept[strength[kept] > 1e-5 * strength.max()]
    return Reflections(
        hkl=reflections.hkl[kept],
        d_angstrom=reflections.d_angstrom[kept],
        multiplicity=reflections.multiplicity[kept],
        f_squared=reflections.f_squared[kept],
        cell=reflections.cell,
        space_group=row.space_group,
    )


def _label_chunk(rows: list[TableRow]) -> list[Labelled]:
    return [label_row(row) for row in rows]


def _lines_chunk(rows: list[TableRow], config: BuildConfig) -> list[Reflections | None]:
    return [_lines_of(row, config) for row in rows]


def _chunks(rows: Iterable[TableRow], size: int) -> Iterator[list[TableRow]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _bounded_map(
    function: Callable[[list[TableRow]], list[T]],
    chunks: Iterable[list[TableRow]],
    *,
    workers: int,
) -> Iterator[tuple[list[TableRow], list[T]]]:
    """Map chunks in worker processes, in order, with only a few chunks in memory."""
    waiting: deque[tuple[list[TableRow], Future[list[T]]]] = deque()
    with ProcessPoolExecutor(workers) as pool:
        for chunk in chunks:
            waiting.append((chunk, pool.submit(function, chunk)))
            if len(waiting) >= 4 * workers:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()


def label_table(path: Path, *, config: BuildConfig, report: Report) -> list[Labelled]:
    """Assign every row of a table."""
    labelled: list[Labelled] = []
    wanted = (
        row
        for row in read_table(path)
        if not config.known_only or row.known_experimentally or row.kind == DOPED
    )
    chunks = _chunks(wanted, 500)
    for _, part in _bounded_map(_label_chunk, chunks, workers=config.workers):
        labelled.extend(part)
        report("assigning types", len(labelled), 0)
    return labelled


def build_dataset(
    path: Path,
    *,
    config: BuildConfig,
    report: Report = lambda stage, done, total: None,
    labelled: list[Labelled] | None = None,
) -> Dataset:
    """Build a data set from a Parquet table.

    ``labelled`` takes rows assigned before; without it every row is assigned now. Structures whose
    reflections cannot be computed are left out.
    """
    if labelled is None:
        labelled = label_table(path, config=config, report=report)
    chosen = {entry.row_id: entry for entry in choose(labelled, config)}
    if not chosen:
        raise CorpusError(f"No structure of {path} can be used.", hint="Is it the right table?")
    splits = assign_splits(list(chosen.values()))
    members: list[Member] = []
    lines: list[Reflections] = []
    chunks = _chunks((row for row in read_table(path) if row.id in chosen), 100)
    done = 0
    for rows, found in _bounded_map(
        partial(_lines_chunk, config=config), chunks, workers=config.workers
    ):
        for row, reflections in zip(rows, found, strict=True):
            if reflections is not None and len(reflections.hkl):
                members.append(_member(chosen[row.id], splits[row.id]))
                lines.append(reflections)
        done += len(rows)
        report("computing reflections", done, len(chosen))
    return pack(members, lines, d_min_angstrom=config.d_min_angstrom)


def assign_splits(chosen: list[Labelled]) -> dict[int, Split]:
    """Split of every row, by compound.

    A class without any training compound could not be learned at all: there the compound with the
    most entries (ties by name) goes to training, with all entries of the data set that share it.
    """
    keys = {entry.row_id: compound_key(composition_of(entry.formula)) for entry in chosen}
    split = {key: split_of(key) for key in keys.values()}
    by_class: dict[int, Counter[str]] = defaultdict(Counter)
    for entry in chosen:
        by_class[entry.class_number][keys[entry.row_id]] += 1
    for compounds in by_class.values():
        if not any(split[key] is Split.TRAIN for key in compounds):
            split[min(compounds, key=lambda key: (-compounds[key], key))] = Split.TRAIN
    return {row_id: split[key] for row_id, key in keys.items()}


def _member(entry: Labelled, split: Split) -> Member:
    return Member(
        row_id=entry.row_id,
        type_name=entry.type_name,
        class_number=entry.class_number,
        split=split,
        known_experimentally=entry.known_experimentally,
        source=entry.source,
    )
