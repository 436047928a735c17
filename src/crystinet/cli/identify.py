"""``crystinet identify``: the main job."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crystinet.app.documents import FEWEST_CANDIDATES, identification_document
from crystinet.app.example import fluorapatite_example
from crystinet.app.outcome import Failure, Outcome
from crystinet.cli.answers import Screen, destination, form_of, width_of_names, write_csv
from crystinet.cli.options import (
    AnodeOption,
    ClusterOption,
    ColumnOption,
    JsonOption,
    ModelOption,
    RangeOption,
    limits,
    wavelength_option,
)
from crystinet.cli.piped import with_standard_input
from crystinet.cli.shell import Dispensable, exit_status, print_notes, say, with_progress
from crystinet.core.errors import ConfigError, InvalidWavelengthError
from crystinet.core.plain import json_text

if TYPE_CHECKING:
    from crystinet.app.identify import Answer, Observer
    from crystinet.app.question import Question
    from crystinet.app.reading import Piped
    from crystinet.app.reports import Reporter
    from crystinet.app.unknowns import Collector
    from crystinet.fit.starting_points import StartOptions
    from crystinet.work.cluster import Cluster


def identify(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE...",
            show_default=False,
            help="Pattern files; a folder stands for the pattern files in it and below, - for "
            "standard input.",
        ),
    ] = None,
    wavelength: Annotated[
        float | None,
        wavelength_option(
            "Wavelength of all files in angstrom (1.5406 for Cu), overriding what they say. "
            "Where neither says, Cu K-alpha is assumed and the answer carries a warning."
        ),
    ] = None,
    anode: AnodeOption = None,
    column: ColumnOption = None,
    elements: Annotated[
        str | None,
        typer.Option(
            metavar="SYMBOLS",
            show_default=False,
            help="Elements of all samples, where they are known (Fe,O): types that compounds of "
            "just these elements have go up. Never needed.",
        ),
    ] = None,
    formula: Annotated[
        str | None,
        typer.Option(
            metavar="FORMULA",
            show_default=False,
            help="Formula of all samples, where it is known (BaTiO3), instead of --elements.",
        ),
    ] = None,
    range_: RangeOption = None,
    top: Annotated[
        int, typer.Option(min=1, metavar="N", help="Candidates to show (JSON: at least 5).")
    ] = FEWEST_CANDIDATES,
    details: Annotated[
        bool,
        typer.Option(
            "--details", help="Show all that is known of each answer, also of many files."
        ),
    ] = False,
    as_json: JsonOption = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A table for spreadsheets: one line a pattern.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="Write the answers here, whole or not at all; .json and .csv ask for that form.",
        ),
    ] = None,
    model: ModelOption = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="PICTURE",
            show_default=False,
            help="Also draw each pattern before and after its preparation, with the lines of the "
            "best candidate, into PICTURE (.png, .pdf, .svg); that of the second pattern gets -2 "
            'before the suffix, and so on: pip install "crystinet[report]".',
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="PAGE",
            show_default=False,
            help="Also write all answers with their pictures into one page that opens without a "
            'network (.html): pip install "crystinet[report]".',
        ),
    ] = None,
    collect: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default=False,
            help="Keep the patterns that are judged unknown in DIR, for `crystinet unknowns`; one "
            "that is there already is not kept twice.",
        ),
    ] = None,
    nearest: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            show_default=False,
            help="Also show the N known compounds of each of the first three candidates whose "
            "patterns are most like the measured one.",
        ),
    ] = 0,
    lattice: Annotated[
        bool,
        typer.Option(
            "--lattice", help="Also estimate the lattice for each of the first three candidates."
        ),
    ] = False,
    fit: Annotated[
        bool,
        typer.Option(
            "--fit",
            help="Also fit the first three candidates to the whole pattern, and say which of them "
            "that bears out; `crystinet refine` shows more of one.",
        ),
    ] = False,
    beyond: Annotated[
        bool | None,
        typer.Option(
            "--beyond/--no-beyond",
            show_default=False,
            help="Index the lines of every pattern, or of none: the lattice of the compound, from "
            "the pattern alone. It takes some seconds. By itself it is done where one file is "
            "named and its type is unknown; Ctrl-C gives the answer without it.",
        ),
    ] = None,
    index: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Known compounds other than the built-in ones (crystinet corpus index).",
        ),
    ] = None,
    cluster: ClusterOption = None,
    example: Annotated[
        bool,
        typer.Option(
            "--example",
            help='Identify a measured pattern of fluorapatite (pip install "crystinet[example]").',
        ),
    ] = False,
) -> int:
    """Rank the structure types that measured powder patterns may have.

    \b
    Examples:
      crystinet identify sample.xy
      crystinet identify sample.xy --wavelength 0.7093 --top 10
      crystinet identify sample.xy --anode Mo
      crystinet identify sample.xy --range 5,65
      crystinet identify sample.xy --plot sample.png
      crystinet identify measurements/ --report answers.html
      crystinet identify measurements/ --collect unknown/
      crystinet identify sample.xy --nearest 5 --lattice
      crystinet identify sample.xy --fit --formula SrTiO3
      crystinet identify sample.xy --beyond
      crystinet identify measurements/ -o answers.csv
      crystinet identify measurements/ --json > answers.json
      zcat sample.xy.gz | crystinet identify -
      crystinet identify archive/ --json --cluster tcp://head-node:8786 > answers.json
      crystinet identify --example
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.files import pattern_files
    from crystinet.app.identify import identify_files
    from crystinet.app.models import load_index, load_model
    from crystinet.app.question import FITTED, Question
    from crystinet.app.unknowns import Collector
    from crystinet.core.files import check_not_input
    from crystinet.model.composition import parse_elements
    from crystinet.work.cluster import optional_cluster

    _refuse_what_does_not_go_together(files, example, plot, collect, report, cluster)
    limits_deg = limits(range_)
    shown = fluorapatite_example() if example else None
    form = form_of(as_json=as_json, as_csv=as_csv, output=output)
    paths = [shown.path] if shown else with_standard_input(pattern_files(files or ()))
    for place in (output, plot, report):
        if place is not None:
            check_not_input(place, *(each for each in paths if isinstance(each, Path)))
    if shown and wavelength is None and anode is None:
        wavelength = shown.wavelength_angstrom
    loaded = load_model(model)
    starts = _start_options(nearest, lattice, None if fit else index, plot or report)
    ask = partial(
        Question.of,
        wavelength_angstrom=wavelength,
        anode=anode,
        column=column,
        top=max(top, FEWEST_CANDIDATES),
        elements=None if elements is None else parse_elements(elements),
        two_theta_range=limits_deg,
        model=model,
        starts=starts,
        index=index,
        formula=formula,
        fits=FITTED if fit else 0,
        beyond=False if beyond is None and len(paths) > 1 else beyond,
    )
    collector = Collector(collect, loaded) if collect else None
    observers: list[Observer] = [_draughtsman(plot)] if plot else []
    if collector:
        observers.append(lambda sample, answer: collector(sample, answer.identification))
    reporter = _reporter(report) if report else None
    if reporter:
        observers.append(reporter)
    document = partial(
        identification_document,
        model_id=loaded.bundle.id,
        model_version=loaded.bundle.version,
        lattice=lattice,
        index_id=load_index(index).id if nearest or lattice or fit else None,
    )
    with (
        optional_cluster(cluster) as crew,
        destination(output) as out,
        Dispensable("the search for a lattice") as patience,
    ):
        work = partial(identify_files, observers=observers, progress=patience)
        answer = _answered_on(crew) if crew else work
        outcomes = with_progress(_outcomes(paths, ask, answer), over=paths, verb="Identifying")
        reported: list[Outcome[Answer]] = []
        if reporter:
            outcomes = _kept(outcomes, reported)
        if form == "json":
            if shown:
                say(f"Example: {shown.origin}. Right answer: {shown.answer}.", err=True)
            answered = list(outcomes)
            for outcome in answered:
                print_notes(outcome)
            out.write(json_text(document(answered)))
            status = exit_status(answered)
        elif form == "csv":
            status = write_csv(outcomes, out)
        else:
            compact = len(paths) > 1 and not (details or nearest or lattice or fit or beyond)
            width = width_of_names(paths)
            screen = Screen(out, top, details, compact, lattice, width)
            status = screen.show(outcomes, example=shown)
    if reporter:
        reporter.write(document(reported))
        say(f"Report: {reporter.path}", err=True)
    _tell_collected(collector)
    return status


