"""``crystinet simulate``: the powder pattern of a crystal structure."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from crystinet.app.outcome import EXIT_OK


def simulate(
    structure: Annotated[
        Path, typer.Argument(metavar="CIF", show_default=False, help="CIF file of the structure.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False, help="Write here, not to stdout."
        ),
    ] = None,
    wavelength: Annotated[
        float | None,
        typer.Option(
            metavar="ANGSTROM", show_default=False, help="Wavelength instead of Cu K-alpha."
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON instead of two columns of text.")
    ] = False,
) -> int:
    """Simulate the powder pattern of a crystal structure.

    Two columns: 2theta in degrees and intensity, maximum 100.

    \b
    Examples:
      crystinet simulate rutile.cif -o rutile.xy
      crystinet simulate rutile.cif --wavelength 0.7093 | head
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.documents import json_text, pattern_document, xy_text
    from crystinet.app.service import simulate_file, write_text

    pattern = simulate_file(structure, wavelength_angstrom=wavelength)
    text = json_text(pattern_document(str(structure), pattern)) if as_json else xy_text(pattern)
    if output is None:
        sys.stdout.write(text)
    else:
        write_text(output, text)
    return EXIT_OK
