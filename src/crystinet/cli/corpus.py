"""``crystinet corpus``: compounds and the data sets that networks are trained on."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.cli.compound_index import index
from crystinet.cli.shell import guarded, print_json
from crystinet.cli.workers import ClusterOption

if TYPE_CHECKING:
    from crystinet.corpus.compound import Problem
    from crystinet.corpus.store.queries import Isotype

corpus = typer.Typer(
    name="corpus",
    help="Compounds and the data sets that networks are trained on.",
    no_args_is_help=True,
)

#: Rejected inputs that `add` shows by itself.
SHOWN_PROBLEMS = 5

StoreArgument = Annotated[Path, typer.Argument(help="Store made by `crystinet corpus add`.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", show_default=False, help="File to write.")
]
KnownOnly = Annotated[
    bool, typer.Option("--known-only", help="Leave out compounds that nobody made.")
]


def add(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH",
            show_default=False,
            help="CIF files, folders or zip archives of them, Parquet tables.",
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
    as_json: Json = False,
) -> int:
    """Add crystal structures to a store, each with its structure type.

    What is there already is passed over: a call that was cut off goes on when it is repeated.

    \b
    Examples:
      crystinet corpus add icsd-export/ --store corpus.sqlite
      crystinet corpus add structures.parquet more.zip
      crystinet corpus add cod/ --cluster tcp://head-node:8786
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.outcome import EXIT_FAILED, EXIT_OK
    from crystinet.cli.stages import StageBars
    from crystinet.corpus.intake.cif_entries import Overrides
    from crystinet.corpus.intake.ingest import ingest
    from crystinet.corpus.intake.inputs import containers_of
    from crystinet.corpus.store.store import Store
    from crystinet.work.cluster import optional_cluster

    containers_of(paths)  # a mistyped path must not leave an empty store behind
    told = Overrides(source=source, licence=licence, kind=kind)
    with optional_cluster(cluster) as crew, Store.create(store) as opened, StageBars() as report:
        tally = ingest(paths, opened, overrides=told, workers=crew or workers, report=report)
    if as_json:
        counted = ("added", "duplicates", "known_inputs")
        document = {name: getattr(tally, name) for name in counted}
        print_json({**document, "problems": [_problem(p) for p in tally.problems]})
    _print_problems(tally.problems[:SHOWN_PROBLEMS])
    if len(tally.problems) > SHOWN_PROBLEMS:
        more = len(tally.problems) - SHOWN_PROBLEMS
        typer.echo(f"... and {more} more: crystinet corpus problems {store}", err=True)
    typer.echo(
        f"{tally.added} structures added to {store}; {tally.duplicates} duplicates, "
        f"{tally.known_inputs} inputs known from before, {len(tally.problems)} rejected.",
        err=True,
    )
    return EXIT_FAILED if tally.problems else EXIT_OK


def problems(store: StoreArgument, as_json: Json = False) -> int:
    """List what was rejected, and why.

    An input leaves the list when it is added again without a problem.

    \b
    Example:
      crystinet corpus problems corpus.sqlite
    """  # noqa: D301
    from crystinet.corpus.store.store import Store

    with Store.open(store) as opened:
        found = opened.problems()
    if as_json:
        print_json({"problems": [_problem(problem) for problem in found]})
        return 0
    for problem in found:
        part = f" [{problem.part}]" if problem.part else ""
        typer.echo(f"{problem.origin}{part}: {problem.message}\n  Hint: {problem.hint}")
    typer.echo(f"{len(found)} rejected", err=True)
    return 0


def _problem(problem: "Problem") -> dict[str, object]:
    error = {"code": problem.code, "message": problem.message, "hint": problem.hint}
    return {"origin": problem.origin, "part": problem.part, "error": error}


def _print_problems(found: "list[Problem]") -> None:
    for problem in found:
        typer.echo(
            f"crystinet: {problem.origin}: {problem.message}\n  Hint: {problem.hint}", err=True
        )


def types(
    store: StoreArgument,
    top: Annotated[
        int | None, typer.Option(min=1, show_default=False, help="Only the first so many.")
    ] = None,
    known_only: KnownOnly = False,
    output: Output = None,
    as_json: Json = False,
) -> int:
    """Rank all isoconfigurational classes of a store by number of distinct compounds.

    Structures without a structure type are grouped by space group, Pearson symbol, Wyckoff
    sequence and ANX formula. The file of --output is what `corpus build --types` takes.

    \b
    Example:
      crystinet corpus types corpus.sqlite --top 100 -o types.txt
    """  # noqa: D301
    from dataclasses import asdict

    from crystinet.app.service import write_text
    from crystinet.corpus.store.queries import ranked_isotypes
    from crystinet.corpus.store.store import Store

    with Store.open(store) as opened:
        ranked = ranked_isotypes(opened, top=top or -1, known_only=known_only)
    if output is not None:
        write_text(output, "".join(f"# {_told(isotype)}\n{isotype.key}\n" for isotype in ranked))
    if as_json:
        print_json({"types": [asdict(isotype) for isotype in ranked]})
    elif output is None:
        for isotype in ranked:
            typer.echo(f"{isotype.rank:>6} {isotype.key:<44} {_told(isotype)}")
    return 0


