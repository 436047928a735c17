"""``crystinet evaluate``: how often a bundle is right."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from crystinet.app.evaluate import SCORES, Evaluation
from crystinet.cli.options import JsonOption
from crystinet.cli.shell import EXIT_OK, print_json, say, terminable


def evaluate(
    dataset: Annotated[
        Path | None, typer.Option(help="Data set: judge on its held-out test compounds.")
    ] = None,
    measured: Annotated[
        Path | None, typer.Option(help="Folder of measured patterns with a manifest.csv.")
    ] = None,
    coverage: Annotated[
        Path | None,
        typer.Option(
            metavar="STORE",
            help="Store of structures: ask about its held-out compounds of any type.",
        ),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="BUNDLE", help="Model bundle; default: the built-in one.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the augmentation of the test patterns.")] = 1,
    patterns: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="At most so many test compounds; default: 6000, and 500 for --coverage.",
        ),
    ] = None,
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
    baselines: Annotated[
        bool,
        typer.Option(
            "--baselines/--no-baselines",
            help="Ask rivals without networks about the same patterns: the nearest known compound "
            "and a list of lines.",
        ),
    ] = True,
    robustness: Annotated[
        bool,
        typer.Option(
            "--robustness",
            help="Disturb the measured patterns too: mixtures, wrong tubes, texture, clipping, "
            "range. Minutes.",
        ),
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Measure accuracy on held-out compounds and on measured patterns, and coverage.

    \b
    Examples:
      crystinet evaluate --dataset dataset.npz
      crystinet evaluate --measured measured/ --json > measured.json
      crystinet evaluate --dataset dataset.npz --measured measured/ --card MODEL_CARD.md
      crystinet evaluate --dataset dataset.npz --measured measured/ --report report/
      crystinet evaluate --coverage corpus.sqlite
      crystinet evaluate --measured measured/ --robustness --seed 1
    """  # noqa: D301
    from crystinet.app import evaluate as use_case
    from crystinet.cli.stages import StageBars

    options = {
        "--dataset": dataset,
        "--measured": measured,
        "--coverage": coverage,
        "--model": model,
        "--seed": seed,
    }
    options |= {"--patterns": patterns, "--pattern-split": pattern_split, "--report": report}
    with _kept(report), StageBars() as bars:
        found = use_case.evaluate(
            dataset=dataset,
            measured=measured,
            coverage=coverage,
            model=model,
            seed=seed,
            patterns=patterns,
            folder=report,
            pattern_split=pattern_split,
            card=card,
            baselines=baselines,
            robustness=robustness,
            command=_command(options),
            report=bars,
        )
    if as_json:
        print_json(found.to_dict())
        return EXIT_OK
    _print_simulated(found)
    _print_measured(found)
    _print_coverage(found)
    _print_baselines(found)
    _print_robustness(found)
    if found.page is not None:
        say(f"Report: {found.page}", err=True)
    return EXIT_OK


@contextmanager
def _kept(folder: Path | None) -> Iterator[None]:
    """Say what is left of the work for a report that is interrupted."""
    if folder is None:
        yield
        return
    try:
        with terminable():
            yield
    except KeyboardInterrupt:
        say(f"Scores are kept in {folder / SCORES}; the same command goes on with them.", err=True)
        raise


def _command(options: Mapping[str, object]) -> str:
    """The command with the options that were given, for the head of the report."""
    words = [str(w) for pair in options.items() if pair[1] is not None for w in pair]
    return shlex.join(["crystinet", "evaluate", *words])


