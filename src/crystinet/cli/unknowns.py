"""``crystinet unknowns``: group collected patterns that may be of the same unknown type."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.cli.options import JsonOption
from crystinet.cli.shell import EXIT_FAILED, EXIT_OK, print_error, print_json, say
from crystinet.core.plain import in_percent

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
    as_json: JsonOption = False,
) -> int:
    """Group the collected unknown patterns by likeness.

    \b
    Examples:
      crystinet unknowns unknown/
      crystinet unknowns unknown/ --model larger
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.unknown_groups import overview

    found = overview(folder, model=model, least=least)
    for problem in found.problems:
        print_error(problem.error, file=problem.file)
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found)
    return EXIT_FAILED if found.problems else EXIT_OK


def _print(found: "Overview") -> None:
    for number, each in enumerate(found.groups, start=1):
        many = f"{len(each.members)} patterns, mean likeness {each.likeness:.2f}"
        say(f"Group {number}: {many if len(each.members) > 1 else 'one pattern'}")
        say(f"  nearest known types: {', '.join(each.nearest)}")
        for place, record in enumerate(each.members):
            mark = "*" if place == 0 else " "
            path = found.path_of(record)
            say(f"  {mark} {path}  {record.file}  {record.collected}")
    for record, answer in found.resolved:
        best = answer.ranking[0]
        say(
            f"No longer unknown: {found.path_of(record)}  {record.file}: "
            f"{answer.verdict.value}, {best.type}, probability {in_percent(best.probability)}"
        )
    if not found.groups and not found.resolved:
        say("There is no unknown pattern here.")
    elif found.groups:
        say(
            "* stands for its group. Name a group by a CIF file: crystinet extend default "
            "--cif FILE --name NAME --corpus STORE -o NEW"
        )
