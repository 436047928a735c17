"""``crystinet corpus index``: known compounds to compare patterns with."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.cli.workers import ClusterOption


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
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    cluster: ClusterOption = None,
) -> int:
    """Make the index of known compounds that `identify --nearest` searches.

    \b
    Examples:
      crystinet corpus index corpus.sqlite -o compounds.npz
      crystinet identify sample.xy --nearest 5 --index compounds.npz
    """  # noqa: D301
    from crystinet.cli.stages import StageBars
    from crystinet.core.errors import FileMissingError
    from crystinet.corpus.index.build import IndexConfig, build_index
    from crystinet.work.cluster import optional_cluster

    if not output.absolute().parent.is_dir():
        raise FileMissingError(
            f"Cannot write {output}: there is no folder {output.parent}.",
            hint="Name a file in a folder that exists.",
        )
    config = IndexConfig(lines=lines, all_compounds=all_compounds, workers=workers)
    with optional_cluster(cluster) as crew, StageBars() as report:
        built = build_index(sources, config=config, report=report, workers=crew)
    identity = built.save(output)
    typer.echo(
        f"{len(built)} compounds with {len(built.hkl)} lines in {output}, id {identity[:12]}",
        err=True,
    )
    return 0
