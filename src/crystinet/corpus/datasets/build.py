"""From a store or table of structures to a training data set: choose, compute reflections."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crystinet.core.arguments import as_count
from crystinet.core.errors import CorpusError
from crystinet.core.files import sha256_of_file
from crystinet.core.progress import Progress, silent
from crystinet.core.sqlite import is_sqlite
from crystinet.core.version import __version__
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.compute import (
    LineLimits,
    LinesWanted,
    compute_lines,
    dataset_of_lines,
)
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member
from crystinet.corpus.datasets.sources import label_sources, read_sources
from crystinet.corpus.labels.labelling import HYPOTHETICAL, Labelled, Row
from crystinet.corpus.splits import Split, compound_key, split_of, splits_of_patterns
from crystinet.corpus.store.queries import content_digest
from crystinet.corpus.store.store import Store
from crystinet.crystals.catalogue import load_catalogue
from crystinet.work.processes import Workers


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
        Leave out calculated compounds that nobody made; doped variants of known ones stay, and so
        do hypothetical ones.
    workers
        Processes.
    types
        The types of the data set, see `select_isotypes`; none stands for the 91 classes.
    variants
        Variants of each training compound, with mixed occupancies and shifted atoms; see
        `vary_structure`. The row number seeds them.
    split_patterns
        Split pattern by pattern as the published method does, with nearly every compound on all
        three sides. Only for comparison.
    """

    per_class: int = 900
    outside: int = 16_000
    max_lines: int = 1_500
    d_min_angstrom: float = 0.93
    known_only: bool = False
    workers: int = 2
    types: tuple[str, ...] = ()
    variants: int = 2
    split_patterns: bool = False

    def __post_init__(self) -> None:
        as_count(self.variants, name="variants", least=0)

    @property
    def limits(self) -> LineLimits:
        """Which lines are computed."""
        return LineLimits(self.d_min_angstrom, self.max_lines)


