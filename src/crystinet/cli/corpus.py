"""``crystinet corpus``: compounds and the data sets that networks are trained on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.cli.datasets import build, catalogue, export, imagine, index, relabel
from crystinet.cli.fetch import fetch, told_tally
from crystinet.cli.options import ClusterOption, JsonOption, KnownOnly
from crystinet.cli.shell import EXIT_OK, guarded, print_json, say

if TYPE_CHECKING:
    pass

corpus = typer.Typer(
    name="corpus",
    help="Compounds and the data sets that networks are trained on.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

StoreArgument = Annotated[Path, typer.Argument(help="Store made by `crystinet corpus add`.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", show_default=False, help="File to write.")
]


def add(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH...",
            show_default=False,
            help="CIF files, folders or zip archives of them, Parquet tables, JSON records.",
        ),
    ],
    store: Annotated[Path, typer.Option(help="Store to add to; made where there is none.")] = Path(
        "corpus.sqlite"
    ),
    source: Annotated[
        str | None, typer.Option(show_default=False, help="Database that all entries come from.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(show_default=False, help="Terms of use of all entries.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(show_default=False, help="Kind of all entries, such as experimental or dft."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    cluster: ClusterOption = None,
    as_json: JsonOption = False,
) -> int:
    """Add crystal structures to a store, each with its structure type.

    What is there already is passed over: a call that was cut off goes on when it is repeated.

    \b
    Examples:
      crystinet corpus add icsd-export/ --store corpus.sqlite
      crystinet corpus add structures.parquet more.zip
      crystinet corpus add alexandria_000.json.bz2 --source Alexandria --licence CC-BY-4.0
      crystinet corpus add cod/ --cluster tcp://head-node:8786
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.corpus import add_structures
    from crystinet.cli.stages import StageBars

    with StageBars() as bars:
        tally = add_structures(
            paths,
            store,
            source=source,
            licence=licence,
            kind=kind,
            workers=workers,
            cluster=cluster,
            report=bars,
        )
    return told_tally(tally, store, as_json=as_json)


def problems(store: StoreArgument, as_json: JsonOption = False) -> int:
    """List what was rejected, and why.

    An input leaves the list when it is added again without a problem.

    \b
    Example:
      crystinet corpus problems corpus.sqlite
    """  # noqa: D301
    from crystinet.app.corpus import problem_document, rejected_inputs

    found = rejected_inputs(store)
    if as_json:
        print_json({"problems": [problem_document(problem) for problem in found]})
        return EXIT_OK
    for problem in found:
        part = f" [{problem.part}]" if problem.part else ""
        say(f"{problem.origin}{part}: {problem.message}\n  Hint: {problem.hint}")
    say(f"{len(found)} rejected", err=True)
    return EXIT_OK


def types(
    store: StoreArgument,
    top: Annotated[
        int | None, typer.Option(min=1, show_default=False, help="Only the first so many.")
    ] = None,
    known_only: KnownOnly = False,
    output: Output = None,
    as_json: JsonOption = False,
) -> int:
    """Rank all isoconfigurational classes of a store by number of distinct compounds.

    Structures without a structure type are grouped by space group, Pearson symbol, Wyckoff
    sequence and ANX formula. The file of --output is what `corpus build --types` takes.

    \b
    Example:
      crystinet corpus types corpus.sqlite --top 100 -o types.txt
    """  # noqa: D301
    from dataclasses import asdict

    from crystinet.app.corpus import isotype_words, rank_types

    ranked = rank_types(store, top=top, known_only=known_only, output=output)
    if as_json:
        print_json({"types": [asdict(isotype) for isotype in ranked]})
    elif output is None:
        for isotype in ranked:
            say(f"{isotype.rank:>6} {isotype.key:<44} {isotype_words(isotype)}")
    return EXIT_OK


def stats(
    source: Annotated[Path, typer.Argument(help="Store, or data set (.npz).")],
    as_json: JsonOption = False,
) -> int:
    """Count what a store or a data set holds.

    \b
    Example:
      crystinet corpus stats corpus.sqlite
    """  # noqa: D301
    from crystinet.app.corpus import count_contents
    from crystinet.cli.corpus_text import contents_lines

    found = count_contents(source)
    if as_json:
        print_json(found.to_dict())
    else:
        say("\n".join(contents_lines(found)))
    return EXIT_OK


def card(
    source: Annotated[Path, typer.Argument(help="Store, or data set (.npz).")],
    output: Output = None,
) -> int:
    """Write the data card: counts, sources, licences and hashes.

    \b
    Example:
      crystinet corpus card corpus.sqlite -o DATA_CARD.md
    """  # noqa: D301
    from crystinet.app.corpus import write_card

    text = write_card(source, output)
    if output is None:
        say(text, nl=False)
    return EXIT_OK


def audit(
    source: Annotated[Path, typer.Argument(help="Store, or Parquet table of structures.")],
    minerals: Annotated[
        bool, typer.Option("--minerals", help="Also compare minerals with what mineralogy says.")
    ] = False,
    kind: Annotated[
        str | None,
        typer.Option(show_default=False, help="Only structures of this kind: experimental, ..."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    as_json: JsonOption = False,
) -> int:
    """Assign all structure types anew; show doubtful cases and collisions.

    \b
    Examples:
      crystinet corpus audit corpus.sqlite
      crystinet corpus audit structures.parquet --kind experimental --minerals
    """  # noqa: D301
    from crystinet.app import corpus as use_cases
    from crystinet.cli.corpus_text import audit_lines
    from crystinet.cli.stages import StageBars

    with StageBars() as bars:
        found = use_cases.audit(source, minerals=minerals, kind=kind, workers=workers, report=bars)
    if as_json:
        print_json(use_cases.audit_document(found))
    else:
        say("\n".join(audit_lines(found)))
    return EXIT_OK


for command in (
    add,
    fetch,
    problems,
    types,
    catalogue,
    relabel,
    build,
    export,
    index,
    imagine,
    stats,
    card,
    audit,
):
    corpus.command()(guarded(command))
