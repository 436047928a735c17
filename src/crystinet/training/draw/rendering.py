"""Rendering of many patterns at once on a uniform axis, for training; on the CPU or a GPU.

Lines are split between neighbouring grid points and between a few width classes, each class is
convolved with its profile by FFT; the cost hardly grows with the number of lines. Against the
direct sum of `profiles` the largest deviation is a few percent of the strongest point for lines
three steps wide, less for wider ones, and the area is exact: enough for training patterns, not for
refinement.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_PADDING = 1.15  # of the axis, so that tails do not wrap around into it
_REACH = 0.05  # lines this share of the padded axis outside of it still lend their tails


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines of several patterns in one piece, all of shape (p,).

    Attributes
    ----------
    pattern
        Which pattern a line belongs to.
    two_theta_deg, area, fwhm_deg
        Position, integrated intensity and full width at half maximum.
    """

    pattern: Tensor
    two_theta_deg: Tensor
    area: Tensor
    fwhm_deg: Tensor

    def __getitem__(self, rows: Tensor) -> "Lines":
        return Lines(
            self.pattern[rows], self.two_theta_deg[rows], self.area[rows], self.fwhm_deg[rows]
        )


def render_lines(
    lines: Lines,
    *,
    lorentz_fraction: Tensor,
    start_deg: float,
    step_deg: float,
    n_points: int,
    n_classes: int = 5,
) -> Tensor:
    """Sum of pseudo-Voigt profiles of each pattern, in area per degree, not negative.

    Parameters
    ----------
    lines
        Of b patterns.
    lorentz_fraction
        Pseudo-Voigt mixing of each pattern, 0 Gauss to 1 Lorentz, shape (b,).
    start_deg, step_deg, n_points
        The axis.
    n_classes
        Widths are interpolated between so many classes.

    Returns
    -------
    Shape (b, n_points); zero where no line is in reach.
    """
    padded = fast_length(math.ceil(n_points * _PADDING))
    place = (lines.two_theta_deg - start_deg) / step_deg
    near = (place > -_REACH * padded) & (place < n_points + _REACH * padded)
    lines, place = lines[near], place[near]
    n_patterns = len(lorentz_fraction)
    widths = _width_classes(lines, n_patterns, n_classes)
    deltas = _deltas(lines, place, widths, padded)
    transform = _profile_transform(widths * (2.0 * math.pi / (padded * step_deg)), padded // 2 + 1,
                                   lorentz_fraction[:, None, None])  # fmt: skip
    spectrum = torch.view_as_real(torch.fft.rfft(deltas, dim=2)) * transform[..., None]
    spectrum = torch.view_as_complex(spectrum.sum(dim=1))
    curve: Tensor = torch.fft.irfft(spectrum, n=padded, dim=1)[:, :n_points] / step_deg
    return curve.clamp_min(0.0)


def _profile_transform(widths: Tensor, n: int, eta: Tensor) -> Tensor:
    """Fourier transform of pseudo-Voigt profiles of unit area at frequencies 0, 1 .. n - 1.

    exp(-(w q)^2 / (16 ln 2)) for the Gaussian and exp(-w q / 2) for the Lorentzian part, w the
    width of each class, (b, k), in units of the inverse frequency step.
    """
    block = 64
    q = torch.arange(n, device=widths.device, dtype=widths.dtype)
    exponent = (widths.square() * (-1.0 / (16.0 * math.log(2.0))))[..., None] * q.square()
    gauss = torch.exp(exponent.clamp_min_(-80.0))  # no denormal numbers, which are slow
    # A geometric sequence: exp(-w (64 i + j) / 2) = exp(-32 w i) exp(-w j / 2).
    half = -0.5 * widths[..., None]
    coarse = torch.exp((half * q[::block]).clamp_min_(-80.0))
    fine = torch.exp(half * q[:block])
    lorentz = (coarse[..., :, None] * fine[..., None, :]).flatten(2)[..., :n]
    return gauss.lerp_(lorentz, eta)


def _width_classes(lines: Lines, n_patterns: int, n_classes: int) -> Tensor:
    """Widths from the narrowest to the widest line of each pattern, (b, k), geometric."""
    shape = (n_patterns,)
    least = lines.fwhm_deg.new_full(shape, math.inf)
    least = least.scatter_reduce(0, lines.pattern, lines.fwhm_deg, "amin")
    most = lines.fwhm_deg.new_zeros(shape).scatter_reduce(0, lines.pattern, lines.fwhm_deg, "amax")
    least = torch.where(most > 0.0, least, torch.ones_like(least))
    most = torch.maximum(most, least) * 1.001
    share = torch.linspace(0.0, 1.0, n_classes, device=least.device, dtype=least.dtype)
    return least[:, None] * (most / least)[:, None] ** share


def _deltas(lines: Lines, place: Tensor, widths: Tensor, padded: int) -> Tensor:
    """Areas on the grid, split between width classes and grid points, (b, k, padded)."""
    n_patterns, n_classes = widths.shape
    narrow = widths[lines.pattern]
    lower = (lines.fwhm_deg[:, None] >= narrow[:, 1:-1]).sum(dim=1)
    below = narrow.gather(1, lower[:, None])[:, 0]
    above = narrow.gather(1, lower[:, None] + 1)[:, 0]
    wider = ((lines.fwhm_deg - below) / (above - below)).clamp(0.0, 1.0)
    left = place.floor()
    right = place - left
    left = left.long()
    base = (lines.pattern * n_classes + lower) * padded
    deltas = widths.new_zeros(n_patterns * n_classes * padded)
    for k, share in ((0, 1.0 - wider), (1, wider)):
        for i, part in ((0, 1.0 - right), (1, right)):
            index = base + k * padded + (left + i) % padded
            deltas.index_add_(0, index, lines.area * share * part)
    return deltas.view(n_patterns, n_classes, padded)


def fast_length(least: int) -> int:
    """Next even length with no prime factor above 5, which an FFT likes."""
    length = least + least % 2
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 2
