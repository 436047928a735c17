"""Which space groups a cell may have, from its lines that are there and those that are not.

The idea is that of Markvardsen, David, Johnson & Shankland, Acta Cryst. A 57 (2001) 47: the groups
whose systematic absences are the same are weighed by Bayes' theorem. Here the evidence is which
lines stand out of the pattern, not their fitted intensities.
"""

from dataclasses import dataclass
from functools import lru_cache

import gemmi
import numpy as np
from scipy.special import betaln

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.cell import Cell
from crystinet.core.diffraction import d_from_two_theta, two_theta_of
from crystinet.core.plain import Document, number
from crystinet.lines.indexing.families import present

# Later peaks lie too close to tell which lines they are.
_MOST_PEAKS = 60
# Lines within so many degrees count as one place; one that is nearer than the second to another
# says nothing; a peak within the third is at the place.
_ONE_DEG, _ALONE_DEG, _THERE_DEG = 0.01, 0.16, 0.06
# Beta priors, as counts (unseen, seen): an allowed line may be too weak to be seen; at the place of
# a forbidden one hardly ever is a peak, of an impurity or by chance.
_ALLOWED, _FORBIDDEN = (2.0, 2.0), (20.0, 0.1)

_SYSTEMS = {
    "cubic": ("cubic",), "tetragonal": ("tetragonal",), "hexagonal": ("trigonal", "hexagonal"),
    "orthorhombic": ("orthorhombic",), "monoclinic": ("monoclinic",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extinction:
    """Space groups with the same systematic absences.

    Attributes
    ----------
    space_groups
        Hermann-Mauguin symbols in the axes of the cell.
    numbers
        Their numbers in the International Tables, each once.
    probability
        Against those with other absences, 0 to 1.
    """

    space_groups: tuple[str, ...]
    numbers: tuple[int, ...]
    probability: float

    def to_dict(self) -> Document:
        """Plain data, as ``space_groups`` of ``beyond``."""
        return {
            "space_groups": list(self.space_groups),
            "numbers": list(self.numbers),
            "probability": number(self.probability),
        }


def extinctions(
    system: str,
    centring: str,
    cell: Cell,
    peaks_deg: FloatArray,
    wavelength_angstrom: float,
    *,
    most: int = 5,
) -> tuple[Extinction, ...]:
    """Space groups by what their absences say of the peaks, the most probable first.

    Parameters
    ----------
    system
        Crystal family of the lattice: cubic, tetragonal, hexagonal, orthorhombic or monoclinic.
    centring, cell
        The lattice.
    peaks_deg
        Peaks of the pattern without the displacement, degrees 2theta, increasing.
    wavelength_angstrom
        Of the axis.
    most
        So many at most.
    """
    peaks_deg = peaks_deg[:_MOST_PEAKS]
    hkl, place = _lines(cell, centring, float(peaks_deg[-1]) + _THERE_DEG, wavelength_angstrom)
    starts = np.flatnonzero(np.diff(place, prepend=-1.0) > _ONE_DEG)
    places = place[starts]
    gap = np.diff(places, prepend=-np.inf, append=np.inf)
    alone = np.minimum(gap[:-1], gap[1:]) > _ALONE_DEG
    alone &= places > peaks_deg[0] - _THERE_DEG  # before may be what was not measured
    seen = np.abs(places[:, None] - peaks_deg).min(axis=1) < _THERE_DEG
    groups: dict[bytes, list[gemmi.SpaceGroup]] = {}
    for group in _space_groups(system, centring):
        absent = group.operations().systematic_absences(hkl.astype(np.int32))
        allowed = ~np.logical_and.reduceat(absent.astype(bool), starts)
        groups.setdefault(allowed[alone].tobytes(), []).append(group)
    scores = [_evidence(np.frombuffer(key, dtype=bool), seen[alone]) for key in groups]
    chance = np.exp(np.array(scores) - max(scores))
    chance /= chance.sum()
    best = sorted(zip(chance.tolist(), groups.values(), strict=True), key=lambda each: -each[0])
    return tuple(_named(groups, probability) for probability, groups in best[:most])


def _lines(
    cell: Cell, centring: str, last_deg: float, wavelength_angstrom: float
) -> tuple[IntArray, FloatArray]:
    """Indices of all lines of a lattice, one of a Friedel pair, and their places in order."""
    shortest = float(d_from_two_theta(np.array([last_deg]), wavelength_angstrom)[0])
    all_hkl = gemmi.make_miller_array(gemmi.UnitCell(*cell), gemmi.SpaceGroup("P 1"), shortest)
    hkl: IntArray = all_hkl.astype(np.int64)
    hkl = hkl[present(hkl, centring)]
    place = two_theta_of(cell.d_spacing(hkl) ** -2.0, wavelength_angstrom)
    order = np.argsort(place, kind="stable")
    return hkl[order], place[order]


@lru_cache
def _space_groups(system: str, centring: str) -> tuple[gemmi.SpaceGroup, ...]:
    """All settings of the space groups that a lattice may have, in axes as it has them."""
    return tuple(
        group
        for group in gemmi.spacegroup_table()
        if group.crystal_system_str() in _SYSTEMS[system]
        and group.centring_type() == centring
        and group.ext != "R"
        and (system != "monoclinic" or group.monoclinic_unique_axis() == "b")
    )


def _evidence(allowed: BoolArray, seen: BoolArray) -> float:
    """Log of how probable it is which of the allowed and of the forbidden lines are seen."""
    total = 0.0
    for chosen, (unseen, there) in ((allowed, _ALLOWED), (~allowed, _FORBIDDEN)):
        n = int((chosen & seen).sum())
        total += float(betaln(unseen + int(chosen.sum()) - n, there + n) - betaln(unseen, there))
    return total


def _named(groups: "list[gemmi.SpaceGroup]", probability: float) -> Extinction:
    names = dict.fromkeys(group.hm for group in groups)  # origins make no difference
    return Extinction(tuple(names), tuple(sorted({g.number for g in groups})), probability)
