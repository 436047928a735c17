"""Use case: measure how often a bundle is right, and write the report and the model card of it."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.core.errors import ConfigError
from crystinet.core.extras import DRAWING, PAGES, need_extra
from crystinet.core.files import check_place, make_folder, sha256_of_file, write_whole
from crystinet.core.plain import Document, json_text, plain
from crystinet.core.progress import Progress, silent

if TYPE_CHECKING:
    from crystinet.evaluation.benchmark.table import BenchmarkRow
    from crystinet.evaluation.coverage import CoverageReport
    from crystinet.evaluation.measured import MeasuredReport
    from crystinet.evaluation.robustness.table import Robustness
    from crystinet.evaluation.simulated import SimulatedReport
    from crystinet.evaluation.study import Study
    from crystinet.model.identification import Identification
    from crystinet.model.inference import Model
    from crystinet.patterns.sample import Sample

#: Folder in a report's folder where scores are kept.
SCORES = "scores"
#: Test compounds that are judged at most.
PATTERNS = 6_000
#: ... and rivals without networks, which are slower, are asked about at most so many of them.
RIVALRY = 500


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How often a bundle is right.

    Attributes
    ----------
    model_id, model_version
        Of the bundle that was judged.
    simulated
        On the held-out compounds of a data set; None where none was given.
    measured
        On measured patterns; None where none were given.
    page
        The page of the report; None where none was asked for.
    coverage
        On held-out compounds of any type; None where no store was given.
    baselines
        The bundle's networks and rivals without networks on the same patterns; none where they
        were not asked for.
    robustness
        On disturbed measured patterns; None where it was not asked for.
    """

    model_id: str
    model_version: str
    simulated: "SimulatedReport | None" = None
    measured: "MeasuredReport | None" = None
    page: Path | None = None
    coverage: "CoverageReport | None" = None
    baselines: "tuple[BenchmarkRow, ...]" = ()
    robustness: "Robustness | None" = None

    def to_dict(self) -> Document:
        """The document of ``evaluate --json``."""
        document: Document = {"model": {"id": self.model_id, "version": self.model_version}}
        document |= {"simulated": self.simulated.to_dict()} if self.simulated else {}
        document |= {"measured": self.measured.to_dict()} if self.measured else {}
        document |= {"coverage": self.coverage.to_dict()} if self.coverage else {}
        document |= {"baselines": [asdict(row) for row in self.baselines]} if self.baselines else {}
        document |= {"robustness": self.robustness.to_dict()} if self.robustness else {}
        told: Document = plain(document)
        return told


def evaluate(
    *,
    dataset: Path | None = None,
    measured: Path | None = None,
    model: str | Path | None = None,
    coverage: Path | None = None,
    seed: int = 1,
    patterns: int | None = None,
    folder: Path | None = None,
    pattern_split: str | Path | None = None,
    card: Path | None = None,
    baselines: bool = False,
    robustness: bool = False,
    command: str = "crystinet.app.evaluate.evaluate",
    report: Progress = silent,
) -> Evaluation:
    """Measure accuracy on held-out compounds and on measured patterns, and coverage.

    Parameters
    ----------
    dataset
        Data set whose held-out test compounds are judged, on fully augmented patterns.
    measured
        Folder of measured patterns with a ``manifest.csv``.
    model
        The bundle, as in `crystinet.identify`.
    coverage
        Store of structures: its held-out compounds of any type, whether the bundle has it or not,
        are asked about; see `crystinet.evaluation.coverage`.
    seed, patterns
        Of the augmentation of the test patterns, and how many compounds there are at most; None
        takes `PATTERNS`, and 500 for the coverage.
    folder
        Where to write every figure that the bundle has: an HTML page, CSV files, a JSON document.
        Scores are kept in its folder `SCORES`: a call that was cut off goes on when it is repeated.
    pattern_split
        Another bundle of the same types, trained on a data set that is split by pattern; for the
        report, which shows what that split hides.
    card
        Where to write the figures as a model card (Markdown).
    baselines
        Whether rivals without networks are asked about the same patterns, at most `RIVALRY` of
        each kind: the nearest known compound and a list of lines, see `crystinet.app.benchmark`.
    robustness
        Whether the measured patterns are also disturbed and identified again, see
        `crystinet.evaluation.robustness`.
    command
        How this was asked for, for the head of the report.
    report
        Told what is done.

    Raises
    ------
    ConfigError
        There is nothing to evaluate on, or ``pattern_split`` is without what it is compared on.
    MissingExtraError
        The extra ``train`` or ``report`` is not installed where it is needed.
    CrystinetError
        A bundle, a data set or a folder cannot be used.
    """
    from crystinet.app.models import line_check, load_model

    _check(dataset, measured, coverage, folder, pattern_split)
    if robustness and measured is None:
        raise ConfigError(
            "There are no measured patterns to disturb.",
            hint="Robustness is measured on a folder of measured patterns (--measured FOLDER).",
        )
    if card is not None:
        check_place(card)
    judged = load_model(model)
    study, simulated = None, None
    if dataset is not None:
        other = None if pattern_split is None else load_model(pattern_split)
        study, simulated = _on_simulated(
            judged, dataset, seed, patterns or PATTERNS, folder=folder, other=other, report=report
        )
    on_measured = None
    if measured is not None:
        from crystinet.evaluation.measured import evaluate_measured

        on_measured = evaluate_measured(judged, measured, check=line_check(judged), report=report)
    bundle = judged.bundle
    found = Evaluation(bundle.id, bundle.version, simulated, on_measured)
    if coverage is not None:
        covered = _coverage(judged, coverage, seed=seed, patterns=patterns, report=report)
        found = replace(found, coverage=covered)
    if baselines and not (dataset is None and measured is None):
        found = replace(found, baselines=_baselines(judged, dataset, measured, seed, report))
    if robustness and measured is not None:
        found = replace(found, robustness=_disturbed(judged, measured, seed, report))
    if folder is not None:
        manifest = sha256_of_file(measured / "manifest.csv") if measured is not None else ""
        page = _write_report(
            folder, judged, found, study, manifest=manifest, command=command, report=report
        )
        found = replace(found, page=page)
    if card is not None:
        from crystinet.report.evaluation.card import model_card

        write_whole(
            card,
            model_card(bundle, simulated=simulated, measured=on_measured, rivals=found.baselines),
        )
    return found


