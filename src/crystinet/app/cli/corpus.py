"""``crystinet corpus``: compounds and the data sets that networks are trained on."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.app.cli.shell import guarded

corpus = typer.Typer(
    name="corpus",
    help="Compounds and the data sets that networks are trained on.",
    no_args_is_help=True,
)


def build(
    table: Annotated[Path, typer.Argument(help="Parquet table of crystal structures.")],
    dataset: Annotated[Path, typer.Argument(help="Data set to write (.npz).")],
    per_class: Annotated[int, typer.Option(min=1, help="At most so many compounds a class.")] = 900,
    outside: Annotated[
        int, typer.Option(min=0, help="At most so many compounds without a class.")
    ] = 16_000,
    known_only: Annotated[
        bool, typer.Option("--known-only", help="Leave out compounds that nobody made.")
    ] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
) -> int:
    """Assign structure types, split by compound and compute reflections.

    \b
    Example:
      crystinet corpus build structures.parquet dataset.npz
    """  # noqa: D301
    from crystinet.app.cli.stages import StageBars
    from crystinet.corpus.build import BuildConfig, build_dataset

    config = BuildConfig(
        per_class=per_class, outside=outside, known_only=known_only, workers=workers
    )
    with StageBars() as report:
        built = build_dataset(table, config=config, report=report)
    built.save(dataset)
    typer.echo(f"{len(built.members)} compounds with {len(built.hkl)} lines in {dataset}", err=True)
    return 0


def stats(
    dataset: Annotated[Path, typer.Argument(help="Data set (.npz).")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
) -> int:
    """Count the compounds of a data set by class and split.

    \b
    Example:
      crystinet corpus stats dataset.npz
    """  # noqa: D301
    import json

    from crystinet.corpus.dataset import Dataset
    from crystinet.corpus.stats import counts_by_class

    rows = counts_by_class(Dataset.load(dataset))
    if as_json:
        typer.echo(json.dumps({"classes": rows}))
        return 0
    for row in rows:
        typer.echo(
            f"{row['number']:>3} {row['name']:<32} {row['train']:>6} {row['validation']:>6} "
            f"{row['test']:>6} {row['known_experimentally']:>6}"
        )
    return 0


for command in (build, stats):
    corpus.command()(guarded(command))
