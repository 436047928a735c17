"""Variants of a structure: elements partly replaced, vacancies, shifted atoms, displacements.

A compound that nobody has measured yet is seldom the ideal member of its type. Each variant keeps
cell, space group and Wyckoff positions, so that all variants share their reflections and differ
in ``|F|^2`` only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import FloatArray, Range
from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.crystals.expansion import basis_vectors, neutral
from crystinet.crystals.hall import operations_of
from crystinet.crystals.ions import balanced_charges, has_anions, substitutes
from crystinet.crystals.positions import (
    SAME_POSITION_ANGSTROM,
    Positions,
    first_on_position,
    metric_of,
    positions_of,
)
from crystinet.crystals.structure import Site, Structure

#: Times that shifts are halved where they bring an atom too near to a symmetry element.
_MOST_HALVINGS = 6
_FULL = 1.0 - 1e-6


@dataclass(frozen=True)
class VariationConfig:
    """How far variants go.

    Attributes
    ----------
    largest_shift_angstrom
        Atoms are displaced along their free coordinates with a normal distribution; its standard
        deviation along each axis is uniform from 0 to this, one for all atoms. No atom moves
        further than twice the standard deviation along an axis.
    mixing_probability
        Of one element being partly replaced; with half of it a second one as well.
    largest_share
        Of a site that the replacing element takes; uniform from 0, site by site.
    vacancy_probability, largest_vacancy
        Of one full site losing atoms, and the largest part that it loses.
    b_iso
        Displacement parameters in square angstrom, uniform, one for each element.
    """

    largest_shift_angstrom: float = 0.05
    mixing_probability: float = 0.6
    largest_share: float = 0.5
    vacancy_probability: float = 0.2
    largest_vacancy: float = 0.1
    b_iso: Range = (0.2, 1.5)

    def __post_init__(self) -> None:
        for name in ("mixing_probability", "largest_share", "vacancy_probability"):
            _check(name, getattr(self, name), low=0.0, high=1.0)
        _check("largest_vacancy", self.largest_vacancy, low=0.0, high=0.9)
        _check("largest_shift_angstrom", self.largest_shift_angstrom, low=0.0, high=0.3)
        for value in self.b_iso:
            _check("b_iso", value, low=0.0, high=20.0)
        if self.b_iso[0] > self.b_iso[1]:
            raise ConfigError(
                f"b_iso runs from {self.b_iso[0]:g} to {self.b_iso[1]:g}.",
                hint="Give the smaller value first.",
            )


def _check(name: str, value: float, *, low: float, high: float) -> None:
    if not low <= value <= high:  # written so that NaN fails
        raise ConfigError(
            f"{name} = {value:g} is not from {low:g} to {high:g}.", hint="Correct the value."
        )


def vary_structure(
    structure: Structure, *, config: VariationConfig, rng: np.random.Generator
) -> Structure:
    """Draw a variant with the same cell, operations and Wyckoff positions.

    Replaced elements keep their charge in a compound that can be neutral, see `substitutes`; no
    element comes in that the structure holds already, so that sites that differ stay different.

    Parameters
    ----------
    structure
        Any setting.
    config
        How far to go.
    rng
        Source of all randomness.

    Raises
    ------
    InvalidStructureError
        Where the structure is impossible.
    """
    exact = positions_of(structure)
    sites = _mix(structure.sites, _amounts(structure, exact), config, rng)
    sites = _empty_one(sites, config, rng)
    sites = _shake(sites, config, rng)
    return _shift(replace(structure, sites=sites), exact, config, rng)


def _amounts(structure: Structure, exact: Positions) -> dict[str, float]:
    """Atoms of each element in the cell."""
    amounts: dict[str, float] = {}
    for site, multiplicity in zip(structure.sites, exact.multiplicity, strict=True):
        for symbol, occupancy in site.species:
            element = neutral(symbol)
            amounts[element] = amounts.get(element, 0.0) + occupancy * int(multiplicity)
    return {element: amount for element, amount in amounts.items() if amount > 0.0}


def _mix(
    sites: tuple[Site, ...],
    amounts: Mapping[str, float],
    config: VariationConfig,
    rng: np.random.Generator,
) -> tuple[Site, ...]:
    """Replace a part of one or two elements, with another share on each of their sites."""
    charges = balanced_charges(amounts) or {}
    ionic = has_anions(amounts)
    present = set(amounts)
    if not rng.random() < config.mixing_probability:
        return sites
    wanted = 1 + int(rng.random() < 0.5 * config.mixing_probability)
    for element in rng.permutation(sorted(amounts)):
        choice = substitutes(str(element), charge=charges.get(str(element)), ionic=ionic)
        choice = tuple(other for other in choice if other not in present)
        if choice and wanted:
            other = str(rng.choice(choice))
            shares = rng.uniform(0.0, config.largest_share, len(sites))
            sites = tuple(
                _with_share(site, str(element), other, float(share))
                for site, share in zip(sites, shares, strict=True)
            )
            present.add(other)
            wanted -= 1
    return sites


def _with_share(site: Site, element: str, other: str, share: float) -> Site:
    """Give a share of what the element holds on the site to the other."""
    species: list[tuple[str, float]] = []
    given = 0.0
    for symbol, occupancy in site.species:
        if neutral(symbol) == element:
            given += occupancy * share
            occupancy *= 1.0 - share
        species.append((symbol, occupancy))
    return replace(site, species=(*species, (other, given))) if given > 0.0 else site


def _empty_one(
    sites: tuple[Site, ...], config: VariationConfig, rng: np.random.Generator
) -> tuple[Site, ...]:
    """Take some atoms off one full site; a compound keeps at least one full site."""
    full = [index for index, site in enumerate(sites) if site.occupancy >= _FULL]
    if len(full) < 2 or not rng.random() < config.vacancy_probability:
        return sites
    chosen = int(rng.choice(full))
    left = 1.0 - float(rng.uniform(0.0, config.largest_vacancy))
    species = tuple((symbol, occupancy * left) for symbol, occupancy in sites[chosen].species)
    return (*sites[:chosen], replace(sites[chosen], species=species), *sites[chosen + 1 :])


def _shake(
    sites: tuple[Site, ...], config: VariationConfig, rng: np.random.Generator
) -> tuple[Site, ...]:
    """Draw B of each element; a mixed site takes that of its main one."""
    main = [neutral(max(site.species, key=lambda pair: pair[1])[0]) for site in sites]
    b_iso = {element: float(rng.uniform(*config.b_iso)) for element in sorted(set(main))}
    return tuple(
        replace(site, b_iso=b_iso[element]) for site, element in zip(sites, main, strict=True)
    )


def _shift(
    structure: Structure, exact: Positions, config: VariationConfig, rng: np.random.Generator
) -> Structure:
    """Displace the atoms along their free coordinates."""
    sigma = float(rng.uniform(0.0, config.largest_shift_angstrom))
    drawn = rng.standard_normal(exact.xyz.shape).clip(-2.0, 2.0)
    shifts = sigma * drawn @ np.linalg.inv(basis_vectors(structure.cell))
    return displaced(structure, shifts, exact=exact)


def displaced(structure: Structure, shifts: FloatArray, *, exact: Positions) -> Structure:
    """Displace the atoms so that every one stays on its Wyckoff position.

    Shifts are projected onto what the site symmetry allows. Those that would bring an atom within
    reach of a further symmetry element, or onto another atom, are halved; in the end the atoms
    stay where they are.

    Parameters
    ----------
    structure
        Any setting.
    shifts
        Wanted fractional shifts of its sites, shape (n, 3).
    exact
        Its positions.

    Raises
    ------
    InvalidStructureError
        Where the symmetry of a site is not clear.
    """
    allowed = np.einsum("nij,nj->ni", _projectors(structure, exact), shifts)
    for halvings in range(_MOST_HALVINGS + 1):
        factor = 0.0 if halvings == _MOST_HALVINGS else 0.5**halvings
        moved = exact.xyz + factor * allowed
        sites = tuple(
            replace(site, xyz=(float(x), float(y), float(z)))
            for site, (x, y, z) in zip(structure.sites, moved, strict=True)
        )
        varied = replace(structure, sites=sites)
        if _same_multiplicities(varied, exact):
            return varied
    return structure


def _same_multiplicities(structure: Structure, exact: Positions) -> bool:
    try:
        return bool((positions_of(structure).multiplicity == exact.multiplicity).all())
    except InvalidStructureError:  # an atom came too near to its own image or to another atom
        return False


def _projectors(structure: Structure, exact: Positions) -> FloatArray:
    r"""Projectors (n, 3, 3) of fractional shifts onto those that keep the site symmetry.

    The mean of the rotations of the site's stabiliser, :math:`P = |S|^{-1} \sum_{R \in S} R`, is
    the orthogonal projector onto the vectors that all of them leave fixed. Sites that share one
    position stay together at their place: 0.
    """
    operations = operations_of(structure.hall_symbol)
    metric = metric_of(structure)
    rotations, translations = operations.all_operations()
    projectors = np.zeros((len(exact.xyz), 3, 3))
    leader = first_on_position(exact.xyz, operations=operations, metric=metric)
    shared = np.bincount(leader)[leader] > 1
    for index, xyz in enumerate(exact.xyz):
        offset = rotations @ xyz + translations - xyz
        offset -= np.rint(offset)
        length = np.sqrt(((offset @ metric) * offset).sum(axis=1))
        stabiliser = rotations[length < SAME_POSITION_ANGSTROM]
        if len(stabiliser) * int(exact.multiplicity[index]) != operations.order:
            raise InvalidStructureError(
                f"{structure.name or 'The structure'}: the symmetry of site {index + 1} at "
                f"{tuple(round(float(v), 5) for v in xyz)} is not clear.",
                hint="Give the coordinates with more digits.",
            )
        if not shared[index]:
            projectors[index] = stabiliser.mean(axis=0)
    return projectors
