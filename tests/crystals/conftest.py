"""Structures written as crystallographers tabulate them: cell, Hall symbol, sites."""

from collections.abc import Callable

import pytest

from crystinet.crystals.structure import Site, Structure


def _structure_of(cell: str, hall_symbol: str, sites: str, name: str = "") -> Structure:
    numbers = [float(value) for value in cell.split()]
    full = numbers if len(numbers) == 6 else [*numbers * 3, 90.0, 90.0, 90.0]
    atoms = []
    for text in sites.split(";"):
        names, *xyz = text.split()
        parts = [part.partition(":") for part in names.split(",")]
        species = tuple((element, float(amount or 1.0)) for element, _, amount in parts)
        x, y, z = map(float, xyz)
        atoms.append(Site(species, (x, y, z)))
    a, b, c, alpha, beta, gamma = full
    return Structure((a, b, c, alpha, beta, gamma), hall_symbol, tuple(atoms), name)


@pytest.fixture(scope="session")
def structure_of() -> Callable[..., Structure]:
    """Build a structure from text.

    ``cell`` holds one number (cubic) or six, ``sites`` reads
    ``"Zr:.85,Y:.15 0 0 0; O .25 .25 .25"``: species with occupancies, x y z.
    """
    return _structure_of
