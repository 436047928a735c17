"""The middle of a class: the member that the others resemble most, and how far they lie from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.corpus.generated.classes import ClassKey, ClassMember
from crystinet.crystals.assignment import SYMPREC_LADDER
from crystinet.crystals.matching import compare
from crystinet.crystals.structure_type import Definition, StructureType, key_of
from crystinet.crystals.symmetry import Symmetry, analyse

#: Members of one type differ by no more than this in the coordination of their sites; types that
#: share a class (FeB and MnP) differ by more.
LINK = 0.05
#: The geometric limit is the distance that 95 of 100 linked members keep, and a quarter more.
_MARGIN, _QUANTILE = 1.25, 0.95
SMALLEST_LIMIT, LARGEST_LIMIT = 0.015, 0.06
#: The limit of a type that few compounds are known of, and how many others are looked at.
_LIMIT_OF_FEW, _FEW = 0.05, 40
#: Windows of axial ratio and angle are wider than the members by this part, and these degrees.
_RATIO_MARGIN, _ANGLE_MARGIN = 0.04, 3.0
#: Monoclinic members whose angles differ by more stand in different settings of the cell.
_WIDEST_ANGLES = 15.0


@dataclass(frozen=True, slots=True)
class Middle:
    """A type in the making: its reference, limits and the compounds they come from.

    Attributes
    ----------
    key
        Of the class.
    reference
        The member nearest to the middle.
    near
        Members that are linked to it, the nearest first.
    share
        Of the members of the class that were looked at.
    tolerance
        Geometric limit.
    c_over_a, beta
        Windows; None where the system has none, or where members stand in several settings.
    """

    key: ClassKey
    reference: ClassMember
    near: tuple[ClassMember, ...]
    share: float
    tolerance: float
    c_over_a: tuple[float, float] | None
    beta: tuple[float, float] | None

    @property
    def definition(self) -> Definition:
        """As the catalogue has it."""
        return Definition(
            reference=self.reference.symmetry,
            roles=roles_of(self.reference.symmetry),
            tolerance=self.tolerance,
            c_over_a=self.c_over_a,
            beta=self.beta,
            without=frozenset({"H"} if self.reference.protons else ()),
            anx=self.key[2],
        )


def roles_of(symmetry: Symmetry) -> str:
    """One letter for each orbit, the same where the main element is the same."""
    elements = list(dict.fromkeys(orbit.main_element for orbit in symmetry.orbits))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return "".join(letters[elements.index(o.main_element) % 26] for o in symmetry.orbits)


def middles(members: Sequence[ClassMember], *, least_share: float) -> list[Middle]:
    """Find the types within a class, the one with most members first.

    Parameters
    ----------
    members
        Of one class.
    least_share
        Types with a smaller share of the members are left out.
    """
    found: list[Middle] = []
    distances = _distances(members)
    left = np.arange(len(members))
    while len(left) and len(left) >= least_share * len(members):
        linked = distances[np.ix_(left, left)] <= LINK
        order = sorted(
            range(len(left)),
            key=lambda i: (-linked[i].sum(), distances[left[i]][left][linked[i]].sum(), left[i]),
        )
        chosen = next((i for i in order[:5] if _keeps_symmetry(members[left[i]])), None)
        if chosen is None or linked[chosen].sum() < least_share * len(members):
            break
        near = left[linked[chosen]]
        near = near[np.argsort(distances[near, left[chosen]], kind="stable")]
        found.append(_middle(members, int(left[chosen]), near, distances))
        left = np.setdiff1d(left, near)
    return _apart(found)


def with_wanted(
    found: list[Middle], member: ClassMember, members: Sequence[ClassMember]
) -> list[Middle]:
    """Add the type of a member that is wanted; where one of ``found`` has it, it names that."""
    for index, middle in enumerate(found):
        if _distance(member, middle.reference) <= middle.tolerance:
            near = middle.near if member in middle.near else (*middle.near, member)
            return [*found[:index], replace(middle, near=near), *found[index + 1 :]]
    if not _keeps_symmetry(member):
        return found
    others = [other for other in members if other is not member][:_FEW]
    near = (member, *(other for other in others if _distance(other, member) <= LINK))
    own = Middle(
        key=member.key,
        reference=member,
        near=near,
        share=len(near) / len(members),
        tolerance=_LIMIT_OF_FEW,
        c_over_a=_axial_window(near),
        beta=_angle_window(near),
    )
    return _apart([*found, own])


def _distance(one: ClassMember, other: ClassMember) -> float:
    kind = _provisional(other)
    match = compare(one.symmetry, kind, kind.definitions[0])
    return np.inf if match is None else match.distance


def _distances(members: Sequence[ClassMember]) -> FloatArray:
    """How far each member (row) is from each other one (column) in the coordination of sites."""
    kinds = [_provisional(member) for member in members]
    distances = np.zeros((len(members), len(members)))
    for i, member in enumerate(members):
        for j in range(i):
            match = compare(member.symmetry, kinds[j], kinds[j].definitions[0])
            distances[i, j] = distances[j, i] = np.inf if match is None else match.distance
    return distances


def _provisional(member: ClassMember, name: str = "") -> StructureType:
    symmetry = member.symmetry
    definition = Definition(symmetry, roles_of(symmetry), tolerance=1e9)
    return StructureType(
        name, None, None, None, True, "", (definition,), member.compound.structure, ""
    )


def _keeps_symmetry(member: ClassMember) -> bool:
    """Whether a member is more than a small distortion of something more symmetric."""
    again = analyse(member.symmetry.structure(), symprec=SYMPREC_LADDER[-1])
    return key_of(again) == key_of(member.symmetry)


def _middle(
    members: Sequence[ClassMember], reference: int, near: FloatArray, distances: FloatArray
) -> Middle:
    chosen = members[reference]
    reach = float(np.quantile(distances[near, reference], _QUANTILE)) * _MARGIN
    linked = tuple(members[int(i)] for i in near)
    return Middle(
        key=chosen.key,
        reference=chosen,
        near=linked,
        share=len(near) / len(members),
        tolerance=round(min(max(reach, SMALLEST_LIMIT), LARGEST_LIMIT), 4),
        c_over_a=_axial_window(linked),
        beta=_angle_window(linked),
    )


def _axial_window(members: Sequence[ClassMember]) -> tuple[float, float] | None:
    if members[0].symmetry.crystal_system not in ("tetragonal", "trigonal", "hexagonal"):
        return None
    ratios = [member.symmetry.cell.c / member.symmetry.cell.a for member in members]
    low, high = min(ratios) * (1 - _RATIO_MARGIN), max(ratios) * (1 + _RATIO_MARGIN)
    return round(low, 3), round(high, 3)


def _angle_window(members: Sequence[ClassMember]) -> tuple[float, float] | None:
    if members[0].symmetry.crystal_system != "monoclinic":
        return None
    angles = [member.symmetry.cell.beta for member in members]
    if max(angles) - min(angles) > _WIDEST_ANGLES:
        return None
    return round(max(90.0, min(angles) - _ANGLE_MARGIN), 1), round(max(angles) + _ANGLE_MARGIN, 1)


def _apart(found: list[Middle]) -> list[Middle]:
    """Draw limits in so that no type of a class reaches the reference of another one."""
    kept: list[Middle] = []
    for middle in found:
        for index, other in enumerate(kept):
            distance = _distance(middle.reference, other.reference)
            if distance < np.inf:
                limit = round(0.6 * distance, 4)
                kept[index] = replace(other, tolerance=min(other.tolerance, limit))
                middle = replace(middle, tolerance=min(middle.tolerance, limit))
        kept.append(middle)
    return kept
