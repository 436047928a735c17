"""From a store or table to a table of hypothetical compounds."""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from crystinet.core.arguments import as_count
from crystinet.core.errors import CorpusError, InvalidStructureError
from crystinet.core.extras import need_extra
from crystinet.core.files import whole_file
from crystinet.core.progress import Progress, silent
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.build import assign_splits
from crystinet.corpus.datasets.dataset import INVENTED_SOURCE
from crystinet.corpus.imagined.family import Family, Relative
from crystinet.corpus.imagined.hypothetical import ImaginationConfig, Imagined, imagine
from crystinet.corpus.labels.labelling import HYPOTHETICAL, Labelled, label_rows, rows_of
from crystinet.corpus.splits import Split, compound_key
from crystinet.crystals.catalogue import find_type, load_catalogue, load_further
from crystinet.crystals.structure_type import StructureType
from crystinet.crystals.symmetry import analyse
from crystinet.work.processes import map_chunks

#: The word for all types that have a name and are none of the method's 100.
FURTHER = "further"

#: Members of a type that are learned from, those that were made first.
MOST_RELATIVES = 200
#: With fewer members that were made, calculated ones are learned from as well.
_ENOUGH_KNOWN = 5


@dataclass(frozen=True)
class TableConfig:
    """What to invent.

    Attributes
    ----------
    types
        Names of structure types; none stands for the method's 100, and `FURTHER` for all others
        that have a name.
    per_type
        Compounds wanted of each.
    below
        Only types with fewer compounds (distinct formulas) to train on than this; 0 for all.
    seed
        Decides on everything random.
    workers
        Processes.
    imagination
        How bold the inventions are.
    """

    types: tuple[str, ...] = ()
    per_type: int = 100
    below: int = 0
    seed: int = 1
    workers: int = 2
    imagination: ImaginationConfig = field(default_factory=ImaginationConfig)

    def __post_init__(self) -> None:
        as_count(self.per_type, name="per_type")
        as_count(self.below, name="below", least=0)
        as_count(self.seed, name="seed", least=0)


@dataclass(frozen=True)
class _Job:
    """One type: the members to learn from, and the compounds that are known."""

    name: str
    relatives: tuple[Relative, ...]
    known_keys: frozenset[str]


def imagine_table(
    source: Path,
    *,
    config: TableConfig,
    report: Progress = silent,
    labelled: Sequence[Labelled] | None = None,
) -> list[dict[str, Any]]:
    """Invent compounds from what a store or a Parquet table holds.

    Only compounds of the training split are learned from, and only compounds that fall into it by
    their hash are invented, so that nothing of the validation and test compounds leaks.

    Parameters
    ----------
    source
        Store or table.
    config
        What to invent.
    report
        Called now and then.
    labelled
        Its rows with their types, where they are known already.

    Returns
    -------
    Rows for `write_table`.

    Raises
    ------
    UnknownTypeError
        A type is not in the catalogue.
    CorpusError
        The source cannot be read, or holds no compound of the types to learn from.
    """
    kinds = _kinds(config.types)
    if labelled is None:
        labelled, _ = label_rows(
            source, types=(), known_only=False, workers=config.workers, report=report
        )
    real = [entry for entry in labelled if entry.kind != HYPOTHETICAL]
    jobs = _jobs(source, kinds, real, config)
    if not jobs:
        raise CorpusError(
            f"{source} holds no compound of these types to learn from.",
            hint="`crystinet corpus types` shows what a store holds; raise --below.",
        )
    rows: list[dict[str, Any]] = []
    for done, (chunk, found) in enumerate(
        map_chunks(
            partial(_imagine_chunk, config=config), ([j] for j in jobs), workers=config.workers
        ),
        start=1,
    ):
        for job, compounds in zip(chunk, found, strict=True):
            for compound in compounds:
                rows.append(table_row(compound, type_name=job.name, number=len(rows) + 1))
        report("imagining compounds", done, len(jobs))
    return rows


