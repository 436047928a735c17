"""``crystinet types``: the catalogue of structure types."""

from typing import Annotated

import typer

from crystinet.cli.options import JsonOption
from crystinet.cli.shell import EXIT_OK, print_json
from crystinet.core.errors import ConfigError, UnknownTypeError


def types(
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT",
            show_default=False,
            help="Only types with this in their name, mineral, Pearson symbol or ANX formula, or "
            "that a compound of this formula has (PrCoO3).",
        ),
    ] = None,
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
        bool,
        typer.Option("--extensions", help="Only those outside them that were added by hand."),
    ] = False,
    generated: Annotated[
        bool, typer.Option("--generated", help="Only those that were made from data.")
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """List the structure types of the catalogue.

    Without TEXT and options these are the 100 of the published method; TEXT is looked for in all.
    "Known to" names the model bundles (--model of identify) that can recognise a type.

    \b
    Examples:
      crystinet types TiO2
      crystinet types garnet
      crystinet types --group 3
      crystinet types --all --json
    """  # noqa: D301 (the backspace keeps the lines below apart)
    if extensions + generated + (everything or group is not None) > 1:
        raise ConfigError(
            "--extensions, --generated and --all or --group exclude each other.",
            hint="The groups hold published types only; use --all for both kinds.",
        )
    from crystinet.app.documents import catalogue_document
    from crystinet.app.find_types import find_types
    from crystinet.app.types import types as list_types

    every = extensions or everything or (text is not None and group is None)
    listed = list_types(
        group=group,
        published=not (extensions or generated),
        extensions=every,
        generated=generated or (every and not extensions),
    )
    found = None if text is None else find_types(text, listed)
    if found == []:
        raise UnknownTypeError(
            f"No structure type is found for {text!r}.",
            hint="Try a part of the name, a mineral, or a formula without spaces: spinel, TiO2.",
        )
    if found is not None:
        listed = [each.type for each in found]
    if as_json:
        print_json(catalogue_document(listed))
    else:
        from crystinet.cli import tables

        why = None if found is None else [each.why for each in found]
        tables.make_console().print(tables.catalogue_table(listed, why=why))
    return EXIT_OK
