from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.grid import DEFAULT_GRID
from crystinet.simulate.augmentation import (
    AugmentationConfig,
    add_counting_noise,
    draw_mask,
    draw_pattern,
    draw_strained_d,
    march_dollase,
)
from crystinet.simulate.lattice import crystal_system, d_spacing, strained_cell
from crystinet.simulate.reflections import Reflections

CELLS = {
    "cubic": (225, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0)),
    "tetragonal": (139, (4.0, 4.0, 13.0, 90.0, 90.0, 90.0)),
    "hexagonal": (194, (3.0, 3.0, 5.0, 90.0, 90.0, 120.0)),
    "orthorhombic": (62, (10.0, 6.0, 4.7, 90.0, 90.0, 90.0)),
    "monoclinic": (15, (9.7, 8.9, 5.2, 90.0, 106.0, 90.0)),
    "triclinic": (2, (8.1, 12.8, 7.1, 94.0, 116.0, 87.0)),
}
HKL = np.array([[h, k, m] for h in range(4) for k in range(4) for m in range(4) if h + k + m])


def reflections_of(system: str) -> Reflections:
    number, cell = CELLS[system]
    d = d_spacing(HKL, cell)
    order = np.argsort(-d)
    return Reflections(
        hkl=HKL[order],
        d_angstrom=d[order],
        multiplicity=np.full(len(HKL), 2),
        f_squared=np.linspace(100.0, 50.0, len(HKL)),
        cell=cell,
        space_group=number,
    )


def test_crystal_systems_of_the_boundary_groups() -> None:
    systems = {crystal_system(n) for n in (1, 2)}, {crystal_system(n) for n in (3, 15)}
    assert systems == ({"triclinic"}, {"monoclinic"})
    assert [crystal_system(n) for n in (16, 74, 75, 142, 143, 167, 168, 194, 195, 230)] == [
        name
        for name in ("orthorhombic", "tetragonal", "trigonal", "hexagonal", "cubic")
        for _ in (0, 1)
    ]


@settings(max_examples=50, deadline=None)
@given(
    system=st.sampled_from(sorted(CELLS)),
    strain=st.lists(st.floats(-0.05, 0.05), min_size=3, max_size=3),
    change=st.lists(st.floats(-2.0, 2.0), min_size=3, max_size=3),
)
def test_strain_obeys_the_crystal_system(
    system: str, strain: list[float], change: list[float]
) -> None:
    _, cell = CELLS[system]
    a, b, c, alpha, beta, gamma = strained_cell(
        cell,
        system=system,
        axis_strain=np.array(strain),
        angle_change_deg=np.array(change),
    )
    if system == "cubic":
        assert a == b == c
    if system in ("tetragonal", "hexagonal"):
        assert a == b
    fixed = {"monoclinic": (alpha, gamma), "triclinic": ()}.get(system, (alpha, beta, gamma))
    original = {"monoclinic": (90.0, 90.0), "triclinic": ()}.get(system, cell[3:])
    assert fixed == tuple(original)


def test_d_spacing_of_a_monoclinic_cell_by_the_textbook_formula() -> None:
    _, (a, b, c, _, beta, _) = CELLS["monoclinic"]
    h, k, m = 2, -1, 3
    sine, cosine = np.sin(np.radians(beta)), np.cos(np.radians(beta))
    inverse = (
        (h / a) ** 2 + (k * sine / b) ** 2 + (m / c) ** 2 - 2.0 * h * m * cosine / (a * c)
    ) / sine**2
    d = d_spacing(np.array([[h, k, m]]), CELLS["monoclinic"][1])
    assert d[0] == pytest.approx(inverse**-0.5, rel=1e-12)


@pytest.mark.parametrize("system", sorted(CELLS))
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_texture_with_r_of_one_changes_nothing(system: str, axis: int) -> None:
    factor = march_dollase(reflections_of(system), r=1.0, axis=axis)
    np.testing.assert_allclose(factor, 1.0, rtol=1e-12)


def test_plates_favour_the_basal_reflections() -> None:
    reflections = reflections_of("tetragonal")
    factor = march_dollase(reflections, r=0.5, axis=2)
    basal = (reflections.hkl[:, :2] == 0).all(axis=1)
    prism = reflections.hkl[:, 2] == 0
    assert factor[basal].min() > 7.9  # r^-3 = 8
    assert factor[prism].max() < 0.36  # r^1.5 = 0.354


def test_texture_is_the_same_for_equivalent_reflections_of_a_cubic_crystal() -> None:
    reflections = reflections_of("cubic")
    turned = replace(reflections, hkl=reflections.hkl[:, [2, 0, 1]])
    for diagonal in (False, True):
        np.testing.assert_allclose(
            march_dollase(reflections, r=0.6, axis=0, diagonal=diagonal),
            march_dollase(turned, r=0.6, axis=0, diagonal=diagonal),
        )


def test_counting_noise_is_poisson() -> None:
    rng = np.random.default_rng(5)
    counts = 400.0 * add_counting_noise(np.full(40_000, 0.25), counts_at_one=400.0, rng=rng)
    assert counts.mean() == pytest.approx(100.0, rel=0.01)
    assert counts.var() == pytest.approx(100.0, rel=0.03)
    assert np.allclose(counts, np.rint(counts))


def test_the_same_seed_gives_the_same_pattern_and_another_does_not() -> None:
    reflections = reflections_of("orthorhombic")
    first, second, third = (
        draw_pattern(
            reflections,
            grid=DEFAULT_GRID,
            config=AugmentationConfig(),
            rng=np.random.default_rng(seed),
            impurity=reflections_of("cubic"),
        )[0]
        for seed in (3, 3, 4)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


@pytest.mark.parametrize("system", sorted(CELLS))
def test_raw_patterns_are_finite_and_not_negative(system: str) -> None:
    for seed in range(8):
        raw, mask = draw_pattern(
            reflections_of(system),
            grid=DEFAULT_GRID,
            config=AugmentationConfig(),
            rng=np.random.default_rng(seed),
        )
        assert np.isfinite(raw).all()
        assert raw.min() >= 0.0
        assert mask.sum() * DEFAULT_GRID.step_deg >= 25.0


def test_strain_moves_d_within_the_configured_range() -> None:
    reflections = reflections_of("cubic")
    config = AugmentationConfig(lattice_scale=0.03, axis_strain=0.0)
    ratios = [
        draw_strained_d(reflections, config=config, rng=np.random.default_rng(s))
        / reflections.d_angstrom
        for s in range(50)
    ]
    assert all(np.ptp(r) < 1e-12 for r in ratios)  # cubic: one scale for all lines
    assert max(abs(r[0] - 1.0) for r in ratios) <= 0.03
    assert max(abs(r[0] - 1.0) for r in ratios) > 0.02


def test_whole_range_where_nothing_is_truncated() -> None:
    config = AugmentationConfig(truncated_share=0.0)
    assert draw_mask(DEFAULT_GRID, config=config, rng=np.random.default_rng(0)).all()
