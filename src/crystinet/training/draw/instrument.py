"""What a diffractometer makes of the lines: X-ray lines, widths, axial asymmetry, misalignment.

Works on the lines of many patterns at once, like `augmentation`.
"""

import math
from dataclasses import dataclass
from functools import cache

import torch
from torch import Generator, Tensor

from crystinet.core.radiation import ANODE_LINES
from crystinet.training.draw.augmentation import chance, log_uniform, uniform
from crystinet.training.draw.augmentation_config import AugmentationConfig
from crystinet.training.draw.rendering import Lines

#: Cu K-beta1,3 in angstrom. Source: NIST X-ray Transition Energies Database (SRD 128).
CU_K_BETA = 1.3922340

_SCHERRER = 0.94
_ASYMMETRIC_BELOW_DEG = 45.0


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """Settings of the diffractometer for each of b patterns, all of shape (b,).

    Attributes
    ----------
    constant_deg, slope
        FWHM^2 = constant^2 + slope tan^2(theta), Caglioti's function without V.
    lorentz_fraction
        Pseudo-Voigt mixing.
    axial
        S/L = H/L of the axial divergence.
    zero_deg, displacement_deg
        Shift of all lines, and shift times cos(theta).
    alpha2, beta
        Weights of K-alpha2 and K-beta against K-alpha1.
    wavelength_factor
        True wavelength over the nominal one.
    """

    constant_deg: Tensor
    slope: Tensor
    lorentz_fraction: Tensor
    axial: Tensor
    zero_deg: Tensor
    displacement_deg: Tensor
    alpha2: Tensor
    beta: Tensor
    wavelength_factor: Tensor


def draw_instrument(
    n: int, *, config: AugmentationConfig, like: Tensor, generator: Generator
) -> Instrument:
    """Random settings for n patterns."""

    def even(low: float, high: float) -> Tensor:
        return uniform(n, (low, high), like=like, generator=generator)

    def sometimes(share: float, values: Tensor) -> Tensor:
        return values * chance(n, share, like=like, generator=generator)

    return Instrument(
        constant_deg=even(*config.instrument_fwhm_deg),
        slope=even(0.0, config.caglioti_slope),
        lorentz_fraction=even(*config.lorentz_fraction),
        axial=sometimes(config.axial_share, even(0.0, config.axial_divergence)),
        zero_deg=even(-config.zero_shift_deg, config.zero_shift_deg),
        displacement_deg=even(-config.displacement_deg, config.displacement_deg),
        alpha2=sometimes(1.0 - config.monochromatic_share, torch.full_like(even(0, 1), 0.5)),
        beta=sometimes(config.beta_share, even(0.0, config.beta_weight)),
        wavelength_factor=1.0 + even(-config.wavelength_error, config.wavelength_error),
    )


def draw_broadening(
    n: int,
    *,
    config: AugmentationConfig,
    wavelength_angstrom: float,
    like: Tensor,
    generator: Generator,
) -> tuple[Tensor, Tensor]:
    """Coefficients in degrees of 1/cos(theta) (size) and tan(theta) (microstrain), each (n,)."""
    size_nm = log_uniform(n, config.size_nm_log, like=like, generator=generator)
    size = torch.rad2deg(_SCHERRER * wavelength_angstrom / (10.0 * size_nm))
    strain = torch.rad2deg(4.0 * uniform(n, config.microstrain, like=like, generator=generator))
    return (
        size * chance(n, config.size_share, like=like, generator=generator),
        strain * chance(n, config.microstrain_share, like=like, generator=generator),
    )


def lorentz_polarisation(sine_theta: Tensor) -> Tensor:
    """Lorentz-polarisation factor without monochromator, as `core.diffraction` has it."""
    squared = sine_theta.square()
    cosine_2theta = 1.0 - 2.0 * squared
    return (1.0 + cosine_2theta.square()) / (squared * (1.0 - squared).sqrt())


