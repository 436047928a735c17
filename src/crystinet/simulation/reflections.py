"""Powder reflections of a crystal structure: d, multiplicity and squared structure factors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from crystinet.core.arrays import FloatArray, IntArray, read_only_floats, read_only_ints
from crystinet.core.cell import Cell
from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.crystals.hall import operations_of
from crystinet.crystals.positions import positions_of
from crystinet.crystals.structure import Structure
from crystinet.simulation.hkl import independent_hkl
from crystinet.simulation.scattering import as_ions, element_of
from crystinet.simulation.structure_factors import Scatterer, squared_structure_factors

#: Displacement parameter B of atoms whose structure gives none: usual for inorganic solids at
#: room temperature, square angstrom.
DEFAULT_B_ISO = 0.5

#: Atoms nearer than this overlap unless their occupancies add up to at most 1. The shortest real
#: distance, in the hydrogen molecule, is 0.74 angstrom; averaged disorder may show 0.6.
OVERLAP_ANGSTROM = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Reflections:
    """The symmetry-independent reflections of one structure, without any wavelength.

    Attributes
    ----------
    hkl
        Shape (p, 3), one representative of each symmetry-equivalent set (Friedel mates merged):
        the one with the largest h + k + l, then h, then k.
    d_angstrom
        Shape (p,), decreasing.
    multiplicity
        Shape (p,), number of equivalent reflections including Friedel mates.
    f_squared
        Shape (p,), ``|F|^2`` per conventional cell, electrons squared, with displacement factors.
    cell
        The cell that gave ``d_angstrom``; strain changes d and leaves the rest.
    space_group
        International number; 0 where the operations are in no table of settings.
    """

    hkl: IntArray
    d_angstrom: FloatArray
    multiplicity: IntArray
    f_squared: FloatArray
    cell: Cell
    space_group: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "cell", Cell(*self.cell))
        for name in ("d_angstrom", "f_squared"):
            object.__setattr__(self, name, read_only_floats(getattr(self, name)))
        for name in ("hkl", "multiplicity"):
            object.__setattr__(self, name, read_only_ints(getattr(self, name)))


def compute_reflections(
    structure: Structure,
    *,
    d_min_angstrom: float,
    d_max_angstrom: float | None = None,
    default_b_iso: float = DEFAULT_B_ISO,
    relative_minimum: float = 1e-6,
    ions: Mapping[str, str] | None = None,
    anomalous_wavelength_angstrom: float | None = None,
) -> Reflections:
    r"""Reflections of a structure with :math:`d_{min} \le d \le d_{max}`.

    .. math:: F(h) = \sum_j \frac{m_j}{|G|} T_j(s) f_j(s) \sum_{(R, t) \in G}
              e^{2 \pi i\, h \cdot (R x_j + t)}, \quad T_j = e^{-B_j s^2}, \quad s = 1 / 2d

    over the sites j of multiplicity m and the operations of the space group G; f is the sum of
    the scattering factors on the site, weighted by occupancy. Friedel mates count as one
    reflection with their mean intensity. Source: International Tables for Crystallography B (2001),
    section 1.2.

    The metric is averaged over the operations of the space group: equivalent lines that a rounded
    cell would split are one line.

    Parameters
    ----------
    structure
        Its sites may be mixed and partly filled.
    d_min_angstrom, d_max_angstrom
        Limits of the lattice-plane distance; no upper limit unless given.
    default_b_iso
        B in square angstrom where a site gives none.
    relative_minimum
        Reflections with ``multiplicity * f_squared`` below this part of the largest are left out.
    ions
        Species of the structure, or element -> ion that it scatters as,
        ``{"Fe": "Fe3+", "O": "O2-"}``; without it they scatter as the structure names them.
    anomalous_wavelength_angstrom
        Adds the anomalous terms f' and f'' for this wavelength; None leaves them out.

    Raises
    ------
    ConfigError
        Where ``d_min_angstrom`` or ``default_b_iso`` is impossible, or ``ions`` does not fit.
    InvalidStructureError
        Where the cell, a species, an occupancy or a position is impossible, where atoms overlap,
        all positions are empty, or the cell holds too many reflections.
    """
    positions = positions_of(structure, apart_angstrom=OVERLAP_ANGSTROM)
    scatterers = _scatterers(structure, default_b_iso, ions or {})
    try:
        hkl, inverse, multiplicity = independent_hkl(
            hall_symbol=structure.hall_symbol,
            metric=positions.metric,
            d_min_angstrom=d_min_angstrom,
            d_max_angstrom=d_max_angstrom,
        )
    except InvalidStructureError as error:
        raise InvalidStructureError(
            f"{structure.name or 'The structure'}: {error.message}", hint=error.hint
        ) from error
    f_squared = inverse
    if len(hkl):
        f_squared = squared_structure_factors(
            hkl,
            stol_squared=0.25 * inverse,
            hall_symbol=structure.hall_symbol,
            positions=positions,
            scatterers=scatterers,
            wavelength_angstrom=anomalous_wavelength_angstrom,
        )
        strength = multiplicity * f_squared
        kept = strength >= relative_minimum * strength.max()
        if not kept.all():
            hkl, inverse, multiplicity, f_squared = (
                values[kept] for values in (hkl, inverse, multiplicity, f_squared)
            )
    return Reflections(
        hkl=hkl,
        d_angstrom=inverse**-0.5,
        multiplicity=multiplicity,
        f_squared=f_squared,
        cell=structure.cell,
        space_group=operations_of(structure.hall_symbol).space_group,
    )


def _scatterers(
    structure: Structure, default_b_iso: float, ions: Mapping[str, str]
) -> list[Scatterer]:
    """What scatters on each site."""
    if not 0.0 <= default_b_iso < math.inf:
        raise ConfigError(
            f"The displacement parameter B is {default_b_iso:g}.",
            hint="Give square angstrom, 0 or more; 0.5 is usual.",
        )
    if not any(share > 0.0 for site in structure.sites for _, share in site.species):
        raise InvalidStructureError(
            f"{structure.name or 'The structure'}: every site is empty.",
            hint="At least one occupancy must be above 0.",
        )
    scattering = _ions_of(structure, ions) if ions else {}
    return [
        Scatterer(
            tuple((scattering[name], share) for name, share in site.species)
            if scattering
            else site.species,
            default_b_iso if site.b_iso is None else site.b_iso,
        )
        for site in structure.sites
    ]


def _ions_of(structure: Structure, ions: Mapping[str, str]) -> dict[str, str]:
    """What each species of a structure scatters as."""
    present = {name for site in structure.sites for name, _ in site.species}
    absent = ions.keys() - present - {element_of(name) for name in present}
    if absent:
        raise ConfigError(
            f"The structure holds no {' and no '.join(sorted(absent))} that could be ions.",
            hint=f"It holds {', '.join(sorted(present))}.",
        )
    return {name: as_ions(name, ions) for name in present}
