"""X-ray scattering factors of atoms and ions."""

import re
from functools import lru_cache

import gemmi
import numpy as np

from crystinet.core.arrays import FloatArray, read_only_floats
from crystinet.core.errors import InvalidStructureError

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
    match = _SPECIES.match(species)
    symbol = match[1] if match else "X"
    element = gemmi.Element("H" if symbol in ("D", "T") else symbol)
    if match is None or element.atomic_number == 0:
        raise InvalidStructureError(
            f"{species!r} is no chemical element or ion.",
            hint='Write an element ("Fe"), an ion ("Fe3+"), "D" or "T"; replace dummy atoms.',
        )
    charge = int(match[2] or 1) * (1 if match[3] == "+" else -1) if match[3] else 0
    coefficients = _ion_coefficients(element, charge) or _ion_coefficients(element, 0)
    if coefficients is None:
        raise InvalidStructureError(
            f"There are no X-ray scattering factors for {species!r}.",
            hint="The International Tables hold the elements from H to Cf.",
        )
    return read_only_floats(coefficients.get_coefs())


def form_factor(coefficients: FloatArray, *, stol_squared: FloatArray) -> FloatArray:
    r"""Scattering factor :math:`f_0 = \sum_{i=1}^4 a_i e^{-b_i s^2} + c`, electrons.

    Parameters
    ----------
    coefficients
        Shape (9,), from `form_factor_coefficients`.
    stol_squared
        :math:`s^2 = (\sin\theta / \lambda)^2`, shape (p,), per square angstrom.
    """
    a, b, c = coefficients[:4], coefficients[4:8], coefficients[8]
    total: FloatArray = np.exp(-np.outer(stol_squared, b)) @ a + c
    return total


def _ion_coefficients(element: gemmi.Element, charge: int) -> gemmi.IT92Coef | None:
    # gemmi answers for ions only while this switch of the whole process is off.
    before = gemmi.IT92_get_ignore_charge()
    gemmi.IT92_set_ignore_charge(False)
    try:
        return gemmi.IT92_get_exact(element, charge)
    finally:
        gemmi.IT92_set_ignore_charge(before)
