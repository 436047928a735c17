"""A fit as people read it: sentences first, then cell and sites."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from crystinet.core.cell import Cell, crystal_system
from crystinet.core.su import with_su
from crystinet.fit.whole_pattern.proof import Proof

if TYPE_CHECKING:
    from crystinet.fit.whole_pattern.answer import Fit
    from crystinet.fit.whole_pattern.fitted_phase import FittedPhase
    from crystinet.model.identification import Identification

_STYLES = {"yes": "green", "doubtful": "yellow", "no": "red"}
_SENTENCES = {
    "yes": "The fit bears out {type}",
    "doubtful": "The fit leaves it open whether this is {type}",
    "no": "The fit speaks against {type}",
}
_MOST_UNEXPLAINED = 5


def fit_text(file: str, fit: "Fit", *, wanted: int = 1) -> Group:
    """What a fit says, the answer first; ``wanted`` phases were looked for."""
    parts: list[RenderableType] = [Text(file, style="bold")]
    for number, phase in enumerate(fit.phases, start=1):
        parts += _phase_text(phase, number if len(fit.phases) > 1 else 0)
    found = len(fit.phases)
    if found < wanted:
        text = f"{wanted} phases were looked for, and {found} could be borne out."
        parts.append(Text(text, style="yellow"))
    low, high = fit.two_theta_deg[0], fit.two_theta_deg[-1]
    parts.append(
        Text(
            f"Rwp {100.0 * fit.rwp:.1f} % ({100.0 * fit.rexp:.1f} % would be the noise alone) of "
            f"{low:.2f} to {high:.2f} degrees 2theta, wavelength "
            f"{fit.radiation.wavelength_angstrom:.5f} angstrom."
        )
    )
    if fit.unexplained:
        named = ", ".join(
            f"{line.two_theta_deg:.2f} ({100.0 * line.height:.0f} %)"
            for line in fit.unexplained[:_MOST_UNEXPLAINED]
        )
        parts.append(Text(f"Lines that are not explained: {named} degrees.", style="yellow"))
    return Group(*parts)


def sentence_of(phase: "FittedPhase") -> str:
    """The answer in one sentence."""
    text = _finding(phase)
    if not phase.sites:
        return f"{text}; only its lattice could be fitted."
    return f"{text}." if phase.refined else f"{text}; what stands below is a starting model."


def fit_in_short(fit: "Fit") -> str:
    """The answer and how far the fit is off, without a full stop, for a line of many."""
    return f"{_finding(fit.phases[0])}, Rwp {100.0 * fit.rwp:.1f} %"


def _finding(phase: "FittedPhase") -> str:
    return _SENTENCES[phase.verified.value].format(type=phase.type or phase.start)


def cell_text(phase: "FittedPhase") -> str:
    """The free numbers of a cell with uncertainties: ``a = 3.820(3)``, in angstrom and degrees."""
    free = phase.cell.free_names(crystal_system(phase.space_group))
    numbers = zip(Cell._fields, phase.cell, phase.cell_uncertainty, strict=True)
    return ", ".join(
        f"{name} = {with_su(value, error, digits=4)}"
        for name, value, error in numbers
        if name in free
    )


def fits_text(found: "Identification", fits: "Sequence[Fit | None]") -> Group:
    """What the fits of the best candidates of an answer say, a paragraph each."""
    parts = [Text("Fits to the whole pattern:")]
    for candidate, fit in zip(found.candidates, fits, strict=False):
        if fit is None:
            parts.append(Text(f"  {candidate.type}: no line of it lies in the range."))
            continue
        phase = fit.phases[0]
        text = f"{sentence_of(phase)[:-1]}: {' '.join(phase.reasons)}"
        parts.append(Text(f"  {text}", style=_STYLES[phase.verified.value]))
        if phase.verified is not Proof.NO:
            parts.append(
                Text(f"    {cell_text(phase)} angstrom, degrees; Rwp {100.0 * fit.rwp:.1f} %")
            )
    return Group(*parts)


def _phase_text(phase: "FittedPhase", number: int) -> Iterator[RenderableType]:
    place = f"Phase {number}, {100.0 * phase.share:.0f} % of the intensity: " if number else ""
    if number and phase.weight_fraction is not None:
        place = f"Phase {number}, {100.0 * phase.weight_fraction:.1f} % of the weight: "
    yield Text(place + sentence_of(phase), style=_STYLES[phase.verified.value])
    for reason in phase.reasons:
        yield Text(f"  {reason}")
    unsaid = [name for name in phase.ambiguous_with if name not in " ".join(phase.reasons)]
    if unsaid:
        yield Text(f"  {', '.join(unsaid)} would fit as well.")
    volume = with_su(phase.volume, phase.volume_uncertainty, digits=2)
    yield Text(
        f"Cell: {cell_text(phase)} (angstrom, degrees); volume {volume} cubic angstrom; space "
        f"group {phase.space_group}. Started from {phase.start}."
    )
    if phase.texture is not None:
        h, k, l = phase.texture.hkl  # noqa: E741
        yield Text(
            f"Grains are oriented along the normal of ({h} {k} {l}): March-Dollase r = "
            f"{with_su(phase.texture.r, phase.texture.r_uncertainty)}."
        )
    if phase.sites:
        yield _sites(phase)
        if not all(site.determined for site in phase.sites):
            yield Text(
                "A pattern tells the electrons of each site, not the element: give --formula or "
                "--elements where they are known."
            )


def _sites(phase: "FittedPhase") -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("site")
    for heading in ("x", "y", "z", "electrons"):
        table.add_column(heading, justify="right")
    table.add_column("elements that fit", overflow="fold")
    for site in phase.sites:
        places = zip(site.xyz, site.xyz_uncertainty, strict=True)
        table.add_row(
            Text(f"{site.label} ({site.multiplicity}{site.wyckoff})"),
            *(with_su(x, su, digits=4) for x, su in places),
            with_su(site.electrons, site.electrons_uncertainty, digits=1),
            Text(", ".join(site.elements)),
        )
    return table
