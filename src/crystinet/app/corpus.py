"""Use cases: fill a store of crystal structures, and tell what is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.core.files import write_whole
from crystinet.core.plain import Document
from crystinet.core.progress import Progress, silent

if TYPE_CHECKING:
    from crystinet.corpus.compound import Problem
    from crystinet.corpus.intake.ingest import Tally
    from crystinet.corpus.labels.audit import Audit
    from crystinet.corpus.store.queries import Counts, Isotype


@dataclass(frozen=True, slots=True)
class Contents:
    """What a store or a data set holds.

    Attributes
    ----------
    counts
        Of a store; None for a data set.
    classes
        Compounds of each class of a data set by split; empty for a store.
    """

    counts: "Counts | None"
    classes: tuple[Mapping[str, str | int], ...] = ()

    def to_dict(self) -> Document:
        """The document of ``corpus stats --json``."""
        found = self.counts
        if found is None:
            return {"classes": [dict(row) for row in self.classes]}
        document = asdict(found)
        document["sources"] = [
            {"source": source, "licence": licence, "kind": kind, "structures": number}
            for (source, licence, kind), number in found.sources.items()
        ]
        document["types"] = {name: number for name, number in found.types.items() if name}
        document["without_type"] = found.types.get("", 0)
        document["type_origins"] = {
            origin: number for origin, number in document.pop("origins").items() if origin
        }
        return document


def add_structures(
    paths: Sequence[Path],
    store: Path,
    *,
    source: str | None = None,
    licence: str | None = None,
    kind: str | None = None,
    workers: int = 2,
    cluster: str | None = None,
    report: Progress = silent,
) -> "Tally":
    """Add crystal structures to a store, each with its structure type.

    What is there already is passed over: a call that was cut off goes on when it is repeated.

    Parameters
    ----------
    paths
        CIF files, folders or zip archives of them, Parquet tables.
    store
        File of the store; made where there is none.
    source, licence, kind
        Database, terms of use and kind ("experimental", "dft") of all entries; None leaves them to
        the files.
    workers
        Processes.
    cluster
        Address of a Dask scheduler that does the work instead, see
        `crystinet.work.cluster.open_cluster`.
    report
        Told what is done.

    Returns
    -------
    What was added, and what was rejected: a bad file does not stop the others.

    Raises
    ------
    FileMissingError
        A path does not exist, or a folder holds nothing to read; nothing is added then.
    CorpusError
        The store cannot be written.
    ClusterError
        The cluster cannot be reached, or is lost.
    """
    from crystinet.corpus.intake.cif_entries import Overrides
    from crystinet.corpus.intake.ingest import ingest
    from crystinet.corpus.intake.inputs import containers_of
    from crystinet.corpus.store.store import Store
    from crystinet.work.cluster import optional_cluster

    containers_of(paths)  # a mistyped path must not leave an empty store behind
    told = Overrides(source=source, licence=licence, kind=kind)
    with optional_cluster(cluster) as crew, Store.create(store) as opened:
        return ingest(paths, opened, overrides=told, workers=crew or workers, report=report)


def rejected_inputs(store: Path) -> "list[Problem]":
    """What a store did not take, and why.

    Parameters
    ----------
    store
        File of the store.

    Returns
    -------
    list of Problem
        By file, and by place in it.

    Raises
    ------
    CorpusError
        The file is no store.
    """
    from crystinet.corpus.store.store import Store

    with Store.open(store) as opened:
        return opened.problems()


def rank_types(
    store: Path,
    *,
    top: int | None = None,
    known_only: bool = False,
    output: Path | None = None,
) -> "list[Isotype]":
    """Rank all isoconfigurational classes of a store by number of distinct compounds.

    Parameters
    ----------
    store
        File of the store.
    top
        Only the first so many.
    known_only
        Leave out compounds that nobody made.
    output
        Where to write them as a list of types, for `crystinet.app.datasets.build_dataset`.

    Returns
    -------
    list of Isotype
        The class with the most compounds first.

    Raises
    ------
    CorpusError
        The file is no store.
    FileMissingError
        The list cannot be written.
    """
    from crystinet.corpus.store.queries import ranked_isotypes
    from crystinet.corpus.store.store import Store

    with Store.open(store) as opened:
        ranked = ranked_isotypes(opened, top=top or -1, known_only=known_only)
    if output is not None:
        write_whole(output, "".join(f"# {isotype_words(i)}\n{i.key}\n" for i in ranked))
    return ranked


def isotype_words(isotype: "Isotype") -> str:
    """How many compounds a class has, and one of them."""
    return (
        f"{isotype.compounds} compounds, {isotype.known} made, such as {isotype.formula} "
        f"({isotype.code})"
    )


def count_contents(source: Path) -> Contents:
    """Count what a store or a data set holds.

    Parameters
    ----------
    source
        A store, or a data set (.npz).

    Returns
    -------
    Contents
        Counts of a store, or classes of a data set.

    Raises
    ------
    CorpusError
        The file is neither.
    """
    from crystinet.core.sqlite import is_sqlite
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.corpus.datasets.stats import counts_by_class
    from crystinet.corpus.store.queries import counts
    from crystinet.corpus.store.store import Store

    if not is_sqlite(source):
        return Contents(None, tuple(counts_by_class(Dataset.load(source))))
    with Store.open(source) as store:
        return Contents(counts(store))


def write_card(source: Path, output: Path | None = None) -> str:
    """The data card of a store or a data set (Markdown); into a file too where one is named.

    Parameters
    ----------
    source
        A store, or a data set (.npz).
    output
        Where to write it as well.

    Returns
    -------
    str
        The card.

    Raises
    ------
    CorpusError
        The source is neither.
    FileMissingError
        The file cannot be written.
    """
    from crystinet.corpus.datasets.card import data_card

    text = data_card(source)
    if output is not None:
        write_whole(output, text)
    return text


def audit(
    source: Path,
    *,
    minerals: bool = False,
    kind: str | None = None,
    workers: int = 2,
    report: Progress = silent,
) -> "Audit":
    """Assign all structure types anew, and look for doubtful cases and collisions.

    Parameters
    ----------
    source
        Store, or Parquet table of structures.
    minerals
        Also compare minerals with what mineralogy says.
    kind
        Only structures of this kind, such as "experimental".
    workers
        Processes.
    report
        Told what is done.

    Raises
    ------
    CrystinetError
        The file cannot be read.
    """
    from crystinet.corpus.labels import audit as labels

    return labels.audit(source, minerals=minerals, kind=kind, workers=workers, report=report)


def audit_document(found: "Audit") -> Document:
    """The document of ``corpus audit --json``."""
    differing = [
        {"label": label, "assigned": other, "structures": n}
        for (label, other), n in found.differing.items()
    ]
    return {
        **{name: getattr(found, name) for name in ("structures", "failed", "assigned")},
        "types": [asdict(entry) for entry in found.types],
        "collisions": [{"key": key, "types": dict(n)} for key, n in found.collisions.items()],
        "labels": {"structures": found.labelled, "differing": differing},
        "minerals": None if found.minerals is None else asdict(found.minerals),
    }


def problem_document(problem: "Problem") -> Document:
    """An input that a store did not take, as JSON has it."""
    error = {"code": problem.code, "message": problem.message, "hint": problem.hint}
    return {"origin": problem.origin, "part": problem.part, "error": error}


def fetch_structures(
    url: str,
    store: Path,
    *,
    filter_: str = "",
    source: str | None = None,
    licence: str | None = None,
    kind: str | None = None,
    most: int | None = None,
    pause_s: float | None = None,
    workers: int = 2,
    report: Progress = silent,
) -> "Tally":
    """Add the structures of a database that speaks OPTIMADE to a store.

    A call that was cut off goes on at its next page when it is repeated.

    Parameters
    ----------
    url
        Base address of the database, without the version.
    store
        File of the store; made where there is none.
    filter_
        In OPTIMADE's language; empty for everything.
    source, licence, kind
        As in `add_structures`; the server's own words by default.
    most
        So many structures at most, rounded up to a page.
    pause_s
        Between two requests, seconds.
    workers
        Processes.
    report
        Told what is done.

    Returns
    -------
    What was added, and what was rejected: a bad structure does not stop the others.

    Raises
    ------
    MissingExtraError
        The extra ``optimade`` is not installed.
    ConfigError
        The address is none.
    CorpusError
        The server does not answer or refuses, or the store cannot be written.
    """
    from crystinet.corpus.intake.cif_entries import Overrides
    from crystinet.corpus.intake.optimade import PAUSE_S, fetch
    from crystinet.corpus.store.store import Store

    told = Overrides(source=source, licence=licence, kind=kind)
    with Store.create(store) as opened:
        return fetch(
            url,
            opened,
            filter_=filter_,
            overrides=told,
            most=most,
            pause_s=PAUSE_S if pause_s is None else pause_s,
            workers=workers,
            report=report,
        )
