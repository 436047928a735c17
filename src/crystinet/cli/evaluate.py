"""``crystinet evaluate``: how often a bundle is right."""

import shlex
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.app.documents import Document, json_text, plain
from crystinet.cli.shell import print_json
from crystinet.core.errors import ConfigError
from crystinet.core.extras import need_extra

if TYPE_CHECKING:
    from crystinet.cli.stages import StageBars
    from crystinet.evaluation.measured import MeasuredReport
    from crystinet.evaluation.simulated import SimulatedReport
    from crystinet.evaluation.study import Study
    from crystinet.model.inference import Model

#: Folder in a report's folder where scores are kept.
SCORES = "scores"


def evaluate(
    dataset: Annotated[
        Path | None, typer.Option(help="Data set: judge on its held-out test compounds.")
    ] = None,
    measured: Annotated[
        Path | None, typer.Option(help="Folder of measured patterns with a manifest.csv.")
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="BUNDLE", help="Model bundle; default: the built-in one.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the augmentation of the test patterns.")] = 1,
    patterns: Annotated[int, typer.Option(min=1, help="At most so many test compounds.")] = 6_000,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Write every figure of the paper for this bundle into the folder: one HTML page, "
            "CSV files and a JSON document. The same command goes on where it was cut off.",
        ),
    ] = None,
    pattern_split: Annotated[
        Path | None,
        typer.Option(
            metavar="BUNDLE",
            help="For the report: another bundle of the same types, trained on a data set of "
            "`corpus build --split-patterns`, to show what that split hides.",
        ),
    ] = None,
    card: Annotated[
        Path | None, typer.Option(help="Write the figures as a model card (Markdown).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """Measure accuracy on held-out compounds, on measured patterns, or on both.

    \b
    Examples:
      crystinet evaluate --dataset dataset.npz
      crystinet evaluate --measured measured/ --json > measured.json
      crystinet evaluate --dataset dataset.npz --measured measured/ --card MODEL_CARD.md
      crystinet evaluate --dataset dataset.npz --measured measured/ --report report/
    """  # noqa: D301
    _check_options(dataset, measured, report, pattern_split)
    from crystinet.app.service import load_model
    from crystinet.cli.stages import StageBars

    union = load_model(model)
    told = {"--dataset": dataset, "--measured": measured, "--model": model, "--seed": seed}
    told |= {"--patterns": patterns, "--pattern-split": pattern_split, "--report": report}
    study: Study | None = None
    simulated: SimulatedReport | None = None
    on_measured: MeasuredReport | None = None
    with StageBars() as bars, _kept(report):
        if dataset is not None:
            study, simulated = _on_simulated(
                union,
                dataset,
                seed=seed,
                patterns=patterns,
                folder=report,
                pattern_split=load_model(pattern_split) if pattern_split else None,
                bars=bars,
            )
        if measured is not None:
            from crystinet.evaluation.measured import evaluate_measured

            on_measured = evaluate_measured(union, measured, report=bars)
        document: Document = {"model": {"id": union.bundle.id, "version": union.bundle.version}}
        document |= {"simulated": simulated.to_dict()} if simulated else {}
        document |= {"measured": on_measured.to_dict()} if on_measured else {}
        if report is not None:
            _write_report(
                report,
                union,
                document,
                study=study,
                simulated=simulated,
                on_measured=on_measured,
                measured=measured,
                command=_command(told),
                bars=bars,
            )
    if card is not None:
        from crystinet.evaluation.card import model_card

        card.write_text(
            model_card(union.bundle, simulated=simulated, measured=on_measured), "utf-8"
        )
    if as_json:
        print_json(plain(document))
        return 0
    if simulated is not None:
        _print_simulated(simulated)
    if on_measured is not None:
        _print_measured(on_measured)
    if report is not None:
        typer.echo(f"Report: {report / 'report.html'}", err=True)
    return 0


def _check_options(
    dataset: Path | None, measured: Path | None, report: Path | None, pattern_split: Path | None
) -> None:
    """Refuse what cannot work before any work is done."""
    if dataset is None and measured is None:
        raise ConfigError(
            "There is nothing to evaluate on.",
            hint="Give --dataset FILE, --measured FOLDER or both.",
        )
    if pattern_split is not None and (dataset is None or report is None):
        raise ConfigError(
            "--pattern-split needs --dataset and --report.",
            hint="It is compared on the data set, in a figure of the report.",
        )
    if dataset is not None:
        need_extra("train", "numba", "torch", what="Drawing test patterns")
    if report is not None:
        need_extra("report", "jinja2", "matplotlib", what="A report")
        # The figures judge patterns with what draws them.
        need_extra("train", "numba", "torch", what="A report")
        from crystinet.report.evaluation.page import check_folder

        check_folder(report)


@contextmanager
def _kept(folder: Path | None) -> Iterator[None]:
    """Take SIGTERM, which batch systems send, for Ctrl-C, and say what is left of the work."""
    if folder is None:
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(
            f"Scores are kept in {folder / SCORES}; the same command goes on with them.", err=True
        )
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _on_simulated(
    union: "Model",
    path: Path,
    *,
    seed: int,
    patterns: int,
    folder: Path | None,
    pattern_split: "Model | None",
    bars: "StageBars",
) -> "tuple[Study | None, SimulatedReport]":
    """Score the data set's test compounds, and all else that a report needs where one is wanted."""
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.evaluation.provenance import file_sha256
    from crystinet.evaluation.scoring import ScoreStore
    from crystinet.evaluation.simulated import evaluate_simulated, summarise_simulated
    from crystinet.evaluation.study import run_study

    data = Dataset.load(path)
    sha256 = file_sha256(path)
    if folder is None:
        return None, evaluate_simulated(
            union,
            data,
            dataset_sha256=sha256,
            seed=seed,
            max_patterns=patterns,
            report=bars,
        )
    study = run_study(
        union,
        data,
        dataset_sha256=sha256,
        store=ScoreStore(folder / SCORES, {"dataset": sha256}),
        seed=seed,
        max_patterns=patterns,
        pattern_split=pattern_split,
        report=bars,
    )
    return study, summarise_simulated(union, data, study.simulated, dataset_sha256=sha256)


def _write_report(
    folder: Path,
    union: "Model",
    document: Document,
    *,
    study: "Study | None",
    simulated: "SimulatedReport | None",
    on_measured: "MeasuredReport | None",
    measured: Path | None,
    command: str,
    bars: "StageBars",
) -> None:
    from crystinet.evaluation.provenance import file_sha256, report_notes, report_provenance
    from crystinet.report.evaluation.contents import report_figures
    from crystinet.report.evaluation.page import DOCUMENT, write_report, write_whole

    manifest = file_sha256(measured / "manifest.csv") if measured is not None else ""
    figures = report_figures(
        union.bundle,
        study=study,
        simulated=simulated,
        measured=on_measured,
        manifest_sha256=manifest,
    )
    provenance = report_provenance(
        union.bundle, study=study, manifest_sha256=manifest, command=command
    )
    notes = report_notes(union.bundle, study)
    write_report(
        folder,
        figures,
        title=f"Evaluation of crystinet bundle {union.bundle.version}",
        provenance=provenance,
        notes=notes,
        report=bars,
    )
    whole = {
        **document,
        "provenance": provenance,
        "notes": notes,
        "figures": [figure.to_dict() for figure in figures],
    }
    write_whole(folder / DOCUMENT, json_text(plain(whole)))


def _command(options: Mapping[str, object]) -> str:
    """The command with the options that were given, for the head of the report."""
    words = [str(w) for pair in options.items() if pair[1] is not None for w in pair]
    return shlex.join(["crystinet", "evaluate", *words])


def _print_simulated(report: "SimulatedReport") -> None:
    a = report.accuracy
    typer.echo(f"Simulated: {report.protocol}")
    typer.echo(
        f"  top-1 {a.top1:.3f}, top-3 {a.top3:.3f}, mean over {a.classes} classes "
        f"{a.mean_over_classes:.3f} (alpha {report.alpha:g})"
    )
    typer.echo(
        "  top-1 by alpha: " + ", ".join(f"{k}: {v:.3f}" for k, v in report.by_alpha.items())
    )
    typer.echo(f"  calibration error of the probability {report.expected_calibration_error:.3f}")
    typer.echo(
        f"  type in the candidate set {report.set_coverage:.3f}, mean size {report.set_size:.2f}"
    )
    if report.with_elements is not None:
        typer.echo(f"  top-1 where the elements are given {report.with_elements.top1:.3f}")
    typer.echo("  verdicts: " + ", ".join(f"{k} {v:.3f}" for k, v in report.verdicts.items()))
    s = report.screening
    typer.echo(
        f"  known/unknown, with {s.patterns} patterns of other structures: accuracy "
        f"{s.accuracy:.3f}, AUROC {s.auroc:.3f}"
    )
    for truth, answer, n in report.confusions:
        typer.echo(f"    {n:>4} x {truth} taken for {answer}")


def _print_measured(report: "MeasuredReport") -> None:
    for title, a in (("all sources", report.accuracy), ("RRUFF", report.rruff)):
        typer.echo(
            f"Measured, {title}: {a.patterns} patterns of {a.classes} types, top-1 {a.top1:.3f}, "
            f"top-3 {a.top3:.3f}, mean over types {a.mean_over_classes:.3f}"
        )
    typer.echo(
        f"  {report.outside_patterns} patterns of other types, not called known: "
        f"{report.outside_not_known:.3f}; correct answers called known: {report.correct_known:.3f}"
    )
    typer.echo(
        f"  called known and right: {report.known_correct:.3f}; calibration error "
        f"{report.calibration_error:.3f}; type in the candidate set {report.set_coverage:.3f}; "
        f"{report.mixtures} mixtures, not called known: {report.mixtures_not_known:.3f}"
    )
    typer.echo("  By type, patterns and top-1:")
    for name, (n, share) in report.per_type.items():
        typer.echo(f"    {n:>4} {share:6.1%} {name}")
    typer.echo("  By pattern: verdict, place of the truth, probability, id, truth, answer")
    for answer in report.answers:
        truth = "mixture" if answer.mixture else answer.truth or "(other)"
        typer.echo(
            f"    {answer.verdict:<9} {answer.rank or '-':>3} {answer.probability:6.1%} "
            f"{answer.id}: {truth}; {answer.error or answer.answer}"
        )
