"""``crystinet corpus fetch``: structures of open databases, and what an intake prints."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.cli.options import JsonOption
from crystinet.cli.shell import EXIT_FAILED, EXIT_OK, print_json, say

if TYPE_CHECKING:
    from crystinet.core.progress import Progress
    from crystinet.corpus.intake.ingest import Tally

#: Rejected inputs that are shown by themselves.
SHOWN_PROBLEMS = 5


def fetch(
    optimade: Annotated[
        str,
        typer.Option(
            "--optimade",
            metavar="URL",
            show_default=False,
            help="Base address of a database that speaks OPTIMADE, without the version.",
        ),
    ],
    store: Annotated[Path, typer.Option(help="Store to add to; made where there is none.")] = Path(
        "corpus.sqlite"
    ),
    filter_: Annotated[
        str,
        typer.Option("--filter", show_default=False, help="Which structures, in OPTIMADE's words."),
    ] = "",
    source: Annotated[
        str | None, typer.Option(show_default=False, help="Database, instead of the server's name.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option(show_default=False, help="Terms of use, instead of the server's.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(show_default=False, help="Kind of all entries: experimental, dft."),
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=1, show_default=False, help="So many structures at most.")
    ] = None,
    pause: Annotated[
        float, typer.Option(min=0.0, help="Seconds between two requests, out of politeness.")
    ] = 0.5,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    as_json: JsonOption = False,
) -> int:
    """Fetch structures from an open database into a store (pip install "crystinet[optimade]").

    Materials Project, COD, Alexandria, AFLOW, OQMD and others speak OPTIMADE. A call that was cut
    off goes on at its next page when it is repeated. Licence and source are kept with each entry.

    \b
    Examples:
      crystinet corpus fetch --optimade https://www.crystallography.net/cod/optimade \\
          --filter 'elements HAS ALL "Ti","O" AND nelements=2'
      crystinet corpus fetch --optimade https://optimade.materialsproject.org --most 1000
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.corpus import fetch_structures
    from crystinet.cli.stages import StageBars

    try:
        with StageBars() as bars:
            tally = fetch_structures(
                optimade,
                store,
                filter_=filter_,
                source=source,
                licence=licence,
                kind=kind,
                most=most,
                pause_s=pause,
                workers=workers,
                report=_WithNotes(bars),
            )
    except KeyboardInterrupt:
        say(f"What came is in {store}; the same call goes on there.", err=True)
        raise
    return told_tally(tally, store, as_json=as_json)


class _WithNotes:
    """Progress bars; where nobody sees them move, what is waited for has lines of its own."""

    def __init__(self, bars: "Progress") -> None:
        self._bars = bars

    def __call__(self, stage: str, done: int, total: int, *, note: str = "") -> None:
        if note and not sys.stderr.isatty():
            say(f"crystinet: {stage}: {note}", err=True)
        self._bars(stage, done, total, note=note)


def told_tally(tally: "Tally", store: Path, *, as_json: bool) -> int:
    """Print what an intake did; the exit status says whether something was rejected."""
    from crystinet.app.corpus import problem_document

    if as_json:
        counted = ("added", "duplicates", "known_inputs")
        document = {name: getattr(tally, name) for name in counted}
        print_json({**document, "problems": [problem_document(p) for p in tally.problems]})
    for problem in tally.problems[:SHOWN_PROBLEMS]:
        say(f"crystinet: {problem.origin}: {problem.message}\n  Hint: {problem.hint}", err=True)
    if len(tally.problems) > SHOWN_PROBLEMS:
        more = len(tally.problems) - SHOWN_PROBLEMS
        say(f"... and {more} more: crystinet corpus problems {store}", err=True)
    say(
        f"{tally.added} structures added to {store}; {tally.duplicates} duplicates, "
        f"{tally.known_inputs} inputs known from before, {len(tally.problems)} rejected.",
        err=True,
    )
    return EXIT_FAILED if tally.problems else EXIT_OK