def _print_simulated(found: Evaluation) -> None:
    report = found.simulated
    if report is None:
        return
    a = report.accuracy
    say(f"Simulated: {report.protocol}")
    say(
        f"  top-1 {a.top1:.3f}, top-3 {a.top3:.3f}, mean over {a.classes} classes "
        f"{a.mean_over_classes:.3f} (alpha {report.alpha:g})"
    )
    say("  top-1 by alpha: " + ", ".join(f"{k}: {v:.3f}" for k, v in report.by_alpha.items()))
    say(f"  calibration error of the probability {report.expected_calibration_error:.3f}")
    say(f"  type in the candidate set {report.set_coverage:.3f}, mean size {report.set_size:.2f}")
    if report.with_elements is not None:
        say(f"  top-1 where the elements are given {report.with_elements.top1:.3f}")
    if report.with_formula is not None:
        say(f"  top-1 where the formula is given {report.with_formula.top1:.3f}")
    say("  verdicts: " + ", ".join(f"{k} {v:.3f}" for k, v in report.verdicts.items()))
    say("  known, with twins named: " + ", ".join(f"{k} {v:.3f}" for k, v in report.twins.items()))
    s = report.screening
    say(
        f"  known/unknown, with {s.patterns} patterns of other structures: accuracy "
        f"{s.accuracy:.3f}, AUROC {s.auroc:.3f}"
    )
    if (formula := report.screening_with_formula) is not None:
        say(
            f"  the same where the formula is given: accuracy {formula.accuracy:.3f}, AUROC "
            f"{formula.auroc:.3f}"
        )
    for truth, answer, n in report.confusions:
        say(f"    {n:>4} x {truth} taken for {answer}")


def _print_measured(found: Evaluation) -> None:
    report = found.measured
    if report is None:
        return
    for title, a in (("all sources", report.accuracy), ("RRUFF", report.rruff)):
        say(
            f"Measured, {title}: {a.patterns} patterns of {a.classes} types, top-1 {a.top1:.3f}, "
            f"top-3 {a.top3:.3f}, mean over types {a.mean_over_classes:.3f}"
        )
    say(
        f"  {report.outside_patterns} patterns of other types, not called known: "
        f"{report.outside_not_known:.3f}; correct answers called known: {report.correct_known:.3f}"
    )
    say(
        f"  called known and right: {report.known_correct:.3f}; calibration error "
        f"{report.calibration_error:.3f}; type in the candidate set {report.set_coverage:.3f}; "
        f"{report.mixtures} mixtures, not called known: {report.mixtures_not_known:.3f}"
    )
    say("  By type, patterns and top-1:")
    for name, (n, share) in report.per_type.items():
        say(f"    {n:>4} {share:6.1%} {name}")
    say("  By pattern: verdict, place of the truth, probability, id, truth, answer")
    for answer in report.answers:
        truth = "mixture" if answer.mixture else answer.truth or "(other)"
        say(
            f"    {answer.verdict:<9} {answer.rank or '-':>3} {answer.probability:6.1%} "
            f"{answer.id}: {truth}; {answer.error or answer.answer}"
        )


def _print_coverage(found: Evaluation) -> None:
    report = found.coverage
    if report is None:
        return
    say(
        f"Coverage: {report.compounds} of {report.held_out} held-out compounds of any type; "
        f"{report.covered:.1%} of them have a type of the bundle"
    )
    for reached, share in report.reached.items():
        say(f"  {share:6.1%} {reached}")
    say(f"  {report.known:.1%} called known; mean size of a candidate set {report.set_size:.2f}")


def _print_baselines(found: Evaluation) -> None:
    if not found.baselines:
        return
    say("Rivals on the same patterns, by the networks or the search alone:")
    for row in found.baselines:
        say(
            f"  {row.patterns_of}: {row.rival}: top-1 {row.top1:.3f}, top-3 {row.top3:.3f} "
            f"of {row.patterns}"
        )


def _print_robustness(found: Evaluation) -> None:
    if found.robustness is None:
        return
    say(f"Disturbed measured patterns, seed {found.robustness.seed}:")
    for row in found.robustness.rows:
        text = (
            f"  {row.table}: {row.name}: {row.patterns} patterns, first right {row.first_right}, "
            f"known and right {row.known_right}, known and wrong {row.known_wrong}"
        )
        if row.table != "mixtures":
            text += (
                f", stay known {row.stay_known}, flip to another known type {row.flips}; "
                f"{row.other_patterns} of other types, known {row.other_known}"
            )
        say(f"{text}; refused {row.refused}")
