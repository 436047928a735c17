"""Random raw patterns of given phases, as diffractometers would have recorded them.

The preprocessing that follows is the one that measured files go through, so both sides carry the
same residue of background and noise.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from crystinet.core.diffraction import LARGEST_ANGLE_DEG, LARGEST_SINE
from crystinet.core.grid import TwoThetaGrid
from crystinet.training.draw.augmentation import (
    Phases,
    chance,
    draw_intensities,
    draw_strain,
    reciprocal_bases,
    scattering_vectors,
    uniform,
)
from crystinet.training.draw.augmentation_config import AugmentationConfig
from crystinet.training.draw.instrument import (
    diffract,
    draw_broadening,
    draw_instrument,
    lorentz_polarisation,
)
from crystinet.training.draw.recording import draw_ranges, record
from crystinet.training.draw.rendering import render_lines

_CHUNK = 16  # patterns rendered at once: their spectra fit a processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class RawPatterns:
    """Raw intensities (b, n_points), and the measured part ``first[i]:last[i]`` of each row."""

    intensity: Tensor
    first: Tensor
    last: Tensor


def draw_patterns(
    phases: Phases,
    *,
    n_patterns: int,
    grid: TwoThetaGrid,
    config: AugmentationConfig,
    generator: Generator,
) -> RawPatterns:
    """One raw pattern of each of the first ``n_patterns`` phases.

    Parameters
    ----------
    phases
        ``n_patterns`` main phases, then none or as many that lend their lines as impurities to a
        share ``config.impurity_share`` of the patterns.
    generator
        Of the device of the phases.
    """
    bases = reciprocal_bases(draw_strain(phases, config=config, generator=generator))
    vectors = scattering_vectors(phases, bases)
    area = draw_intensities(phases, vectors, bases, config=config, generator=generator)
    inverse_d = vectors.norm(dim=1)
    sine = (0.5 * grid.wavelength_angstrom * inverse_d).clamp(max=LARGEST_SINE)
    area = area * lorentz_polarisation(sine)
    area = _mix(phases, area, n_patterns=n_patterns, config=config, generator=generator)
    size, strain = draw_broadening(
        len(phases.cell),
        config=config,
        wavelength_angstrom=grid.wavelength_angstrom,
        like=area,
        generator=generator,
    )
    instrument = draw_instrument(n_patterns, config=config, like=area, generator=generator)
    lines = diffract(
        phases.phase % n_patterns,
        inverse_d,
        area,
        (size[phases.phase], strain[phases.phase]),
        instrument,
        stop_deg=min(grid.stop_deg + 1.0, LARGEST_ANGLE_DEG),
    )
    order = torch.argsort(lines.pattern)
    lines = lines[order]
    edges = torch.searchsorted(
        lines.pattern, torch.arange(0, n_patterns + _CHUNK, _CHUNK, device=area.device)
    ).tolist()
    curves = []
    for i, start in enumerate(range(0, n_patterns, _CHUNK)):
        part = lines[torch.arange(edges[i], edges[i + 1], device=area.device)]
        part.pattern.sub_(start)
        curves.append(
            render_lines(
                part,
                lorentz_fraction=instrument.lorentz_fraction[start : start + _CHUNK],
                start_deg=grid.start_deg,
                step_deg=grid.step_deg,
                n_points=grid.n_points,
            )
        )
    profile = torch.cat(curves)
    profile = profile / profile.amax(dim=1, keepdim=True).clamp_min(1e-30)
    raw = record(profile, grid=grid, config=config, generator=generator)
    first, last = draw_ranges(n_patterns, grid=grid, config=config, like=area, generator=generator)
    return RawPatterns(raw, first, last)


def _mix(
    phases: Phases,
    area: Tensor,
    *,
    n_patterns: int,
    config: AugmentationConfig,
    generator: Generator,
) -> Tensor:
    """Line areas relative to the strongest of their phase, impurities scaled down or away."""
    n = len(phases.cell)
    strongest = area.new_zeros(n).scatter_reduce(0, phases.phase, area, "amax")
    amount = uniform(n, (0.0, config.impurity_amount), like=area, generator=generator)
    amount = amount * chance(n, config.impurity_share, like=area, generator=generator)
    main = torch.arange(n, device=area.device) < n_patterns
    amount = torch.where(main, 1.0, amount) / strongest.clamp_min(1e-30)
    return area * amount[phases.phase]
