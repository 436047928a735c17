import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.cell import Cell, system_number
from crystinet.simulation.reflections import Reflections
from crystinet.training.draw.augmentation import (
    Phases,
    draw_intensities,
    draw_strain,
    log_uniform,
    march_dollase,
    reciprocal_bases,
    scattering_vectors,
    strain_cells,
    texture_axes,
)
from crystinet.training.draw.augmentation_config import AugmentationConfig

CELLS = {
    "cubic": (225, (4.0, 4.0, 4.0, 90.0, 90.0, 90.0)),
    "tetragonal": (139, (4.0, 4.0, 13.0, 90.0, 90.0, 90.0)),
    "hexagonal": (194, (3.0, 3.0, 5.0, 90.0, 90.0, 120.0)),
    "trigonal": (166, (5.0, 5.0, 5.0, 55.0, 55.0, 55.0)),
    "orthorhombic": (62, (10.0, 6.0, 4.7, 90.0, 90.0, 90.0)),
    "monoclinic": (15, (9.7, 8.9, 5.2, 90.0, 106.0, 90.0)),
    "triclinic": (2, (8.1, 12.8, 7.1, 94.0, 116.0, 87.0)),
}
HKL = np.array([[h, k, m] for h in range(4) for k in range(4) for m in range(4) if h + k + m])


def reflections_of(system: str) -> Reflections:
    number, cell = CELLS[system]
    d = Cell(*cell).d_spacing(HKL)
    order = np.argsort(-d)
    return Reflections(
        hkl=HKL[order],
        d_angstrom=d[order],
        multiplicity=np.full(len(HKL), 2),
        f_squared=np.linspace(100.0, 50.0, len(HKL)),
        cell=cell,
        space_group=number,
    )


def phases_of(*systems: str) -> Phases:
    return Phases.pack([reflections_of(system) for system in systems])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(max_examples=50, deadline=None)
@given(
    system=st.sampled_from(sorted(CELLS)),
    strain=st.lists(st.floats(-0.05, 0.05), min_size=3, max_size=3),
    change=st.lists(st.floats(-2.0, 2.0), min_size=3, max_size=3),
)
def test_strain_obeys_the_crystal_system(
    system: str, strain: list[float], change: list[float]
) -> None:
    number, cell = CELLS[system]
    strained = strain_cells(
        torch.tensor([cell], dtype=torch.float64),
        torch.tensor([system_number(number)]),
        axis_strain=torch.tensor([strain], dtype=torch.float64),
        angle_change_deg=torch.tensor([change], dtype=torch.float64),
    )[0].tolist()
    a, b, c, alpha, beta, gamma = strained
    assert a == pytest.approx(cell[0] * (1.0 + strain[0]))
    if system in ("cubic", "trigonal"):
        assert a == b == c
    if system in ("tetragonal", "hexagonal"):
        assert a == b
        assert c == pytest.approx(cell[2] * (1.0 + strain[2]))
    if system == "trigonal":
        assert alpha == beta == gamma == pytest.approx(55.0 + change[0])
    elif system == "monoclinic":
        assert (alpha, gamma) == (90.0, 90.0)
        assert beta == pytest.approx(106.0 + change[1])
    elif system != "triclinic":
        assert (alpha, beta, gamma) == cell[3:]


def test_axes_at_right_angles_may_be_monoclinic() -> None:
    cell = torch.tensor([[5.0, 6.0, 7.0, 90.0, 90.0, 90.0]])
    strained = strain_cells(
        cell,
        torch.tensor([system_number(14)]),
        axis_strain=torch.zeros(1, 3),
        angle_change_deg=torch.ones(1, 3),
    )
    assert strained[0, 3:].tolist() == [90.0, 91.0, 90.0]


@pytest.mark.parametrize("system", sorted(CELLS))
def test_scattering_vectors_have_the_length_of_one_over_d(system: str) -> None:
    phases, reflections = phases_of("cubic", system), reflections_of(system)
    vectors = scattering_vectors(phases, reciprocal_bases(phases.cell))
    lengths = vectors.norm(dim=1)[phases.phase == 1].numpy()
    np.testing.assert_allclose(lengths, 1.0 / reflections.d_angstrom, rtol=3e-6)


def test_d_spacing_of_a_monoclinic_cell_by_the_textbook_formula() -> None:
    _, (a, b, c, _, beta, _) = CELLS["monoclinic"]
    h, k, m = 2, -1, 3
    sine, cosine = np.sin(np.radians(beta)), np.cos(np.radians(beta))
    inverse = (
        (h / a) ** 2 + (k * sine / b) ** 2 + (m / c) ** 2 - 2.0 * h * m * cosine / (a * c)
    ) / sine**2
    d = Cell(*CELLS["monoclinic"][1]).d_spacing(np.array([[h, k, m]]))
    assert d[0] == pytest.approx(inverse**-0.5, rel=1e-12)


