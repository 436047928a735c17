import re

import gemmi
import numpy as np
import pytest

from crystinet.core.errors import InvalidStructureError
from crystinet.simulate.scattering import form_factor, form_factor_coefficients

STOL_SQUARED = np.linspace(0.0, 0.55, 12) ** 2


def factor(species: str) -> np.ndarray:
    return form_factor(form_factor_coefficients(species), stol_squared=STOL_SQUARED)


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
