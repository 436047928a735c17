"""Cells from the places of lines."""

from dataclasses import replace

import numpy as np
import pytest

from crystinet.app.simulate import simulate
from crystinet.core.cell import Cell
from crystinet.core.diffraction import two_theta_of
from crystinet.crystals.catalogue import find_type
from crystinet.crystals.reduction import lattice_invariants, niggli_cell
from crystinet.lines.indexing.beyond import (
    LEAST_LINES,
    LEAST_M20,
    LEAST_SHARE,
    Beyond,
    IndexedCell,
    first_lines,
    look_beyond,
)
from crystinet.lines.indexing.families import FAMILIES, family, present
from crystinet.lines.indexing.search import FEWEST_LINES, find_cells
from crystinet.lines.indexing.trials import FirstLines
from crystinet.patterns.sample import Sample

WAVELENGTH = 1.54056
CELLS = [
    ("cubic", "F", (5.64, 5.64, 5.64, 90.0, 90.0, 90.0)),
    ("tetragonal", "I", (3.785, 3.785, 9.514, 90.0, 90.0, 90.0)),
    ("hexagonal", "P", (4.913, 4.913, 5.405, 90.0, 90.0, 120.0)),
    ("hexagonal", "R", (4.759, 4.759, 12.992, 90.0, 90.0, 120.0)),
    ("orthorhombic", "P", (4.76, 10.2, 5.99, 90.0, 90.0, 90.0)),
    ("monoclinic", "P", (5.15, 5.21, 5.31, 90.0, 99.2, 90.0)),
]


def lines_of(cell: tuple[float, ...], centring: str, *, seed: int, shift: float) -> FirstLines:
    """The first lines of a lattice, some missing, with errors and a displacement."""
    span = np.arange(-9, 10)
    hkl = np.stack(np.meshgrid(span, span, span, indexing="ij")).reshape(3, -1).T
    hkl = hkl[hkl.any(axis=1) & present(hkl, centring)]
    place = two_theta_of(Cell.of(cell).d_spacing(hkl) ** -2.0, WAVELENGTH)
    place = np.unique(np.round(place[place < 110.0], 3))
    place = place[np.diff(place, prepend=0.0) > 0.05]
    rng = np.random.default_rng(seed)
    place = place[rng.random(len(place)) > 0.1][:30]
    place = place + rng.normal(0.0, 0.004, len(place))
    return FirstLines(np.sort(place + shift * np.cos(np.radians(place / 2.0))), WAVELENGTH)


def same_lattice(
    found: tuple[float, ...], own: str, cell: tuple[float, ...], centring: str
) -> bool:
    one, other = (
        lattice_invariants(Cell.of(found), own),
        lattice_invariants(Cell.of(cell), centring),
    )
    return bool(np.abs(one / other - 1.0).max() < 0.005)


@pytest.mark.parametrize(("system", "centring", "cell"), CELLS)
def test_a_lattice_is_found_from_its_lines(
    system: str, centring: str, cell: tuple[float, ...]
) -> None:
    lines = lines_of(cell, centring, seed=1, shift=0.03)
    best = find_cells(lines, families=[system])[0]
    assert same_lattice(best.cell, best.centring, cell, centring)
    assert best.shift_deg == pytest.approx(0.03, abs=0.02)
    assert best.m20 > 20.0


def test_a_symmetric_lattice_is_preferred_to_those_with_the_same_lines() -> None:
    lines = lines_of((4.913, 4.913, 5.405, 90.0, 90.0, 120.0), "P", seed=2, shift=0.0)
    best = find_cells(lines, families=["hexagonal", "orthorhombic"])[0]
    assert best.family.name == "hexagonal"


def test_lines_of_an_impurity_are_left_over() -> None:
    cell = (3.785, 3.785, 9.514, 90.0, 90.0, 90.0)
    lines = lines_of(cell, "I", seed=3, shift=0.0)
    place = np.sort(np.append(lines.two_theta_deg, (27.43, 36.07, 41.21)))
    best = find_cells(FirstLines(place, WAVELENGTH), families=["tetragonal"])[0]
    assert same_lattice(best.cell, best.centring, cell, "I")
    assert not best.indexed[np.searchsorted(place, (27.43, 36.07))].any()


def test_few_lines_determine_no_cell() -> None:
    assert find_cells(FirstLines(np.linspace(20.0, 50.0, FEWEST_LINES - 1), WAVELENGTH)) == []


def test_lines_of_no_lattice_give_no_cell_that_is_believed() -> None:
    place = np.sort(np.random.default_rng(5).uniform(10.0, 80.0, 30))
    found = find_cells(FirstLines(place, WAVELENGTH), families=["cubic", "tetragonal"])
    assert all(cell.m20 < LEAST_M20 or cell.indexed.mean() < LEAST_SHARE for cell in found)


def test_progress_may_end_the_search() -> None:
    class Enough(Exception):
        pass

    def enough(stage: str, done: int, total: int, *, note: str = "") -> None:
        if note == "tetragonal":
            raise Enough

    lines = lines_of(CELLS[0][2], "F", seed=1, shift=0.0)
    with pytest.raises(Enough):
        find_cells(lines, progress=enough)


