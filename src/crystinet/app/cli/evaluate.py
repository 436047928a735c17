"""``crystinet evaluate``: how often a bundle is right."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.app.cli.shell import print_json
from crystinet.app.documents import Document, plain
from crystinet.core.errors import ConfigError

if TYPE_CHECKING:
    from crystinet.evaluation.measured import MeasuredReport
    from crystinet.evaluation.simulated import SimulatedReport


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
    seed: Annotated[int, typer.Option(help="Of the augmentation of the test patterns.")] = 1,
    patterns: Annotated[int, typer.Option(min=1, help="At most so many test compounds.")] = 6_000,
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
    """  # noqa: D301
    if dataset is None and measured is None:
        raise ConfigError(
            "There is nothing to evaluate on.",
            hint="Give --dataset FILE, --measured FOLDER or both.",
        )
    from crystinet.app.cli.stages import StageBars
    from crystinet.app.service import load_union

    union = load_union(model)
    document: Document = {"model": {"id": union.bundle.id, "version": union.bundle.version}}
    simulated: SimulatedReport | None = None
    on_measured: MeasuredReport | None = None
    with StageBars() as report:
        if dataset is not None:
            from crystinet.corpus.dataset import Dataset
            from crystinet.evaluation.simulated import evaluate_simulated

            simulated = evaluate_simulated(
                union,
                Dataset.load(dataset),
                dataset_sha256=hashlib.sha256(dataset.read_bytes()).hexdigest(),
                seed=seed,
                max_patterns=patterns,
                report=report,
            )
            document["simulated"] = simulated.to_dict()
        if measured is not None:
            from crystinet.evaluation.measured import evaluate_measured

            on_measured = evaluate_measured(union, measured, report=report)
            document["measured"] = on_measured.to_dict()
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
    return 0


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
