"""Structures that taught a bundle types, as text and back."""

import pytest

from crystinet.core.errors import BundleError
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.given import json_of_structures, structures_of_json

RUTILE = load_catalogue().by_name("Rutile-TiO2").reference
SPINEL = load_catalogue().by_name("Spinel-Al2MgO4").reference


def test_structures_come_back_as_they_were() -> None:
    given = {"a": (RUTILE, SPINEL), "b": (SPINEL,)}
    assert structures_of_json(json_of_structures(given), name="x") == given


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "[]",
        '{"a": []}',
        '{"a": [{}]}',
        '{"a": [{"name": "", "cell": [1], "hall_symbol": "P 1", "sites": []}]}',
        json_of_structures({"a": (RUTILE,)}).decode().replace('"cell"', '"cells"'),
        json_of_structures({"a": (RUTILE,)}).decode().replace('"sites": [', '"sites": [5, '),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BundleError, match=r"given\.json holds no structures"):
        structures_of_json(text.encode(), name="given.json")
