"""Use case: a bundle and its rivals on the same patterns, in one table."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.core.errors import ConfigError
from crystinet.core.extras import DRAWING, need_extra
from crystinet.core.files import sha256_of_file
from crystinet.core.plain import Document
from crystinet.core.progress import Progress, silent
from crystinet.core.version import __version__

if TYPE_CHECKING:
    from crystinet.corpus.index.index import CompoundIndex
    from crystinet.evaluation.benchmark.cases import PosedPattern
    from crystinet.evaluation.benchmark.rivals import Rival
    from crystinet.evaluation.benchmark.table import Benchmark as Benchmark  # for the commands
    from crystinet.evaluation.benchmark.table import BenchmarkRow
    from crystinet.model.inference import Model

#: Held-out compounds that everybody is asked about at most.
PATTERNS = 1_000
#: What stands for a bundle of the published design where none is given.
NOT_GIVEN = "not given; train one by 'crystinet train --recipe paper'"


def benchmark(
    *,
    dataset: Path | None = None,
    measured: Sequence[Path] = (),
    model: str | Path | None = None,
    published: str | Path | None = None,
    index: Path | None = None,
    seed: int = 1,
    patterns: int = PATTERNS,
    report: Progress = silent,
) -> "Benchmark":
    """Ask a bundle, the nearest known compound and a list of lines about the same patterns.

    Only patterns of the bundle's classes count, and all rivals choose among these. Those without
    networks search an index of known compounds, once all of it and once without the compounds of
    the same elements.

    Parameters
    ----------
    dataset
        Data set: its held-out test compounds, one fully augmented pattern each.
    measured
        Folders of measured patterns, each with a ``manifest.csv``.
    model
        The bundle, as in `crystinet.identify`.
    published
        A bundle of the published design, trained by the recipe ``paper``, as a further rival.
    index
        Known compounds; None takes the index in the package.
    seed, patterns
        Of the augmentation, and how many held-out compounds there are at most.
    report
        Told what is done.

    Raises
    ------
    ConfigError
        There is nothing to ask about, or ``published`` prepares patterns in another way.
    MissingExtraError
        The extra ``train`` is not installed, which draws the patterns of a data set.
    CrystinetError
        A bundle, a data set, an index or a manifest cannot be used.
    """
    if dataset is None and not measured:
        raise ConfigError(
            "There is nothing to ask about.",
            hint="Give a data set (--dataset FILE), measured patterns (--measured FOLDER) or both.",
        )
    if dataset is not None:
        need_extra("train", *DRAWING, what="Drawing test patterns")
    from crystinet.app.models import load_index, load_model
    from crystinet.evaluation.benchmark.table import Benchmark, absent

    asked, known = load_model(model), load_index(index)
    other = None if published is None else load_model(published)
    rows = benchmark_rows(
        asked, known, dataset, measured, other=other, seed=seed, patterns=patterns, report=report
    )
    if other is None:
        sets = dict.fromkeys(row.patterns_of for row in rows)
        rows = [
            each
            for name in sets
            for each in (
                *(row for row in rows if row.patterns_of == name),
                absent(name, "published design", NOT_GIVEN),
            )
        ]
    provenance = {
        "crystinet": __version__,
        "bundle": f"{asked.bundle.version}, {asked.bundle.id}",
        "published design": other.bundle.id if other is not None else NOT_GIVEN,
        "index of known compounds": known.id,
    }
    beside = asked if asked.base is None else asked.base
    if beside.partner is not None:
        provenance["answers together with"] = beside.partner.bundle.id
    if dataset is not None:
        provenance |= {"data set, SHA-256": sha256_of_file(dataset), "seed": str(seed)}
    for folder in measured:
        provenance[f"manifest of {_name(folder)}, SHA-256"] = sha256_of_file(
            folder / "manifest.csv"
        )
    return Benchmark(tuple(rows), provenance)


def benchmark_rows(
    asked: "Model",
    known: "CompoundIndex",
    dataset: Path | None,
    measured: Sequence[Path],
    *,
    other: "Model | None" = None,
    seed: int,
    patterns: int,
    report: Progress = silent,
) -> "list[BenchmarkRow]":
    """Rows of the table for bundles and indexes that are loaded; as `benchmark`."""
    from crystinet.evaluation.benchmark.table import judged_rows

    rivals = _rivals(asked, other, known)
    rows = []
    for name, cases in _sets(asked, dataset, measured, seed=seed, patterns=patterns, report=report):
        rows += judged_rows(name, cases, rivals, report=report)
    return rows


def _name(folder: Path) -> str:
    """Of the folder, also where it was given as ``.``; its place is nobody's business."""
    return folder.resolve().name


def manifest_schema() -> Document:
    """JSON Schema of the rows of a folder's ``manifest.csv``."""
    from crystinet.evaluation.manifest import manifest_schema

    return manifest_schema()


def _rivals(asked: "Model", other: "Model | None", known: "CompoundIndex") -> "list[Rival]":
    from crystinet.evaluation.benchmark.rivals import BundleRival, OneNearest, PeakListRival

    judge = asked.bundle
    rivals: list[Rival] = [
        BundleRival("this bundle", asked, judge=judge),
        OneNearest("1-NN", known, judge=judge),
        PeakListRival("peak list", known, judge=judge),
    ]
    if other is not None:
        rivals.append(BundleRival("published design", other, judge=judge))
    return rivals


def _sets(
    model: "Model",
    dataset: Path | None,
    measured: Sequence[Path],
    *,
    seed: int,
    patterns: int,
    report: Progress,
) -> "list[tuple[str, list[PosedPattern]]]":
    """Names and patterns of all that is asked about."""
    from crystinet.evaluation.benchmark.cases import measured_cases

    found = [
        (f"measured, {_name(folder)}", measured_cases(model, folder, report=report))
        for folder in measured
    ]
    if dataset is not None:
        from crystinet.corpus.datasets.dataset import Dataset
        from crystinet.evaluation.benchmark.drawn import simulated_cases

        data = Dataset.load(dataset)
        cases = simulated_cases(model, data, seed=seed, patterns=patterns, report=report)
        found.insert(0, ("held-out compounds, simulated", cases))
    return found
