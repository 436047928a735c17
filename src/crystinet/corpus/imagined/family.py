"""The known members of a structure type: what their cells and positions say about further ones."""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.cell import Cell
from crystinet.crystals.expansion import basis_vectors, orbits_of
from crystinet.crystals.hall import operations_of
from crystinet.crystals.ions import (
    balanced_charges,
    has_anions,
    ionic_radii,
    metallic_radii,
)
from crystinet.crystals.positions import plain_metric, positions_of
from crystinet.crystals.structure_type import StructureType
from crystinet.crystals.symmetry import Symmetry
from crystinet.simulation.variation import displaced

#: Charge per atom by which analysed minerals may miss neutrality.
CHARGE_TOLERANCE = 0.02
#: Sites of two members further apart than this are not the same site.
SAME_SITE_ANGSTROM = 0.8

# Prior of the volume law: a cell grows with the bonds in all directions, a framework hardly with
# its guests. The prior counts as much as four members whose sizes differ by 2 %.
_SLOPE, _FRAMEWORK_SLOPE = 3.0, 0.5
_STEEPEST, _LARGEST_SCATTER = 4.5, 0.05
_PRIOR_MEMBERS, _PRIOR_SPREAD, _PRIOR_SCATTER = 4, 0.02, 0.015


@dataclass(frozen=True)
class Relative:
    """One known compound of a type, standardised.

    Attributes
    ----------
    symmetry
        Cell and orbits in the standard setting.
    code
        What it is called, for provenance.
    licence
        Terms of use of its source.
    """

    symmetry: Symmetry
    code: str
    licence: str = ""

    @cached_property
    def amounts(self) -> dict[str, float]:
        """Atoms of each element in the cell."""
        return self.symmetry.composition

    @cached_property
    def charges(self) -> dict[str, int] | None:
        """Charges that make it neutral; None for metals and where there are none."""
        return balanced_charges(self.amounts, tolerance=CHARGE_TOLERANCE)

    @property
    def ionic(self) -> bool:
        """Whether it holds anions."""
        return has_anions(self.amounts)

    @cached_property
    def volume(self) -> float:
        """Of the conventional cell, cubic angstrom."""
        return self.symmetry.cell.volume


def bond_size(
    amounts: Mapping[str, float], *, charges: Mapping[str, int] | None, ionic: bool
) -> float | None:
    """Length of a bond that is typical of a compound, angstrom; None where radii are missing.

    Parameters
    ----------
    amounts
        Atoms of each element.
    charges
        Charge of each element; the commonest one counts where none is given.
    ionic
        Whether mean cation and mean anion radius add up to the bond; else it is the cube root of
        the mean cube of the metallic radii, since the atoms of metals fill space.
    """
    if not ionic:
        radii = metallic_radii()
        known = [(n, radii[e] ** 3) for e, n in amounts.items() if e in radii]
        return 2.0 * _mean(known) ** (1.0 / 3.0) if known else None
    cations: list[tuple[float, float]] = []
    anions: list[tuple[float, float]] = []
    for element, amount in amounts.items():
        table = ionic_radii(element)
        if table:
            charge = (charges or {}).get(element, next(iter(table)))
            charge = charge if charge in table else next(iter(table))
            (anions if charge < 0 else cations).append((amount, table[charge]))
    return _mean(cations) + _mean(anions) if cations and anions else None


def _mean(weighted: list[tuple[float, float]]) -> float:
    """Mean of pairs (weight, value)."""
    return sum(w * value for w, value in weighted) / sum(w for w, _ in weighted)