def _baselines(
    model: "Model", dataset: Path | None, measured: Path | None, seed: int, report: Progress
) -> "tuple[BenchmarkRow, ...]":
    from crystinet.app.benchmark import benchmark_rows
    from crystinet.app.models import load_index

    folders = [] if measured is None else [measured]
    rows = benchmark_rows(
        model, load_index(), dataset, folders, seed=seed, patterns=RIVALRY, report=report
    )
    return tuple(rows)


def _disturbed(model: "Model", folder: Path, seed: int, report: Progress) -> "Robustness":
    from crystinet.app.models import line_check
    from crystinet.evaluation.robustness.table import evaluate_robustness

    return evaluate_robustness(model, line_check(model), folder, seed=seed, report=report)


def _check(
    dataset: Path | None,
    measured: Path | None,
    coverage: Path | None,
    folder: Path | None,
    pattern_split: str | Path | None,
) -> None:
    """Refuse what cannot work before any work is done."""
    if dataset is None and measured is None and coverage is None:
        raise ConfigError(
            "There is nothing to evaluate on.",
            hint="Give a data set (--dataset FILE), measured patterns (--measured FOLDER), a store "
            "(--coverage FILE) or several of them.",
        )
    if pattern_split is not None and (dataset is None or folder is None):
        raise ConfigError(
            "A bundle of a split by pattern (--pattern-split) needs a data set and a report.",
            hint="It is compared on the data set (--dataset), in a figure of the report "
            "(--report).",
        )
    if dataset is not None or coverage is not None:
        need_extra("train", *DRAWING, what="Drawing test patterns")
    if folder is not None:
        need_extra("report", *PAGES, what="A report")
        # The figures judge patterns with what draws them.
        need_extra("train", *DRAWING, what="A report")

        make_folder(folder, of="the report")


def _on_simulated(
    model: "Model",
    path: Path,
    seed: int,
    patterns: int,
    *,
    folder: Path | None,
    other: "Model | None",
    report: Progress,
) -> "tuple[Study | None, SimulatedReport]":
    """Score the data set's test compounds, and all else that a report needs where one is wanted."""
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.evaluation.scoring import ScoreStore
    from crystinet.evaluation.simulated import evaluate_simulated, summarise_simulated
    from crystinet.evaluation.study import run_study

    data, sha256 = Dataset.load(path), sha256_of_file(path)
    if folder is None:
        return None, evaluate_simulated(
            model, data, dataset_sha256=sha256, seed=seed, max_patterns=patterns, report=report
        )
    study = run_study(
        model.alone,
        data,
        dataset_sha256=sha256,
        store=ScoreStore(folder / SCORES, {"dataset": sha256}),
        seed=seed,
        max_patterns=patterns,
        pattern_split=other,
        report=report,
    )
    if model.partner is None:
        return study, summarise_simulated(model, data, study.simulated, dataset_sha256=sha256)
    # The figures of the study are those of the networks of the bundle; the answers are of both.
    return study, evaluate_simulated(
        model, data, dataset_sha256=sha256, seed=seed, max_patterns=patterns, report=report
    )


def _coverage(
    model: "Model", store: Path, *, seed: int, patterns: int | None, report: Progress
) -> "CoverageReport":
    """Ask about held-out compounds of any type, as `crystinet.identify` would."""
    from crystinet.app.models import line_check
    from crystinet.evaluation.coverage import COMPOUNDS, evaluate_coverage, is_known
    from crystinet.lines.indexing.beyond import look_beyond
    from crystinet.model.identification import Verdict

    check = line_check(model)

    def answer(sample: "Sample") -> "Identification":
        (found,) = check.identify([sample])
        if found.verdict is not Verdict.UNKNOWN or is_known(found):
            return found
        return replace(found, beyond=look_beyond(sample))

    return evaluate_coverage(
        model, answer, store, seed=seed, compounds=patterns or COMPOUNDS, report=report
    )


def _write_report(
    folder: Path,
    model: "Model",
    found: Evaluation,
    study: "Study | None",
    *,
    manifest: str,
    command: str,
    report: Progress,
) -> Path:
    """Draw all figures, and write page, tables and document; return the page."""
    from crystinet.report.evaluation.contents import report_figures
    from crystinet.report.evaluation.page import DOCUMENT, PAGE, write_report
    from crystinet.report.evaluation.provenance import report_notes, report_provenance

    bundle = model.bundle
    figures = report_figures(
        bundle,
        study=study,
        simulated=found.simulated,
        measured=found.measured,
        manifest_sha256=manifest,
    )
    provenance = report_provenance(bundle, study=study, manifest_sha256=manifest, command=command)
    notes = report_notes(bundle, study)
    write_report(
        folder,
        figures,
        title=f"Evaluation of crystinet bundle {bundle.version}",
        provenance=provenance,
        notes=notes,
        report=report,
    )
    whole = {
        **found.to_dict(),
        "provenance": provenance,
        "notes": notes,
        "figures": plain([figure.to_dict() for figure in figures]),
    }
    write_whole(folder / DOCUMENT, json_text(whole))
    return folder / PAGE
