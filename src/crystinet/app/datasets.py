"""Use cases: data sets for training, invented compounds, and the index of known ones."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.core.files import check_place, write_whole
from crystinet.core.progress import Progress, silent

if TYPE_CHECKING:
    from crystinet.corpus.datasets.build import BuildConfig
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.corpus.generated.build import Generated, GenerationConfig
    from crystinet.corpus.imagined.imagination import TableConfig
    from crystinet.corpus.index.build import IndexConfig


@dataclass(frozen=True, slots=True)
class CompoundCount:
    """What a file of compounds holds.

    Attributes
    ----------
    compounds, lines
        How many.
    identity
        SHA-256 of what the file holds.
    """

    compounds: int
    lines: int
    identity: str


def build_dataset(
    sources: Sequence[Path],
    output: Path,
    *,
    config: "BuildConfig | None" = None,
    cluster: str | None = None,
    report: Progress = silent,
) -> "Dataset":
    """Choose compounds, split them, compute their reflections, and write the data set.

    Parameters
    ----------
    sources
        Stores or Parquet tables of structures.
    output
        The file (.npz).
    config
        What goes in; None takes the default settings.
    cluster
        Address of a Dask scheduler that does the work, see
        `crystinet.work.cluster.open_cluster`; None works in processes here.
    report
        Told what is done.

    Raises
    ------
    CrystinetError
        A source cannot be read, nothing in it can be used, the types are not in it, the file cannot
        be written, or the cluster is lost.
    """
    from crystinet.corpus.datasets import build
    from crystinet.work.cluster import optional_cluster

    check_place(output)
    with optional_cluster(cluster) as crew:
        dataset = build.build_dataset(
            sources, config=config or build.BuildConfig(), report=report, workers=crew
        )
    dataset.save(output)
    return dataset


def imagine_compounds(
    source: Path,
    output: Path,
    *,
    config: "TableConfig | None" = None,
    report: Progress = silent,
) -> Mapping[str, int]:
    """Invent hypothetical compounds, for training only, and write them as a Parquet table.

    Parameters
    ----------
    source
        Store, or Parquet table of structures.
    output
        The table.
    config
        What to invent; None takes the default settings.
    report
        Told what is done.

    Returns
    -------
    Compounds of each type.

    Raises
    ------
    CrystinetError
        A type is unknown, the source holds nothing to learn from, or the table cannot be written.
    """
    from crystinet.corpus.imagined.imagination import TableConfig, imagine_table, write_table

    check_place(output)
    rows = imagine_table(source, config=config or TableConfig(), report=report)
    write_table(output, rows)
    return Counter(row["type_name"] for row in rows)


def generate_catalogue(
    store: Path,
    output: Path,
    *,
    config: "GenerationConfig | None" = None,
    report: Progress = silent,
) -> "Generated":
    """Make structure types of the classes of a store, and write them into a file.

    Parameters
    ----------
    store
        File of the store.
    output
        The file (.jsonl), with one type a line.
    config
        Which types are made; None takes the default settings.
    report
        Told what is done.

    Raises
    ------
    CrystinetError
        The file is no store, none of its classes is large enough, or the file cannot be written.
    """
    from crystinet.corpus.generated.build import GenerationConfig, generate_types

    check_place(output)
    made = generate_types(store, config=config or GenerationConfig(), report=report)
    write_whole(output, made.to_text())
    return made


def relabel_store(store: Path, *, workers: int = 2, report: Progress = silent) -> int:
    """Give the compounds of a store the generated types of this version.

    Parameters
    ----------
    store
        File of the store, which is changed.
    workers
        Number of processes.
    report
        Told how far it is.

    Returns
    -------
    int
        How many compounds changed.

    Raises
    ------
    CorpusError
        The file is no store, or cannot be written.
    """
    from crystinet.corpus.labels.relabelling import relabel

    return relabel(store, workers=workers, report=report)


def index_compounds(
    sources: Sequence[Path],
    output: Path,
    *,
    config: "IndexConfig | None" = None,
    atoms_for: Path | None = None,
    cluster: str | None = None,
    report: Progress = silent,
) -> CompoundCount:
    """Make the index of known compounds that measured patterns are compared with.

    Parameters
    ----------
    sources
        Stores, Parquet tables of structures, or data sets (.npz).
    output
        The index (.npz).
    config
        What goes in; None takes the default settings.
    atoms_for
        An index whose compounds and lines stay as they are: only their atoms are taken from the
        sources. None makes a new index.
    cluster
        As in `build_dataset`.
    report
        Told what is done.

    Raises
    ------
    CrystinetError
        A source cannot be read, none holds a compound of a structure type, the index cannot be
        written, or the cluster is lost.
    """
    from crystinet.corpus.index.build import IndexConfig, build_index, with_atoms
    from crystinet.corpus.index.index import CompoundIndex
    from crystinet.work.cluster import optional_cluster

    check_place(output)
    if atoms_for is not None:
        built = with_atoms(CompoundIndex.load(atoms_for), sources, report=report)
        return CompoundCount(len(built), len(built.hkl), built.save(output))
    with optional_cluster(cluster) as crew:
        built = build_index(sources, config=config or IndexConfig(), report=report, workers=crew)
    return CompoundCount(len(built), len(built.hkl), built.save(output))


def publish_dataset(path: Path, folder: Path) -> Mapping[str, int]:
    """Write a data set as others can use it: tables, data card, licences by row, Croissant.

    Compounds whose licence forbids to pass them on, or is not stated, are left out.

    Parameters
    ----------
    path
        The data set (.npz).
    folder
        Where to; made where there is none.

    Returns
    -------
    Compounds that were left out, by source.

    Raises
    ------
    CorpusError
        The file is no data set, does not say its licences, or nothing of it may be passed on.
    MissingExtraError
        pyarrow is not installed.
    """
    from crystinet.corpus.datasets.publication import publish

    return publish(path, folder)
