"""Intensities that atoms give the reflections of a lattice, with all derivatives."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.diffraction import lorentz_polarisation
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import Operations, operations_of
from crystinet.crystals.images import images_of
from crystinet.crystals.positions import positions_of
from crystinet.crystals.structure import Site, Structure
from crystinet.fit.whole_pattern.profile import LatticeLines
from crystinet.simulation.reflections import DEFAULT_B_ISO
from crystinet.simulation.scattering import anomalous_terms, form_factors

#: Standard deviations that are expected of a structure of the same type: of B in square angstrom,
#: the logarithm of a site's scattering power, its shift in angstrom, the logarithm of March's r.
USUAL_B, USUAL_POWER, USUAL_SHIFT, USUAL_TEXTURE = 0.6, 0.5, 0.1, 0.3
#: Of the B of one site, relative to that of all.
USUAL_OWN_B = 0.3
#: B of all sites together may change from the start by these amounts.
B_LIMITS = (-0.5, 6.0)
_SAME_POSITION = 0.05  # angstrom
# Hydrogen scatters next to nothing, and its places are seldom known.
_LIGHT = frozenset(("H", "D", "T"))
_HEAVIEST = 92


@dataclass(frozen=True, eq=False)
class AtomNumbers:
    """Numbers that describe the atoms of a phase.

    They are, in this order: the logarithm of the scale, the change of B of all sites, the
    logarithms of the scattering power of each site relative to the start, the change of B of each
    site besides, shifts of the sites in angstrom along what symmetry leaves free, and the logarithm
    of March's r.

    Attributes
    ----------
    sites, shifts
        How many sites and shifts there are.
    """

    sites: int
    shifts: int

    def __len__(self) -> int:
        return 3 + 2 * self.sites + self.shifts

    @property
    def powers(self) -> slice:
        """Logarithms of scattering powers."""
        return slice(2, 2 + self.sites)

    @property
    def displacements(self) -> slice:
        """Changes of B of each site, square angstrom."""
        return slice(2 + self.sites, 2 + 2 * self.sites)

    @property
    def moves(self) -> slice:
        """Shifts, angstrom."""
        return slice(2 + 2 * self.sites, 2 + 2 * self.sites + self.shifts)

    @property
    def texture(self) -> int:
        """Logarithm of March's r."""
        return len(self) - 1


