"""Whoever reads answers by program finds every field and column in the reference."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import crystinet
from crystinet.app.identifications import SUMMARY_COLUMNS, summary_row
from crystinet.app.outcome import Success
from crystinet.core.plain import json_text
from crystinet.crystals.catalogue import find_type
from crystinet.model.identification import Identification

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text("utf-8")


def fields(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            if key != "metadata":  # formats.md has its names
                yield from fields(value)
    if isinstance(document, list):
        for each in document:
            yield from fields(each)


def answer(name: str, *, beyond: bool = False) -> Identification:
    pattern = crystinet.simulate(find_type(name).reference, counts=10_000, seed=1)
    return crystinet.identify(pattern, beyond=beyond, top=3)


@pytest.fixture(scope="module")
def answers() -> list[Identification]:
    # One of the 91; a further type, with its lattice; one of no bundle.
    return [answer("NaCl"), answer("Quartz-alpha", beyond=True), answer("Molybdite-MoO3")]


def test_every_field_is_in_the_reference(answers: list[Identification]) -> None:
    found = {key for each in answers for key in fields(json.loads(json_text(each.to_dict())))}
    assert {"further", "symmetry", "beyond", "probability_of_all", "space_groups"} <= found
    assert {
        key for key in found if f"`{key}`" not in REFERENCE and f'"{key}"' not in REFERENCE
    } == (set())


def test_every_column_is_in_the_reference_and_always_there(answers: list[Identification]) -> None:
    assert [name for name in SUMMARY_COLUMNS if f"`{name}`" not in REFERENCE] == []
    for each in answers:
        assert tuple(summary_row(Success("a.xy", each))) == SUMMARY_COLUMNS
