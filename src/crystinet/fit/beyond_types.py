"""All that is known of a compound beyond the types: lattice, space groups, and the nearest type."""

from dataclasses import replace

from crystinet.core.progress import Progress, silent
from crystinet.fit.derivative_search import nearest_derivative
from crystinet.fit.extinction_fit import extinctions_of_fit, fit_of_cell
from crystinet.fit.sample_lines import SampleLines
from crystinet.lines.indexing.beyond import Beyond, IndexedCell, look_beyond
from crystinet.lines.indexing.extinction import SYSTEMS_OF_FAMILY
from crystinet.model.identification import Identification, Verdict


def beyond_types(
    lines: SampleLines, found: Identification, *, progress: Progress = silent
) -> Beyond:
    """Index the lines of a sample; networks, lines and a structure-free fit say the rest.

    Parameters
    ----------
    lines
        On the sample.
    found
        The answer for it: its symmetry is what is known beforehand of the space groups, and its
        types are those that the sample may be a relative of, where it is not known.
    progress
        As in `crystinet.lines.indexing.beyond.look_beyond`.
    """
    likely = None if found.symmetry is None else found.symmetry.of_groups
    beyond = look_beyond(lines.sample, likely=likely, progress=progress)
    cell = beyond.best
    if cell is None:
        return beyond
    beyond = replace(beyond, networks_say=_other_system(found, cell))
    fitted = fit_of_cell(cell, lines.sample)
    if fitted is None:
        return beyond
    beyond = replace(beyond, extinctions=extinctions_of_fit(cell, fitted, likely=likely))
    if found.verdict is Verdict.KNOWN or found.standing == "further":
        return beyond
    return replace(beyond, nearest_derivative=nearest_derivative(lines, found, cell, fitted))


def _other_system(found: Identification, cell: IndexedCell) -> tuple[str, float] | None:
    """What networks clearly say of the crystal system, where no crystal of it has the lattice."""
    told = found.told_symmetry
    said = told and told.clear_system
    return said if said and said[0] not in SYSTEMS_OF_FAMILY[cell.family] else None
