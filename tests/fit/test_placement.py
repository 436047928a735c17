"""How the lines of a type lie on a sample."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import crystinet
from crystinet.app.models import load_index, load_model
from crystinet.core.cell import Cell
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.corpus.index.index import CompoundIndex
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.structure import Site, Structure
from crystinet.fit.known import KnownLines, in_same_axes, reference_of, setting_of
from crystinet.fit.placement import MARGIN, WIDE, Placement, place, scale_range, unit_volume
from crystinet.fit.starting_points import StartingPoints, StartOptions
from crystinet.patterns import Pattern
from crystinet.patterns.sample import Sample
from crystinet.simulation.simulate import PeakList, peak_list

#: Rock salts with the edges of the ICDD's cards, from 0.96 to 1.74 of that of the type's reference.
ROCK_SALTS = {
    ("Li", "F"): 4.027,
    ("Na", "Cl"): 5.640,
    ("Ag", "Cl"): 5.549,
    ("Pb", "S"): 5.936,
    ("K", "Br"): 6.598,
    ("Rb", "I"): 7.342,
}


@pytest.fixture(scope="module")
def finder() -> StartingPoints:
    return StartingPoints(load_model(), load_index(), StartOptions())


def reference(name: str) -> Structure:
    return load_catalogue().by_name(name).reference


def scaled(structure: Structure, factor: float) -> Structure:
    return replace(structure, cell=structure.cell.scaled(factor))


def rock_salt(elements: tuple[str, str], a: float) -> Structure:
    places = ((0.0, 0.0, 0.0), (0.5, 0.5, 0.5))
    sites = tuple(Site(((e, 1.0),), xyz) for e, xyz in zip(elements, places, strict=True))
    return Structure(Cell(a, a, a, 90.0, 90.0, 90.0), "-F 4 2 3", sites, "".join(elements))


def placed_lines(structure: Structure, placement: Placement, *, grid: TwoThetaGrid) -> PeakList:
    """Lines of a type's reference with the cell that the placement gives it on the sample."""
    kept = structure.cell == placement.reference.cell
    cell = placement.cell if kept else structure.cell.scaled(placement.scale)
    return peak_list(
        replace(structure, cell=cell),
        radiation=Radiation((grid.wavelength_angstrom,)),
        two_theta_range_deg=(grid.start_deg, grid.stop_deg),
        merge_deg=0.01,
    )


def on_peaks(structure: Structure, pattern: Pattern, finder: StartingPoints, name: str) -> None:
    """All but the weakest lines that are drawn lie on peaks of the pattern."""
    sample = Sample.of(pattern)
    placement = finder.of_types(sample, (name,)).placement
    assert placement is not None
    lines = placed_lines(reference(name), placement, grid=sample.grid)
    low, high = sample.prepared.measured_range_deg
    seen = (lines.intensity > 10.0) & (lines.two_theta_deg > low) & (lines.two_theta_deg < high)
    assert seen.sum() > 3
    for place_deg in lines.two_theta_deg[seen]:
        # K-alpha2 moves the tops of peaks by a third of the doublet's distance.
        assert np.abs(sample.peaks.two_theta_deg - place_deg).min() < 0.12, place_deg


@pytest.mark.parametrize("elements", ROCK_SALTS)
def test_rock_salts_of_every_size(elements: tuple[str, str], finder: StartingPoints) -> None:
    a = ROCK_SALTS[elements]
    compound = rock_salt(elements, a)
    pattern = crystinet.simulate(compound, counts=3000, background=0.05, seed=1)
    point = finder.of_types(Sample.of(pattern), ("NaCl",))
    assert point.placement is not None
    assert point.lattice is not None
    assert point.scale == pytest.approx(a / reference("NaCl").cell.a, rel=1e-3)
    assert point.lattice.scale == point.scale
    assert point.placement.cell.a == pytest.approx(a, rel=1e-3)
    on_peaks(compound, pattern, finder, "NaCl")


@pytest.mark.parametrize(
    "name", ["NaCl", "Sphalerite-ZnS(cF8)", "K2PtCl6", "Rutile-TiO2", "Corundum-Al2O3"]
)
def test_the_smallest_and_the_largest_known_compound_are_found(
    name: str, finder: StartingPoints
) -> None:
    """Also where the index has none like it: they are left out."""
    index = finder.index
    for number, size in extremes(name, index):
        pattern = crystinet.simulate(
            scaled(reference(name), np.exp(size)), counts=5000, background=0.02, seed=2
        )
        near = np.array([i for i, s in sizes(name, index) if abs(s - size) < 0.05])
        assert number in near
        point = finder.of_types(Sample.of(pattern), (name,), without=near)
        assert point.scale == pytest.approx(np.exp(size), rel=2e-3)


def sizes(name: str, index: CompoundIndex) -> Iterator[tuple[int, float]]:
    first = reference_of(name)
    assert first is not None
    for row in index.of_types([name]).tolist():
        compound = index.compounds[row]
        if setting_of(compound).holds_as_much_as(first.setting):
            yield row, float(np.log(compound.cell.volume / first.cell.volume)) / 3.0


def extremes(name: str, index: CompoundIndex) -> list[tuple[int, float]]:
    found = sorted(sizes(name, index), key=lambda each: each[1])
    return [found[0], found[-1]]


def test_every_known_compound_is_in_the_range_that_is_searched(finder: StartingPoints) -> None:
    assert scale_range(np.array([-0.1, 0.2, 0.0, 0.1, 0.15])) == (-0.1 - MARGIN, 0.2 + MARGIN)
    assert scale_range(np.zeros(0)) == (-WIDE, WIDE)
    assert scale_range(np.array([0.5])) == (-WIDE, 0.5 + MARGIN)
    for entry in finder.model.bundle.types:
        low, high = finder.range_of((entry.name, *entry.merged))
        found = [size for _, size in sizes(entry.name, finder.index)]
        assert low <= min(found, default=0.0)
        assert high >= max(found, default=0.0)


