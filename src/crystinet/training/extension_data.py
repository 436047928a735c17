"""The data that a further RCNet is trained on: compounds of the new types, the old ones, others."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from crystinet.core.errors import ConfigError, CorpusError
from crystinet.corpus.build import BuildConfig, build_dataset
from crystinet.corpus.compound import composition_of
from crystinet.corpus.dataset import OUTSIDE, Dataset, Member, join, pack
from crystinet.corpus.imagination import TableConfig, imagine_table, write_table
from crystinet.corpus.lines import Lines, lines_of
from crystinet.corpus.parallel import chunked, map_chunks
from crystinet.corpus.queries import ranked_isotypes
from crystinet.corpus.relatives import GivenType, dataset_of
from crystinet.corpus.selection import FIRST_OWN_NUMBER, select_isotypes
from crystinet.corpus.splits import Split, compound_key
from crystinet.corpus.store import Store
from crystinet.crystals.catalogue import StructureType, load_catalogue
from crystinet.model.bundle import Bundle
from crystinet.training.groups import Groups
from crystinet.training.rendering import Report

#: Said of a data set that was made without any corpus.
REFERENCES = "reference structures of the catalogue"


@dataclass(frozen=True)
class ExtensionSources:
    """Where compounds come from.

    Attributes
    ----------
    types
        Types of the store: names, ranks or files of these, see `select_isotypes`.
    given
        Types given by CIF files.
    corpus
        The store.
    dataset
        Data set of the types that the bundle knows.
    """

    types: tuple[str, ...] = ()
    given: tuple[GivenType, ...] = ()
    corpus: Path | None = None
    dataset: Path | None = None

    def __post_init__(self) -> None:
        if not self.types and not self.given:
            raise ConfigError(
                "No type to learn is given.",
                hint="Give --types NAME with --corpus STORE, or --cif FILE with --name NAME.",
            )
        if self.types and self.corpus is None:
            raise ConfigError(
                "The types are to be learned from a corpus, but there is none.",
                hint="Name a store: --corpus corpus.sqlite.",
            )

    @property
    def only_references(self) -> bool:
        """Whether nothing but the catalogue's reference structures stands for the old types."""
        return self.corpus is None and self.dataset is None


@dataclass(frozen=True)
class DataConfig:
    """How much of what.

    Attributes
    ----------
    per_class, outside
        At most so many training compounds of each old class, and of structures of other types.
    hypothetical
        Relatives invented of a type with few compounds.
    thin
        Types of the corpus with fewer compounds than this get invented relatives.
    types_per_net
        At most so many new types share an RCNet.
    seed
        Decides on everything random.
    workers
        Processes that compute reflections.
    """

    per_class: int = 150
    outside: int = 5_000
    hypothetical: int = 80
    thin: int = 60
    types_per_net: int = 10
    seed: int = 1
    workers: int = 2


@dataclass(frozen=True)
class ExtensionData:
    """What a further RCNet is trained on.

    Attributes
    ----------
    dataset
        All compounds, with the class numbers of the extended bundle.
    names
        Class number to name of the new types.
    groups
        The new RCNets.
    given
        Class numbers of the types given by CIF files.
    only_references
        See `ExtensionSources`.
    """

    dataset: Dataset
    names: Mapping[int, str]
    groups: Groups
    given: frozenset[int]
    only_references: bool


def bundle_groups(bundle: Bundle) -> Groups:
    """The groups of a bundle, in the order of its columns."""
    classes: dict[int, list[int]] = {}
    for entry in bundle.types:
        classes.setdefault(entry.net, []).append(entry.number)
    return Groups(tuple(classes), tuple(map(tuple, classes.values())))


