"""Ingestion: read, analyse and store every structure of some files, in parallel and resumable."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from crystinet.core.errors import CrystinetError, InternalFaultError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.compound import Compound, Entry, Problem
from crystinet.corpus.intake.cif_entries import (
    Overrides,
    entries_of_cif,
    problem_of,
    with_overrides,
)
from crystinet.corpus.intake.inputs import (
    Container,
    Input,
    Record,
    containers_of,
    count_inputs,
)
from crystinet.corpus.intake.records import entry_of_record
from crystinet.corpus.intake.table import row_of_values
from crystinet.corpus.labels.analysis import compound_of
from crystinet.corpus.store.store import Reading, Store
from crystinet.work.processes import Workers, chunked, map_chunks

#: Inputs a transaction.
CHUNK = 200


@dataclass(slots=True)
class Tally:
    """What one call did.

    Attributes
    ----------
    added
        Structures that are new in the store.
    known_inputs
        Inputs that were taken before and were not read again.
    duplicates
        Structures that another input had brought before.
    problems
        What was rejected.
    """

    added: int = 0
    known_inputs: int = 0
    duplicates: int = 0
    problems: list[Problem] = field(default_factory=list)


def ingest(
    paths: Iterable[Path],
    store: Store,
    *,
    overrides: Overrides | None = None,
    workers: int | Workers = 1,
    report: Progress = silent,
) -> Tally:
    """Add every structure of some files to a store.

    Inputs that were taken before are passed over, so a call that was cut off goes on when it is
    repeated. What was rejected before is tried again.

    Parameters
    ----------
    paths
        CIF files, folders and zip archives of CIF files, Parquet tables, and files of JSON records.
    store
        Open for writing.
    overrides
        Source, licence and kind of all entries, where the files do not say or are wrong.
    workers
        Number of processes, or a cluster's.
    report
        Called after every transaction.

    Raises
    ------
    FileMissingError
        A path does not exist, or a folder holds nothing to read; nothing is added then.
    CorpusError
        The store cannot be written.
    """
    overrides = overrides or Overrides()
    tally = Tally()
    counted, problems = count_inputs(containers_of(paths))
    store.add(Reading(b"", problem.origin, (), (problem,)) for problem in problems)
    tally.problems += problems
    total, done = sum(number for _, number in counted), 0
    todo = _pending(counted, store, overrides, tally)
    read = partial(read_inputs, overrides=overrides)
    chunks = chunked(todo, CHUNK)
    for inputs, readings in map_chunks(read, chunks, workers=workers, on_crash=killed):
        found = sum(len(reading.compounds) for reading in readings)
        added = store.add(readings)
        tally.added += added
        tally.duplicates += found - added
        tally.problems += [problem for reading in readings for problem in reading.problems]
        done += len(inputs)
        report("adding", done + tally.known_inputs, total)
    return tally


def _pending(
    counted: Iterable[tuple[Container, int]], store: Store, overrides: Overrides, tally: Tally
) -> Iterator[Input | Problem]:
    """Yield the inputs that the store does not have; count those that it has."""
    for container, _ in counted:
        try:
            for item in container.inputs():
                if isinstance(item, Input) and store.is_done(item.digest(overrides)):
                    tally.known_inputs += 1
                else:
                    yield item
        except CrystinetError as error:
            yield problem_of(error, origin=str(container.path))


def read_inputs(items: list[Input | Problem], *, overrides: Overrides) -> list[Reading]:
    """Read and analyse some inputs; whatever goes wrong with one is a problem of its own."""
    return [_read(item, overrides) for item in items]


def _read(item: Input | Problem, overrides: Overrides) -> Reading:
    """Read one input; whatever goes wrong with it is a problem of its own."""
    if isinstance(item, Problem):
        return Reading(b"", item.origin, (), (item,))
    compounds: list[Compound] = []
    problems: list[Problem] = []
    try:
        for entry in _entries(item, overrides):
            found = entry if isinstance(entry, Problem) else _analysed(entry, item)
            if isinstance(found, Problem):
                problems.append(found)
            else:
                compounds.append(found)
    except CrystinetError as error:
        problems.append(problem_of(error, origin=item.origin))
    return Reading(item.digest(overrides), item.origin, tuple(compounds), tuple(problems))


def _entries(item: Input, overrides: Overrides) -> Iterator[Entry | Problem]:
    if isinstance(item.content, bytes):
        yield from entries_of_cif(item.content, origin=item.origin, overrides=overrides)
    elif isinstance(item.content, Record):
        record = item.content
        yield entry_of_record(record.values, overrides=overrides, provider=record.provider)
    else:
        yield with_overrides(entry_of_values(item.content, origin=item.origin), overrides)


def entry_of_values(values: dict[str, Any], *, origin: str) -> Entry:
    """Make the entry of one row of a table; a CorpusError names row and column."""
    row = row_of_values(values, path=origin)
    return Entry(
        source=row.source,
        code=row.source_id,
        licence=row.licence,
        kind=row.kind,
        known_experimentally=row.known_experimentally,
        formula=row.formula,
        label="",
        structure=row.structure,
    )


def _analysed(entry: Entry, item: Input) -> Compound | Problem:
    try:
        return compound_of(entry)
    except CrystinetError as error:
        return problem_of(error, origin=item.origin, part=entry.code)
    except Exception as fault:  # a structure that we fail on must not stop the rest
        internal = InternalFaultError(
            f"crystinet failed on {entry.structure.name}: {type(fault).__name__}: {fault}.",
            hint="Please report it with the file.",
        )
        return problem_of(internal, origin=item.origin, part=entry.code)


def killed(item: Input | Problem) -> Reading:
    """Record an input that killed its process."""
    error = InternalFaultError(
        f"The process that read {item.origin} was killed.",
        hint="Too little memory for this structure, or a fault in a library; please report it.",
    )
    problem = problem_of(error, origin=item.origin)
    return Reading(b"", item.origin, (), (problem,))