class AtomModel:
    """Areas of the places of a lattice as functions of its atoms.

    Parameters
    ----------
    structure
        The atoms; its cell is that of the lattice, or nearly.
    lines
        Reflections of the lattice.
    stol_squared
        1 / 4 d^2 of the places, (g,).
    wavelength_angstrom
        Strongest of the measurement, for anomalous scattering.
    two_theta_deg
        Of the places, without displacement, (g,).
    monochromator_deg
        For the polarisation.
    texture_axis
        Planes whose normal is the axis of a preferred orientation.

    Raises
    ------
    InvalidStructureError
        Positions or elements are impossible.
    """

    def __init__(
        self,
        structure: Structure,
        lines: LatticeLines,
        *,
        stol_squared: FloatArray,
        wavelength_angstrom: float,
        two_theta_deg: FloatArray,
        monochromator_deg: float = 0.0,
        texture_axis: tuple[int, int, int] = (0, 0, 1),
    ) -> None:
        operations = operations_of(structure.hall_symbol)
        positions = positions_of(structure, apart_angstrom=0.0)
        seen = [i for i, site in enumerate(structure.sites) if not _is_light(site)]
        seen = seen or list(range(len(structure.sites)))
        self.structure = structure
        self.lines = lines
        self.numbers = tuple(seen)
        self.sites = tuple(structure.sites[i] for i in seen)
        self.xyz: FloatArray = positions.xyz[seen]
        self.multiplicity: IntArray = positions.multiplicity[seen]
        self.metric = positions.metric
        self.wavelength_angstrom = wavelength_angstrom
        self.place = lines.place
        self._places = len(lines)
        self._stol = stol_squared[lines.place]
        factor = lorentz_polarisation(
            np.clip(two_theta_deg, 0.1, 179.0), monochromator_deg=monochromator_deg
        )
        self._factor = factor[lines.place] * lines.multiplicity
        self.scatter(self.sites)
        self._phases = _PhaseSums(operations, lines.hkl, self.multiplicity)
        directions = [_free_directions(x, operations, self.metric) for x in self.xyz]
        self.owner: IntArray = np.repeat(np.arange(len(seen)), [len(d) for d in directions])
        self.directions: FloatArray = np.concatenate([np.zeros((0, 3)), *directions])
        self.contents = AtomNumbers(len(seen), len(self.directions))
        self.use_texture_axis(texture_axis)

    def scatter(self, sites: "tuple[Site, ...]") -> None:
        """Let other elements scatter on the sites; positions stay."""
        self.sites = sites
        names = tuple(sorted({name for site in sites for name, _ in site.species}))
        known = dict(zip(names, form_factors(names, stol_squared=self._stol), strict=True))
        real, imaginary = [], []
        for site in sites:
            b_iso = DEFAULT_B_ISO if site.b_iso is None else site.b_iso
            damping = np.exp(-b_iso * self._stol)
            f, f_imaginary = np.zeros(len(self._stol)), 0.0
            for name, occupancy in site.species:
                f_real, f_second = _anomalous(name, self.wavelength_angstrom)
                f = f + occupancy * (known[name] + f_real)
                f_imaginary += occupancy * f_second
            real.append(f * damping)
            imaginary.append(f_imaginary * damping)
        self._real, self._imaginary = np.array(real), np.array(imaginary)

    @property
    def volume(self) -> float:
        """Of the cell, cubic angstrom."""
        return math.sqrt(float(np.linalg.det(self.metric)))

    def use_texture_axis(self, axis: tuple[int, int, int]) -> None:
        """Choose the planes whose normal is the axis of a preferred orientation."""
        self.texture_axis = axis
        inverse = np.linalg.inv(self.metric)
        h = self.lines.hkl.astype(np.float64)
        length = np.sqrt(((h @ inverse) * h).sum(axis=1))
        a = np.array(axis, dtype=np.float64)
        rotations = operations_of(self.structure.hall_symbol).rotations
        products = h @ (rotations @ (inverse @ a)).T
        self._cosine = (products / (length * math.sqrt(float(a @ inverse @ a)))[:, None]) ** 2

    def moved(self, values: FloatArray) -> FloatArray:
        """Coordinates of the sites, shape (sites, 3)."""
        xyz = self.xyz.copy()
        np.add.at(xyz, self.owner, values[self.contents.moves, None] * self.directions)
        return xyz

    def areas(self, values: FloatArray) -> FloatArray:
        """Areas of the places, (g,); ``values`` as `AtomNumbers` has them."""
        return self._areas(values, None)[0]

    def areas_and_slopes(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Areas of the places, (g,), and their derivatives, (g, len(contents))."""
        slopes = np.empty((len(self.place), len(self.contents)))
        area = self._areas(values, slopes)[0]
        starts = np.searchsorted(self.place, np.arange(self._places))
        return area, np.add.reduceat(slopes, starts, axis=0)

    def _areas(
        self, values: FloatArray, slopes: FloatArray | None
    ) -> tuple[FloatArray, FloatArray]:
        at = self.contents
        power = np.exp(values[at.powers])[:, None]
        if values[at.displacements].any():
            power = power * np.exp(-values[at.displacements, None] * self._stol)
        sums, by_move = self._phases.of(
            self.moved(values), self.directions, self.owner, derivatives=slopes is not None
        )
        parts_real, parts_imaginary = power * self._real * sums, power * self._imaginary * sums
        f_real, f_imaginary = parts_real.sum(axis=0), parts_imaginary.sum(axis=0)
        squared = np.abs(f_real) ** 2 + np.abs(f_imaginary) ** 2
        march, by_march = self._march(float(values[at.texture]))
        scale = np.exp(values[0] - 2.0 * values[1] * self._stol) * self._factor
        area = scale * march * squared
        if slopes is not None:
            slopes[:, 0] = area
            slopes[:, 1] = -2.0 * self._stol * area
            both = 2.0 * scale * march
            real, imaginary = both * f_real.conj(), both * f_imaginary.conj()
            by_power = (real * parts_real + imaginary * parts_imaginary).real
            slopes[:, at.powers] = by_power.T
            slopes[:, at.displacements] = (-self._stol * by_power).T
            own = power * self._real, power * self._imaginary
            weight = real * own[0] + imaginary * own[1]  # (sites, p)
            slopes[:, at.moves] = (weight[self.owner] * by_move).real.T
            slopes[:, at.texture] = scale * by_march * squared
        total: FloatArray = np.bincount(self.place, weights=area, minlength=self._places).astype(
            np.float64
        )
        return total, area

    def _march(self, log_r: float) -> tuple[FloatArray, FloatArray]:
        """Factors of March and Dollase, (p,), and their derivatives by ln r."""
        r = math.exp(log_r)
        inner = r**2 * self._cosine + (1.0 - self._cosine) / r
        factor = (inner**-1.5).mean(axis=1)
        slope = -1.5 * inner**-2.5 * (2.0 * r**2 * self._cosine - (1.0 - self._cosine) / r)
        return factor, slope.mean(axis=1)


class _PhaseSums:
    """Sums of phase factors over the images of a site, weighted with its multiplicity."""

    def __init__(self, operations: Operations, hkl: IntArray, multiplicity: IntArray) -> None:
        rotations, translations = operations.rotations, operations.fractional_translations
        centre = (rotations == -np.eye(3, dtype=np.int64)).all(axis=(1, 2))
        at_origin = centre & (np.abs(translations - np.rint(translations)) < 1e-9).all(axis=1)
        self.centric = bool(at_origin.any())
        self.weight = multiplicity / len(rotations)
        if self.centric:  # of R and -R one is enough
            flat = rotations.reshape(-1, 9)
            half = flat[np.arange(len(flat)), (flat != 0).argmax(axis=1)] > 0
            rotations, translations = rotations[half], translations[half]
            self.weight = 2.0 * self.weight
        h = hkl.astype(np.float64)
        self._turned = 2.0 * np.pi * np.einsum("pi,oij->jop", h, rotations.astype(np.float64))
        self._phase = 2.0 * np.pi * (translations @ h.T)  # (o, p)

    def of(
        self, xyz: FloatArray, directions: FloatArray, owner: IntArray, *, derivatives: bool
    ) -> "tuple[FloatArray | NDArray[np.complex128], FloatArray | NDArray[np.complex128]]":
        """Sums of each site, (sites, p), and derivatives by a shift along each direction."""
        a, b, c = self._turned
        kind = np.float64 if self.centric else np.complex128
        sums = np.empty((len(xyz), a.shape[1]), dtype=kind)
        slopes = np.empty((len(directions), a.shape[1]), dtype=kind)
        for number, (x, y, z) in enumerate(xyz):
            angle = x * a + y * b + z * c + self._phase
            weight = self.weight[number]
            cosine = np.cos(angle)
            wanted = np.flatnonzero(owner == number) if derivatives else ()
            if self.centric and not len(wanted):
                sums[number] = weight * cosine.sum(axis=0)
                continue
            sine = np.sin(angle)
            if self.centric:
                sums[number] = weight * cosine.sum(axis=0)
            else:
                sums[number] = weight * (cosine.sum(axis=0) + 1j * sine.sum(axis=0))
            for k in wanted:
                u, v, w = directions[k]
                turn = u * a + v * b + w * c
                slopes[k] = -weight * (turn * sine).sum(axis=0)
                if not self.centric:
                    slopes[k] += 1j * weight * (turn * cosine).sum(axis=0)
        return sums, slopes


def _free_directions(x: FloatArray, operations: Operations, metric: FloatArray) -> FloatArray:
    """What symmetry leaves free of a position: directions of one angstrom each, (k, 3)."""
    shift = images_of(x[None, :], operations)[0] - x
    shift -= np.rint(shift)
    near = ((shift @ metric) * shift).sum(axis=1) < _SAME_POSITION**2
    rotations, _ = operations.all_operations()
    mean = rotations[near].mean(axis=0)  # projects onto what all of them keep
    left, values, _ = np.linalg.svd(mean)
    kept = left[:, values > 0.5].T
    lengths = np.sqrt(((kept @ metric) * kept).sum(axis=1))
    directions: FloatArray = kept / lengths[:, None]
    return directions


def _is_light(site: Site) -> bool:
    return all(name in _LIGHT for name, _ in site.species)


def _anomalous(species: str, wavelength: float) -> tuple[float, float]:
    try:
        return anomalous_terms(species, wavelength_angstrom=wavelength)
    except InvalidStructureError:  # beyond uranium nothing is tabulated
        return 0.0, 0.0
