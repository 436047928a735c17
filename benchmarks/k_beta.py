"""K-beta lines: how much of them a prepared pattern shows, and the pattern without them.

An alternative that `benchmarks/preprocessing.py` measures; crystinet does not use it.
"""

from dataclasses import replace

import numpy as np

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import d_from_two_theta, lorentz_polarisation, two_theta_from_d
from crystinet.patterns import Pattern

#: Wavelength of Cu K-beta1 against K-alpha1. Source: Hoelzer et al., Phys. Rev. A 56 (1997) 4554.
RATIO = 1.392234 / 1.540593
#: Lines at least this high, against the highest, are asked for their K-beta line; the highest few.
_LEAST_LINE, _MOST_LINES = 0.15, 8
#: So many lines must show it, in the same share to this relative spread, above so much noise.
_FEWEST, _SPREAD, _SIGMA = 3, 0.35, 5.0
#: Degrees: half the width of a place where a line may stand, and of what is looked at around it.
_PLACE, _AROUND = 0.1, 0.6


def k_beta_of(two_theta_deg: FloatArray, intensity: FloatArray) -> FloatArray:
    """K-beta lines, as strong as K-alpha, of a curve without background; shape (n,) as both."""
    source = two_theta_from_d(d_from_two_theta(two_theta_deg, RATIO), 1.0)  # lambda(alpha) = 1
    there = ~np.isnan(source)
    source = np.where(there, np.minimum(source, 179.0), 179.0)
    lines = np.interp(source, two_theta_deg, intensity, left=0.0, right=0.0)
    gain = lorentz_polarisation(two_theta_deg) / lorentz_polarisation(source)
    return np.where(there, lines * gain, 0.0)


def find_k_beta(prepared: Pattern) -> float:
    """Weight of K-beta against K-alpha that the strongest lines agree about; 0 without any."""
    x, y, mask = prepared.two_theta_deg, prepared.intensity, prepared.mask
    step = float(x[1] - x[0])
    place, around = round(_PLACE / step), round(_AROUND / step)
    noise = 1.4826 * float(np.median(np.abs(np.diff(y[mask]))))
    tops = np.flatnonzero((y[1:-1] >= y[:-2]) & (y[1:-1] > y[2:])) + 1
    tops = tops[y[tops] > _LEAST_LINE]
    used: list[int] = []
    shares, heights = [], []
    for top in tops[np.argsort(-y[tops])]:
        beta = float(two_theta_from_d(d_from_two_theta(x[top], 1.0), RATIO))
        at = round((beta - x[0]) / step)
        inside = around <= at < len(x) - around and mask[at - place : at + place].all()
        if not inside or any(abs(int(top) - other) < 2 * place for other in used):
            continue
        used.append(int(top))
        beside = min(np.median(y[at - around : at - place]), np.median(y[at + place : at + around]))
        gain = float(lorentz_polarisation(x[at]) / lorentz_polarisation(x[top]))
        shares.append((y[at - place // 2 : at + place // 2 + 1].max() - beside) / (y[top] * gain))
        heights.append(y[top])
        if len(used) == _MOST_LINES:
            break
    if len(shares) < _FEWEST:
        return 0.0
    order = np.argsort(shares)[:_FEWEST]
    lowest, strong = np.array(shares)[order], np.array(heights)[order]
    weight = float(np.median(lowest))
    seen = bool((lowest * strong > _SIGMA * noise).all())
    return weight if seen and np.ptp(lowest) <= _SPREAD * weight else 0.0


def without_k_beta(prepared: Pattern) -> Pattern:
    """Subtract K-beta in the share that `find_k_beta` finds, or return the pattern itself."""
    weight = find_k_beta(prepared)
    if not weight:
        return prepared
    rest = prepared.intensity - weight * k_beta_of(prepared.two_theta_deg, prepared.intensity)
    rest = np.where(prepared.mask, np.maximum(rest, 0.0), 0.0)
    return replace(
        prepared,
        intensity=rest / rest.max(),
        steps=(*prepared.steps, f"K-beta subtracted, weight {weight:.3f}"),
    )