@pytest.mark.parametrize("radiation", [Radiation.of_anode("Mo"), Radiation((0.8,))])
def test_other_wavelengths(radiation: Radiation, finder: StartingPoints) -> None:
    grid = TwoThetaGrid(8.0, 0.01, 5000)
    structure = scaled(reference("Fluorite-CaF2"), 1.2)
    pattern = crystinet.simulate(structure, radiation=radiation, grid=grid, counts=5000, seed=1)
    point = finder.of_types(Sample.of(pattern), ("Fluorite-CaF2",))
    assert point.scale == pytest.approx(1.2, rel=1e-3)


def test_only_the_measured_range_decides(finder: StartingPoints) -> None:
    """Lines are laid on what was measured, and drawn beyond it."""
    structure = scaled(reference("Spinel-Al2MgO4"), 1.03)
    pattern = crystinet.simulate(structure, grid=TwoThetaGrid(25.0, 0.02, 1500))
    placement = finder.of_types(Sample.of(pattern), ("Spinel-Al2MgO4",)).placement
    assert placement is not None
    assert placement.scale == pytest.approx(1.03, rel=1e-3)
    drawn = placed_lines(reference("Spinel-Al2MgO4"), placement, grid=DEFAULT_GRID).two_theta_deg
    assert drawn[0] < 25.0 < 55.0 < drawn[-1]


def test_axes_of_the_sample_are_drawn(finder: StartingPoints) -> None:
    """A rutile whose axial ratio is 4 % off: lines lie on peaks only where both edges are right."""
    structure = reference("Rutile-TiO2")
    a, _, c, *_ = structure.cell
    other = replace(structure, cell=(1.02 * a, 1.02 * a, 0.98 * c, 90.0, 90.0, 90.0))
    pattern = crystinet.simulate(other, counts=5000, seed=1)
    on_peaks(other, pattern, finder, "Rutile-TiO2")
    placement = finder.of_types(Sample.of(pattern), ("Rutile-TiO2",)).placement
    assert placement is not None
    assert placement.method == "axial"
    assert placement.cell == pytest.approx(other.cell, rel=1e-3)
    assert placement.scale == pytest.approx((1.02**2 * 0.98) ** (1 / 3), rel=1e-3)


def one_line(two_theta_deg: float) -> Pattern:
    x = DEFAULT_GRID.two_theta_deg
    y = 5.0 + 900.0 * np.exp(-(((x - two_theta_deg) / 0.1) ** 2))
    return Pattern(x, y, Radiation((1.5405929,)))


def test_one_line_has_a_scale_but_no_lattice(finder: StartingPoints) -> None:
    point = finder.of_types(Sample.of(one_line(28.3)), ("Spinel-Al2MgO4",))
    assert point.lattice is None
    assert point.placement is not None
    assert point.placement.method == "rough"
    lines = placed_lines(reference("Spinel-Al2MgO4"), point.placement, grid=DEFAULT_GRID)
    assert np.abs(lines.two_theta_deg[lines.intensity > 1.0] - 28.3).min() < 0.2


def test_no_line_has_no_scale(finder: StartingPoints) -> None:
    x = np.arange(10.0, 90.0, 0.02)
    noise = np.random.default_rng(0).poisson(200.0, len(x)).astype(np.float64)
    point = finder.of_types(Sample.of(Pattern(x, noise, Radiation((1.5405929,)))), ("NaCl",))
    assert point.placement is None
    assert point.scale is None
    assert point.nearest  # something is always the most similar
    first = reference_of("NaCl")
    assert first is not None
    assert place(first, [], Sample.of(one_line(30.0))) is None


def test_cells_of_another_content_are_compared_by_their_volumes() -> None:
    hexagonal = reference_of("Corundum-Al2O3")
    assert hexagonal is not None
    a, _, c, *_ = hexagonal.cell
    edge = float(np.sqrt(a**2 / 3.0 + c**2 / 9.0))
    angle = float(np.degrees(2.0 * np.arcsin(a / (2.0 * edge))))
    cell = Cell(edge, edge, edge, angle, angle, angle)
    hkl, strength = np.array([[1, 0, 0]]), np.ones(1)
    rhombohedral = KnownLines("a third of it", cell, hexagonal.space_group, hkl, strength)
    found = unit_volume(rhombohedral, 1.03, reference=hexagonal, reference_scale=1.031)
    assert found == pytest.approx(hexagonal.cell.volume / 3.0)
    same = replace(rhombohedral, cell=hexagonal.cell.scaled(0.7))
    found = unit_volume(same, 2.0, reference=hexagonal, reference_scale=1.0)
    assert found == hexagonal.cell.volume


def test_axes_in_another_order_are_other_axes() -> None:
    pnma = Cell(5.4, 7.6, 5.3, 90.0, 90.0, 90.0)
    assert in_same_axes(pnma.scaled(1.1), pnma, space_group=62)
    assert not in_same_axes(Cell(5.3, 5.4, 7.6, 90.0, 90.0, 90.0), pnma, space_group=62)
    one, other = (Cell(5.0, 6.0, 7.0, 90.0, beta, 90.0) for beta in (92.0, 125.0))
    assert not in_same_axes(one, other, space_group=14)
    assert in_same_axes(Cell(3.0, 3.0, 9.0, 90, 90, 90), Cell(5.0, 5.0, 2.0, 90, 90, 90),
                        space_group=136)  # fmt: skip
