"""``crystinet pairs``: which structure types powder diffraction can not tell apart."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.app.pairs import PairsOfTypes, measure_pairs
from crystinet.cli.options import JsonOption
from crystinet.cli.shell import EXIT_OK, print_json

if TYPE_CHECKING:
    from rich.table import Table


def pairs(
    dataset: Annotated[
        Path, typer.Argument(show_default=False, help="Data set of `crystinet corpus build`.")
    ],
    model: Annotated[
        Path | None, typer.Option(metavar="BUNDLE", help="Model bundle; default: the built-in one.")
    ] = None,
    nearest: Annotated[
        int, typer.Option(min=0, metavar="N", help="Nearest types that each type is paired with.")
    ] = 2,
    threshold: Annotated[
        float,
        typer.Option(min=0.5, max=1.0, help="Balanced accuracy below which a pair is named."),
    ] = 0.9,
    compounds: Annotated[
        int, typer.Option(min=1, metavar="N", help="Compounds of each type at most, on each side.")
    ] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Of compounds, augmentation and intervals.")] = 1,
    as_json: JsonOption = False,
) -> int:
    """Measure which pairs of structure types a powder pattern tells apart.

    The nine pairs that the published method merges, and each type with its nearest ones by average
    pattern. A linear probe learns from patterns of training compounds and is judged on those of
    held-out compounds.

    \b
    Examples:
      crystinet pairs dataset.npz
      crystinet pairs dataset.npz --nearest 4 --json > pairs.json
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.cli.stages import StageBars
    from crystinet.cli.tables import make_console

    with StageBars() as bars:
        found = measure_pairs(
            dataset,
            model=model,
            nearest=nearest,
            threshold=threshold,
            compounds=compounds,
            seed=seed,
            report=bars,
        )
    if as_json:
        print_json(found.to_dict())
        return EXIT_OK
    console = make_console()
    console.print(_table(found))
    console.print(_summary(found))
    return EXIT_OK


def _table(found: PairsOfTypes) -> "Table":
    """One row a pair, the least told apart first."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("types", overflow="fold")
    table.add_column("merged")
    for heading in ("alike", "training", "held out", "told apart", "95 %"):
        table.add_column(heading, justify="right")
    for pair in found.report.pairs:
        j = pair.judgement
        table.add_row(
            Text(f"{pair.first} / {pair.second}"),
            "yes" if pair.merged else "",
            f"{pair.similarity:.2f}",
            "{} / {}".format(*pair.training),
            "{} / {}".format(*pair.held_out),
            "too few" if j is None else f"{j.accuracy:.1%}",
            "" if j is None else f"{j.low:.0%} - {j.high:.0%}",
        )
    return table


def _summary(found: PairsOfTypes) -> str:
    report = found.report
    further = [p for p in report.not_told_apart if not p.merged]
    merged = [p for p in report.pairs if p.merged]
    judged = [p for p in merged if p.judgement]
    below = [p for p in report.not_told_apart if p.merged]
    text = (
        f"Balanced accuracy of a linear probe on held-out compounds; 50 % is guessing.\n"
        f"Of {len(merged)} merged pairs, {len(judged)} could be measured and {len(below)} are told "
        f"apart less than {report.threshold:.0%}.\n"
    )
    names = "; ".join(f"{p.first} / {p.second}" for p in further) or "none"
    return f"{text}Further pairs below that: {names}."
