"""``crystinet refine``: the fit of the whole pattern."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.app.documents import fit_document
from crystinet.app.example import fluorapatite_example
from crystinet.app.refine import MOST_PHASES
from crystinet.cli.options import (
    AnodeOption,
    ColumnOption,
    JsonOption,
    ModelOption,
    RangeOption,
    limits,
    wavelength_option,
)
from crystinet.cli.shell import EXIT_OK, print_json
from crystinet.core.errors import ConfigError


def refine(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", show_default=False, help="Pattern file.")
    ] = None,
    type_: Annotated[
        str | None,
        typer.Option(
            "--type",
            metavar="NAME",
            show_default=False,
            help="Structure type to fit (crystinet types); else the one that identify finds.",
        ),
    ] = None,
    cif: Annotated[
        Path | None,
        typer.Option(
            metavar="CIF",
            show_default=False,
            help="Structure to start from, instead of a type; its cell may be off by some percent.",
        ),
    ] = None,
    formula: Annotated[
        str | None,
        typer.Option(
            metavar="FORMULA",
            show_default=False,
            help="Formula of the sample, if it is known (SrTiO3): sites hold only its elements.",
        ),
    ] = None,
    elements: Annotated[
        str | None,
        typer.Option(
            metavar="SYMBOLS",
            show_default=False,
            help="Elements of the sample, if they are known (Sr,Ti,O): sites hold only these.",
        ),
    ] = None,
    phases: Annotated[
        int, typer.Option(min=1, max=MOST_PHASES, metavar="N", help="Phases in the sample.")
    ] = 1,
    instrument: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="What is known of the instrument: .instprm of GSAS-II, .irf of FullProf. Its "
            "wavelengths count unless others are given here.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            show_default=False,
            help="File to write: .cif for the fit, .instprm for the instrument that it shows.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="PICTURE",
            show_default=False,
            help="Draw observed, calculated and difference into PICTURE (.png, .pdf, .svg): "
            'pip install "crystinet[report]".',
        ),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            metavar="PROGRAMS",
            show_default=False,
            help="Also write what other programs start from, beside the CIF: gsas2, fullprof, "
            "topas, separated by commas.",
        ),
    ] = None,
    wavelength: Annotated[
        float | None, wavelength_option("Wavelength in angstrom, instead of what the file says.")
    ] = None,
    anode: AnodeOption = None,
    column: ColumnOption = None,
    range_: RangeOption = None,
    as_json: JsonOption = False,
    model: ModelOption = None,
    index: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Known compounds other than the built-in ones (crystinet corpus index).",
        ),
    ] = None,
    example: Annotated[
        bool,
        typer.Option(
            "--example",
            help='Refine a measured pattern of fluorapatite (pip install "crystinet[example]").',
        ),
    ] = False,
) -> int:
    """Fit the whole pattern with the structure of a type, and say whether that proves it.

    \b
    Examples:
      crystinet refine sample.xy
      crystinet refine sample.xy --type Perovskite-CaTiO3 --formula SrTiO3 -o sample.cif
      crystinet refine sample.xy --cif model.cif --plot fit.png --export gsas2,topas
      crystinet refine LaB6.xy --cif LaB6.cif -o lab.instprm
      crystinet refine sample.xy --instrument lab.instprm --json
      crystinet refine --example -o fluorapatite.cif
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.handover import (
        check_programs,
        check_target,
        files_of,
        read_instrument,
        write_fit,
    )
    from crystinet.app.refine import refine as fitted
    from crystinet.cli.stages import StageBars
    from crystinet.core.files import check_not_input
    from crystinet.model.composition import parse_elements

    if (file is None) != example:
        raise ConfigError(
            "Give either FILE or --example, and not both.",
            hint="'crystinet refine --help' has examples.",
        )
    if type_ is not None and cif is not None:
        raise ConfigError("Both --type and --cif are given.", hint="Give one of them.")
    programs = check_programs([] if export is None else export.split(","))
    if plot is not None:
        from crystinet.app.pictures import check_picture

        check_picture(plot)
    shown = fluorapatite_example() if example else None
    source = shown.path if shown else file
    assert source is not None  # noqa: S101 (for the type checker)
    if shown and wavelength is None and anode is None:
        wavelength = shown.wavelength_angstrom
    place = _place(output, source, programs)
    if place is not None:
        check_target(place)
    written = [] if place is None else [*files_of(place, programs)]
    for each in (*written, *([] if plot is None else [plot])):
        check_not_input(each, source, cif, instrument)
    with StageBars() as bars:
        fit = fitted(
            source,
            type=type_,
            structure=cif,
            formula=formula,
            elements=None if elements is None else parse_elements(elements),
            phases=phases,
            instrument=None if instrument is None else read_instrument(instrument),
            index=index,
            wavelength_angstrom=wavelength,
            anode=anode,
            column=column,
            two_theta_range=limits(range_),
            model=model,
            progress=bars,
        )
    if as_json:
        print_json(fit_document(str(source), fit))
    else:
        from crystinet.cli import tables
        from crystinet.cli.fit_text import fit_text

        console = tables.make_console()
        if shown:
            console.print(tables.example_text(shown))
        console.print(fit_text(str(source), fit, wanted=phases))
    if place is not None:
        for each in write_fit(fit, place, programs=programs):
            typer.echo(f"Wrote {each}", err=True)
    if plot is not None:
        from crystinet.app.pictures import draw_fit

        draw_fit(fit, plot)
        typer.echo(f"Picture of {source.name}: {plot}", err=True)
    return EXIT_OK


def _place(output: Path | None, source: Path, programs: tuple[str, ...]) -> Path | None:
    """Where to write; an export without ``-o`` goes to the folder where the command runs."""
    if programs and output is not None and output.suffix.lower() != ".cif":
        raise ConfigError(
            "--export writes a CIF and other files of its name.", hint="End -o with .cif."
        )
    if output is None and programs:
        return Path(f"{source.stem}.cif")
    return output
