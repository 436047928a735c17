"""``crystinet types``: the catalogue of structure types."""

from typing import Annotated

import typer

from crystinet.cli.options import JsonOption
from crystinet.cli.shell import EXIT_OK, print_json
from crystinet.core.errors import ConfigError


def types(
    group: Annotated[
        int | None,
        typer.Option(
            min=1, max=10, metavar="N", show_default=False, help="Only the types of this group."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also the types outside the published 100.")
    ] = False,
    extensions: Annotated[
        bool, typer.Option("--extensions", help="Only the types outside the published 100.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """List the structure types of the catalogue.

    Without options these are the 100 of the published method.

    \b
    Examples:
      crystinet types --group 3
      crystinet types --all --json
    """  # noqa: D301 (the backspace keeps the lines below apart)
    if extensions and (everything or group is not None):
        raise ConfigError(
            "--extensions excludes --all and --group.",
            hint="The groups hold published types only; use --all for both kinds.",
        )
    from crystinet.app.documents import catalogue_document
    from crystinet.app.types import types as list_types

    found = list_types(group=group, published=not extensions, extensions=extensions or everything)
    if as_json:
        print_json(catalogue_document(found))
    else:
        from crystinet.cli import tables

        tables.make_console().print(tables.catalogue_table(found))
    return EXIT_OK
