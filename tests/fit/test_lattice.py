"""Peaks, and the lattice that they tell."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crystinet
from crystinet.core.cell import Cell
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.structure import Structure
from crystinet.fit.known import KnownLines, reference_of
from crystinet.fit.lattice import LatticeEstimate, Start, best_of, estimate_lattice
from crystinet.fit.matching import doublet_shift_deg
from crystinet.lines.overlap import Overlap
from crystinet.patterns import Pattern
from crystinet.patterns.sample import Sample

#: One type of each crystal system but the triclinic, none of them pseudo-symmetric.
TYPES = {
    "cubic": "Spinel-Al2MgO4",
    "tetragonal": "Zircon-ZrSiO4",
    "hexagonal": "Wurtzite-ZnS(2H)",
    "trigonal": "Corundum-Al2O3",
    "orthorhombic": "Olivine-Mg2SiO4",
    "monoclinic": "Pyroxene-CaMg(SiO3)2",
}


def reference(name: str) -> tuple[Structure, KnownLines]:
    model = reference_of(name)
    assert model is not None
    structure = load_catalogue().by_name(name).reference
    assert structure.cell == pytest.approx(model.cell, rel=1e-3), "the reference's axes are kept"
    return structure, model


def strained(cell: Cell, system: str, scale: float, own: tuple[float, ...]) -> Cell:
    a, b, c, alpha, beta, gamma = cell
    x, y, z, tilt = own
    y = y if system in ("orthorhombic", "monoclinic") else x
    z = x if system == "cubic" else z
    beta = beta + tilt if system == "monoclinic" else beta
    return (
        a * scale * (1 + x), b * scale * (1 + y), c * scale * (1 + z), alpha, beta, gamma
    )  # fmt: skip


def estimate(
    models: list[KnownLines], pattern: Pattern, *, scale: float = 1.0
) -> LatticeEstimate | None:
    sample = Sample.of(pattern)
    overlap = Overlap(
        sample.prepared, knee=0.02, wavelength_angstrom=DEFAULT_GRID.wavelength_angstrom
    )
    starts = [Start(lines, scale, lines.cell.volume) for lines in models]
    return best_of([estimate_lattice(start, sample, overlap=overlap) for start in starts])


@pytest.mark.parametrize("system", TYPES)
@settings(max_examples=6, deadline=None)
@given(
    scale=st.floats(0.8, 1.3),
    coarse=st.floats(0.98, 1.02),
    own=st.tuples(*[st.floats(-0.01, 0.01)] * 3, st.floats(-0.5, 0.5)),
    shift=st.floats(-0.08, 0.08),
    seed=st.integers(0, 99),
)
def test_the_cell_is_recovered(
    system: str, scale: float, coarse: float, own: tuple[float, ...], shift: float, seed: int
) -> None:
    structure, model = reference(TYPES[system])
    cell = strained(structure.cell, system, scale, own)
    pattern = crystinet.simulate(
        replace(structure, cell=cell),
        counts=20_000,
        background=0.02,
        zero_shift_deg=shift,
        seed=seed,
    )
    found = estimate([model], pattern, scale=coarse * scale)
    assert found is not None
    assert found.crystal_system == system
    assert found.method == "axial"
    # One pattern in some hundreds is 0.25 % off.
    limit = 0.004 if system == "monoclinic" else 0.003
    assert found.cell == pytest.approx(cell, rel=limit)
    assert found.scale == pytest.approx(np.prod(found.axial_scale) ** (1 / 3), rel=2e-2)
    assert found.rms_deg < 0.06  # a zero error is not quite the displacement that is fitted
    assert found.explained > 0.7
    assert found.confirmed > 0.9
    assert 0 < found.peaks_used <= found.peaks_found
    assert all((u > 0.0) == (i < 3 or (system == "monoclinic" and i == 4))
               for i, u in enumerate(found.uncertainty))  # fmt: skip


def test_the_displacement_is_told_apart_from_the_lattice() -> None:
    structure, model = reference(TYPES["cubic"])
    pattern = crystinet.simulate(structure, displacement_mm=0.2, counts=50_000, seed=1)
    found = estimate([model], pattern)
    assert found is not None
    assert found.cell[0] == pytest.approx(structure.cell[0], rel=3e-4)
    assert abs(found.shift_deg) == pytest.approx(2 * np.degrees(0.2 / 200), abs=0.02)


def test_the_better_model_is_taken() -> None:
    structure, right = reference(TYPES["tetragonal"])
    _, wrong = reference("Rutile-TiO2")
    found = estimate([wrong, right, wrong], crystinet.simulate(structure, counts=9000, seed=2))
    assert found is not None
    assert found.source == right.name


@pytest.mark.parametrize("radiation", [Radiation.of_anode("Mo"), Radiation((0.8,))])
def test_other_wavelengths(radiation: Radiation) -> None:
    structure, model = reference(TYPES["trigonal"])
    grid = TwoThetaGrid(8.0, 0.01, 6000)
    pattern = crystinet.simulate(structure, radiation=radiation, grid=grid, counts=9000, seed=3)
    found = estimate([model], pattern)
    assert found is not None
    assert found.cell == pytest.approx(structure.cell, rel=1e-3)


def test_no_lattice_where_none_can_be_told() -> None:
    _, model = reference(TYPES["orthorhombic"])
    other = load_catalogue().by_name("NaCl").reference
    assert estimate([], crystinet.simulate(other)) is None
    assert estimate([model], crystinet.simulate(other, counts=5000, seed=1)) is None
    x = np.arange(10.0, 90.0, 0.02)
    glass = 100.0 + 500.0 * np.exp(-(((x - 25.0) / 8.0) ** 2))
    noisy = np.random.default_rng(0).poisson(glass)
    assert estimate([model], Pattern.from_arrays(x, noisy, wavelength_angstrom=1.5406)) is None


def test_one_scale_where_the_axes_cannot_be_told() -> None:
    """Of a tetragonal crystal, only lines without l are left: c is not in the pattern."""
    structure, model = reference(TYPES["tetragonal"])
    flat = model.hkl[:, 2] == 0
    only = replace(model, hkl=model.hkl[flat], strength=model.strength[flat])
    x = np.arange(10.0, 90.0, 0.02)
    d = structure.cell[0] / np.sqrt((only.hkl[:, :2] ** 2).sum(axis=1))
    sine = 1.5405929 / 2.0 / d
    places = np.degrees(2.0 * np.arcsin(sine[sine < 0.7]))
    intensity = only.intensity(1.5405929)
    y = 5.0 + sum(
        900.0 * w * np.exp(-(((x - p) / 0.08) ** 2))
        for p, w in zip(places, intensity[sine < 0.7], strict=True)
    )
    pattern = Pattern(x, np.asarray(y), Radiation((1.5405929,)))
    found = estimate([only], pattern)
    assert found is not None
    assert found.method == "isotropic"
    assert found.axial_scale == pytest.approx((1.0, 1.0, 1.0), rel=1e-3)
    assert found.axial_scale[0] == pytest.approx(found.axial_scale[2], rel=1e-9)


def test_the_top_of_a_doublet() -> None:
    copper = Radiation.of_anode("Cu")
    angle = np.array([20.0, 140.0])
    low, high = doublet_shift_deg(angle, 0.15, copper)
    distance = np.degrees(2.0 * np.tan(np.radians(10.0)) * (1.5444274 / 1.5405929 - 1.0))
    assert low == pytest.approx(distance / 3.0, rel=0.2)
    assert high == pytest.approx(0.0, abs=0.01)
    assert doublet_shift_deg(angle, 0.15, Radiation((0.8,))).tolist() == [0.0, 0.0]
