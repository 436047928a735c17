"""``crystinet assign``: the structure type of a known crystal structure."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.app.documents import assignment_document
from crystinet.app.outcome import Failure
from crystinet.cli.options import JsonOption
from crystinet.cli.shell import exit_status, print_error, print_json, print_notes, with_progress


def assign(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="CIF...",
            show_default=False,
            help="CIF files; a folder stands for the CIF files in it and below.",
        ),
    ],
    as_json: JsonOption = False,
) -> int:
    """Assign a structure type to known crystal structures.

    \b
    Examples:
      crystinet assign rutile.cif
      crystinet assign structures/ --json
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.assign import assign_files
    from crystinet.app.files import structure_files

    paths = structure_files(files)
    outcomes = list(with_progress(assign_files(paths), over=paths, verb="Assigning"))
    if as_json:
        for outcome in outcomes:
            print_notes(outcome)
        print_json(assignment_document(outcomes))
        return exit_status(outcomes)
    from crystinet.cli import tables

    answered = [outcome for outcome in outcomes if not isinstance(outcome, Failure)]
    if answered:
        tables.make_console().print(tables.assignment_table(answered))
    for outcome in outcomes:
        if isinstance(outcome, Failure):
            print_error(outcome.error, file=outcome.file)
    return exit_status(outcomes)
