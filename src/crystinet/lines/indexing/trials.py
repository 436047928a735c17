"""Trial cells: indices are assumed for a few of the first lines, and all lines are looked for.

The idea of trial indexing is that of Werner, Eriksson & Westdahl, J. Appl. Cryst. 18 (1985) 367;
here all trials of a family are made and screened at once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.diffraction import d_from_two_theta, inverse_d_squared_slope
from crystinet.lines.indexing.families import CrystalFamily, Places

#: Lines that trials are screened by, the first ones: one bit each.
MOST_LINES = 24
#: A line is there within so many degrees 2theta of its place in a trial cell.
TOLERANCE_DEG = 0.04
#: Cubic angstrom of the primitive cell, and edges in angstrom.
SMALLEST_VOLUME, LARGEST_VOLUME, LARGEST_EDGE = 8.0, 4000.0, 40.0

_BINS_PER_TOLERANCE = 4.0
_MOST_BINS = 1 << 16
_CHUNK = 2048  # trial cells screened at once: their lines stay in the cache
# So many that are kept, and this share, pass the first look.
_PASSED, _SHARE_PASSED = 20, 0.1


@dataclass(frozen=True, eq=False)
class FirstLines:
    """Lines that are to be indexed.

    Attributes
    ----------
    two_theta_deg
        Shape (n,), increasing, degrees.
    wavelength_angstrom
        Of the axis.
    """

    two_theta_deg: FloatArray
    wavelength_angstrom: float

    @property
    def q(self) -> FloatArray:
        """1/d^2 of the lines, shape (n,), 1 / square angstrom."""
        q: FloatArray = d_from_two_theta(self.two_theta_deg, self.wavelength_angstrom) ** -2.0
        return q

    @property
    def slope(self) -> FloatArray:
        """Change of 1/d^2 by a degree 2theta, shape (n,)."""
        return inverse_d_squared_slope(self.two_theta_deg, self.wavelength_angstrom)


@dataclass(frozen=True, eq=False)
class Trials:
    """Trial cells of one family.

    Attributes
    ----------
    elements
        Free elements of their reciprocal metrics, shape (t, m).
    centring
        Place of the centring in `CrystalFamily.centrings` that explains the lines best, shape (t,).
    score
        How surprising it were that a cell of other lines explained as many, in units of log
        likelihood; shape (t,).
    """

    elements: FloatArray
    centring: IntArray
    score: FloatArray

    @classmethod
    def joined(cls, parts: "Sequence[Trials]") -> "Trials":
        """The trials of several, one after the other."""
        names = ("elements", "centring", "score")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def best(self, most: int) -> "Trials":
        """The trials with the highest scores, equal cells once."""
        order = np.argsort(-self.score, kind="stable")[: 20 * most]
        rounded = np.round(np.log(np.abs(self.elements[order]) + 1e-7), 3)
        once = np.sort(np.unique(rounded, axis=0, return_index=True)[1])[:most]
        kept = order[once]
        return Trials(self.elements[kept], self.centring[kept], self.score[kept])


def screen(lines: FirstLines, family: CrystalFamily, *, keep: int) -> Iterator[Trials]:
    """Make and screen all trial cells of a family, a few lines at a time.

    Parameters
    ----------
    lines
        At most `MOST_LINES` of them.
    family
        Lattices to try.
    keep
        Trial cells at most that each of the given ones holds.

    Yields
    ------
    Trials
        The best so far made of one choice of lines; the caller may stop between two.
    """
    table = _Table(lines)
    size = len(family.form)
    inverse = family.assumptions.reshape(-1, size)
    for chosen in combinations(lines.q[: family.base_lines].tolist(), size):
        # A set of indices may stand for the lines in any order.
        orders = np.array(list(permutations(chosen))).T
        elements = (inverse @ orders).reshape(-1, size, orders.shape[1])
        elements = elements.transpose(1, 0, 2).reshape(size, -1)
        elements = elements[:, _sensible(elements, family)].T
        if len(elements):
            yield table.screened(elements.astype(np.float32), family, keep).best(keep)


def screen_given(
    lines: FirstLines, family: CrystalFamily, elements: FloatArray, *, keep: int
) -> Trials:
    """Screen given trial cells (t, m) of a family that differ little, and keep so many.

    Lines that lie beyond the given ones in all of the cells are left out for the speed.
    """
    table = _Table(lines)
    nearest = family.form.design(family.hkl) @ elements.min(axis=0)
    places = family.places_of(np.flatnonzero(nearest < table.end))
    centring, score = table.scored(elements.astype(np.float32), family, places)
    return Trials(elements, centring, score).best(keep)


def _sensible(elements: FloatArray, family: CrystalFamily) -> BoolArray:
    """Whether cells (m, t) are possible, and stand for their equals in other axes; shape (t,)."""
    m = elements
    least = LARGEST_EDGE**-2.0
    squares = m[: sum(family.form.diagonal)]
    good: BoolArray = (squares > least).all(axis=0)
    # det G* of the conventional cell, which is larger than the primitive one by the centring.
    if family.name == "cubic":
        determinant = m[0] ** 3
    elif family.name == "tetragonal":
        determinant = m[0] ** 2 * m[1]
    elif family.name == "hexagonal":
        determinant = 0.75 * m[0] ** 2 * m[1]
    elif family.name == "orthorhombic":
        determinant = m[0] * m[1] * m[2]
        good &= (m[0] >= m[1]) & (m[1] >= m[2])
    else:  # the reduced net of a* and c*, an acute one: beta is obtuse
        determinant = m[1] * (m[0] * m[2] - m[3] ** 2)
        good &= (m[0] >= m[2]) & (m[3] >= 0.0) & (2.0 * m[3] <= 1.02 * m[2])
    largest = LARGEST_VOLUME * (4.0 if "F" in family.centrings else 2.0)
    good &= (determinant > largest**-2.0) & (determinant < SMALLEST_VOLUME**-2.0)
    return good


class _Table:
    """Which line is where: a number whose bits are lines, for every small step of 1/d^2."""

    def __init__(self, lines: FirstLines) -> None:
        q, tolerance = lines.q, TOLERANCE_DEG * lines.slope
        self.n = len(q)
        self.end = float(q[-1] + tolerance[-1])
        bins = min(_MOST_BINS, int(_BINS_PER_TOLERANCE * self.end / tolerance.min()))
        self.bins = bins
        self.per_bin = bins / self.end
        self.bits = np.zeros(bins + 1, dtype=np.uint32)  # nothing in the last one, for all beyond
        for line, (low, high) in enumerate(zip(q - tolerance, q + tolerance, strict=True)):
            self.bits[int(low * self.per_bin) : int(high * self.per_bin) + 1] |= np.uint32(
                1 << line
            )
        self.bits[bins] = 0
        #: Share of the axis on which a line taken at random would meet one.
        self.covered = float((self.bits[:bins] > 0).mean())

    def screened(self, elements: FloatArray, family: CrystalFamily, keep: int) -> Trials:
        """Count the lines that trial cells explain, in the best of the centrings.

        Those are left out that lines with small indices speak for less than for most others.
        """
        _, score = self.scored(elements, family, family.few_places)
        left = max(_PASSED * keep, int(_SHARE_PASSED * len(score)))
        if left < len(score):
            elements = elements[np.argpartition(-score, left)[:left]]
        centring, score = self.scored(elements, family, family.places)
        return Trials(elements.astype(np.float64), centring, score)

    def scored(
        self, elements: FloatArray, family: CrystalFamily, places: Places
    ) -> tuple[IntArray, FloatArray]:
        """Best centring and score of trial cells."""
        parts = [
            self._chunk(elements[first : first + _CHUNK], family, places)
            for first in range(0, len(elements), _CHUNK)
        ]
        centring, score = (np.concatenate(part) for part in zip(*parts, strict=True))
        return centring, score

    def _chunk(
        self, elements: FloatArray, family: CrystalFamily, places: Places
    ) -> tuple[IntArray, FloatArray]:
        place = elements @ places.design
        place *= self.per_bin
        np.minimum(place, self.bins, out=place)
        index = place.astype(np.int32)
        starts = places.starts
        found = np.bitwise_or.reduceat(self.bits[index], starts, axis=1)
        count = np.add.reduceat(index < self.bins, starts, axis=1, dtype=np.int32)
        scores = []
        for allowed in family.allowed:
            explained = np.bitwise_count(np.bitwise_or.reduce(found[:, allowed], axis=1))
            scores.append(self._surprise(explained, count[:, allowed].sum(axis=1)))
        table = np.array(scores)
        best = table.argmax(axis=0)
        return best, table[best, np.arange(len(best))]

    def _surprise(self, explained: FloatArray, lines: FloatArray) -> FloatArray:
        """Log likelihood ratio of so many explained lines against what chance explains."""
        k = np.minimum(explained.astype(np.float64), self.n - 0.5)
        # Each of the cell's lines meets a given line by chance with covered / n.
        by_chance = 1.0 - np.exp(-lines * self.covered / self.n)
        by_chance = np.clip(by_chance, 1e-6, 1.0 - 1e-6)
        share = np.maximum(k / self.n, by_chance)  # fewer than by chance is no surprise
        surprise: FloatArray = self.n * (
            share * np.log(share / by_chance)
            + (1.0 - share) * np.log((1.0 - share) / (1.0 - by_chance))
        )
        return surprise
