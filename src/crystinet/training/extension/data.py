"""The data that a further RCNet is trained on: compounds of the new types, the old ones, others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from crystinet.core.errors import ConfigError, CorpusError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.datasets.build import BuildConfig, build_dataset
from crystinet.corpus.datasets.dataset import Dataset, join
from crystinet.corpus.imagined.imagination import TableConfig, imagine_table, write_table
from crystinet.corpus.imagined.relatives import dataset_of
from crystinet.corpus.labels.selection import FIRST_OWN_NUMBER, select_isotypes
from crystinet.corpus.splits import Split
from crystinet.corpus.store.queries import ranked_isotypes
from crystinet.corpus.store.store import Store
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.bundle import Bundle
from crystinet.model.manifest import is_plain
from crystinet.training.extension.known_compounds import old_compounds, thinned, without_relatives
from crystinet.training.extension.sources import DataConfig, ExtensionSources
from crystinet.training.groups import Groups
from crystinet.work.processes import chunked


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
    report: Progress = silent,
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
    old = old_compounds(sources, config, work=work, report=report)
    old = thinned(without_relatives(bundle, old, new, numbers), config)
    per_net = -(-len(names) // -(-len(names) // config.types_per_net))
    classes = tuple(tuple(part) for part in chunked((numbers[name] for name in names), per_net))
    first_group = 1 + max(group for entry in bundle.net_files for group in entry.groups)
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
        if name in known:
            raise ConfigError(
                f"The type {name!r} is known to the bundle already.",
                hint="It identifies it without any training. If yours is another type, give it "
                "another name; of one type with two names neither would be known for sure.",
            )
        problem = (
            ("has no name" if not name.strip() else "")
            or ("holds signs that cannot be shown" if not is_plain(name) else "")
            or ("is given twice" if names.count(name) > 1 else "")
        )
        if problem:
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
    report: Progress,
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
