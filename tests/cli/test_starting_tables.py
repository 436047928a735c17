"""How known compounds and lattices are printed."""

import pytest

from crystinet.cli.starting_tables import with_uncertainty


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (5.43123, 0.0021, "5.431(2)"),
        (5.43123, 0.00012, "5.4312(1)"),
        (94.26, 0.6, "94.3(6)"),
        (94.26, 3.0, "94(3)"),
        (90.0, 0.0, "90.0000"),
        (5.43123, 0.00097, "5.431(1)"),
    ],
)
def test_uncertainty_in_parentheses(value: float, error: float, text: str) -> None:
    assert with_uncertainty(value, error) == text
