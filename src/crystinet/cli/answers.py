"""Answers of ``crystinet identify`` on their way out: text, JSON or CSV, to screen or file."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from crystinet.app.example import Example
from crystinet.app.outcome import Failure, Outcome, Success
from crystinet.cli.shell import exit_status, print_error, print_notes, say
from crystinet.core.errors import ConfigError
from crystinet.core.plain import printable_line

if TYPE_CHECKING:
    from crystinet.app.identify import Answer

#: What the suffix of ``--output`` asks for.
_FORMS = {".json": "json", ".csv": "csv"}


def form_of(*, as_json: bool, as_csv: bool, output: Path | None) -> str:
    """What is printed, "text", "json" or "csv": as the options say, or the name of the file."""
    if as_json and as_csv:
        raise ConfigError("--json and --csv exclude each other.", hint="Call once for each.")
    if as_json or as_csv:
        return "json" if as_json else "csv"
    return _FORMS.get(output.suffix.lower(), "text") if output else "text"


@contextmanager
def destination(output: Path | None) -> Iterator[TextIO]:
    """Where answers are written: standard output, or a file that is there whole or not at all."""
    if output is None or str(output) == "-":
        yield sys.stdout
        return
    from crystinet.core.files import check_place, write_whole

    check_place(output)
    written = StringIO()
    yield written
    write_whole(output, written.getvalue())
    say(f"Answers: {output}", err=True)


def write_csv(outcomes: "Iterable[Outcome[Answer]]", out: TextIO) -> int:
    """Write a line a pattern as the answers come in; notes go to standard error."""
    from crystinet.app.identifications import SUMMARY_COLUMNS, summary_row

    writer = csv.DictWriter(out, SUMMARY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    answered = []
    for outcome in outcomes:
        answered.append(outcome)
        print_notes(outcome)
        row = summary_row(
            outcome
            if isinstance(outcome, Failure)
            else Success(outcome.file, outcome.result.identification)
        )
        row["file"] = printable_line(row["file"])
        writer.writerow(row)
    return exit_status(answered)


@dataclass(frozen=True)
class Screen:
    """How answers are printed for people.

    Attributes
    ----------
    out
        Where to.
    top
        Candidates of an answer, at most.
    details
        Whether everything that is known of an answer is printed.
    compact
        Whether an answer is a line: of many files, whose notes stand together at the end.
    lattice
        Whether lattices were asked for.
    width
        Of the column of file names.
    """

    out: TextIO
    top: int
    details: bool
    compact: bool
    lattice: bool
    width: int = 0

    def show(self, outcomes: "Iterable[Outcome[Answer]]", *, example: Example | None) -> int:
        """Print the answers as they come in, then a summary of a batch."""
        from time import perf_counter

        from crystinet.cli import tables

        console = tables.make_console(self.out)
        started = perf_counter()
        if example:
            console.print(tables.example_text(example))
        answered = []
        for outcome in outcomes:
            answered.append(outcome)
            if isinstance(outcome, Failure):
                print_error(outcome.error, file=outcome.file)
                continue
            found, points = outcome.result.identification, outcome.result.starting_points
            if self.compact:
                console.print(tables.answer_line(outcome.file, found, width=self.width))
                continue
            show = tables.details_of_answer if self.details else tables.first_screen
            console.print(show(outcome.file, found, top=self.top))
            with_points = points and (self.lattice or points[0].nearest is not None)
            if (with_points or outcome.result.fits is not None) and found.ranking[0].is_further:
                console.print(tables.elsewhere(found))
            if points and with_points:
                from crystinet.cli.starting_tables import starting_points_text

                console.print(starting_points_text(points, lattice=self.lattice))
            if outcome.result.fits is not None:
                from crystinet.cli.fit_text import fits_text

                console.print(fits_text(found, outcome.result.fits))
            if example:
                console.print(tables.example_rank_text(example, found))
        if self.compact:
            console.print(tables.notes_of_batch(answered))
        if len(answered) > 1:
            console.print(tables.summary_text(answered, elapsed_s=perf_counter() - started))
        return exit_status(answered)


def width_of_names(paths: Sequence[object]) -> int:
    """Of the column of file names: as the longest, but not so wide that answers are pushed out."""
    return min(max((len(str(path)) for path in paths), default=0), 40)