def _answered_on(crew: "Cluster") -> "Callable[..., Iterator[Outcome[Answer]]]":
    from crystinet.app.cluster import identify_files_on  # the pools of processes are slow to import

    return partial(identify_files_on, crew)


def _refuse_what_does_not_go_together(
    files: list[Path] | None,
    example: bool,
    plot: Path | None,
    collect: Path | None,
    report: Path | None,
    cluster: str | None,
) -> None:
    if not files and not example:
        raise ConfigError(
            "Which pattern? Name a file or a folder: crystinet identify sample.xy",
            hint="- reads standard input, --example shows a measured pattern, and 'crystinet "
            "identify -h' explains the rest.",
        )
    if files and example:
        raise ConfigError(
            "Give either FILE or --example, and not both.",
            hint="'crystinet identify -h' has examples.",
        )
    if (plot or collect or report) and cluster:
        here = "plot draws" if plot else "collect keeps patterns" if collect else "report draws"
        raise ConfigError(
            f"--{here} here, --cluster works elsewhere.",
            hint="Call once more without --cluster for the patterns that it is about.",
        )


def _outcomes(
    paths: "Sequence[Path | Piped]",
    ask: "Callable[[], Question]",
    answer: "Callable[[Sequence[Path | Piped], Question], Iterator[Outcome[Answer]]]",
) -> "Iterator[Outcome[Answer]]":
    """Ask about all files. An impossible wavelength is an error of each, as if its own were one."""
    try:
        question = ask()
    except InvalidWavelengthError as error:
        yield from (Failure(str(path), error) for path in paths)
        return
    yield from answer(paths, question)


