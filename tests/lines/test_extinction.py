"""Space groups from lines that are absent."""

import gemmi
import numpy as np
import pytest

from crystinet.core.cell import Cell
from crystinet.core.diffraction import two_theta_of
from crystinet.lines.indexing.extinction import extinctions

WAVELENGTH = 1.54056
# Number of the group, and of one without its absences.
CASES = [
    ("monoclinic", "P", "P 1 21/c 1", (7.31, 6.05, 8.17, 90.0, 104.2, 90.0), 14, 10),
    ("orthorhombic", "P", "P n m a", (10.2, 5.99, 4.76, 90.0, 90.0, 90.0), 62, 47),
    ("orthorhombic", "C", "C m c m", (2.8, 10.4, 7.9, 90.0, 90.0, 90.0), 63, 65),
    ("tetragonal", "P", "P 42/m n m", (4.59, 4.59, 2.96, 90.0, 90.0, 90.0), 136, 123),
    ("hexagonal", "R", "R -3 c:H", (4.76, 4.76, 12.99, 90.0, 90.0, 120.0), 167, 166),
    ("hexagonal", "P", "P 63/m m c", (3.2, 3.2, 5.2, 90.0, 90.0, 120.0), 194, 191),
    ("cubic", "F", "F d -3 m:1", (5.43, 5.43, 5.43, 90.0, 90.0, 90.0), 227, 225),
    ("cubic", "P", "P a -3", (8.4, 8.4, 8.4, 90.0, 90.0, 90.0), 205, 200),
]


def lines_of(group: str, cell: tuple[float, ...], *, left_out: float, seed: int) -> np.ndarray:
    """Places of the lines of a space group, some too weak to be seen."""
    hkl = gemmi.make_miller_array(gemmi.UnitCell(*cell), gemmi.SpaceGroup("P 1"), 0.94)
    absent = gemmi.SpaceGroup(group).operations().systematic_absences(hkl).astype(bool)
    place = np.unique(
        np.round(two_theta_of(Cell.of(cell).d_spacing(hkl[~absent]) ** -2.0, WAVELENGTH), 2)
    )
    rng = np.random.default_rng(seed)
    place = place[rng.random(len(place)) > left_out]
    return np.sort(place + rng.normal(0.0, 0.005, len(place)))


@pytest.mark.parametrize(("system", "centring", "group", "cell", "own", "other"), CASES)
def test_the_absences_of_a_group_are_recognised(
    system: str, centring: str, group: str, cell: tuple[float, ...], own: int, other: int
) -> None:
    place = lines_of(group, cell, left_out=0.1, seed=1)
    found = extinctions(system, centring, Cell.of(cell), place, WAVELENGTH)
    assert own in found[0].numbers
    assert other not in found[0].numbers
    assert found[0].probability > 0.5
    chances = [each.probability for each in found]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1.0 + 1e-9
    assert own in found[0].to_dict()["numbers"]


def test_lines_where_groups_have_none_speak_against_them() -> None:
    cell = (7.31, 6.05, 8.17, 90.0, 104.2, 90.0)
    place = lines_of("P 1 2/m 1", cell, left_out=0.1, seed=1)
    found = extinctions("monoclinic", "P", Cell.of(cell), place, WAVELENGTH)
    assert 10 in found[0].numbers
    assert 14 not in found[0].numbers


def test_where_lines_are_missing_by_chance_the_answer_is_less_sure() -> None:
    cell = (10.2, 5.99, 4.76, 90.0, 90.0, 90.0)
    sure, unsure = (
        extinctions(
            "orthorhombic",
            "P",
            Cell.of(cell),
            lines_of("P n m a", cell, left_out=share, seed=2),
            WAVELENGTH,
        )[0].probability
        for share in (0.0, 0.5)
    )
    assert unsure < sure


def test_what_is_known_beforehand_orders_groups_with_the_same_absences() -> None:
    cell = (10.2, 5.99, 4.76, 90.0, 90.0, 90.0)
    place = lines_of("P n m a", cell, left_out=0.1, seed=1)
    for first, other in ((62, 33), (33, 62)):
        likely = [{first: 0.6, other: 0.2}.get(number, 0.0) for number in range(1, 231)]
        found = extinctions("orthorhombic", "P", Cell.of(cell), place, WAVELENGTH, likely=likely)
        assert found[0].numbers[:2] == (first, other)


def test_absences_may_outweigh_what_was_thought_beforehand() -> None:
    cell = (10.2, 5.99, 4.76, 90.0, 90.0, 90.0)
    place = lines_of("P m m m", cell, left_out=0.1, seed=1)
    likely = [0.9 if number == 62 else 0.0004 for number in range(1, 231)]
    found = extinctions("orthorhombic", "P", Cell.of(cell), place, WAVELENGTH, likely=likely)
    assert 47 in found[0].numbers
