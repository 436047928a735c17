"""``crystinet watch``: answer what appears in a folder."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crystinet.cli.options import (
    AnodeOption,
    ColumnOption,
    ModelOption,
    RangeOption,
    limits,
    wavelength_option,
)
from crystinet.cli.shell import EXIT_OK, print_error, terminable
from crystinet.core.plain import in_percent

if TYPE_CHECKING:
    from crystinet.app.outcome import Outcome
    from crystinet.fit.whole_pattern.answer import Fit


def watch(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder to watch, with those below it.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default=False,
            help="Folder for the answers; beside the patterns unless given.",
        ),
    ] = None,
    fit: Annotated[
        bool, typer.Option("--fit", help="Also fit the whole pattern, and write a CIF.")
    ] = False,
    beyond: Annotated[
        bool,
        typer.Option(
            "--beyond", help="Also index the lines where the type is unknown: some seconds each."
        ),
    ] = False,
    wavelength: Annotated[
        float | None,
        wavelength_option("Wavelength of all files in angstrom, overriding what they say."),
    ] = None,
    anode: AnodeOption = None,
    elements: Annotated[
        str | None,
        typer.Option(
            metavar="SYMBOLS",
            show_default=False,
            help="Elements of all samples, where known: Fe,O.",
        ),
    ] = None,
    formula: Annotated[
        str | None,
        typer.Option(
            metavar="FORMULA",
            show_default=False,
            help="Formula of all samples, where it is known (BaTiO3), instead of --elements; also "
            "what the sites of a fit may hold.",
        ),
    ] = None,
    range_: RangeOption = None,
    column: ColumnOption = None,
    model: ModelOption = None,
    every: Annotated[
        float, typer.Option(metavar="SECONDS", help="How often the folder is looked through.")
    ] = 1.0,
    settle: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="A file is complete when it rests for so long."),
    ] = 2.0,
    once: Annotated[
        bool, typer.Option("--once", help="End when all files that are there are answered.")
    ] = False,
) -> int:
    """Answer every pattern that appears in a folder, once, until Ctrl-C.

    The answer to a.xy is a.xy.answer.json, the document of `crystinet identify --json`; a line
    on the terminal says what was found, and with --fit whether the fit bears it out. Files
    that came while nobody watched are answered first. Network shares work too. Several watchers
    of one folder take turns, and answer no file twice.

    \b
    Examples:
      crystinet watch measurements/
      crystinet watch /mnt/diffractometer --out answers/ --anode Co --fit
      crystinet watch furnace/ --fit --formula SrTiO3
      crystinet watch measurements/ --once
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.question import Question
    from crystinet.app.watch import FolderWatch, WatchSettings

    question = Question.of(
        wavelength_angstrom=wavelength,
        anode=anode,
        elements=None if elements is None else elements.replace(",", " ").split(),
        formula=formula,
        two_theta_range=limits(range_),
        column=column,
        top=10,
        model=model,
        beyond=None if beyond else False,
    )
    watching = FolderWatch(WatchSettings(folder, out, fit, every, settle), question)
    if not once:
        typer.echo(f"Watching {printable(str(folder))}; Ctrl-C ends it.", err=True)
    try:
        with terminable():
            for found in watching.forever(trouble=print_error, once=once):
                name = str(found.path.relative_to(folder))
                for outcome in found.outcomes:
                    typer.echo(line_of(outcome, name=name, fit=found.fit))
    except KeyboardInterrupt:
        typer.echo("What is not answered yet waits for the next start.", err=True)
    return EXIT_OK


def line_of(outcome: "Outcome[Any]", *, name: str, fit: "Outcome[Fit] | None" = None) -> str:
    """What a terminal says of one pattern: time, file, verdict, the first candidate, its fit."""
    number = outcome.file.rpartition("#")[2] if "#" in outcome.file.rpartition("/")[2] else ""
    shown = printable(f"{name}#{number}" if number and not name.endswith(f"#{number}") else name)
    start = f"{time.strftime('%H:%M:%S')}  {shown}  "
    if not outcome.ok:
        return f"{start}not answered: {printable(outcome.error.message)}"
    found = outcome.result.identification
    named, chance = found.named
    cell = found.beyond and found.beyond.best
    lattice = f"  {cell.words}" if cell else ""
    sure = "" if chance is None else f"  {in_percent(chance)}"
    fitted = "" if fit is None else f"  {printable(_fit_said(fit))}"
    return f"{start}{found.standing}  {named}{sure}{lattice}{fitted}"


def _fit_said(fit: "Outcome[Fit]") -> str:
    from crystinet.cli.fit_text import fit_in_short

    return fit_in_short(fit.result) if fit.ok else f"No fit: {fit.error.message}"


def printable(text: str) -> str:
    """Text without characters that would do something to a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)