@dataclass(frozen=True)
class Family:
    """The members of a structure type that may be learned from.

    Attributes
    ----------
    kind
        The structure type.
    relatives
        Its members.
    """

    kind: StructureType
    relatives: tuple[Relative, ...]

    @cached_property
    def palette(self) -> frozenset[str]:
        """All elements in the members."""
        return frozenset(element for member in self.relatives for element in member.amounts)

    @cached_property
    def volume_law(self) -> tuple[float, float]:
        r"""Slope s and scatter of :math:`\ln V = s \ln L + const`, L the `bond_size`.

        Ridge regression towards a prior slope, so that few members do not mislead. Every setting
        (Hall number) has its own constant, and so have compounds with anions and without.
        """
        framework = any(d.framework is not None for d in self.kind.definitions)
        prior = _FRAMEWORK_SLOPE if framework else _SLOPE
        points: dict[tuple[int, bool], list[tuple[float, float]]] = defaultdict(list)
        for member in self.relatives:
            size = bond_size(member.amounts, charges=member.charges, ionic=member.ionic)
            if size is not None:
                point = (math.log(size), math.log(member.volume))
                points[member.symmetry.hall_number, member.ionic].append(point)
        groups = [np.array(group) - np.mean(group, axis=0) for group in points.values()]
        x, y = np.concatenate([np.zeros((0, 2)), *groups]).T
        weight = _PRIOR_MEMBERS * _PRIOR_SPREAD**2
        slope = float((x @ y + weight * prior) / (x @ x + weight))
        slope = min(max(slope, 0.0), _STEEPEST)
        squares = float(((y - slope * x) ** 2).sum()) + _PRIOR_MEMBERS * _PRIOR_SCATTER**2
        return slope, min(math.sqrt(squares / (len(x) + _PRIOR_MEMBERS)), _LARGEST_SCATTER)

    def cell_of(
        self,
        parent: Relative,
        *,
        amounts: Mapping[str, float],
        charges: Mapping[str, int] | None,
        towards: Relative,
        rng: np.random.Generator,
    ) -> Cell:
        """Draw the cell of a new member.

        The volume follows from that of the parent and the bonds (`volume_law`), with its scatter;
        axial ratios and angles lie between those of the parent and of another member of the same
        setting.
        """
        slope, scatter = self.volume_law
        old = bond_size(parent.amounts, charges=parent.charges, ionic=parent.ionic)
        new = bond_size(amounts, charges=charges, ionic=parent.ionic)
        growth = 0.0 if old is None or new is None else slope * math.log(new / old)
        growth += scatter * float(np.clip(rng.standard_normal(), -2.0, 2.0))
        target = parent.volume * math.exp(growth)
        own, other = np.array(parent.symmetry.cell), np.array(towards.symmetry.cell)
        part = float(rng.uniform())
        angles = own[3:] + part * (other[3:] - own[3:])
        ratios = np.log(own[:3]) + part * (np.log(other[:3] / other[0]) - np.log(own[:3] / own[0]))
        shape = Cell.of((*np.exp(ratios), *angles))
        plain_metric(shape)  # refuses what is no cell
        return shape.scaled((target / shape.volume) ** (1.0 / 3.0))


def with_positions(
    symmetry: Symmetry,
    *,
    towards: Relative,
    sigma_angstrom: float,
    rng: np.random.Generator,
) -> Symmetry:
    """Move the free coordinates of a new member between those of its parent and another one.

    Parameters
    ----------
    symmetry
        The new member, with the positions of its parent.
    towards
        Another member in the same setting; where its sites cannot be told to be the same, only
        the scatter counts.
    sigma_angstrom
        Standard deviation of the scatter along each free direction.
    rng
        Source of all randomness.
    """
    structure = symmetry.structure()
    exact = positions_of(structure)
    basis = basis_vectors(symmetry.cell)
    scatter = sigma_angstrom * rng.standard_normal(exact.xyz.shape).clip(-2.0, 2.0)
    shifts = scatter @ np.linalg.inv(basis)
    part = float(rng.uniform())
    offsets = _site_offsets(exact.xyz, symmetry, towards.symmetry, basis)
    if offsets is not None:
        shifts += part * offsets
    moved = displaced(structure, shifts, exact=exact)
    orbits = (
        replace(orbit, xyz=site.xyz)
        for orbit, site in zip(symmetry.orbits, moved.sites, strict=True)
    )
    return replace(symmetry, orbits=tuple(orbits))


def _site_offsets(
    xyz: FloatArray, symmetry: Symmetry, other: Symmetry, basis: FloatArray
) -> FloatArray | None:
    """Fractional vectors (n, 3) from the sites of one member to the same sites of another."""
    if other.hall_number != symmetry.hall_number:
        return None
    exact = positions_of(other.structure())
    clouds = orbits_of(
        exact.xyz, multiplicities=exact.multiplicity, operations=operations_of(other.hall_symbol)
    )
    free = set(range(len(clouds)))
    offsets = []
    for orbit, point in zip(symmetry.orbits, xyz, strict=True):
        best: tuple[float, int, FloatArray] | None = None
        for index in free:
            if other.orbits[index].letter == orbit.letter:
                offset = clouds[index] - point
                offset -= np.rint(offset)
                length = np.linalg.norm(offset @ basis, axis=1)
                nearest = int(length.argmin())
                if best is None or length[nearest] < best[0]:
                    best = float(length[nearest]), index, offset[nearest]
        if best is None or best[0] > SAME_SITE_ANGSTROM:
            return None
        free.discard(best[1])
        offsets.append(best[2])
    return np.array(offsets)
