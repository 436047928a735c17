"""An atom that no bond reaches is found, and sound structures are left alone."""

import pytest

from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.expansion import expand
from crystinet.crystals.plausibility import LONGEST_BOND, loneliest_atom, lonely_atom
from crystinet.crystals.structure import Site, Structure


def perovskite(a: str, b: str, x: str, cell: float) -> Structure:
    sites = ((a, (0.5, 0.5, 0.5)), (b, (0.0, 0.0, 0.0)), (x, (0.5, 0.0, 0.0)))
    return Structure(
        (cell, cell, cell, 90, 90, 90),
        "-P 4 2 3",
        tuple(Site(((element, 1.0),), xyz) for element, xyz in sites),
    )


def test_nitrogen_on_the_twelve_fold_site_is_found() -> None:
    """Sr3PN: nitrogen is the centre of the octahedra, not the large cavity between them."""
    assert lonely_atom(expand(perovskite("P", "N", "Sr", 5.12))) is None
    found = lonely_atom(expand(perovskite("N", "P", "Sr", 5.75)))
    assert found is not None
    assert found[0] == "N"
    assert found[1] > LONGEST_BOND


@pytest.mark.parametrize("kind", list(load_catalogue()), ids=lambda kind: kind.name)
def test_no_reference_of_the_catalogue_is_implausible(kind: object) -> None:
    assert lonely_atom(expand(kind.reference)) is None  # type: ignore[attr-defined]


def test_a_bond_is_measured_in_radii() -> None:
    """Rock salt at Shannon's radii: 1.02 + 1.81 angstrom."""
    salt = Structure(
        (5.66, 5.66, 5.66, 90, 90, 90),
        "-F 4 2 3",
        (Site((("Na", 1.0),), (0, 0, 0)), Site((("Cl", 1.0),), (0.5, 0.5, 0.5))),
    )
    assert loneliest_atom(expand(salt))[1] == pytest.approx(1.0, abs=0.01)


def test_nothing_is_said_of_elements_without_radii() -> None:
    argon = Structure((5.3, 5.3, 5.3, 90, 90, 90), "-F 4 2 3", (Site((("Ar", 1.0),), (0, 0, 0)),))
    assert loneliest_atom(expand(argon)) == ("", 0.0)
