import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from crystinet.training.draw.rendering import Lines, fast_length, render_lines

AXIS = {"start_deg": 5.0, "step_deg": 0.02, "n_points": 5250}
GRID = 5.0 + 0.02 * np.arange(5250)


def lines_of(pattern: list[int], place: object, area: object, fwhm: object) -> Lines:
    values = (torch.as_tensor(np.asarray(v), dtype=torch.float64) for v in (place, area, fwhm))
    return Lines(torch.tensor(pattern), *values)


def render(lines: Lines, eta: list[float]) -> np.ndarray:
    curves: Tensor = render_lines(
        lines, lorentz_fraction=torch.tensor(eta, dtype=torch.float64), **AXIS
    )
    return curves.numpy()


def direct_sum(two_theta: np.ndarray, area: np.ndarray, fwhm: np.ndarray, eta: float) -> np.ndarray:
    z = GRID - two_theta[:, None]
    sigma = (fwhm / (2.0 * np.sqrt(2.0 * np.log(2.0))))[:, None]
    gauss = np.exp(-0.5 * (z / sigma) ** 2) / (sigma * np.sqrt(2.0 * np.pi))
    half = fwhm[:, None] / 2.0
    lorentz = half / np.pi / (z**2 + half**2)
    curve: np.ndarray = area @ ((1.0 - eta) * gauss + eta * lorentz)
    return curve


@settings(max_examples=25, deadline=None)
@given(centre=st.floats(20.0, 95.0), fwhm=st.floats(0.05, 0.8), eta=st.floats(0.0, 0.3))
def test_area_is_conserved(centre: float, fwhm: float, eta: float) -> None:
    curve = render(lines_of([0], [centre], [3.0], [fwhm]), [eta])[0]
    assert curve.min() >= 0.0
    assert curve.sum() * 0.02 == pytest.approx(3.0, rel=0.02)  # the rest is Lorentzian tail


def test_agrees_with_the_direct_sum() -> None:
    rng = np.random.default_rng(0)
    centres = np.sort(rng.uniform(8.0, 107.0, 200))
    area, fwhm = rng.random(200), 0.08 + 0.2 * (centres / 110.0) ** 2
    fast = render(lines_of([0] * 200, centres, area, fwhm), [0.5])[0]
    slow = direct_sum(centres, area, fwhm, 0.5)
    assert np.abs(fast - slow).max() < 0.03 * slow.max()
    assert np.abs(fast - slow).mean() < 0.015 * slow.mean()


def test_single_precision_is_enough() -> None:
    rng = np.random.default_rng(1)
    lines = lines_of(
        [0] * 100, rng.uniform(5, 110, 100), rng.random(100), rng.uniform(0.05, 1, 100)
    )
    single = Lines(lines.pattern, *(v.float() for v in (lines.two_theta_deg, lines.area,
                                                        lines.fwhm_deg)))  # fmt: skip
    double = render(lines, [0.4])[0]
    curve = render_lines(single, lorentz_fraction=torch.tensor([0.4]), **AXIS)[0].numpy()
    np.testing.assert_allclose(curve, double, atol=1e-3 * double.max())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_gives_the_same_numbers() -> None:
    rng = np.random.default_rng(2)
    lines = lines_of(
        [0] * 100, rng.uniform(5, 110, 100), rng.random(100), rng.uniform(0.05, 1, 100)
    )
    there = Lines(*(v.cuda() for v in (lines.pattern, lines.two_theta_deg, lines.area,
                                       lines.fwhm_deg)))  # fmt: skip
    curve = render_lines(there, lorentz_fraction=torch.tensor([0.4], device="cuda"), **AXIS)
    np.testing.assert_allclose(curve.cpu().numpy(), render(lines, [0.4]), rtol=1e-4, atol=1e-6)


def test_patterns_do_not_mix() -> None:
    both = render(lines_of([0, 1, 1], [30.0, 50.0, 70.0], [1.0, 2.0, 1.0], [0.1, 0.2, 0.3]), [0, 1])
    first = render(lines_of([0], [30.0], [1.0], [0.1]), [0.0])
    second = render(lines_of([0, 0], [50.0, 70.0], [2.0, 1.0], [0.2, 0.3]), [1.0])
    np.testing.assert_allclose(both, np.concatenate([first, second]), atol=1e-9)


def test_no_line_in_reach_gives_nothing() -> None:
    curves = render(lines_of([1, 2], [170.0, 40.0], [1.0, 1.0], [0.1, 0.1]), [0.5, 0.5, 0.5])
    assert not curves[:2].any()
    assert curves[2].any()


def test_lengths_that_an_fft_likes() -> None:
    assert [fast_length(n) for n in (7, 11, 999, 6001, 6144)] == [8, 12, 1000, 6144, 6144]
