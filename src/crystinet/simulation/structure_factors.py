"""Structure factors as sums over the atoms of the cell."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import operations_of
from crystinet.crystals.orbits import orbit_labels, product_table
from crystinet.crystals.positions import Positions
from crystinet.simulation.phase_sums import ComplexArray, direct_sums, few_terms, lattice_sums
from crystinet.simulation.scattering import anomalous_terms, form_factors

#: Phase factors, atoms times reflections: some seconds of work.
_MOST_FACTORS = 2_000_000_000


class Scatterer(NamedTuple):
    """What stands on a site: pairs (element or ion, occupancy), and B in square angstrom."""

    species: tuple[tuple[str, float], ...]
    b_iso: float


def squared_structure_factors(
    hkl: IntArray,
    *,
    stol_squared: FloatArray,
    hall_symbol: str,
    positions: Positions,
    scatterers: Sequence[Scatterer],
    wavelength_angstrom: float | None = None,
) -> FloatArray:
    r"""``|F|^2`` of reflections, shape (p,), electrons squared.

    .. math:: F(h) = \sum_e T_e(s) f_e(s) S_e(h), \quad
              S_e(h) = \sum_{j \in e} \frac{m_j}{|G|} \sum_{(R, t) \in G}
              e^{2 \pi i\, h \cdot (R x_j + t)}

    The sites j that scatter alike are one group e, so that f and T are computed once. The phase
    factors are separable, :math:`e^{2 \pi i (h x + k y)} e^{2 \pi i l z}`: the sum over atoms is a
    matrix product of the pairs (h, k) with the indices l, and no factor is computed twice.
    Centring only multiplies allowed reflections, which the multiplicities do already. An inversion
    leaves one half of the operations: with its centre as the origin, S is real.

    With anomalous terms f is complex, and the answer is the mean over Friedel mates,
    :math:`|\sum (f_0 + f') T S|^2 + |\sum f'' T S|^2`: a powder pattern shows their sum.

    Parameters
    ----------
    hkl, stol_squared
        Shape (p, 3) and (p,), the latter :math:`s^2 = 1 / 4 d^2` per square angstrom.
    hall_symbol
        The space group.
    positions, scatterers
        Of the n sites of the asymmetric unit.
    wavelength_angstrom
        For anomalous terms; None leaves them out.

    Raises
    ------
    InvalidStructureError
        There are too many atoms and reflections.
    """
    half = _about_inversion(hall_symbol)
    groups = {scatterer: i for i, scatterer in enumerate(dict.fromkeys(scatterers))}
    group = [groups[scatterer] for scatterer in scatterers]
    order = sorted(range(len(group)), key=group.__getitem__)
    orbits = [_half_orbit(hall_symbol, positions.fixing[site].tobytes()) for site in order]
    n_half = len(half.translations)
    image = np.concatenate([own + i * n_half for i, (own, _) in enumerate(orbits)])
    weights = np.concatenate([weight for _, weight in orbits])
    images = (positions.xyz[order] - half.centre) @ half.stacked
    atoms = (images.reshape(len(order), n_half, 3) + half.translations).reshape(-1, 3)[image]
    sizes = [0] * len(groups)
    for site, (own, _) in zip(order, orbits, strict=True):
        sizes[group[site]] += len(own)
    edges = [0, *accumulate(sizes)]
    if len(atoms) * len(hkl) > _MOST_FACTORS:
        raise InvalidStructureError(
            f"{len(hkl)} reflections of {len(atoms)} atoms are too many to calculate.",
            hint="Give a smaller cell, or raise the smallest d.",
        )
    mixture = _Mixture.of(list(groups), wavelength_angstrom)
    if few_terms(hkl, atoms):
        sums = direct_sums(hkl, atoms, weights, edges, centric=half.centric)
        return mixture.f_squared(stol_squared, [(slice(None), sums)])
    f_squared = np.empty(len(hkl))
    for rows, parts in lattice_sums(hkl, atoms, weights, edges, centric=half.centric):
        blocks = ((slice(i, i + 1), part[None]) for i, part in enumerate(parts))
        f_squared[rows] = mixture.f_squared(stol_squared[rows], blocks)
    return f_squared


@dataclass(frozen=True, slots=True, eq=False)
class _Mixture:
    """What scatters in each of the g groups of atoms.

    Attributes
    ----------
    names
        The species, n of them.
    occupancy
        Shape (g, n).
    b_iso
        Shape (g, 1), square angstrom.
    anomalous
        f' and f'' of each group, (g, 2); None without anomalous terms.
    """

    names: tuple[str, ...]
    occupancy: FloatArray
    b_iso: FloatArray
    anomalous: FloatArray | None

    @classmethod
    def of(cls, scatterers: Sequence[Scatterer], wavelength: float | None) -> "_Mixture":
        """Tabulate scatterers."""
        names = tuple(dict.fromkeys(name for s in scatterers for name, _ in s.species))
        occupancy = np.zeros((len(scatterers), len(names)))
        for row, scatterer in enumerate(scatterers):
            for name, share in scatterer.species:
                occupancy[row, names.index(name)] += share
        terms = None
        if wavelength is not None:
            each = [anomalous_terms(name, wavelength_angstrom=wavelength) for name in names]
            terms = occupancy @ np.array(each)
        b_iso = np.array([[scatterer.b_iso] for scatterer in scatterers])
        return cls(names, occupancy, b_iso, terms)

    def f_squared(
        self,
        stol_squared: FloatArray,
        blocks: "Iterable[tuple[slice, FloatArray | ComplexArray]]",
    ) -> FloatArray:
        """Mean ``|F|^2`` of Friedel mates, shape (p,).

        ``blocks`` are groups with the sums of their phase factors, (groups, p).
        """
        factors = form_factors(self.names, stol_squared=stol_squared)
        one_b = bool((self.b_iso == self.b_iso[0]).all())
        f_real: FloatArray | ComplexArray = np.zeros(1)
        f_imaginary: FloatArray | ComplexArray = np.zeros(1)
        for block, sums in blocks:
            damped = sums if one_b else sums * np.exp(-self.b_iso[block] * stol_squared)
            amplitudes = self.occupancy[block] @ factors
            if self.anomalous is not None:
                amplitudes += self.anomalous[block, :1]
                f_imaginary = f_imaginary + (self.anomalous[block, 1:] * damped).sum(axis=0)
            f_real = f_real + (amplitudes * damped).sum(axis=0)
        squared = _norm(f_real) if self.anomalous is None else _norm(f_real) + _norm(f_imaginary)
        if one_b:
            squared *= np.exp(-2.0 * self.b_iso[0] * stol_squared)
        return squared


def _norm(values: FloatArray | ComplexArray) -> FloatArray:
    """``|z|^2``."""
    norm: FloatArray = np.square(np.real(values))
    return norm + np.square(np.imag(values)) if np.iscomplexobj(values) else norm


@dataclass(frozen=True, slots=True, eq=False)
class _Half:
    """Operations without centring; with an inversion one of each pair, about its centre.

    Attributes
    ----------
    chosen
        Shape (h,), their numbers among the operations without centring.
    stacked
        Shape (3, 3 h), the rotations side by side.
    translations
        Shape (h, 3), fractions.
    centre
        Of the inversion, shape (3,); the origin without one.
    inversion
        Its number among all operations with centring; None without one.
    """

    chosen: IntArray
    stacked: FloatArray
    translations: FloatArray
    centre: FloatArray
    inversion: int | None

    @property
    def centric(self) -> bool:
        """Whether structure factors are real."""
        return self.inversion is not None


@lru_cache(maxsize=1024)
def _about_inversion(hall_symbol: str) -> _Half:
    operations = operations_of(hall_symbol)
    rotations, translations = operations.rotations, operations.fractional_translations
    inversion = np.flatnonzero((rotations == -np.eye(3, dtype=np.int64)).all(axis=(1, 2)))
    chosen, centre, moved = np.arange(len(rotations)), np.zeros(3), translations
    if len(inversion):
        centre = translations[inversion[0]] / 2.0
        moved = rotations @ centre + translations - centre
        # R and -R are a pair; the sign of the first entry that is not 0 tells them apart.
        flat = rotations.reshape(-1, 9)
        chosen = np.flatnonzero(flat[chosen, (flat != 0).argmax(axis=1)] > 0)
    return _Half(
        chosen=chosen,
        stacked=rotations[chosen].transpose(2, 0, 1).reshape(3, -1).astype(np.float64),
        translations=moved[chosen],
        centre=centre,
        inversion=int(inversion[0]) * len(operations.centring) if len(inversion) else None,
    )


@lru_cache(maxsize=8192)
def _half_orbit(hall_symbol: str, fixing: bytes) -> tuple[IntArray, FloatArray]:
    """Which operations of a half give each atom once, and how many atoms of the cell each means.

    Atoms that a centring or the inversion takes to each other count as one.
    """
    operations, half = operations_of(hall_symbol), _about_inversion(hall_symbol)
    labels = orbit_labels(operations, fixing)
    every = np.arange(operations.order).reshape(-1, len(operations.centring))
    if half.inversion is None:
        alike = labels[every].min(axis=1)
    else:
        inverted = product_table(operations)[half.inversion]
        alike = np.minimum(labels, labels[inverted])[every].min(axis=1)
    _, first, counts = np.unique(alike[half.chosen], return_index=True, return_counts=True)
    multiplicity = operations.order // np.frombuffer(fixing, dtype=np.bool_).sum()
    return first, counts * (multiplicity / len(half.chosen))
