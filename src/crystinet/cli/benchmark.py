"""``crystinet benchmark``: a bundle and its rivals in one table."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.app.benchmark import PATTERNS
from crystinet.cli.options import JsonOption, ModelOption
from crystinet.cli.shell import EXIT_OK, print_json, say

if TYPE_CHECKING:
    from crystinet.app.benchmark import Benchmark


class Form(StrEnum):
    """How the table is written."""

    TEXT = "text"
    CSV = "csv"
    MARKDOWN = "markdown"


def benchmark(
    dataset: Annotated[
        Path | None, typer.Option(help="Data set: ask about its held-out test compounds.")
    ] = None,
    measured: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of measured patterns with a manifest.csv; may be repeated.",
        ),
    ] = None,
    model: ModelOption = None,
    published: Annotated[
        Path | None,
        typer.Option(
            metavar="BUNDLE",
            help="A bundle of the published design (`crystinet train --recipe paper`) as a "
            "further rival.",
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(help="Known compounds (`crystinet corpus index`); default: those built in."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the augmentation of the patterns.")] = 1,
    patterns: Annotated[
        int, typer.Option(min=1, help="At most so many held-out compounds.")
    ] = PATTERNS,
    form: Annotated[Form, typer.Option("--format", help="How the table is written.")] = Form.TEXT,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a manifest's rows, and end.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Ask a bundle and its rivals about the same patterns, and count how often each is right.

    The rivals: the nearest known compound by the cosine of the patterns (1-NN) and by its list of
    lines, the lattice scaled as needed; both also without compounds of the same elements, as if
    the compound were new. A bundle of the published design where one is given.

    \b
    Examples:
      crystinet benchmark --measured measured/
      crystinet benchmark --dataset dataset.npz --measured measured/ --format markdown
      crystinet benchmark --dataset dataset.npz --published runs/paper/bundle --json
      crystinet benchmark --schema > manifest.schema.json
    """  # noqa: D301
    from crystinet.app import benchmark as use_case
    from crystinet.cli.stages import StageBars

    if schema:
        print_json(use_case.manifest_schema())
        return EXIT_OK
    with StageBars() as bars:
        found = use_case.benchmark(
            dataset=dataset,
            measured=measured or (),
            model=model,
            published=published,
            index=index,
            seed=seed,
            patterns=patterns,
            report=bars,
        )
    if as_json:
        print_json(found.to_dict())
    elif form is Form.TEXT:
        _print(found)
    else:
        say(found.to_csv() if form is Form.CSV else found.to_markdown(), nl=False)
    return EXIT_OK


def _print(found: "Benchmark") -> None:
    """The table and what it rests on, for people."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from crystinet.cli.tables import make_console

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, heading in enumerate(found.headings):
        table.add_column(heading, justify="left" if place < 2 else "right", overflow="fold")
    for row in found.cells():
        table.add_row(*map(Text, row))
    console = make_console()
    console.print(table)
    for name, text in found.provenance.items():
        console.print(Text(f"{name}: {text}"))
