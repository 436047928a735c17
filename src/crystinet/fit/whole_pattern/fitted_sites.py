"""Sites of a fitted phase: coordinates, electrons and what elements these leave possible."""

import math
from collections.abc import Iterable, Sequence

import gemmi
import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import operations_of
from crystinet.crystals.images import images_of
from crystinet.crystals.structure import Structure
from crystinet.crystals.symmetry import analyse
from crystinet.fit.whole_pattern.atoms import AtomModel
from crystinet.fit.whole_pattern.composition import Composition
from crystinet.fit.whole_pattern.final_fit import site_electrons
from crystinet.fit.whole_pattern.fitted_phase import FittedSite
from crystinet.simulation.reflections import DEFAULT_B_ISO
from crystinet.simulation.scattering import atomic_number, element_of

# Elements whose electrons are within so many standard uncertainties fit, or within this part.
_SIGMAS, _PART = 2.0, 0.06
_MOST_ELEMENTS = 8
_HEAVIEST = 94
_NOBLE = frozenset(("He", "Ne", "Ar", "Kr", "Xe", "Rn"))
# Positions of two descriptions of a structure are the same within this.
_SAME = 0.02


def fitted_sites(
    atoms: AtomModel, values: FloatArray, covariance: FloatArray, *, known: Composition | None
) -> tuple[FittedSite, ...]:
    """The sites of a phase as fitted.

    Parameters
    ----------
    atoms, values
        The atoms.
    covariance
        Of ``values``.
    known
        Elements of the sample, if they were given.
    """
    at = atoms.contents
    electrons, uncertainty = site_electrons(atoms, values, covariance)
    xyz = atoms.moved(values)
    spread = np.zeros_like(xyz)
    moves = covariance[at.moves, at.moves]
    for number in range(len(xyz)):
        own = np.flatnonzero(atoms.owner == number)
        if len(own):
            along = atoms.directions[own]
            variance = np.einsum("ai,ab,bi->i", along, moves[np.ix_(own, own)], along)
            spread[number] = np.sqrt(np.maximum(variance, 0.0))
    letters = wyckoff_letters(atoms.structure)
    labels = _labels(site.species for site in atoms.sites)
    sites = []
    for number, site in enumerate(atoms.sites):
        b_iso = DEFAULT_B_ISO if site.b_iso is None else site.b_iso
        x, y, z = (float(v) for v in xyz[number])
        u, v, w = (float(value) for value in spread[number])
        sites.append(
            FittedSite(
                label=labels[number],
                wyckoff=letters[atoms.numbers[number]] if letters else "",
                multiplicity=int(atoms.multiplicity[number]),
                species=site.species,
                xyz=(x, y, z),
                xyz_uncertainty=(u, v, w),
                electrons=float(electrons[number]),
                electrons_uncertainty=float(uncertainty[number]),
                elements=elements_like(
                    float(electrons[number]),
                    float(uncertainty[number]),
                    start=site.species,
                    among=None if known is None else known.elements,
                ),
                b_iso=b_iso + float(values[1] + values[at.displacements][number]),
                determined=known is not None,
            )
        )
    return tuple(sites)


def elements_like(
    electrons: float,
    uncertainty: float,
    *,
    start: Sequence[tuple[str, float]],
    among: Iterable[str] | None,
) -> tuple[str, ...]:
    """Elements that a site may hold, the nearest first.

    Parameters
    ----------
    electrons, uncertainty
        Of the site, if it is full.
    start
        What the start has there; its own elements come first among equals.
    among
        The elements of the sample; None takes all up to plutonium but noble gases.
    """
    own = {element_of(name) for name, _ in start}
    symbols = (
        [gemmi.Element(z).name for z in range(3, _HEAVIEST + 1)] if among is None else list(among)
    )
    reach = max(_SIGMAS * uncertainty / max(electrons, 1e-3), _PART)
    found = []
    for symbol in symbols:
        distance = abs(math.log(atomic_number(symbol) / max(electrons, 1e-3)))
        if symbol not in _NOBLE and distance <= reach:
            found.append((symbol not in own, distance, symbol))
    return tuple(symbol for _, _, symbol in sorted(found)[:_MOST_ELEMENTS])


def wyckoff_letters(structure: Structure) -> tuple[str, ...]:
    """Letters of the sites of a structure in a standard setting; empty where it is in another."""
    try:
        symmetry = analyse(structure)
    except InvalidStructureError:
        return ()
    operations = operations_of(structure.hall_symbol)
    if symmetry.space_group != operations.space_group:
        return ()
    if not np.allclose(symmetry.cell, structure.cell, rtol=1e-3):
        return ()
    letters = []
    for site in structure.sites:
        images = images_of(np.array(site.xyz)[None, :], operations)[0]
        for orbit in symmetry.orbits:
            shift = images - np.array(orbit.xyz)
            shift -= np.rint(shift)
            if np.abs(shift).max(axis=1).min() < _SAME:
                letters.append(orbit.letter)
                break
        else:
            return ()
    return tuple(letters)


def cell_mass(atoms: AtomModel) -> float:
    """Mass of the atoms in the cell, in units of the atomic mass constant."""
    return sum(
        float(number) * share * float(gemmi.Element(element_of(name)).weight)
        for number, site in zip(atoms.multiplicity, atoms.sites, strict=True)
        for name, share in site.species
    )


def _labels(species: Iterable[Sequence[tuple[str, float]]]) -> list[str]:
    """Names such as Ti1, O1, O2."""
    counts: dict[str, int] = {}
    labels = []
    for kind in species:
        name = element_of(max(kind, key=lambda pair: pair[1])[0])
        counts[name] = counts.get(name, 0) + 1
        labels.append(f"{name}{counts[name]}")
    return labels