def assemble(
    bundle: Bundle,
    sources: ExtensionSources,
    config: DataConfig,
    *,
    work: Path,
    report: Report = lambda stage, done, total: None,
) -> ExtensionData:
    """Gather the compounds; what takes long is kept in the folder ``work``.

    Raises
    ------
    ConfigError
        A type is known to the bundle already.
    CrystinetError
        A source cannot be used.
    """
    chosen = _corpus_types(bundle, sources)
    names = (*chosen, *(given.name for given in sources.given))
    _refuse_known(bundle, names)
    first = max(FIRST_OWN_NUMBER, 1 + max(entry.number for entry in bundle.types))
    numbers = {name: first + i for i, name in enumerate(names)}
    parts = []
    if chosen:
        parts.append(_from_corpus(bundle, chosen, numbers, sources, config, work, report))
    parts += [
        dataset_of(
            given,
            number=numbers[given.name],
            hypothetical=config.hypothetical,
            seed=config.seed,
            workers=config.workers,
            report=report,
        )
        for given in sources.given
    ]
    new = join(parts)
    _refuse_empty(new, numbers)
    old = _old_dataset(bundle, sources, config, numbers, work, report)
    old = _thinned(_without_relatives(bundle, old, new, numbers), config)
    per_net = -(-len(names) // -(-len(names) // config.types_per_net))
    classes = tuple(tuple(part) for part in chunked((numbers[name] for name in names), per_net))
    first_group = 1 + max(group for entry in bundle.net_entries for group in entry.groups)
    return ExtensionData(
        dataset=join([old, new], provenance={"old": dict(old.provenance)}),
        names={number: name for name, number in numbers.items()},
        groups=Groups(tuple(range(first_group, first_group + len(classes))), classes),
        given=frozenset(numbers[given.name] for given in sources.given),
        only_references=sources.only_references,
    )


def _corpus_types(bundle: Bundle, sources: ExtensionSources) -> tuple[str, ...]:
    if not sources.types or sources.corpus is None:
        return ()
    with Store.open(sources.corpus) as store:
        chosen = select_isotypes(sources.types, ranked_isotypes(store))
    known = {entry.number: entry.name for entry in bundle.types if entry.number < FIRST_OWN_NUMBER}
    for isotype in chosen:
        if isotype.class_number in known:
            raise ConfigError(
                f"The bundle knows {isotype.key} already, as {known[isotype.class_number]}.",
                hint="Leave it out.",
            )
    return tuple(isotype.key for isotype in chosen)


def _refuse_known(bundle: Bundle, names: Sequence[str]) -> None:
    known = {name for entry in bundle.types for name in (entry.name, *entry.merged)}
    for name in names:
        if not name.strip() or name in known or names.count(name) > 1:
            problem = (
                "has no name"
                if not name.strip()
                else "is known to the bundle already"
                if name in known
                else "is given twice"
            )
            raise ConfigError(f"The type {name!r} {problem}.", hint="Give it another name.")


def _refuse_empty(new: Dataset, numbers: Mapping[str, int]) -> None:
    trained = {m.class_number for m in new.members if m.split is Split.TRAIN}
    for name, number in numbers.items():
        if number not in trained:
            raise CorpusError(
                f"There is no compound of {name} to train on.",
                hint="Give more CIF files of it, or leave it out.",
            )


def _from_corpus(
    bundle: Bundle,
    chosen: Sequence[str],
    numbers: Mapping[str, int],
    sources: ExtensionSources,
    config: DataConfig,
    work: Path,
    report: Report,
) -> Dataset:
    """Compounds of the new types, and of types that were added to the bundle before."""
    path = work / "new.npz"
    if path.exists():
        return Dataset.load(path)
    assert sources.corpus is not None  # noqa: S101 (for the type checker)
    corpus = [sources.corpus]
    with Store.open(sources.corpus) as store:
        compounds = {isotype.key: isotype.compounds for isotype in ranked_isotypes(store)}
    named = {kind.name for kind in load_catalogue()}
    thin = tuple(name for name in chosen if compounds[name] < config.thin and name in named)
    if thin:
        invented = work / "hypothetical.parquet"
        settings = TableConfig(
            thin, per_type=config.hypothetical, seed=config.seed, workers=config.workers
        )
        rows = imagine_table(sources.corpus, config=settings, report=report)
        if rows:
            write_table(invented, rows)
            corpus.append(invented)
    earlier = {entry.name: entry.number for entry in bundle.types if entry.name in compounds}
    later = {k: n for k, n in earlier.items() if n >= FIRST_OWN_NUMBER}
    built = build_dataset(
        corpus,
        config=BuildConfig(outside=0, types=(*chosen, *later), workers=config.workers),
        report=report,
    )
    renumbered = {**later, **numbers}
    members = [replace(m, class_number=renumbered[m.type_name]) for m in built.members]
    built = replace(built, members=tuple(members))
    built.save(path)
    return built


def _old_dataset(
    bundle: Bundle,
    sources: ExtensionSources,
    config: DataConfig,
    numbers: Mapping[str, int],
    work: Path,
    report: Report,
) -> Dataset:
    """Compounds of the types that the bundle knows, and of other types."""
    if sources.dataset is not None:
        data = Dataset.load(sources.dataset)
        with sources.dataset.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return replace(data, provenance={"file_sha256": digest, **data.provenance})
    path = work / "old.npz"
    if path.exists():
        return Dataset.load(path)
    if sources.corpus is not None:
        built = build_dataset(
            sources.corpus,
            config=BuildConfig(
                per_class=config.per_class,
                outside=config.outside,
                variants=0,
                workers=config.workers,
            ),
            report=report,
        )
    else:
        built = _references(config, report)
    built.save(path)
    return built


def _references(config: DataConfig, report: Report) -> Dataset:
    """The reference structure of each type of the catalogue, the same in all splits."""
    kinds = list(load_catalogue())
    members: list[Member] = []
    lines: list[Lines] = []
    for chunk, found in map_chunks(
        partial(_reference_lines, seed=config.seed), chunked(kinds, 8), workers=config.workers
    ):
        for kind, computed in zip(chunk, found, strict=True):
            if computed is None:
                continue
            number = load_catalogue().class_of(kind).number
            for split in Split:
                members.append(
                    Member(
                        row_id=len(members) + 1,
                        type_name=kind.name,
                        class_number=OUTSIDE if number is None else number,
                        split=split,
                        known_experimentally=True,
                        source=REFERENCES,
                        formula="".join(
                            f"{e}{n:g}"
                            for e, n in kind.definitions[0].reference.composition.items()
                        ),
                    )
                )
                lines.append(computed)
        report("reference structures", len(members) // len(Split), len(kinds))
    return pack(
        members,
        [line.reflections for line in lines],
        variants=[line.variants for line in lines],
        d_min_angstrom=BuildConfig().d_min_angstrom,
        provenance={"origin": REFERENCES},
    )


def _reference_lines(kinds: list[StructureType], *, seed: int) -> list[Lines | None]:
    config = BuildConfig()
    return [
        lines_of(
            kind.reference,
            space_group=kind.definitions[0].reference.space_group,
            d_min_angstrom=config.d_min_angstrom,
            max_lines=config.max_lines,
            variants=config.variants,
            seed=seed,
        )
        for kind in kinds
    ]


def _without_relatives(
    bundle: Bundle, old: Dataset, new: Dataset, numbers: Mapping[str, int]
) -> Dataset:
    """Give old compounds the numbers of the bundle, and drop those of the new types.

    A compound outside the known types that has a new type must not be taught as a foreign one:
    it goes by its type, or because a compound of the new types has its elements and space group.
    """
    known = {entry.number for entry in bundle.types if entry.number < FIRST_OWN_NUMBER}
    added = {e.name: e.number for e in bundle.types if e.number >= FIRST_OWN_NUMBER}
    present = {m.type_name for m in new.members}
    relatives = {
        (compound_key(composition_of(member.formula)), int(group))
        for member, group in zip(new.members, new.space_groups, strict=True)
    }
    kept, members = [], []
    for i, member in enumerate(old.members):
        number = member.class_number if member.class_number in known else OUTSIDE
        number = number or added.get(member.type_name, OUTSIDE)
        if number == OUTSIDE and member.type_name in numbers:
            continue
        if number >= FIRST_OWN_NUMBER and member.type_name in present:
            continue  # the corpus gave it already
        key = compound_key(composition_of(member.formula))
        if number == OUTSIDE and (key, int(old.space_groups[i])) in relatives:
            continue
        kept.append(i)
        members.append(replace(member, class_number=number))
    return old.take(np.array(kept, dtype=np.int64), members=members)


def _thinned(dataset: Dataset, config: DataConfig) -> Dataset:
    """At most so many training compounds of each class, at random."""
    rng = np.random.default_rng([config.seed, 29])
    count: dict[int, int] = {}
    kept = []
    for i in rng.permutation(len(dataset.members)):
        member = dataset.members[i]
        if member.split is Split.TRAIN:
            limit = config.outside if member.class_number == OUTSIDE else config.per_class
            count[member.class_number] = count.get(member.class_number, 0) + 1
            if count[member.class_number] > limit:
                continue
        kept.append(i)
    return dataset.take(np.sort(np.array(kept, dtype=np.int64)))
