"""``crystinet unknowns``: group collected patterns that may be of the same unknown type."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.app.outcome import EXIT_FAILED, EXIT_OK
from crystinet.cli.shell import print_error, print_json

if TYPE_CHECKING:
    from crystinet.app.unknown_groups import Overview


def unknowns(
    folder: Annotated[
        Path, typer.Argument(help="Folder of `crystinet identify --collect`.", metavar="DIR")
    ],
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="BUNDLE",
            show_default=False,
            help="Model bundle other than the built-in one; patterns that it knows are left out "
            "of the groups.",
        ),
    ] = None,
    least: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            show_default=False,
            help="Mean likeness above which two groups are one; higher makes smaller groups.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on standard output.")
    ] = False,
) -> int:
    """Group the collected unknown patterns by likeness.

    \b
    Examples:
      crystinet unknowns unknown/
      crystinet unknowns unknown/ --model larger
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.models import load_model
    from crystinet.app.unknown_groups import overview, overview_document
    from crystinet.model.likeness import LikenessConfig

    loaded = load_model(model)
    usual = LikenessConfig()
    config = (
        usual if least is None else LikenessConfig(usual.max_shift, usual.feature_weight, least)
    )
    found = overview(folder, loaded, config=config)
    for problem in found.problems:
        print_error(problem.error, file=problem.file)
    if as_json:
        told = {"id": loaded.bundle.id, "version": loaded.bundle.version}
        print_json(overview_document(found, folder=folder, model=told))
    else:
        _print(found, folder)
    return EXIT_FAILED if found.problems else EXIT_OK


def _print(found: "Overview", folder: Path) -> None:
    for number, each in enumerate(found.groups, start=1):
        many = f"{len(each.members)} patterns, mean likeness {each.likeness:.2f}"
        typer.echo(f"Group {number}: {many if len(each.members) > 1 else 'one pattern'}")
        typer.echo(f"  nearest known types: {', '.join(each.nearest)}")
        for place, record in enumerate(each.members):
            mark = "*" if place == 0 else " "
            typer.echo(f"  {mark} {folder / record.id}.xy  {record.file}  {record.collected}")
    for record, answer in found.resolved:
        best = answer.candidates[0]
        typer.echo(
            f"No longer unknown: {folder / record.id}.xy  {record.file}: {answer.verdict.value}, "
            f"{best.type}, probability {100.0 * best.probability:.0f} %"
        )
    if not found.groups and not found.resolved:
        typer.echo("There is no unknown pattern here.")
    elif found.groups:
        typer.echo(
            "* stands for its group. Name a group by a CIF file: crystinet extend default "
            "--cif FILE --name NAME --corpus STORE -o NEW"
        )
