"""Which space groups a cell may have, from its lines that are there and those that are not.

The idea is that of Markvardsen, David, Johnson & Shankland, Acta Cryst. A 57 (2001) 47: the groups
whose systematic absences are the same are weighed by Bayes' theorem. Here the evidence is which
lines stand out of the pattern; `crystinet.fit.extinction_fit` weighs fitted intensities.

What is known of the space group beforehand, as networks know it, is the prior: groups with the same
absences are told apart by nothing else.
"""

import math
from collections.abc import Iterable, Sequence
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
# What a priori is left to groups that are said to have no chance.
_LEAST_LIKELY = 0.001

#: Crystal systems of the lattices of each crystal family.
SYSTEMS_OF_FAMILY = {
    "cubic": ("cubic",), "tetragonal": ("tetragonal",), "hexagonal": ("trigonal", "hexagonal"),
    "orthorhombic": ("orthorhombic",), "monoclinic": ("monoclinic",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extinction:
    """Space groups with the same systematic absences.

    Attributes
    ----------
    space_groups
        Hermann-Mauguin symbols in the axes of the cell; the most probable first, where anything is
        known beside the absences.
    numbers
        Their numbers in the International Tables, each once, in this order.
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
    likely: Sequence[float] | None = None,
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
    likely
        As for `ranked_extinctions`.
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
    for group in space_groups_of(system, centring):
        absent = group.operations().systematic_absences(hkl.astype(np.int32))
        allowed = ~np.logical_and.reduceat(absent.astype(bool), starts)
        groups.setdefault(allowed[alone].tobytes(), []).append(group)
    return ranked_extinctions(
        [
            (same, _evidence(np.frombuffer(key, dtype=bool), seen[alone]))
            for key, same in groups.items()
        ],
        likely=likely,
        most=most,
    )


def ranked_extinctions(
    groups: "Iterable[tuple[list[gemmi.SpaceGroup], float]]",
    *,
    likely: Sequence[float] | None = None,
    most: int = 5,
) -> tuple[Extinction, ...]:
    """Sets of space groups with the same absences, the most probable first.

    Parameters
    ----------
    groups
        The sets, each with the log of how probable it makes the pattern.
    likely
        How probable the space groups 1 to 230 are before any absence is looked at; None takes every
        set for as probable as any other.
    most
        So many at most.
    """
    sets = [(_ordered(same, likely), evidence) for same, evidence in groups]
    score = np.array([evidence + _log_prior(same, likely) for same, evidence in sets])
    chance = np.exp(score - score.max())
    chance /= chance.sum()
    order = np.argsort(-chance, kind="stable")[:most]
    return tuple(_named(sets[i][0], float(chance[i])) for i in order)


def _ordered(
    groups: "list[gemmi.SpaceGroup]", likely: Sequence[float] | None
) -> "list[gemmi.SpaceGroup]":
    if likely is None:
        return groups
    return sorted(groups, key=lambda group: -likely[group.number - 1])


def _log_prior(groups: "list[gemmi.SpaceGroup]", likely: Sequence[float] | None) -> float:
    if likely is None:
        return 0.0
    share = sum(likely[number - 1] for number in {group.number for group in groups})
    return math.log(share + _LEAST_LIKELY)


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
def space_groups_of(system: str, centring: str) -> tuple[gemmi.SpaceGroup, ...]:
    """All settings of the space groups that a lattice may have, in axes as it has them."""
    return tuple(
        group
        for group in gemmi.spacegroup_table()
        if group.crystal_system_str() in SYSTEMS_OF_FAMILY[system]
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
    return Extinction(tuple(names), tuple(dict.fromkeys(g.number for g in groups)), probability)
