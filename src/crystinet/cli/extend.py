"""``crystinet extend``: teach a bundle further types, or take them away again."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.app.extend import TEST_PATTERNS
from crystinet.cli.shell import EXIT_OK, print_json, say, terminable
from crystinet.core.errors import ConfigError


def extend(
    bundle: Annotated[
        Path, typer.Argument(help="Bundle to extend: a folder, or `default`. It stays as it is.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", show_default=False, help="Folder of the new bundle.")
    ],
    types: Annotated[
        list[str] | None,
        typer.Option(
            show_default=False,
            help="Type of the corpus to learn: a name, ranks of `corpus types`, or a file of "
            "these; may be repeated.",
        ),
    ] = None,
    corpus: Annotated[
        Path | None,
        typer.Option(metavar="STORE", show_default=False, help="Store of `crystinet corpus add`."),
    ] = None,
    dataset: Annotated[
        Path | None,
        typer.Option(
            show_default=False,
            help="Data set that the bundle was trained with; else one is made from the corpus, "
            "or from the catalogue's reference structures.",
        ),
    ] = None,
    cif: Annotated[
        list[Path] | None,
        typer.Option(
            show_default=False,
            help="CIF file of a type to learn, or a folder of them; with --name; may be repeated.",
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(show_default=False, help="Name of the type that --cif gives."),
    ] = None,
    remove: Annotated[
        str | None,
        typer.Option(
            metavar="NET",
            show_default=False,
            help="Take a net away instead: extension-1, or the number of a net of it.",
        ),
    ] = None,
    patterns: Annotated[
        int | None, typer.Option(min=1, show_default="24000", help="Patterns to train on.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, show_default="1", help="Decides on everything random.")
    ] = None,
    test_patterns: Annotated[
        int, typer.Option(min=1, help="At most so many held-out patterns of old types.")
    ] = TEST_PATTERNS,
    workers: Annotated[
        int | None,
        typer.Option(min=1, show_default="2", help="Processes that compute reflections."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml",
            show_default=False,
            help="Settings other than the default ones, with the names of ExtensionConfig; the "
            "options above win.",
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option(show_default=False, help="Version to write into the bundle.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="The report as one JSON document.")
    ] = False,
) -> int:
    """Train one more set of RCNets for new structure types, and write a larger bundle.

    No file of the old bundle changes; the report compares old and new bundle on held-out
    compounds. A call that was cut off goes on when it is repeated.

    \b
    Examples:
      crystinet extend default --types Cr2AlC --types W5Si3 --corpus corpus.sqlite -o larger
      crystinet extend default --types wanted.txt --corpus corpus.sqlite --dataset old.npz -o larger
      crystinet extend default --cif found.cif --name MyType --corpus corpus.sqlite -o larger
      crystinet extend larger --remove extension-1 -o former
    """  # noqa: D301 (the backspace keeps the lines below apart)
    cifs, names = cif or [], name or []
    if remove is not None:
        if types or cifs or names:
            raise ConfigError(
                "--remove takes a net away and learns nothing.", hint="Use two calls."
            )
        return _remove(bundle, remove, output, as_json=as_json)
    if len(cifs) != len(names):
        raise ConfigError(
            f"{len(cifs)} --cif and {len(names)} --name.", hint="Give one --name for each --cif."
        )
    from crystinet.app import extend as use_case
    from crystinet.app.known_types import already_known
    from crystinet.cli.stages import StageBars

    given = list(zip(names, cifs, strict=True))
    for sentence in already_known(bundle, types=types or (), cifs=given):
        say(sentence, err=True)
    with terminable(), StageBars() as bars:
        extended = use_case.extend(
            bundle,
            output,
            types=types or (),
            cifs=given,
            corpus=corpus,
            dataset=dataset,
            settings=config,
            patterns=patterns,
            seed=seed,
            workers=workers,
            test_patterns=test_patterns,
            version=version,
            report=bars,
        )
    if as_json:
        print_json(extended.to_dict())
    else:
        say(extended.summary)
    say(f"Bundle written to {output}", err=True)
    return EXIT_OK


def _remove(bundle: Path, net: str, output: Path, *, as_json: bool) -> int:
    from crystinet.app.extend import remove

    smaller = remove(bundle, net, output)
    if as_json:
        print_json(smaller.to_dict())
    which = (
        "the bundle that was extended, to the last bit"
        if smaller.former
        else "its calibration is still that of the larger bundle"
    )
    say(f"Bundle {smaller.bundle.id[:12]} written to {output}: {which}.", err=True)
    return EXIT_OK