def test_each_family_has_one_index_a_line_and_the_lines_of_its_centrings() -> None:
    for name in FAMILIES:
        kind = family(name)
        for number, centring in enumerate(kind.centrings):
            classes = kind.class_starts[kind.allowed[number]]
            assert (
                np.isin(kind.classes, kind.classes[classes]).sum()
                == present(kind.hkl, centring).sum()
            )


def test_reduced_cells_and_invariants_do_not_depend_on_the_axes() -> None:
    cubic = Cell(5.64, 5.64, 5.64, 90.0, 90.0, 90.0)
    tetragonal = Cell(5.64 / 2**0.5, 5.64 / 2**0.5, 5.64, 90.0, 90.0, 90.0)
    np.testing.assert_allclose(lattice_invariants(cubic, "F"), lattice_invariants(tetragonal, "I"))
    np.testing.assert_allclose(niggli_cell(cubic, "F"), niggli_cell(tetragonal, "I"), atol=1e-4)
    assert niggli_cell(cubic, "F")[3:] == (60.0, 60.0, 60.0)


def test_second_lines_of_k_alpha2_are_left_out() -> None:
    pattern = simulate(find_type("Rutile-TiO2").reference, size_nm=200.0)
    sample = Sample.of(pattern)
    alone = Sample.of(
        simulate(find_type("Rutile-TiO2").reference, size_nm=200.0, monochromatic=True)
    )
    assert len(sample.peaks) > len(alone.peaks)
    place, real = first_lines(sample).two_theta_deg, alone.peaks.two_theta_deg
    assert len(place) >= len(real) - 1  # a line may lie where K-alpha2 of another would
    assert np.abs(place[:, None] - real).min(axis=1).max() < 0.03


def test_a_pattern_is_indexed_and_says_so() -> None:
    pattern = simulate(find_type("Rutile-TiO2").reference, counts=5000, seed=1)
    found = look_beyond(Sample.of(pattern))
    best = found.best
    assert best is not None
    assert (best.system, best.centring) == ("tetragonal", "P")
    assert best.cell[:3] == pytest.approx((4.594, 4.594, 2.959), rel=0.002)
    assert "of a tetragonal primitive cell with a = 4.59" in found.sentence
    assert best.words.startswith("tetragonal primitive, a = 4.59")
    assert found.to_dict()["system"] == "tetragonal"
    assert 136 in found.extinctions[0].numbers
    assert "P 42/m n m" in found.to_dict()["space_groups"][0]["space_groups"]
    assert found.to_dict()["cells"][0]["reduced_cell"][0] == pytest.approx(2.959, rel=0.002)


LONG_CELLS = [
    ("R", (3.079, 3.079, 83.2, 90.0, 90.0, 120.0)),  # a polytype: its short axes are in few lines
    ("P", (4.24, 4.24, 54.7, 90.0, 90.0, 120.0)),
]


@pytest.mark.parametrize(("centring", "cell"), LONG_CELLS)
def test_a_hexagonal_lattice_with_a_long_axis_is_found(
    centring: str, cell: tuple[float, ...]
) -> None:
    lines = lines_of_polytype(cell, centring, seed=4)
    best = find_cells(lines, families=["hexagonal"])[0]
    assert same_lattice(best.cell, best.centring, cell, centring)
    assert best.m20 > LEAST_M20


def lines_of_polytype(cell: tuple[float, ...], centring: str, *, seed: int) -> FirstLines:
    """The first 30 lines that such a lattice shows: every other one is too weak, but for 110."""
    hkl = np.array([(h, k, n) for h, k in ((0, 0), (1, 0), (1, 1)) for n in range(100)])
    hkl = np.concatenate((hkl, hkl * (1, 1, -1)))[1:]
    hkl = hkl[hkl.any(axis=1) & present(hkl, centring)]
    rng = np.random.default_rng(seed)
    seen = (rng.random(len(hkl)) > 0.5) | ((hkl[:, :2].min(axis=1) == 1) & (hkl[:, 2] == 0))
    place = two_theta_of(Cell.of(cell).d_spacing(hkl[seen]) ** -2.0, WAVELENGTH)
    place = np.unique(np.round(place[place < 110.0], 3))
    place = place[np.diff(place, prepend=0.0) > 0.1]
    place = place[(place > 20.0)][:40]
    return FirstLines(place + rng.normal(0.0, 0.005, len(place)), WAVELENGTH)


def test_a_cell_of_low_symmetry_needs_more_lines_to_be_believed() -> None:
    cell = Cell(5.0, 6.0, 7.0, 90.0, 90.0, 90.0)
    few = IndexedCell("orthorhombic", "P", cell, cell, 150.0, 200.0, 8, 8, 12, 0.0)
    beyond = Beyond((few,))
    assert beyond.best is None
    assert "Perhaps its lattice is orthorhombic primitive" in beyond.sentence
    assert "8 lines are too few" in beyond.sentence
    enough = LEAST_LINES["orthorhombic"]
    assert Beyond((replace(few, indexed=enough, lines=enough),)).best is not None
    bad = Beyond((replace(few, m20=LEAST_M20 - 1.0),))
    assert "No cell was found" in bad.sentence
