"""The search: from the places of lines to cells, the best first."""

from collections.abc import Sequence

import numpy as np

from crystinet.core.progress import Enough, Progress, silent
from crystinet.crystals.reduction import lattice_invariants
from crystinet.lines.indexing.families import FAMILIES, CrystalFamily, family
from crystinet.lines.indexing.long_axis import long_family, long_trials
from crystinet.lines.indexing.refining import Refined, refine
from crystinet.lines.indexing.trials import MOST_LINES, FirstLines, Trials, screen

#: Fewer lines than this determine no cell.
FEWEST_LINES = 6
# Trial cells of a family that are refined, and cells of all that are tried in all centrings.
_TRIALS, _CENTRED = 30, 15
# A cell of this rank has nearly all lines, within little; one with a long axis hardly reaches it.
_CLEAR = 50.0
# Lattices are one where their invariants agree to this part.
_SAME = 0.005


def find_cells(
    lines: FirstLines,
    *,
    families: Sequence[str] = FAMILIES,
    most: int = 5,
    progress: Progress = silent,
) -> list[Refined]:
    """Find cells that have the lines of a pattern.

    Parameters
    ----------
    lines
        Of the pattern, those at the lowest angles; impurities and false ones may be among them.
    families
        Crystal families to try.
    most
        Cells at most, each of another lattice.
    progress
        Told after every few thousand trial cells. What it raises ends the search; after
        `Enough` what was found in the families before counts.

    Returns
    -------
    list of Refined
        The highest `Refined.rank` first. Empty where there are fewer than `FEWEST_LINES` lines.
    """
    if len(lines.q) < FEWEST_LINES:
        return []
    first = FirstLines(lines.two_theta_deg[:MOST_LINES], lines.wavelength_angstrom)
    found: list[Refined] = []
    try:
        for number, name in enumerate(families):
            progress("Indexing", number, len(families), note=name)
            found += _of_family(first, lines, family(name), progress)
        if "hexagonal" in families:
            found += _with_long_axis(first, lines, found, progress)
        progress("Indexing", len(families), len(families))
    except Enough:
        pass  # what is found counts
    found.sort(key=lambda cell: -cell.rank)
    again = [
        refine(cell.elements, cell.family, centring, lines, shift_deg=cell.shift_deg)
        for cell in found[:_CENTRED]
        for centring in cell.family.centrings
        if centring != cell.centring
    ]
    found += [cell for cell in again if cell is not None]
    return _lattices(sorted(found, key=lambda cell: -cell.rank), most)


def _of_family(
    first: FirstLines, lines: FirstLines, kind: CrystalFamily, progress: Progress
) -> list[Refined]:
    """Cells of one family."""
    parts: list[Trials] = []
    for made in screen(first, kind, keep=_TRIALS):
        parts.append(made)
        progress("Indexing", 0, 0, note=kind.name)
    if not parts:
        return []
    return _refined(Trials.joined(parts).best(_TRIALS), kind, lines)


def _with_long_axis(
    first: FirstLines, lines: FirstLines, found: Sequence[Refined], progress: Progress
) -> list[Refined]:
    """Hexagonal cells with a long c, where no cell that was found is beyond their reach."""
    if any(cell.rank > _CLEAR for cell in found):
        return []
    progress("Indexing", 0, 0, note="long axes")
    hexagonal = [cell for cell in found if cell.family.name == "hexagonal"]
    trials = long_trials(first, lines, hexagonal, keep=_TRIALS)
    return [] if trials is None else _refined(trials, long_family(), lines)


def _refined(trials: Trials, kind: CrystalFamily, lines: FirstLines) -> list[Refined]:
    """Trial cells of a family, each refined with its own centring and with none."""
    refined = [
        refine(elements, kind, centring, lines)
        for elements, number in zip(trials.elements, trials.centring.tolist(), strict=True)
        for centring in dict.fromkeys((kind.centrings[number], "P"))
    ]
    return [cell for cell in refined if cell is not None]


def _lattices(found: Sequence[Refined], most: int) -> list[Refined]:
    """The first of the cells of every lattice."""
    kept: list[Refined] = []
    known: list[np.ndarray] = []
    for cell in found:
        own = lattice_invariants(cell.cell, cell.centring)
        if any(np.abs(own / other - 1.0).max() < _SAME for other in known):
            continue
        kept.append(cell)
        known.append(own)
        if len(kept) == most:
            break
    return kept
