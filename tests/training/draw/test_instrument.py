import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.diffraction import lorentz_polarisation as single_lorentz_polarisation
from crystinet.core.radiation import ANODE_LINES
from crystinet.simulation.profiles import PeakProfile
from crystinet.training.draw.augmentation_config import AugmentationConfig
from crystinet.training.draw.instrument import (
    CU_K_BETA,
    Instrument,
    add_axial_asymmetry,
    diffract,
    draw_broadening,
    draw_instrument,
    lorentz_polarisation,
)
from crystinet.training.draw.rendering import Lines

LIKE = torch.zeros(1, dtype=torch.float64)


def plain(**settings_: float) -> Instrument:
    values = dict.fromkeys(Instrument.__dataclass_fields__, 0.0)
    values |= {"wavelength_factor": 1.0, "constant_deg": 0.1} | settings_
    return Instrument(**{k: torch.tensor([v], dtype=torch.float64) for k, v in values.items()})


def diffracted(d: list[float], instrument: Instrument, size: float = 0.0) -> Lines:
    n = len(d)
    coefficients = torch.full((n,), size).double(), torch.zeros(n).double()
    return diffract(
        torch.zeros(n, dtype=torch.int64),
        1.0 / torch.tensor(d, dtype=torch.float64),
        torch.ones(n).double(),
        coefficients,
        instrument,
        stop_deg=111.0,
    )


def test_positions_by_braggs_law() -> None:
    lines = diffracted([3.1356, 1.9201], plain())
    expected = [2.0 * math.degrees(math.asin(ANODE_LINES["Cu"][0] / (2.0 * d)))
                for d in (3.1356, 1.9201)]  # fmt: skip
    assert lines.two_theta_deg.tolist() == pytest.approx(expected, abs=1e-9)
    assert lines.area.tolist() == [1.0, 1.0]


def test_alpha2_and_beta_lines() -> None:
    lines = diffracted([3.0], plain(alpha2=0.5, beta=0.02))
    expected = {
        2.0 * math.degrees(math.asin(wavelength / 6.0)): area
        for wavelength, area in zip((*ANODE_LINES["Cu"], CU_K_BETA), (1.0, 0.5, 0.02), strict=True)
    }
    found = dict(zip(lines.two_theta_deg.tolist(), lines.area.tolist(), strict=True))
    assert list(found) == pytest.approx(list(expected))
    assert list(found.values()) == pytest.approx(list(expected.values()))


def test_zero_shift_and_displacement() -> None:
    place = diffracted([2.0], plain()).two_theta_deg.item()
    moved = diffracted([2.0], plain(zero_deg=0.05, displacement_deg=0.1)).two_theta_deg.item()
    assert moved - place == pytest.approx(0.05 + 0.1 * math.cos(math.radians(place / 2.0)))


def test_widths_agree_with_the_single_pattern_profiles() -> None:
    size_nm = 30.0
    size = math.degrees(0.94 * ANODE_LINES["Cu"][0] / (10.0 * size_nm))
    lines = diffracted([8.0, 3.0, 1.2, 0.95], plain(slope=0.02), size)
    profile = PeakProfile(fwhm_deg=0.1, caglioti_u=0.02, size_nm=size_nm)
    expected = profile.width_deg(
        lines.two_theta_deg.numpy(), wavelength_angstrom=ANODE_LINES["Cu"][0]
    )
    np.testing.assert_allclose(lines.fwhm_deg.numpy(), expected, rtol=1e-6)


def test_lorentz_polarisation_is_that_of_single_patterns() -> None:
    two_theta = np.linspace(3.0, 150.0, 50)
    sine = torch.from_numpy(np.sin(np.radians(two_theta) / 2.0))
    np.testing.assert_allclose(
        lorentz_polarisation(sine).numpy(), single_lorentz_polarisation(two_theta), rtol=1e-12
    )


@settings(max_examples=40, deadline=None)
@given(place=st.floats(5.0, 100.0), axial=st.floats(0.0, 0.04))
def test_axial_asymmetry_keeps_the_area_and_leans_down(place: float, axial: float) -> None:
    one = torch.tensor([1.0], dtype=torch.float64)
    line = Lines(torch.tensor([0]), place * one, 3.0 * one, 0.1 * one)
    lines = add_axial_asymmetry(line, axial * one)
    assert lines.area.sum().item() == pytest.approx(3.0)
    shift = place - lines.two_theta_deg
    assert (shift >= 0.0).all()
    if axial > 0.0 and place < 45.0:
        # Mean of (z - h)^2 for z, h uniform within +-s is 2 s^2 / 3; half of it times cot(2theta).
        expected = math.degrees(axial**2 / 3.0 / math.tan(math.radians(place)))
        assert (shift * lines.area).sum().item() / 3.0 == pytest.approx(expected)
    else:
        assert not shift.any()


def test_axial_shifts_are_distributed_as_rays_are() -> None:
    rng = np.random.default_rng(0)
    s, place = 0.03, 12.0
    rays = (rng.uniform(-s, s, 400_000) - rng.uniform(-s, s, 400_000)) ** 2 / 2.0
    shift = np.degrees(rays / math.tan(math.radians(place)))
    one = torch.tensor([1.0], dtype=torch.float64)
    lines = add_axial_asymmetry(Lines(torch.tensor([0]), place * one, one, one), s * one)
    moved = place - lines.two_theta_deg.numpy()
    for power in (1, 2, 3, 4):
        mean = (moved**power * lines.area.numpy()).sum()
        assert mean == pytest.approx((shift**power).mean(), rel=0.02)


def test_settings_stay_in_their_ranges() -> None:
    config = AugmentationConfig()
    drawn = draw_instrument(
        5000, config=config, like=LIKE, generator=torch.Generator().manual_seed(1)
    )
    assert drawn.constant_deg.min() >= config.instrument_fwhm_deg[0]
    assert drawn.constant_deg.max() <= config.instrument_fwhm_deg[1]
    assert drawn.zero_deg.abs().max() <= config.zero_shift_deg
    assert set(drawn.alpha2.tolist()) == {0.0, 0.5}
    share = (drawn.alpha2 == 0.0).double().mean().item()
    assert share == pytest.approx(config.monochromatic_share, abs=0.02)
    assert (drawn.beta > 0.0).double().mean().item() == pytest.approx(config.beta_share, abs=0.02)


def test_broadening_is_scherrers() -> None:
    config = AugmentationConfig(size_nm_log=(20.0, 20.0), size_share=1.0, microstrain_share=0.0)
    size, strain = draw_broadening(
        3, config=config, wavelength_angstrom=1.54, like=LIKE, generator=torch.Generator()
    )
    assert size.tolist() == pytest.approx([math.degrees(0.94 * 1.54 / 200.0)] * 3)
    assert not strain.any()
