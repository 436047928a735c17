"""All that is known of a compound beyond the types: lattice, space groups, and the nearest type."""

from dataclasses import replace

from crystinet.core.progress import Progress, silent
from crystinet.fit.derivative_search import nearest_derivative
from crystinet.fit.extinction_fit import extinctions_of_fit, fit_of_cell
from crystinet.fit.sample_lines import SampleLines
from crystinet.lines.indexing.beyond import Beyond, look_beyond
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
    fitted = None if cell is None else fit_of_cell(cell, lines.sample)
    if cell is None or fitted is None:
        return beyond
    beyond = replace(beyond, extinctions=extinctions_of_fit(cell, fitted, likely=likely))
    if found.verdict is Verdict.KNOWN or found.standing == "further":
        return beyond
    return replace(beyond, nearest_derivative=nearest_derivative(lines, found, cell, fitted))