def _told(isotype: "Isotype") -> str:
    return (
        f"{isotype.compounds} compounds, {isotype.known} made, such as {isotype.formula} "
        f"({isotype.code})"
    )


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
            "or a file of these; may be repeated.",
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
    from crystinet.cli.stages import StageBars
    from crystinet.corpus.datasets.build import BuildConfig, build_dataset
    from crystinet.work.cluster import optional_cluster

    config = BuildConfig(
        per_class=per_class,
        outside=outside,
        known_only=known_only,
        workers=workers,
        types=tuple(types or ()),
        variants=variants,
        split_patterns=split_patterns,
    )
    with optional_cluster(cluster) as crew, StageBars() as report:
        built = build_dataset(sources, config=config, report=report, workers=crew)
    built.save(dataset)
    typer.echo(f"{len(built.members)} compounds with {len(built.hkl)} lines in {dataset}", err=True)
    return 0


def stats(
    source: Annotated[Path, typer.Argument(help="Store, or data set (.npz).")],
    as_json: Json = False,
) -> int:
    """Count what a store or a data set holds.

    \b
    Example:
      crystinet corpus stats corpus.sqlite
    """  # noqa: D301
    from crystinet.corpus.datasets.dataset import Dataset
    from crystinet.corpus.datasets.stats import (
        class_lines,
        count_lines,
        counts_by_class,
        counts_document,
    )
    from crystinet.corpus.store.queries import counts
    from crystinet.corpus.store.store import Store, is_sqlite

    if is_sqlite(source):
        with Store.open(source) as store:
            found = counts(store)
        document, lines = counts_document(found), count_lines(found)
    else:
        rows = counts_by_class(Dataset.load(source))
        document, lines = {"classes": rows}, class_lines(rows)
    if as_json:
        print_json(document)
    else:
        typer.echo("\n".join(lines))
    return 0


def card(
    source: Annotated[Path, typer.Argument(help="Store, or data set (.npz).")],
    output: Output = None,
) -> int:
    """Write the data card: counts, sources, licences and hashes.

    \b
    Example:
      crystinet corpus card corpus.sqlite -o DATA_CARD.md
    """  # noqa: D301
    from crystinet.app.service import write_text
    from crystinet.corpus.datasets.card import data_card

    text = data_card(source)
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_text(output, text)
    return 0


def imagine(
    source: Annotated[Path, typer.Argument(help="Store, or Parquet table of structures.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", show_default=False, help="Parquet table to write.")
    ],
    types: Annotated[
        list[str] | None,
        typer.Option(
            show_default=False, help="Name of a structure type; may be repeated. Else all 100."
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
    """  # noqa: D301
    from collections import Counter

    from crystinet.cli.stages import StageBars
    from crystinet.corpus.imagined.imagination import TableConfig, imagine_table, write_table

    config = TableConfig(
        types=tuple(types or ()), per_type=per_type, below=below, seed=seed, workers=workers
    )
    with StageBars() as report:
        rows = imagine_table(source, config=config, report=report)
    write_table(output, rows)
    for name, number in Counter(row["type_name"] for row in rows).items():
        typer.echo(f"{number:>6} {name}", err=True)
    typer.echo(f"{len(rows)} hypothetical compounds in {output}", err=True)
    return 0


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
    as_json: Json = False,
) -> int:
    """Assign all structure types anew; show doubtful cases and collisions.

    \b
    Examples:
      crystinet corpus audit corpus.sqlite
      crystinet corpus audit structures.parquet --kind experimental --minerals
    """  # noqa: D301
    from crystinet.cli.stages import StageBars
    from crystinet.corpus.labels.audit import audit as audit_structures
    from crystinet.corpus.labels.audit_report import audit_document, audit_lines

    with StageBars() as report:
        found = audit_structures(
            source, minerals=minerals, kind=kind, workers=workers, report=report
        )
    if as_json:
        print_json(audit_document(found))
    else:
        typer.echo("\n".join(audit_lines(found)))
    return 0


for command in (add, problems, types, build, index, imagine, stats, card, audit):
    corpus.command()(guarded(command))