def diffract(
    pattern: Tensor,
    inverse_d: Tensor,
    area: Tensor,
    broadening: tuple[Tensor, Tensor],
    instrument: Instrument,
    *,
    stop_deg: float,
    keep: float = 2e-4,
) -> Lines:
    """Lines as the instrument shows them, up to ``stop_deg``.

    Parameters
    ----------
    pattern, inverse_d, area
        Shape (p,): pattern of each reflection, 1/d in 1/angstrom, and intensity with the
        Lorentz-polarisation factor of K-alpha1.
    broadening
        Size and microstrain coefficients of each reflection, as from `draw_broadening`.
    keep
        Lines weaker than this share of the strongest of their pattern are dropped.
    """
    strongest = area.new_zeros(len(instrument.axial)).scatter_reduce(0, pattern, area, "amax")
    threshold = keep * strongest[pattern]
    alpha1, alpha2 = ANODE_LINES["Cu"]
    parts = []
    for wavelength, weight in (
        (alpha1, torch.ones_like(instrument.alpha2)),
        (alpha2, instrument.alpha2),
        (CU_K_BETA, instrument.beta),
    ):
        height = area * weight[pattern]
        sine = 0.5 * wavelength * instrument.wavelength_factor[pattern] * inverse_d
        seen = (height > threshold) & (sine < math.sin(math.radians(0.5 * stop_deg)))
        rows = seen.nonzero()[:, 0]
        theta = torch.asin(sine[rows])
        widths = _line_width(theta, pattern[rows], broadening[0][rows], broadening[1][rows],
                             instrument)  # fmt: skip
        parts.append(Lines(pattern[rows], torch.rad2deg(2.0 * theta), height[rows], widths))
    lines = _join(parts)
    lines = add_axial_asymmetry(lines, instrument.axial)
    shift = instrument.zero_deg[lines.pattern]
    cosine = torch.cos(torch.deg2rad(0.5 * lines.two_theta_deg))
    shift = shift + instrument.displacement_deg[lines.pattern] * cosine
    return Lines(lines.pattern, lines.two_theta_deg + shift, lines.area, lines.fwhm_deg)


def _line_width(
    theta: Tensor, pattern: Tensor, size: Tensor, strain: Tensor, instrument: Instrument
) -> Tensor:
    """FWHM in degrees: instrument (Caglioti) and specimen (Scherrer, microstrain) in squares."""
    tangent = torch.tan(theta)
    squared = instrument.constant_deg[pattern].square()
    squared = squared + instrument.slope[pattern] * tangent.square()
    return (squared + (size / torch.cos(theta) + strain * tangent).square()).sqrt()


def add_axial_asymmetry(lines: Lines, axial: Tensor) -> Lines:
    r"""Split lines at low angle into several that lean towards zero; the area stays.

    A ray that leaves the specimen at height z and enters the slit at height h appears below its
    line by :math:`\tfrac12 ((z - h)/L)^2 \cot 2\theta` (to second order; van Laar & Yelon, J. Appl.
    Cryst. 17 (1984) 47; Finger, Cox & Jephcoat, J. Appl. Cryst. 27 (1994) 892). For z and h uniform
    between the same bounds, |z - h| has the density 2 (1 - t), and a Gauss quadrature with five
    nodes keeps area, mean and variance of the shift exactly.

    Parameters
    ----------
    lines
        Of b patterns.
    axial
        S/L = H/L of each pattern, (b,); zero for none.
    """
    leaning = (axial[lines.pattern] > 0.0) & (lines.two_theta_deg < _ASYMMETRIC_BELOW_DEG)
    rows = leaning.nonzero()[:, 0]
    cotangent = 1.0 / torch.tan(torch.deg2rad(lines.two_theta_deg[rows]))
    farthest = torch.rad2deg(2.0 * axial[lines.pattern[rows]].square() * cotangent)
    some = lines[rows]
    parts = [lines[(~leaning).nonzero()[:, 0]]]
    for node, weight in _axial_quadrature():
        place = some.two_theta_deg - farthest * node**2
        parts.append(Lines(some.pattern, place, some.area * weight, some.fwhm_deg))
    return _join(parts)


@cache
def _axial_quadrature() -> tuple[tuple[float, float], ...]:
    """Nodes and weights of the Gauss quadrature with density 2 (1 - t) on 0 to 1."""
    from scipy.special import roots_jacobi

    nodes, weights = roots_jacobi(5, 1.0, 0.0)
    return tuple(zip((0.5 * (nodes + 1.0)).tolist(), (0.5 * weights).tolist(), strict=True))


def _join(parts: list[Lines]) -> Lines:
    return Lines(
        torch.cat([part.pattern for part in parts]),
        torch.cat([part.two_theta_deg for part in parts]),
        torch.cat([part.area for part in parts]),
        torch.cat([part.fwhm_deg for part in parts]),
    )
