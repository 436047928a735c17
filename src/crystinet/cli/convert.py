"""``crystinet convert``: a measured file in a format that other programs open."""

from pathlib import Path
from typing import Annotated

import typer

from crystinet.cli.options import (
    AnodeOption,
    ColumnOption,
    RangeOption,
    limits,
    wavelength_option,
)
from crystinet.cli.shell import EXIT_OK, say


def convert(
    file: Annotated[Path, typer.Argument(show_default=False, help="Measured file.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            show_default=False,
            help="File to write; its ending says in which format: .xy, .xye, .cif, .nxs.",
        ),
    ],
    wavelength: Annotated[
        float | None, wavelength_option("Wavelength in angstrom, instead of what the file says.")
    ] = None,
    anode: AnodeOption = None,
    column: ColumnOption = None,
    range_: RangeOption = None,
) -> int:
    """Write the patterns of a measured file in a format that other programs open.

    Points that were not measured and a wavelength that was only assumed are left out. A file with
    several patterns gives several: out.xye, out-2.xye, ...

    \b
    Examples:
      crystinet convert scan.xrdml -o scan.xye
      crystinet convert table.csv --anode Co -o table.cif
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.convert import convert as converted

    written = converted(
        file,
        output,
        wavelength_angstrom=wavelength,
        anode=anode,
        column=column,
        two_theta_range=limits(range_),
    )
    for place in written:
        say(f"Wrote {place}", err=True)
    return EXIT_OK
