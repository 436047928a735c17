import re

import gemmi
import numpy as np
import pytest

from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.simulation.scattering import (
    anomalous_terms,
    as_ions,
    form_factor_coefficients,
    form_factors,
)

STOL_SQUARED = np.linspace(0.0, 0.55, 12) ** 2


def factor(species: str) -> np.ndarray:
    return form_factors([species], stol_squared=STOL_SQUARED)[0]


@pytest.mark.parametrize(
    ("species", "electrons"),
    [("H", 1), ("D", 1), ("T", 1), ("O", 8), ("O2-", 10), ("Fe3+", 23), ("Na+", 10), ("Cf", 98)],
)
def test_forward_scattering_counts_the_electrons(species: str, electrons: int) -> None:
    assert factor(species)[0] == pytest.approx(electrons, abs=0.06)


@pytest.mark.parametrize("element", ["C", "O", "Si", "Fe", "Y", "Zr", "Ce", "Ta", "Pb"])
def test_agreement_with_electron_scattering(element: str) -> None:
    """Mott and Bethe's formula on another table: International Tables C, table 4.3.2.2."""
    table = gemmi.Element(element).c4322.get_coefs()
    a, b = np.array(table[:5]), np.array(table[5:])
    electron = np.exp(-np.outer(STOL_SQUARED, b)) @ a
    expected = gemmi.Element(element).atomic_number - 41.78214 * STOL_SQUARED * electron
    np.testing.assert_allclose(factor(element), expected, rtol=0.01, atol=0.03)


@pytest.mark.parametrize(("ion", "element"), [("N3-", "N"), ("S2-", "S"), ("Fe9+", "Fe")])
def test_ion_without_a_table_scatters_as_its_atom(ion: str, element: str) -> None:
    np.testing.assert_array_equal(factor(ion), factor(element))


def test_looking_up_an_ion_leaves_gemmi_as_it_was() -> None:
    before = gemmi.IT92_get_ignore_charge()
    form_factor_coefficients.cache_clear()
    form_factor_coefficients("Al3+")
    assert gemmi.IT92_get_ignore_charge() == before


@pytest.mark.parametrize("species", ["M", "Xx", "", "Fe3", "fe", "X", "Vac", "3+", "Es", "Og"])
def test_what_is_no_element_is_refused(species: str) -> None:
    with pytest.raises(InvalidStructureError, match=re.escape(repr(species))) as error:
        form_factor_coefficients(species)
    assert error.value.hint


def test_several_species_at_once_are_those_alone() -> None:
    together = form_factors(["O", "Fe3+"], stol_squared=STOL_SQUARED)
    np.testing.assert_allclose(together, [factor("O"), factor("Fe3+")], rtol=1e-12)


@pytest.mark.parametrize(
    ("element", "wavelength", "real", "imaginary"),
    [
        ("Si", 1.5405929, 0.2541, 0.3302),
        ("Fe", 1.5405929, -1.1336, 3.1974),
        ("Co", 1.5405929, -2.3653, 3.6143),
        ("Cu", 1.5405929, -1.9646, 0.5888),
        ("O", 0.7093172, 0.0106, 0.0060),
        ("Fe", 0.7093172, 0.3463, 0.8444),
        ("Cu", 0.7093172, 0.3201, 1.2651),
    ],
)
def test_anomalous_terms(element: str, wavelength: float, real: float, imaginary: float) -> None:
    """International Tables C (1992), table 4.2.6.8."""
    terms = anomalous_terms(element, wavelength_angstrom=wavelength)
    assert terms == pytest.approx((real, imaginary), abs=0.01)


def test_anomalous_terms_of_ions_and_of_the_lightest() -> None:
    assert anomalous_terms("Fe3+", wavelength_angstrom=1.54) == anomalous_terms(
        "Fe", wavelength_angstrom=1.54
    )
    assert anomalous_terms("D", wavelength_angstrom=1.54) == (0.0, 0.0)
    with pytest.raises(InvalidStructureError, match="no anomalous scattering terms for 'Pu'"):
        anomalous_terms("Pu", wavelength_angstrom=1.54)


def test_ions_replace_atoms_of_their_element() -> None:
    assert as_ions("Fe", {"Fe": "Fe3+"}) == "Fe3+"
    assert as_ions("O2-", {"O2-": "O"}) == "O"
    assert as_ions("O", {"Fe": "Fe3+"}) == "O"
    with pytest.raises(ConfigError, match="'Na1\\+' is no ion of 'Fe'"):
        as_ions("Fe", {"Fe": "Na1+"})