def _start_options(
    nearest: int, lattice: bool, index: Path | None, plot: Path | None
) -> "StartOptions | None":
    """What starting points are wanted; None where none are. A picture wants the lines placed."""
    if not (nearest or lattice):
        if index is not None:
            raise ConfigError(
                "--index says where known compounds are, but none are wanted.",
                hint="Add --nearest N, --lattice or --fit.",
            )
        if plot is None:
            return None
        from crystinet.fit.starting_points import PLACEMENT_ONLY

        return PLACEMENT_ONLY
    from crystinet.app.question import start_options

    return start_options(nearest=nearest, lattice=lattice)


def _tell_collected(collector: "Collector | None") -> None:
    if collector is not None:
        say(
            f"{collector.added} unknown patterns added to {collector.folder}; "
            f"{collector.known_before} were there already.",
            err=True,
        )


def _reporter(page: Path) -> "Reporter":
    from crystinet.app.reports import Reporter

    return Reporter(page)


def _kept(
    outcomes: "Iterable[Outcome[Answer]]", kept: "list[Outcome[Answer]]"
) -> "Iterator[Outcome[Answer]]":
    """Hand outcomes on, and keep them."""
    for outcome in outcomes:
        kept.append(outcome)
        yield outcome


def _draughtsman(picture: Path) -> "Observer":
    """Make what draws one pattern after the other and says so."""
    from crystinet.app.pictures import Draughtsman

    return Draughtsman(
        picture,
        lambda name, path: say(f"Picture of {name or 'the pattern'}: {path}", err=True),
    )
