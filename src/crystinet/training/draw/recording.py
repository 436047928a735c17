"""What the recording adds: background, counting noise, coarse steps, spikes, a shorter range.

Works on the curves of many patterns at once, like `augmentation`.
"""

import torch
from torch import Generator, Tensor

from crystinet.core.grid import TwoThetaGrid
from crystinet.training.draw.augmentation import chance, log_uniform, uniform
from crystinet.training.draw.augmentation_config import AugmentationConfig

_COARSER = 16  # the background is drawn at every 16th point; its features are 100 times wider
_FEW_COUNTS = 16.0


def draw_background(
    n: int, *, grid: TwoThetaGrid, config: AugmentationConfig, like: Tensor, generator: Generator
) -> Tensor:
    """Smooth backgrounds (n, n_points), relative to the strongest line.

    Air scatter that decays from low angle, a slope, two waves, and in some an amorphous hump.
    """

    def even(low: float, high: float) -> Tensor:
        return uniform(n, (low, high), like=like, generator=generator)[:, None]

    x = torch.linspace(0.0, 1.0, -(-grid.n_points // _COARSER), device=like.device)
    level = log_uniform(n, config.background_log, like=like, generator=generator)[:, None]
    shape = 1.0 + even(0.0, 4.0) * torch.exp(-x / even(0.02, 0.25)) + even(-0.6, 0.6) * x
    for _ in range(2):
        phase = 2.0 * torch.pi * (even(0.5, 4.0) * x + even(0.0, 1.0))
        shape = shape + even(0.0, 0.15) * torch.sin(phase)
    span = grid.stop_deg - grid.start_deg
    centre = (even(15.0, 40.0) - grid.start_deg) / span
    hump = torch.exp(-0.5 * ((x - centre) / (even(3.0, 9.0) / span)).square())
    with_hump = chance(n, config.hump_share, like=like, generator=generator)[:, None]
    background = level * shape.clamp_min(0.05) + even(*config.hump_height) * hump * with_hump
    return torch.nn.functional.interpolate(
        background[:, None], size=grid.n_points, mode="linear", align_corners=True
    )[:, 0]


def add_counting_noise(intensity: Tensor, *, counts_at_one: Tensor, generator: Generator) -> Tensor:
    """Poisson noise where intensity 1 expects ``counts_at_one`` counts; same scale as the input.

    Above 16 expected counts the quantile of the normal distribution is corrected for skewness
    (Cornish-Fisher) and rounded, which is several times faster than exact sampling and has the
    mean, variance and skewness of Poisson's; below, the sampling is exact.

    Parameters
    ----------
    intensity
        Shape (n, n_points).
    counts_at_one
        Shape (n,).
    """
    scale = counts_at_one[:, None]
    expected = intensity.clamp_min(0.0) * scale
    z = torch.randn(
        expected.shape, generator=generator, device=expected.device, dtype=expected.dtype
    )
    counts = (expected + expected.sqrt() * z + (z.square() - 1.0) / 6.0).round()
    few = (expected < _FEW_COUNTS).nonzero(as_tuple=True)
    counts[few] = torch.poisson(expected[few], generator=generator)
    return counts.clamp_min_(0.0) / scale


def coarsen(intensity: Tensor, steps: Tensor) -> Tensor:
    """Patterns measured at every ``steps``-th point only and interpolated between, same shape.

    Parameters
    ----------
    intensity
        Shape (n, n_points).
    steps
        Whole numbers of at least 1, shape (n,).
    """
    last = intensity.shape[1] - 1
    index = torch.arange(last + 1, device=intensity.device)
    left = index // steps[:, None] * steps[:, None]
    right = (left + steps[:, None]).clamp(max=last)
    share = (index - left) / (right - left).clamp_min(1)
    start = intensity.gather(1, left)
    return start + share * (intensity.gather(1, right) - start)


def add_spikes(intensity: Tensor, *, rows: Tensor, generator: Generator) -> Tensor:
    """Three single points of the given rows raised by up to the strongest line."""
    for _ in range(3):
        place = torch.randint(
            intensity.shape[1], (len(rows),), generator=generator, device=intensity.device
        )
        height = uniform(len(rows), (0.0, 1.0), like=intensity, generator=generator)
        intensity = intensity.index_put((rows, place), height, accumulate=True)
    return intensity


def record(
    profile: Tensor, *, grid: TwoThetaGrid, config: AugmentationConfig, generator: Generator
) -> Tensor:
    """Counts of a detector for profiles (n, n_points) of height 1, with background and noise."""
    n = len(profile)
    background = draw_background(n, grid=grid, config=config, like=profile, generator=generator)
    counts = log_uniform(n, config.counts_log, like=profile, generator=generator)
    raw = add_counting_noise(profile + background, counts_at_one=counts, generator=generator)
    coarse = chance(n, config.coarse_share, like=profile, generator=generator).nonzero()[:, 0]
    steps = torch.randint(
        2, config.coarse_steps + 1, (len(coarse),), generator=generator, device=profile.device
    )
    raw = raw.index_copy(0, coarse, coarsen(raw[coarse], steps))
    spiky = chance(n, config.spike_share, like=profile, generator=generator).nonzero()[:, 0]
    return add_spikes(raw, rows=spiky, generator=generator)


def draw_ranges(
    n: int, *, grid: TwoThetaGrid, config: AugmentationConfig, like: Tensor, generator: Generator
) -> tuple[Tensor, Tensor]:
    """First point measured and the one after the last, each (n,), whole numbers."""

    def point(angle: Tensor) -> Tensor:
        return ((angle - grid.start_deg) / grid.step_deg).ceil().long()

    short = chance(n, config.truncated_share, like=like, generator=generator)
    late = short & chance(n, 0.8, like=like, generator=generator)
    early = short & chance(n, 0.8, like=like, generator=generator)
    start = point(uniform(n, config.start_deg, like=like, generator=generator)).clamp_min(0)
    stop = point(uniform(n, config.stop_deg, like=like, generator=generator)) + 1
    stop = stop.clamp(max=grid.n_points)
    return torch.where(late, start, 0), torch.where(early, stop, grid.n_points)