def _kinds(names: Sequence[str]) -> list[StructureType]:
    """Types of these names, each once."""
    catalogue = load_catalogue()
    if not names:
        return [kind for kind in catalogue if kind.number is not None]
    kinds: dict[str, StructureType] = {}
    for name in names:
        several = (k for k in (*catalogue, *load_further()) if k.number is None)
        chosen = several if name == FURTHER else [find_type(name)]
        kinds |= {kind.name: kind for kind in chosen}
    return list(kinds.values())


def _jobs(
    source: Path, kinds: Iterable[StructureType], labelled: list[Labelled], config: TableConfig
) -> list[_Job]:
    """Find the members of each type that may be learned from."""
    by_type: dict[str, list[Labelled]] = defaultdict(list)
    for entry in labelled:
        by_type[entry.type_name].append(entry)
    splits = assign_splits([entry for entry in labelled if entry.type_name])
    members: dict[str, list[Labelled]] = {}
    for kind in kinds:
        training = [e for e in by_type[kind.name] if splits.get(e.row_id) is Split.TRAIN]
        if training and not 0 < config.below <= len({e.formula for e in training}):
            members[kind.name] = _to_learn_from(training, seed=config.seed)
    wanted = {entry.row_id: entry for entries in members.values() for entry in entries}
    relatives: dict[int, Relative] = {}
    for row in rows_of(source):
        if row.id in wanted:
            try:
                symmetry = analyse(row.structure)
            except InvalidStructureError:
                continue
            relatives[row.id] = Relative(symmetry, row.structure.name, wanted[row.id].licence)
    return [
        _Job(
            name,
            tuple(relatives[e.row_id] for e in entries if e.row_id in relatives),
            frozenset(compound_key(composition_of(e.formula)) for e in by_type[name]),
        )
        for name, entries in members.items()
    ]


def _to_learn_from(training: list[Labelled], *, seed: int) -> list[Labelled]:
    """Compounds that were made, if there are enough; not too many of any."""
    known = [entry for entry in training if entry.known_experimentally]
    chosen = known if len(known) >= _ENOUGH_KNOWN else training
    if len(chosen) <= MOST_RELATIVES:
        return chosen
    picked = np.random.default_rng(seed).choice(len(chosen), MOST_RELATIVES, replace=False)
    return [chosen[i] for i in sorted(picked)]


def _imagine_chunk(jobs: list[_Job], config: TableConfig) -> list[list[Imagined]]:
    return [
        imagine(
            Family(find_type(job.name), job.relatives),
            count=config.per_type,
            known_keys=job.known_keys,
            config=config.imagination,
            # by the name, so that a type does not depend on which others are wanted
            rng=np.random.default_rng([config.seed, zlib.crc32(job.name.encode())]),
        )
        for job in jobs
    ]


def table_row(compound: Imagined, *, type_name: str, number: int) -> dict[str, Any]:
    """Write a compound as a row of the table of structures (``docs/reference/table.md``)."""
    symmetry = compound.symmetry
    a, b, c, alpha, beta, gamma = symmetry.cell
    sites = [
        [dict(orbit.species), orbit.letter, orbit.multiplicity, list(orbit.xyz)]
        for orbit in symmetry.orbits
    ]
    return {
        "id": number,
        "source": INVENTED_SOURCE,
        "source_id": f"{type_name}, {number}, after {compound.parent.code}",
        "licence": compound.parent.licence,
        "kind": HYPOTHETICAL,
        "type_name": type_name,  # for the reader; types are assigned anew
        "known_experimentally": False,
        "formula": compound.formula,
        "elements": " ".join(sorted(symmetry.composition)),
        "space_group": symmetry.space_group,
        "hall_number": symmetry.hall_number,
        **{"a": a, "b": b, "c": c, "alpha": alpha, "beta": beta, "gamma": gamma},
        "sites": json.dumps(sites),
    }


def write_table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows as a Parquet table that `read_table` reads.

    Raises
    ------
    MissingExtraError
        Where pyarrow is not installed.
    CorpusError
        There is no row.
    FileMissingError
        The file cannot be written.
    """
    need_extra("train", "pyarrow", what="Writing Parquet tables")
    import pyarrow
    import pyarrow.parquet

    if not rows:
        raise CorpusError(
            "Not one hypothetical compound came out.", hint="Name other types, or allow more tries."
        )
    with whole_file(path) as temporary:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), temporary)
