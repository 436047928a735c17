"""A pattern as a small SVG picture: its curve, lines of a candidate, a fit and its difference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_WIDTH, _HEIGHT = 900.0, 300.0
_LEFT, _RIGHT, _TOP, _LANE, _AXIS, _DIFFERENCE = 14.0, 10.0, 8.0, 20.0, 38.0, 70.0
#: Ticks of the axis, about.
_TICKS = 10


@dataclass(frozen=True, eq=False)
class Curves:
    """What is drawn; all arrays have the shape (n,).

    Attributes
    ----------
    two_theta_deg, intensity
        The measured pattern.
    calculated
        Of a fit, at the same angles; None without one.
    lines
        Pairs (2theta in degrees, intensity in percent) of the candidate.
    """

    two_theta_deg: NDArray[np.float64]
    intensity: NDArray[np.float64]
    calculated: NDArray[np.float64] | None = None
    lines: Sequence[tuple[float, float]] = ()


def svg_of(curves: Curves, *, label: str) -> str:
    """The picture, without any text of a file in it but the escaped label."""
    from markupsafe import escape

    x, y = curves.two_theta_deg, np.sqrt(np.clip(curves.intensity, 0.0, None))
    difference = None if curves.calculated is None else curves.intensity - curves.calculated
    below = _LANE * bool(curves.lines) + (_DIFFERENCE if difference is not None else 0.0)
    high = _HEIGHT + below + _AXIS
    first, last = float(x[0]), float(x[-1])
    across = (_WIDTH - _LEFT - _RIGHT) / ((last - first) or 1.0)
    peak = float(y.max()) or 1.0

    def at(angle: NDArray[np.float64]) -> NDArray[np.float64]:
        return _LEFT + across * (angle - first)

    def up(root: NDArray[np.float64]) -> NDArray[np.float64]:
        return _TOP + (_HEIGHT - _TOP) * (1.0 - root / peak)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {high:g}" '
        f'role="img" aria-label="{escape(label)}">'
    ]
    parts.append(_path("curve", at(x), up(y)))
    if curves.calculated is not None:
        parts.append(_path("calculated", at(x), up(np.sqrt(np.clip(curves.calculated, 0.0, None)))))
    bottom = _HEIGHT
    if curves.lines:
        parts.append(
            f'<path class="ticks" d="{_ticks(curves.lines, first, last, across, bottom)}"/>'
        )
        bottom += _LANE
    if difference is not None:
        most = float(np.abs(difference).max()) or 1.0
        middle = bottom + 0.5 * _DIFFERENCE
        parts.append(_path("difference", at(x), middle - 0.45 * _DIFFERENCE * difference / most))
        bottom += _DIFFERENCE
    parts += _axis(first, last, across, bottom + 4.0)
    return "".join([*parts, "</svg>"])


def _path(kind: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return f'<polyline class="{kind}" points="{points}"/>'


def _ticks(
    lines: Sequence[tuple[float, float]], first: float, last: float, across: float, top: float
) -> str:
    return "".join(
        f"M{_LEFT + across * (angle - first):.1f} {top + 3:.1f}"
        f"v{(_LANE - 6) * (0.4 + 0.6 * (max(0.0, share) / 100.0) ** 0.5):.1f}"
        for angle, share in lines
        if first <= angle <= last
    )


def _axis(first: float, last: float, across: float, top: float) -> list[str]:
    wide = (last - first) / _TICKS
    size = 10.0 ** np.floor(np.log10(wide)) if wide > 0.0 else 1.0
    step = float(next(s for s in (size, 2 * size, 5 * size, 10 * size) if s >= wide))
    parts = [f'<path class="axis" d="M{_LEFT:g} {top:.1f}H{_WIDTH - _RIGHT:g}"/>']
    for angle in np.arange(np.ceil(first / step) * step, last + 1e-9, step):
        x = _LEFT + across * (angle - first)
        parts.append(f'<text x="{x:.1f}" y="{top + 16:.1f}" text-anchor="middle">{angle:g}</text>')
    middle = 0.5 * _WIDTH
    parts.append(
        f'<text x="{middle:g}" y="{top + 31:.1f}" text-anchor="middle">2θ in degrees</text>'
    )
    return parts