def texture_factors(
    system: str, *, r: float, axis: int = 2, diagonal: bool = False, hkl: np.ndarray | None = None
) -> np.ndarray:
    number, cell = CELLS[system]
    bases = reciprocal_bases(torch.tensor([cell], dtype=torch.float64))
    h = torch.from_numpy(HKL if hkl is None else hkl).double()
    axes = texture_axes(
        torch.tensor([system_number(number)]),
        bases,
        axis=torch.tensor([axis]),
        diagonal=torch.tensor([diagonal]),
    ).expand(len(h), -1, -1)
    factors: np.ndarray = march_dollase(
        h @ bases[0], axes, torch.full((len(h),), r).double()
    ).numpy()
    return factors


@pytest.mark.parametrize("system", sorted(CELLS))
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_texture_with_r_of_one_changes_nothing(system: str, axis: int) -> None:
    np.testing.assert_allclose(texture_factors(system, r=1.0, axis=axis), 1.0, rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(r=st.floats(0.4, 2.0))
def test_texture_conserves_the_average_over_all_directions(r: float) -> None:
    # The March-Dollase density is normalised on the sphere: uniform cos(alpha) gives mean 1.
    cosine = torch.linspace(-1.0, 1.0, 20_001, dtype=torch.float64)
    vectors = torch.stack([(1.0 - cosine**2).sqrt(), torch.zeros_like(cosine), cosine], dim=1)
    axes = torch.tensor([[[0.0, 0.0, 1.0]]], dtype=torch.float64).expand(len(cosine), 1, 3)
    factor = march_dollase(vectors, axes, torch.full_like(cosine, r))
    assert torch.trapezoid(factor, cosine).item() / 2.0 == pytest.approx(1.0, abs=1e-4)


def test_plates_favour_the_basal_reflections() -> None:
    factor = texture_factors("tetragonal", r=0.5)
    assert factor[(HKL[:, :2] == 0).all(axis=1)].min() == pytest.approx(8.0)  # r^-3
    assert factor[HKL[:, 2] == 0].max() == pytest.approx(0.5**1.5)


def test_needles_favour_the_prism_reflections() -> None:
    factor = texture_factors("hexagonal", r=1.7, axis=0)  # c* all the same
    assert factor[HKL[:, 2] == 0].min() > 2.0 > 0.3 > factor[(HKL[:, :2] == 0).all(axis=1)].max()


@pytest.mark.parametrize("diagonal", [False, True])
def test_texture_is_the_same_for_equivalent_reflections_of_a_cubic_crystal(diagonal: bool) -> None:
    factors = texture_factors("cubic", r=0.6, diagonal=diagonal)
    for turned in (HKL[:, [2, 0, 1]], HKL * [1, -1, 1]):
        np.testing.assert_allclose(
            texture_factors("cubic", r=0.6, diagonal=diagonal, hkl=turned), factors
        )


def test_strain_moves_d_within_the_configured_range() -> None:
    config = AugmentationConfig(lattice_scale=0.03, axis_strain=0.0, angle_strain_deg=0.0)
    phases = phases_of(*["orthorhombic"] * 200)
    cells = draw_strain(phases, config=config, generator=generator())
    ratio = cells[:, :3] / phases.cell[:, :3]
    torch.testing.assert_close(ratio[:, 0], ratio[:, 2])
    assert 0.028 < (ratio - 1.0).abs().max() <= 0.0301


def test_intensities_follow_the_displacement_parameter() -> None:
    config = AugmentationConfig(line_jitter=0.0, texture_share=0.0, extra_b_iso=(2.0, 2.0))
    phases = phases_of("cubic", "triclinic")
    bases = reciprocal_bases(phases.cell)
    vectors = scattering_vectors(phases, bases)
    area = draw_intensities(phases, vectors, bases, config=config, generator=generator())
    expected = phases.strength * torch.exp(-vectors.square().sum(dim=1))  # exp(-2 B sin^2 / l^2)
    torch.testing.assert_close(area, expected)


def test_only_textured_phases_change() -> None:
    config = AugmentationConfig(line_jitter=0.0, texture_share=0.5, extra_b_iso=(0.0, 0.0))
    phases = phases_of(*["tetragonal"] * 100)
    bases = reciprocal_bases(phases.cell)
    vectors = scattering_vectors(phases, bases)
    area = draw_intensities(phases, vectors, bases, config=config, generator=generator(4))
    kept = [
        torch.equal(area[phases.phase == i], phases.strength[phases.phase == i]) for i in range(100)
    ]
    assert 30 <= sum(kept) <= 70
    assert torch.isfinite(area).all()
    assert (area >= 0.0).all()


def test_log_uniform_numbers() -> None:
    like = torch.zeros(1, dtype=torch.float64)
    drawn = log_uniform(20_000, (1.0, 100.0), like=like, generator=generator())
    assert 1.0 <= drawn.min() < drawn.max() <= 100.0
    assert drawn.log().mean().item() == pytest.approx(math.log(10.0), rel=0.02)
