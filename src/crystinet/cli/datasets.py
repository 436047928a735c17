"""``crystinet corpus build``, ``imagine`` and ``index``: files made of stores of structures."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.cli.options import ClusterOption, KnownOnly
from crystinet.cli.shell import EXIT_OK, say


def build(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...", show_default=False, help="Stores or Parquet tables of structures."
        ),
    ],
    dataset: Annotated[Path, typer.Argument(help="Data set to write (.npz).")],
    per_class: Annotated[int, typer.Option(min=1, help="At most so many compounds a class.")] = 900,
    outside: Annotated[
        int, typer.Option(min=0, help="At most so many compounds without a class.")
    ] = 16_000,
    known_only: KnownOnly = False,
    types: Annotated[
        list[str] | None,
        typer.Option(
            show_default=False,
            help="Types of the data set instead of the 91 classes: ranks such as 1-100, a name, "
            "`named` for all that have one, or a file of these; may be repeated.",
        ),
    ] = None,
    variants: Annotated[
        int,
        typer.Option(
            min=0,
            help="Variants of each training compound, with mixed occupancies and shifted atoms.",
        ),
    ] = 2,
    split_patterns: Annotated[
        bool,
        typer.Option(
            "--split-patterns", help="Split by pattern, not by compound; only for comparison."
        ),
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    cluster: ClusterOption = None,
) -> int:
    """Choose compounds, split them and compute their reflections.

    \b
    Examples:
      crystinet corpus build corpus.sqlite dataset.npz --types 1-100
      crystinet corpus build structures.parquet hypothetical.parquet dataset.npz
    """  # noqa: D301
    from crystinet.app.datasets import build_dataset
    from crystinet.cli.stages import StageBars
    from crystinet.corpus.datasets.build import BuildConfig

    config = BuildConfig(
        per_class=per_class,
        outside=outside,
        known_only=known_only,
        workers=workers,
        types=tuple(types or ()),
        variants=variants,
        split_patterns=split_patterns,
    )
    with StageBars() as bars:
        built = build_dataset(sources, dataset, config=config, cluster=cluster, report=bars)
    say(f"{len(built.members)} compounds with {len(built.hkl)} lines in {dataset}", err=True)
    return EXIT_OK


def imagine(
    source: Annotated[Path, typer.Argument(help="Store, or Parquet table of structures.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", show_default=False, help="Parquet table to write.")
    ],
    types: Annotated[
        list[str] | None,
        typer.Option(
            show_default=False,
            help="Name of a structure type, or further for all types that are none of the "
            "method's 100; may be repeated. Else these 100.",
        ),
    ] = None,
    per_type: Annotated[int, typer.Option(min=1, help="Compounds wanted of each type.")] = 100,
    below: Annotated[
        int,
        typer.Option(
            min=0, help="Only types with fewer training compounds than this; 0 takes all types."
        ),
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Decides on everything random.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> int:
    """Invent hypothetical compounds, for training only.

    \b
    Examples:
      crystinet corpus imagine corpus.sqlite -o hypothetical.parquet --below 40
      crystinet corpus imagine corpus.sqlite -o k4si23.parquet --types K4Si23 --per-type 200
      crystinet corpus imagine corpus.sqlite -o further.parquet --types further --below 60
    """  # noqa: D301
    from crystinet.app.datasets import imagine_compounds
    from crystinet.cli.stages import StageBars
    from crystinet.corpus.imagined.imagination import TableConfig

    config = TableConfig(
        types=tuple(types or ()), per_type=per_type, below=below, seed=seed, workers=workers
    )
    with StageBars() as bars:
        counts = imagine_compounds(source, output, config=config, report=bars)
    for name, number in counts.items():
        say(f"{number:>6} {name}", err=True)
    say(f"{sum(counts.values())} hypothetical compounds in {output}", err=True)
    return EXIT_OK


def catalogue(
    store: Annotated[Path, typer.Argument(help="Store made by `crystinet corpus add`.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", show_default=False, help="File of types (.jsonl).")
    ],
    least: Annotated[
        int, typer.Option(min=2, help="Compounds that were made and that a type must have.")
    ] = 8,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> int:
    """Make structure types of the classes of a store that no type of the catalogue covers.

    A type gets the member nearest to the middle as its reference, and limits that its members
    keep. Types of everyday compounds (a list in the package) are made of fewer members too.

    \b
    Example:
      crystinet corpus catalogue corpus.sqlite -o generated.jsonl
    """  # noqa: D301
    from crystinet.app.datasets import generate_catalogue
    from crystinet.cli.stages import StageBars
    from crystinet.corpus.generated.build import GenerationConfig

    config = GenerationConfig(least=least, workers=workers)
    with StageBars() as bars:
        made = generate_catalogue(store, output, config=config, report=bars)
    for name, reason in made.left_out:
        typer.echo(f"left out: {name}: {reason}", err=True)
    typer.echo(f"{len(made.entries)} types in {output}", err=True)
    return EXIT_OK


def relabel(
    store: Annotated[Path, typer.Argument(help="Store made by `crystinet corpus add`.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> int:
    """Give the compounds of a store the generated types of this version.

    For a store that an older crystinet filled: types of the catalogue stay as they are.

    \b
    Example:
      crystinet corpus relabel corpus.sqlite
    """  # noqa: D301
    from crystinet.app.datasets import relabel_store
    from crystinet.cli.stages import StageBars

    with StageBars() as bars:
        changed = relabel_store(store, workers=workers, report=bars)
    typer.echo(f"{changed} compounds of {store} have another type than before.", err=True)
    return EXIT_OK


def index(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            show_default=False,
            help="Stores, Parquet tables of structures, or data sets (.npz).",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", show_default=False, help="Index to write (.npz).")
    ],
    lines: Annotated[int, typer.Option(min=8, help="Lines of each compound.")] = 64,
    all_compounds: Annotated[
        bool, typer.Option("--all", help="Also compounds that nobody made.")
    ] = False,
    atoms_for: Annotated[
        Path | None,
        typer.Option(
            show_default=False,
            help="An index: keep its compounds and lines, and take only their atoms from the "
            "sources.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    cluster: ClusterOption = None,
) -> int:
    """Make the index of known compounds that `identify --nearest` searches.

    \b
    Examples:
      crystinet corpus index corpus.sqlite -o compounds.npz
      crystinet identify sample.xy --nearest 5 --index compounds.npz
    """  # noqa: D301
    from crystinet.app.datasets import index_compounds
    from crystinet.cli.stages import StageBars
    from crystinet.corpus.index.build import IndexConfig

    config = IndexConfig(lines=lines, all_compounds=all_compounds, workers=workers)
    with StageBars() as bars:
        made = index_compounds(
            sources, output, config=config, atoms_for=atoms_for, cluster=cluster, report=bars
        )
    say(
        f"{made.compounds} compounds with {made.lines} lines in {output}, id {made.identity[:12]}",
        err=True,
    )
    return EXIT_OK


def export(
    dataset: Annotated[Path, typer.Argument(show_default=False, help="Data set (.npz).")],
    folder: Annotated[Path, typer.Argument(show_default=False, help="Folder to write into.")],
) -> int:
    """Write a data set as it can be published: tables, data card, licences by row, citation.

    Compounds whose licence forbids to pass them on, or is not stated, are left out.

    \b
    Example:
      crystinet corpus export dataset.npz open-data/
    """  # noqa: D301
    from crystinet.app.datasets import publish_dataset

    left_out = publish_dataset(dataset, folder)
    for source, number in sorted(left_out.items()):
        typer.echo(f"{number} compounds of {source} may not be passed on: left out.", err=True)
    typer.echo(f"Wrote {folder}", err=True)
    return EXIT_OK