def choose(labelled: Iterable[Labelled], config: BuildConfig) -> list[Labelled]:
    """The compounds of the data set: capped classes and outside structures.

    One entry of each formula and type comes before any second one, and compounds that were made
    come before calculated ones; hypothetical ones only fill up. Ties go by a hash-free, stable
    order of row numbers.
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
            unmade = not entry.known_experimentally
            rank = (entry.kind == HYPOTHETICAL, repeat, unmade, _scatter(entry.row_id))
            ranked.append((rank, entry))
        ranked.sort(key=lambda item: item[0])
        chosen.extend(entry for _, entry in ranked[:limit])
    return chosen


def _scatter(row_id: int) -> int:
    """Order that does not follow the table (Knuth's multiplicative hash), the same everywhere."""
    return (row_id * 2654435761) % 2**32


def assign_splits(chosen: list[Labelled]) -> dict[int, Split]:
    """Split of every row, by compound.

    A class without any training compound could not be learned at all: there the compound with the
    most entries (ties by name) goes to training, with all entries of the data set that share it.
    Hypothetical compounds do not count for that, so that they never change what is tested.
    """
    keys = {entry.row_id: compound_key(composition_of(entry.formula)) for entry in chosen}
    split = {key: split_of(key) for key in keys.values()}
    by_class: dict[int, Counter[str]] = defaultdict(Counter)
    for entry in chosen:
        if entry.kind != HYPOTHETICAL:
            by_class[entry.class_number][keys[entry.row_id]] += 1
    for compounds in by_class.values():
        if not any(split[key] is Split.TRAIN for key in compounds):
            split[min(compounds, key=lambda key: (-compounds[key], key))] = Split.TRAIN
    return {row_id: split[key] for row_id, key in keys.items()}


def without_leaks(labelled: Iterable[Labelled]) -> list[Labelled]:
    """Drop hypothetical compounds that are in no class, or that could be held-out compounds."""
    return [
        entry
        for entry in labelled
        if entry.kind != HYPOTHETICAL
        or (
            entry.class_number != OUTSIDE
            and split_of(compound_key(composition_of(entry.formula))) is Split.TRAIN
        )
    ]


def without_isopointal(labelled: Sequence[Labelled]) -> list[Labelled]:
    """Drop structures outside the classes that would be of one but for one difference.

    An anti-type, or a chalcogenide of an oxide type, gives the pattern of the type: taught as
    *outside* it would only confuse, and a member it is not (see docs/explanation/assignment.md).
    """
    catalogue = load_catalogue()
    inside = {e.type_name for e in labelled if e.class_number != OUTSIDE}
    merged = {k.name for k in catalogue if catalogue.class_of(k).name in inside}
    return [
        entry
        for entry in labelled
        if entry.class_number != OUTSIDE or entry.isopointal_to not in inside | merged
    ]


def build_dataset(
    source: Path | Sequence[Path],
    *,
    config: BuildConfig,
    report: Progress = silent,
    labelled: list[Labelled] | None = None,
    workers: Workers | None = None,
) -> Dataset:
    """Build a data set from a store or a Parquet table, or from several.

    Structures whose reflections cannot be computed are left out, and so are hypothetical compounds
    whose elements those of a validation or test compound may be.

    Parameters
    ----------
    source
        Stores and tables. Chosen types (`BuildConfig.types`) are looked up in the first one.
    config
        What goes into the data set.
    report
        Called now and then.
    labelled
        The rows labelled before (`label_sources`); without it every row is labelled now.
    workers
        Those of a cluster, instead of the processes of ``config``.

    Raises
    ------
    CrystinetError
        The file cannot be read, nothing in it can be used, or the types are not in it.
    """
    paths = [source] if isinstance(source, Path) else list(source)
    types: list[str] = []
    if labelled is None:
        labelled, types = label_sources(
            paths,
            types=config.types,
            known_only=config.known_only,
            workers=workers or config.workers,
            report=report,
        )
    told_apart = without_isopointal(labelled)
    entries = choose(without_leaks(told_apart), config)
    chosen = {entry.row_id: entry for entry in entries}
    splits: dict[int, Sequence[Split]] = (
        {
            row_id: (Split.TRAIN,) if e.kind == HYPOTHETICAL else splits_of_patterns(row_id)
            for row_id, e in chosen.items()
        }
        if config.split_patterns
        else {row_id: (split,) for row_id, split in assign_splits(entries).items()}
    )
    varied = frozenset(row_id for row_id, found in splits.items() if Split.TRAIN in found)
    computed = compute_lines(
        (
            (row.id, _wanted(row, variants=config.variants if row.id in varied else 0))
            for row in read_sources(paths)
            if row.id in chosen
        ),
        config.limits,
        workers=workers or config.workers,
        total=len(chosen),
        report=report,
    )
    compounds = [
        (_member(chosen[row_id], split), lines)
        for row_id, lines in computed
        for split in splits[row_id]
    ]
    if not compounds:
        names = ", ".join(map(str, paths))
        raise CorpusError(f"No structure of {names} can be used.", hint="Is it the right file?")
    used = {member.row_id: chosen[member.row_id] for member, _ in compounds}
    return dataset_of_lines(
        compounds,
        d_min_angstrom=config.d_min_angstrom,
        provenance=_provenance(paths, config, types, used)
        | {
            "isopointal_left_out": len(labelled) - len(told_apart),
            "implausible_left_out": len(chosen) - len(used),
        },
    )


def _wanted(row: Row, *, variants: int) -> LinesWanted:
    return LinesWanted(row.structure, row.space_group, variants=variants, seed=row.id)


def _member(entry: Labelled, split: Split) -> Member:
    return Member(
        row_id=entry.row_id,
        type_name=entry.type_name,
        class_number=entry.class_number,
        split=split,
        known_experimentally=entry.known_experimentally,
        source=entry.source,
        formula=entry.formula,
    )


def _provenance(
    paths: list[Path], config: BuildConfig, types: list[str], used: dict[int, Labelled]
) -> dict[str, Any]:
    """What the data card tells: origin with its hash, settings, and sources with their licences."""
    sources = Counter((e.source, e.licence, e.kind) for e in used.values())
    settings = asdict(config) | {"types": types}  # a file of types may change or move
    del settings["workers"]
    return {
        "crystinet": __version__,
        "origin": " + ".join(path.name for path in paths),
        "origin_sha256": " + ".join(map(source_digest, paths)),
        "settings": settings,
        "sources": [[*key, count] for key, count in sorted(sources.items())],
    }


def source_digest(path: Path) -> str:
    """SHA-256 of the structures of a store, or of a table's file."""
    if is_sqlite(path):
        with Store.open(path) as store:
            return content_digest(store)
    return sha256_of_file(path)
