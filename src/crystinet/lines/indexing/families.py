"""What is searched: crystal families with their axes, indices and centrings."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

import numpy as np

from crystinet.core.arrays import BoolArray, Float32Array, FloatArray, IntArray
from crystinet.core.cell import Cell
from crystinet.core.metric import MetricForm, metric_form

#: The families that are searched, by their symmetry.
FAMILIES = ("cubic", "tetragonal", "hexagonal", "orthorhombic", "monoclinic")

#: Any space group with the axes of a family.
_SPACE_GROUPS = {
    "cubic": 195, "tetragonal": 75, "hexagonal": 168, "orthorhombic": 16, "monoclinic": 3
}  # fmt: skip
_CENTRINGS = {
    "cubic": "PIF", "tetragonal": "PI", "hexagonal": "PR", "orthorhombic": "PABCIF",
    "monoclinic": "PACI",
}  # fmt: skip
# A line is there where this sum of its indices is even, or divisible by 3 for R.
_SUMS = {
    "P": (0, 0, 0), "I": (1, 1, 1), "A": (0, 1, 1), "B": (1, 0, 1), "C": (1, 1, 0), "R": (-1, 1, 1)
}  # fmt: skip
# Largest h, k and l, and largest (|h| + 1)(|k| + 1)(|l| + 1), which leaves corners out where a
# cell with three long axes had far more lines than can be told apart.
_LARGEST = {
    "cubic": ((12, 12, 12), 2000), "tetragonal": ((8, 8, 16), 400),
    "hexagonal": ((7, 7, 24), 400), "orthorhombic": ((5, 8, 14), 150),
    "monoclinic": ((6, 6, 8), 90),
}  # fmt: skip
# The same of the lines that trial cells are made from, and how many first lines they are among.
_BASE = {
    "cubic": ((6, 6, 6), 400, 6), "tetragonal": ((4, 4, 12), 60, 8),
    "hexagonal": ((4, 4, 18), 60, 8), "orthorhombic": ((3, 4, 8), 16, 7),
    "monoclinic": ((3, 3, 4), 12, 6),
}  # fmt: skip
# What an index counts of h, k and l, and the most that the indices of one trial cell count
# together: among the first lines of a pattern are nearly always some with small ones. Along a
# short reciprocal axis (l here) they are larger. See `benchmarks/indexing.py`.
_COUNT = {
    "cubic": ((1.0, 1.0, 1.0), 18.0), "tetragonal": ((1.0, 1.0, 0.5), 6.0),
    "hexagonal": ((1.0, 1.0, 0.5), 8.0), "orthorhombic": ((1.5, 1.2, 1.0), 13.0),
    "monoclinic": ((1.5, 1.2, 1.0), 14.7),
}  # fmt: skip
# Lines with the smallest indices that trial cells are looked at for first.
_FEW = 100


@dataclass(frozen=True)
class CrystalFamily:
    """Lattices that share their axes.

    Attributes
    ----------
    name
        Crystal family: hexagonal holds trigonal lattices too.
    form
        What is free in the metric.
    hkl
        Indices that lines may have, one of each set of equal d; shape (p, 3), sorted by class.
    base_hkl, base_lines
        Those of lines that trial cells are made from, and how many first lines these are among.
    count, most_count
        What indices h, k and l count, and the most that those of a trial cell count together.
    centrings
        Letters of the lattices.
    """

    name: str
    form: MetricForm
    hkl: IntArray
    base_hkl: IntArray
    base_lines: int
    count: FloatArray
    most_count: float
    centrings: str

    @cached_property
    def classes(self) -> IntArray:
        """Residue class of the indices, which the centrings go by; shape (p,)."""
        return residue_class(self.hkl, rhombohedral="R" in self.centrings)

    @cached_property
    def class_starts(self) -> IntArray:
        """Place in ``hkl`` of the first line of every class."""
        return np.unique(self.classes, return_index=True)[1]

    @cached_property
    def allowed(self) -> BoolArray:
        """Whether a centring has the lines of a class; shape (centrings, classes)."""
        some = self.hkl[self.class_starts]
        return np.array([present(some, centring) for centring in self.centrings])

    @cached_property
    def places(self) -> "Places":
        """Of all lines."""
        return self.places_of(np.arange(len(self.hkl)))

    @cached_property
    def few_places(self) -> "Places":
        """Of the lines with the smallest indices, some of each class."""
        order = np.argsort(np.abs(self.hkl) @ self.count, kind="stable")
        firsts = [np.flatnonzero(self.classes[order] == each)[:2] for each in set(self.classes)]
        return self.places_of(np.unique(order[np.union1d(np.arange(_FEW), np.concatenate(firsts))]))

    def places_of(self, rows: IntArray) -> "Places":
        """Of these rows of ``hkl``, of which some are of every class."""
        design = self.form.design(self.hkl[rows]).T.astype(np.float32)
        starts = np.unique(self.classes[rows], return_index=True)[1]
        return Places(np.ascontiguousarray(design), starts)

    @cached_property
    def assumptions(self) -> FloatArray:
        """Inverse designs of the sets of indices that trial cells are made from, (s, m, m)."""
        size = len(self.form)
        count = np.abs(self.base_hkl) @ self.count
        sets = np.array(
            [[n] for n in range(len(count)) if count[n] <= self.most_count], dtype=np.int32
        )
        for _ in range(size - 1):  # sets grow by one line, those that count too much are left out
            sets = np.concatenate(
                [
                    np.column_stack((some, np.full(len(some), n, dtype=np.int32)))
                    for n in range(len(count))
                    if len(
                        some := sets[
                            (sets[:, -1] < n)
                            & (count[sets].sum(axis=1) + count[n] <= self.most_count + 1e-9)
                        ]
                    )
                ]
            )
        designs = self.form.design(self.base_hkl)[sets]
        inverse: FloatArray = np.linalg.inv(designs[np.abs(np.linalg.det(designs)) > 1e-6])
        return inverse


@dataclass(frozen=True)
class Places:
    """Where some lines of any cell of a family lie.

    Attributes
    ----------
    design
        Shape (m, p): ``elements @ design`` is 1/d^2 of each line.
    starts
        Where the lines of each class of indices begin.
    """

    design: Float32Array
    starts: IntArray


@lru_cache
def family(name: str) -> CrystalFamily:
    """The crystal family of this name: cubic, tetragonal, ... monoclinic."""
    form = metric_form(
        _SPACE_GROUPS[name], Cell(1.0, 1.0, 1.0, 90.0, 90.0, 120.0 if name == "hexagonal" else 90.0)
    )
    centrings = _CENTRINGS[name]
    hkl = _lines(name, form, *_LARGEST[name])
    largest, corner, lines = _BASE[name]
    base_hkl = _one_each(_indices(name, largest, corner), form.design)
    count, most = _COUNT[name]
    return CrystalFamily(name, form, hkl, base_hkl, lines, np.array(count), most, centrings)


def with_indices(kind: CrystalFamily, largest: tuple[int, ...], product: int) -> CrystalFamily:
    """The same family with lines up to other indices, and another (|h| + 1)(|k| + 1)(|l| + 1)."""
    return replace(kind, hkl=_lines(kind.name, kind.form, largest, product))


def _lines(name: str, form: MetricForm, largest: tuple[int, ...], product: int) -> IntArray:
    """Indices of the lines of a family, one of each set of equal d, sorted by class."""
    centrings = _CENTRINGS[name]
    hkl = _one_each(_indices(name, largest, product), partial(_with_class, form, centrings))
    order = np.argsort(residue_class(hkl, rhombohedral="R" in centrings), kind="stable")
    kept: IntArray = hkl[order]
    return kept


def present(hkl: IntArray, centring: str) -> BoolArray:
    """Whether a centring leaves lines hkl (p, 3); R is obverse, in hexagonal axes; shape (p,)."""
    if centring == "F":
        return present(hkl, "C") & present(hkl, "A")
    kept: BoolArray = hkl @ np.array(_SUMS[centring]) % (3 if centring == "R" else 2) == 0
    return kept


def residue_class(hkl: IntArray, *, rhombohedral: bool) -> IntArray:
    """Class of the indices (p, 3): (-h + k + l) mod 3, or the parities as a number to 7."""
    residue: IntArray = (
        (-hkl[:, 0] + hkl[:, 1] + hkl[:, 2]) % 3
        if rhombohedral
        else (hkl % 2) @ np.array((4, 2, 1))
    )
    return residue


def _indices(name: str, largest: tuple[int, ...], product: int) -> IntArray:
    """Indices up to the largest, Friedel mates and mirror images of the axes left out."""
    first = (-largest[0] if name == "monoclinic" else 0, 0, 0)
    ranges = [np.arange(low, high + 1) for low, high in zip(first, largest, strict=True)]
    grid = np.stack(np.meshgrid(*ranges, indexing="ij"))
    hkl = grid.reshape(3, -1).T
    inside = hkl.any(axis=1) & ((np.abs(hkl) + 1).prod(axis=1) <= product)
    inside &= (hkl[:, 2] > 0) | (hkl[:, 0] >= 0)  # -h k 0 is h k 0
    kept: IntArray = hkl[inside]
    return kept


def _one_each(hkl: IntArray, key: Callable[[IntArray], FloatArray]) -> IntArray:
    """The first of all indices with equal keys."""
    return hkl[np.sort(np.unique(key(hkl), axis=0, return_index=True)[1])]


def _with_class(form: MetricForm, centrings: str, hkl: IntArray) -> FloatArray:
    """What 1/d^2 and presence go by: two lines of one d may differ in the second."""
    kept = [present(hkl, centring) for centring in centrings]
    return np.column_stack((form.design(hkl), *kept))
