"""A trial cell refined on the lines, with its figures of merit."""

from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.cell import Cell
from crystinet.core.diffraction import two_theta_of
from crystinet.lines.indexing.families import CrystalFamily, present
from crystinet.lines.indexing.trials import FirstLines

#: Lines that the figures of merit are of, as de Wolff and Smith & Snyder have them.
LINES_OF_MERIT = 20
#: A line further than this from all of the cell, degrees 2theta, is not indexed by it.
LARGEST_MISS_DEG = 0.06
#: Cells with more lines than this for every one that is there would have one everywhere.
_MOST_LINES_A_LINE = 8.0
#: Degrees 2theta within which lines that are calculated count as one.
_ONE_LINE_DEG = 0.005
_CYCLES = 6
# A line belongs to a cell within so many times the median miss, and so many degrees in any case.
_MEDIANS, _LEAST_REACH_DEG = 6.0, 0.04
# Lines are known no better than this, degrees.
_KNOWN_DEG = 0.003
# Powers in the rank of a cell.
_LEFT_OVER, _FREEDOM = 8.0, 0.5
# The displacement is drawn towards 0 as if it had been measured as 0 with this uncertainty,
# degrees, by lines that are uncertain by the other.
_SHIFT_DEG, _LINE_DEG = 0.1, 0.01


@dataclass(frozen=True, eq=False)
class Refined:
    """A cell on the lines.

    Attributes
    ----------
    family, centring
        Its lattice.
    elements
        Free elements of the reciprocal metric.
    cell
        Conventional cell, angstrom and degrees.
    shift_deg
        Displacement of the specimen: 2theta is too high by this times cos(theta).
    hkl
        Indices of each line, shape (n, 3); zeros where it has none.
    miss_deg
        Observed minus calculated 2theta of each line, shape (n,); NaN where it has none.
    m20, f20
        Figures of merit of the first 20 lines, or of all where there are fewer.
    predicted
        Lines that the cell has up to the last one that counts for the figures of merit.
    counted
        Lines that count for them.
    """

    family: CrystalFamily
    centring: str
    elements: FloatArray
    cell: Cell
    shift_deg: float
    hkl: IntArray
    miss_deg: FloatArray
    m20: float
    f20: float
    predicted: int
    counted: int

    @property
    def indexed(self) -> BoolArray:
        """Whether each line is indexed."""
        known: BoolArray = np.isfinite(self.miss_deg)
        return known

    @property
    def rank(self) -> float:
        """What cells are ranked by, the highest first: M20, less for lines left over and freedom.

        Lattices of higher symmetry often have the very lines of one of lower symmetry, which
        scatter the less about these the more is free; the symmetric one is the better answer.
        See `benchmarks/indexing.py` for how the weights were chosen.
        """
        share = float(self.indexed[: self.counted].mean()) * float(self.indexed.mean())
        freedom: float = _FREEDOM ** (len(self.elements) - 1)
        rank: float = self.m20 * share**_LEFT_OVER * freedom
        return rank


def refine(
    elements: FloatArray,
    family: CrystalFamily,
    centring: str,
    lines: FirstLines,
    *,
    shift_deg: float = 0.0,
) -> Refined | None:
    """Refine a trial cell; None where it comes to nothing.

    Every line gets the nearest line of the cell, first within `LARGEST_MISS_DEG` and then within
    some times what they are usually off by, and elements and displacement follow by linear least
    squares; again until nothing changes.

    Parameters
    ----------
    elements
        Free elements of the reciprocal metric, shape (m,).
    family, centring
        The lattice.
    lines
        All that there are.
    shift_deg
        Displacement to begin with.
    """
    hkl = family.hkl[present(family.hkl, centring)]
    design = family.form.design(hkl)
    shift, reach = shift_deg, LARGEST_MISS_DEG
    cosine = np.cos(np.radians(lines.two_theta_deg) / 2.0)
    slope = lines.slope
    for _ in range(_CYCLES):
        nearest, miss = _nearest(design @ elements, lines, shift)
        used = np.abs(miss) <= reach
        if used.sum() < len(elements) + 2:
            return None
        columns = np.column_stack((design[nearest[used]] / slope[used, None], cosine[used]))
        target = lines.q[used] / slope[used]
        prior = np.zeros(len(elements) + 1)
        prior[-1] = _LINE_DEG / _SHIFT_DEG
        *found, shift = np.linalg.lstsq(
            np.vstack((columns, prior)), np.append(target, 0.0), rcond=None
        )[0].tolist()
        elements = np.array(found)
        left = target - columns @ np.array([*found, shift])
        usual = float(np.median(np.abs(left)))
        reach = min(max(_MEDIANS * usual, _LEAST_REACH_DEG), LARGEST_MISS_DEG)
    cell = family.form.cell(elements)
    if cell is None:
        return None
    nearest, miss = _nearest(design @ elements, lines, shift)
    far = np.abs(miss) > reach
    indices = np.where(far[:, None], 0, hkl[nearest])
    found_cell = Refined(
        family, centring, elements, cell, shift, indices, np.where(far, np.nan, miss), 0, 0, 0, 0
    )
    return _with_merit(found_cell, design @ elements, lines)


def _nearest(q: FloatArray, lines: FirstLines, shift: float) -> tuple[IntArray, FloatArray]:
    """Nearest line of a cell to each line, and observed minus calculated 2theta, degrees."""
    order = np.argsort(q)
    cosine = np.cos(np.radians(lines.two_theta_deg) / 2.0)
    observed = lines.q - lines.slope * shift * cosine
    above = np.clip(np.searchsorted(q[order], observed), 1, len(q) - 1)
    pair = np.stack((order[above - 1], order[above]))
    miss = (observed - q[pair]) / lines.slope
    side = np.abs(miss).argmin(axis=0)
    each = np.arange(len(observed))
    return pair[side, each], miss[side, each]


def _with_merit(found: Refined, q: FloatArray, lines: FirstLines) -> Refined | None:
    """Figures of merit of the first lines.

    Sources: de Wolff, J. Appl. Cryst. 1 (1968) 108: M = Q_20 / (2 <|dQ|> N_20); Smith & Snyder,
    J. Appl. Cryst. 12 (1979) 60: F_N = N / (<|d2theta|> N_possible). Means are over the indexed
    lines, and no smaller than what lines are known to.
    """
    n = min(LINES_OF_MERIT, len(lines.q))
    known = np.isfinite(found.miss_deg[:n])
    last = lines.two_theta_deg[n - 1] + 0.05
    places = np.sort(two_theta_of(q, lines.wavelength_angstrom))
    places = places[places <= last]  # False for NaN
    predicted = int((np.diff(places, prepend=-1.0) > _ONE_LINE_DEG).sum())
    if not 0 < predicted <= _MOST_LINES_A_LINE * n or not known.any():
        return None
    miss = max(float(np.abs(found.miss_deg[:n][known]).mean()), _KNOWN_DEG)
    miss_q = max(
        float(np.abs(found.miss_deg[:n] * lines.slope[:n])[known].mean()),
        _KNOWN_DEG * float(lines.slope[:n].mean()),
    )
    return replace(
        found,
        m20=float(lines.q[n - 1] / (2.0 * miss_q * predicted)),
        f20=n / (miss * predicted),
        predicted=predicted,
        counted=n,
    )
