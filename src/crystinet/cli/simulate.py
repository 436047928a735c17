"""``crystinet simulate``: the powder pattern of a crystal structure."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from crystinet.cli.options import AnodeOption, wavelength_option
from crystinet.cli.shell import EXIT_OK, numbers


def _option(*names: str, metavar: str, text: str) -> Any:
    return typer.Option(*names, metavar=metavar, show_default=False, help=text)


def simulate(
    structure: Annotated[
        Path, typer.Argument(metavar="CIF", show_default=False, help="CIF file of the structure.")
    ],
    output: Annotated[
        Path | None,
        _option("--output", "-o", metavar="FILE", text="Write here, not to stdout."),
    ] = None,
    plot: Annotated[
        Path | None, _option("--plot", metavar="PICTURE", text="Draw it: .png, .svg or .pdf.")
    ] = None,
    wavelength: Annotated[
        float | None, wavelength_option("Wavelength instead of Cu K-alpha.")
    ] = None,
    anode: AnodeOption = None,
    monochromatic: Annotated[
        bool, typer.Option("--monochromatic", help="Without K-alpha2.")
    ] = False,
    range_: Annotated[
        str | None, _option("--range", metavar="START,STOP", text="2theta, degrees [5,110].")
    ] = None,
    step: Annotated[float | None, _option(metavar="DEG", text="Step, degrees [0.02].")] = None,
    fwhm: Annotated[
        float | None, _option(metavar="DEG", text="Width of the instrument, degrees [0.1].")
    ] = None,
    caglioti: Annotated[
        str | None, _option(metavar="U,V", text="Caglioti U and V, square degrees [0,0].")
    ] = None,
    eta: Annotated[
        str | None,
        _option(metavar="ETA", text="Lorentzian part, 0 to 1 [0.5], or tch: from the widths."),
    ] = None,
    size_nm: Annotated[
        float | None, _option(metavar="NM", text="Size of the crystallites, nm.")
    ] = None,
    strain: Annotated[
        float | None, _option(metavar="E", text="Microstrain, such as 0.002.")
    ] = None,
    texture: Annotated[
        str | None,
        _option(metavar="R,H,K,L", text="March-Dollase r and planes: 0.7,0,0,1 are plates."),
    ] = None,
    b_iso: Annotated[
        float | None,
        _option(metavar="B", text="Displacement B of atoms that have none, A^2 [0.5]."),
    ] = None,
    ions: Annotated[
        str | None, _option(metavar="ION,...", text="Scatter as ions: Fe3+,O2-.")
    ] = None,
    anomalous: Annotated[
        bool, typer.Option("--anomalous", help="Add anomalous scattering.")
    ] = False,
    monochromator: Annotated[
        float | None, _option(metavar="DEG", text="2theta of a monochromator crystal [0, none].")
    ] = None,
    axial: Annotated[
        float | None, _option(metavar="A", text="Axial divergence (S+H)/L, such as 0.03.")
    ] = None,
    zero_shift: Annotated[float | None, _option(metavar="DEG", text="Added to 2theta.")] = None,
    displacement: Annotated[
        float | None,
        _option(metavar="MM", text="Specimen below the axis, mm (radius 200 mm)."),
    ] = None,
    background: Annotated[
        float | None, _option(metavar="PART", text="Background / strongest point, such as 0.02.")
    ] = None,
    counts: Annotated[
        float | None, _option(metavar="N", text="Counts at the strongest point: adds noise.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Of the noise.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON instead of two columns of text.")
    ] = False,
) -> int:
    """Simulate the powder pattern of a crystal structure.

    Two columns: 2theta in degrees and intensity, maximum 100 (or counts).

    \b
    Examples:
      crystinet simulate rutile.cif -o rutile.xy
      crystinet simulate rutile.cif --wavelength 0.7093 | head
      crystinet simulate rutile.cif -o noisy.xy --size-nm 40 --strain 0.002 \\
          --texture 0.7,0,0,1 --counts 5000 --seed 1 --plot noisy.png
    """  # noqa: D301 (the backspace keeps the lines below apart)
    from crystinet.app.documents import pattern_document, xy_text
    from crystinet.app.simulate import simulate as simulate_from
    from crystinet.core.files import write_whole
    from crystinet.core.plain import json_text

    caglioti_u, caglioti_v = numbers(caglioti, count=2, option="--caglioti") or (None, None)
    given = {
        "fwhm_deg": fwhm,
        "caglioti_u": caglioti_u,
        "caglioti_v": caglioti_v,
        "size_nm": size_nm,
        "strain": strain,
        "texture": numbers(texture, count=4, option="--texture"),
        "default_b_iso": b_iso,
        "monochromator_deg": monochromator,
        "axial": axial,
        "zero_shift_deg": zero_shift,
        "displacement_mm": displacement,
        "background": background,
        "counts": counts,
    }
    settings: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if eta is not None:
        settings["eta"] = lorentzian_part(eta)
    pattern = simulate_from(
        structure,
        wavelength_angstrom=wavelength,
        anode=anode,
        grid=make_grid(numbers(range_, count=2, option="--range"), step),
        seed=seed,
        monochromatic=monochromatic,
        anomalous=anomalous,
        ions=ions_by_element(ions) if ions else None,
        **settings,
    )
    if plot is not None:
        from crystinet.app.pictures import draw_pattern

        draw_pattern(pattern, plot)
    text = json_text(pattern_document(str(structure), pattern)) if as_json else xy_text(pattern)
    if output is None:
        sys.stdout.write(text)
    else:
        write_whole(output, text)
    return EXIT_OK


def lorentzian_part(text: str) -> float | None:
    """Eta from 0 to 1, or None for "tch"."""
    if text.lower() == "tch":
        return None
    (eta,) = numbers(text, count=1, option="--eta") or ()
    return eta


def make_grid(limits: tuple[float, ...] | None, step_deg: float | None) -> Any:
    """2theta axis from the first to the last angle, in degrees."""
    from crystinet.core.errors import ConfigError
    from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid

    start, stop = limits or (DEFAULT_GRID.start_deg, DEFAULT_GRID.stop_deg)
    step = DEFAULT_GRID.step_deg if step_deg is None else step_deg
    if not (0.0 < start < stop < 180.0 and 1e-4 <= step <= stop - start):
        raise ConfigError(
            f"--range {start:g},{stop:g} in steps of {step:g} degrees is no axis.",
            hint="Angles rise from above 0 to below 180 degrees; the step is at least 0.0001.",
        )
    return TwoThetaGrid(
        start_deg=start, step_deg=step, n_points=int((stop - start) / step + 1e-6) + 1
    )


def ions_by_element(text: str) -> dict[str, str]:
    """Ions separated by commas, by their element: ``Fe3+,O2-``."""
    from crystinet.simulation.scattering import element_of

    return {element_of(ion): ion for ion in text.split(",")}
