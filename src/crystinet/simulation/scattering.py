"""X-ray scattering factors of atoms and ions."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import gemmi
import numpy as np

from crystinet.core.arrays import FloatArray, read_only_floats
from crystinet.core.errors import ConfigError, InvalidStructureError

_SPECIES = re.compile(r"^([A-Z][a-z]?)(?:(\d*)([+-]))?$")


@lru_cache(maxsize=1024)
def form_factor_coefficients(species: str) -> FloatArray:
    """Coefficients a1-a4, b1-b4, c of an element ("Fe"), isotope of hydrogen or ion ("Fe3+").

    Source: International Tables for Crystallography C (1992), table 6.1.1.4, as gemmi holds it
    (O2- and Si4+ after Hovestreydt, Acta Cryst. A39 (1983) 268). An ion that is not in the table
    scatters as its neutral atom: the two differ only at the lowest angles.

    Raises
    ------
    InvalidStructureError
        Where the species is no element or ion, or one that the table lacks (from Es on).
    """
    element, charge = _parse(species)
    coefficients = _ion_coefficients(element, charge) or _ion_coefficients(element, 0)
    if coefficients is None:
        raise InvalidStructureError(
            f"There are no X-ray scattering factors for {species!r}.",
            hint="The International Tables hold the elements from H to Cf.",
        )
    return read_only_floats(coefficients.get_coefs())


def form_factors(species: Sequence[str], *, stol_squared: FloatArray) -> FloatArray:
    r"""Scattering factors :math:`f_0 = \sum_{i=1}^4 a_i e^{-b_i s^2} + c`, electrons.

    Parameters
    ----------
    species
        n elements or ions, see `form_factor_coefficients`.
    stol_squared
        :math:`s^2 = (\sin\theta / \lambda)^2`, shape (p,), per square angstrom.

    Returns
    -------
    Shape (n, p).
    """
    amplitudes, exponents, constants = _tabulated(tuple(species))
    gaussians = np.exp(np.multiply.outer(exponents, stol_squared))
    factors: FloatArray = amplitudes @ gaussians
    factors += constants
    return factors


@lru_cache(maxsize=1024)
def _tabulated(species: tuple[str, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Matrix (n, 4 n) of the a, exponents -b (4 n,) and constants (n, 1)."""
    fit = np.array([form_factor_coefficients(name) for name in species]).reshape(-1, 9)
    amplitudes = np.zeros((len(fit), len(fit), 4))
    amplitudes[np.arange(len(fit)), np.arange(len(fit))] = fit[:, :4]
    return amplitudes.reshape(len(fit), -1), -fit[:, 4:8].ravel(), fit[:, 8:]


@lru_cache(maxsize=1024)
def anomalous_terms(species: str, *, wavelength_angstrom: float) -> tuple[float, float]:
    """Anomalous terms f' and f'' of an element or ion, electrons; those of ions are the atom's.

    Source: D. T. Cromer & D. Liberman, Acta Cryst. A37 (1981) 267, as gemmi computes them; within
    about 0.05 electrons of the International Tables C, table 4.2.6.8, but for wavelengths at an
    absorption edge. Hydrogen and helium have none.

    Raises
    ------
    InvalidStructureError
        Where the species is no element or ion, or is beyond uranium.
    """
    number = _parse(species)[0].atomic_number
    if number <= 2:
        return 0.0, 0.0
    if number > 92:
        raise InvalidStructureError(
            f"There are no anomalous scattering terms for {species!r}.",
            hint="They are known up to uranium; simulate without them.",
        )
    real, imaginary = gemmi.cromer_liberman(number, gemmi.hc / wavelength_angstrom)
    return float(real), float(imaginary)


def as_ions(species: str, ions: Mapping[str, str]) -> str:
    """Replace a species by the ion of its element that ``ions`` names, if any.

    Parameters
    ----------
    species
        As the structure has it: "Fe".
    ions
        Species of the structure, or element -> what it scatters as: ``{"Fe": "Fe3+"}``.

    Raises
    ------
    ConfigError
        Where the two are not of one element.
    InvalidStructureError
        Where either is no element or ion.
    """
    ion = ions.get(species, ions.get(element_of(species), species))
    if _parse(ion)[0].atomic_number != _parse(species)[0].atomic_number:
        raise ConfigError(
            f"{ion!r} is no ion of {species!r}.",
            hint='Name ions of the same element, such as "Fe3+" for "Fe".',
        )
    return ion


def element_of(species: str) -> str:
    """Element of a species as it is written: "Fe" of "Fe3+"."""
    return species.rstrip("+-0123456789")


def atomic_number(species: str) -> int:
    """Atomic number of an element, isotope of hydrogen or ion: 26 of "Fe3+".

    Raises
    ------
    InvalidStructureError
        Where the species is no element or ion.
    """
    return int(_parse(species)[0].atomic_number)


@lru_cache(maxsize=1024)
def _parse(species: str) -> tuple[gemmi.Element, int]:
    """Element and charge of a species."""
    match = _SPECIES.match(species)
    symbol = match[1] if match else "X"
    element = gemmi.Element("H" if symbol in ("D", "T") else symbol)
    if match is None or element.atomic_number == 0:
        raise InvalidStructureError(
            f"{species!r} is no chemical element or ion.",
            hint='Write an element ("Fe"), an ion ("Fe3+"), "D" or "T"; replace dummy atoms.',
        )
    charge = int(match[2] or 1) * (1 if match[3] == "+" else -1) if match[3] else 0
    return element, charge


def _ion_coefficients(element: gemmi.Element, charge: int) -> gemmi.IT92Coef | None:
    # gemmi answers for ions only while this switch of the whole process is off.
    before = gemmi.IT92_get_ignore_charge()
    gemmi.IT92_set_ignore_charge(False)
    try:
        return gemmi.IT92_get_exact(element, charge)
    finally:
        gemmi.IT92_set_ignore_charge(before)
