from dataclasses import replace

import numpy as np
import pytest
import torch

from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.crystals.catalogue import load_catalogue
from crystinet.simulation.profiles import PeakProfile
from crystinet.simulation.reflections import Reflections, compute_reflections
from crystinet.training.draw.augmentation import Phases
from crystinet.training.draw.augmentation_config import AugmentationConfig
from crystinet.training.draw.drawing import RawPatterns, draw_patterns

STILL = AugmentationConfig.none()


@pytest.fixture(scope="module")
def reflections() -> list[Reflections]:
    catalogue = load_catalogue()
    return [
        compute_reflections(catalogue.by_number(n).reference, d_min_angstrom=0.93)
        for n in (15, 16, 18, 39, 40, 62, 81, 5, 31, 71) * 3
    ]


def draw(phases: list[Reflections], n: int, config: AugmentationConfig, seed: int) -> RawPatterns:
    return draw_patterns(
        Phases.pack(phases),
        n_patterns=n,
        grid=DEFAULT_GRID,
        config=config,
        generator=torch.Generator().manual_seed(seed),
    )


@pytest.mark.parametrize("number", [15, 31, 71])
def test_without_augmentation_it_is_the_simulated_pattern(number: int) -> None:
    from crystinet.core.radiation import Radiation
    from crystinet.simulation.simulate import simulate

    structure = load_catalogue().by_number(number).reference
    lines = compute_reflections(structure, d_min_angstrom=0.93)
    drawn = draw([lines], 1, STILL, 0).intensity[0].numpy()
    pattern = simulate(
        structure,
        radiation=Radiation.of_anode("Cu"),
        profile=PeakProfile(fwhm_deg=0.1, eta=0.5),
        grid=TwoThetaGrid(),
    )
    expected = pattern.intensity / pattern.intensity.max()
    assert np.corrcoef(drawn, expected)[0, 1] > 0.999
    assert np.abs(drawn - expected).max() < 0.04


def test_patterns_are_finite_and_not_negative(reflections: list[Reflections]) -> None:
    raw = draw(reflections, len(reflections), AugmentationConfig(), 1)
    assert raw.intensity.shape == (len(reflections), DEFAULT_GRID.n_points)
    assert torch.isfinite(raw.intensity).all()
    assert raw.intensity.min() >= 0.0
    assert ((raw.last - raw.first) * DEFAULT_GRID.step_deg >= 25.0).all()


def test_the_same_seed_gives_the_same_patterns_and_another_does_not(
    reflections: list[Reflections],
) -> None:
    first, second, third = (
        draw(reflections[:8], 4, AugmentationConfig(), seed).intensity for seed in (3, 3, 4)
    )
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


def test_impurities_add_their_lines_up_to_their_amount(reflections: list[Reflections]) -> None:
    config = replace(STILL, impurity_share=1.0, impurity_amount=0.1)
    n = len(reflections)
    pure = draw(reflections, n, config, 5).intensity
    mixed = draw(reflections + reflections[1:] + reflections[:1], n, config, 5).intensity
    added = (mixed - pure).abs().amax(dim=1)
    assert (added > 1e-4).float().mean() > 0.8
    assert added.max() < 0.25  # a line may fall on one of the main phase


def test_a_phase_without_lines_in_range_gives_background_only() -> None:
    silicon = compute_reflections(load_catalogue().by_number(15).reference, d_min_angstrom=1.5)
    none = replace(silicon, hkl=silicon.hkl * 40, d_angstrom=silicon.d_angstrom / 40)
    raw = draw([none, silicon], 2, STILL, 0)
    assert raw.intensity[0].max() < 1e-6
    assert raw.intensity[1].max() == pytest.approx(1.0, rel=1e-3)
