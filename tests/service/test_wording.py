"""How the page writes formulas and names of types."""

import pytest

from crystinet.service.pages.wording import formula_parts


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("TiO2", "2"),
        ("Pr0.7Ca0.2Sr0.1MnO3", "0.7 0.2 0.1 3"),
        ("Perovskite-Ba2LaRuO6", "2 6"),
        ("Ca3(PO4)2", "3 4 2"),
        ("Apatite#-(HE,P63/m)", "3"),
        ("Amphibole-(MO,C12/m1)", ""),
        ("Wurtzite-ZnS(2H)", ""),
        ("NaCl", ""),
    ],
)
def test_numbers_of_a_formula_stand_below_the_line(text: str, below: str) -> None:
    parts = formula_parts(text)
    assert "".join(part for part, _ in parts) == text
    assert " ".join(part for part, lowered in parts if lowered) == below
