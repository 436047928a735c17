"""Normal equations of a pattern, put together block by block; the background is eliminated.

A block is a few hundred points and the rays that reach it: every sum is a small matrix product,
and nothing is computed where no line is.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import scipy.linalg

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.fit.whole_pattern.points import PatternPoints
from crystinet.fit.whole_pattern.profile import ProfileModel, Rays

_LN2 = math.log(2.0)
_LORENTZ, _GAUSS = 2.0 / math.pi, 2.0 * math.sqrt(_LN2 / math.pi)
#: A line is drawn to so many full widths: where it is Gaussian, and so many more where Lorentzian.
REACH = (3.0, 12.0)
# Points of a block: about so many widths, but not fewer than the second number.
_BLOCK_WIDTHS, _FEWEST = 15.0, 96


@dataclass(frozen=True, eq=False)
class Normal:
    """The weighted squared misfit as a quadratic form, the background eliminated.

    At intensities I it is ``constant - 2 gradient . I + I matrix I``.

    Attributes
    ----------
    constant, gradient, matrix
        A number, shapes (g,) and (g, g).
    cross
        Shape (g, k): products of lines and splines; what the background needs.
    spline_gradient
        Shape (k,).
    laid
        The lines at the points, which the slopes are made of; None where they were let go.
    """

    constant: float
    gradient: FloatArray
    matrix: FloatArray
    cross: FloatArray
    spline_gradient: FloatArray
    laid: "_Laid | None" = None

    def alone(self) -> "Normal":
        """Without the lines at the points, which take megabytes."""
        return replace(self, laid=None)

    def misfit(self, intensity: FloatArray) -> float:
        """Weighted squared misfit at intensities (g,)."""
        value = self.constant - 2.0 * self.gradient @ intensity
        return float(value + intensity @ self.matrix @ intensity)


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives of the calculated pattern by q parameters of the lines, summed up.

    Attributes
    ----------
    jacobian
        Shape (q, q): weighted products of the derivatives, the background eliminated.
    mixed
        Shape (q, g): those of derivatives and lines.
    observed
        Shape (q,): those of derivatives and observed intensities.
    """

    jacobian: FloatArray
    mixed: FloatArray
    observed: FloatArray


@dataclass(frozen=True, eq=False)
class _Block:
    """Points, the places that reach them, and these lines there."""

    rows: slice
    places: slice
    rays: slice
    shape: "_Shapes"
    lines: FloatArray


@dataclass(frozen=True, eq=False)
class _Laid:
    """All blocks, and the background in terms of the lines."""

    rays: Rays
    blocks: list[_Block]
    solved: FloatArray
    target: FloatArray


def normal_of(points: PatternPoints, model: ProfileModel, parameters: FloatArray) -> Normal:
    """Put the normal equations of the intensities together.

    Parameters
    ----------
    points
        The pattern.
    model
        Its lines.
    parameters
        Of the lines, shape (q,).
    """
    rays = model.rays(parameters)
    g, k = len(model), points.splines.shape[1]
    matrix, cross, gradient = np.zeros((g, g)), np.zeros((g, k)), np.zeros(g)
    net, weight = points.net, points.weight
    blocks = []
    for rows, places in _blocks(points, model, rays):
        part = slice(model.first_ray[places.start], model.first_ray[places.stop])
        starts = model.first_ray[places] - part.start
        shape = _Shapes(points.two_theta_deg[rows], rays, part)
        lines = np.add.reduceat(shape.value * rays.share[part, None], starts, axis=0)
        weighted = lines * weight[rows]
        matrix[places, places] += weighted @ lines.T
        cross[places] += weighted @ points.splines[rows]
        gradient[places] += weighted @ net[rows]
        blocks.append(_Block(rows, places, part, shape, lines))
    factor = points.spline_normal
    toward = points.splines.T @ (weight * net)
    solved = scipy.linalg.solve_triangular(factor, cross.T, lower=True, check_finite=False)
    target = scipy.linalg.solve_triangular(factor, toward, lower=True, check_finite=False)
    constant = float((weight * net) @ net - target @ target)
    return Normal(
        constant,
        gradient - solved.T @ target,
        matrix - solved.T @ solved,
        cross,
        toward,
        _Laid(rays, blocks, solved, target),
    )


def slopes_of(
    points: PatternPoints,
    model: ProfileModel,
    parameters: FloatArray,
    intensity: FloatArray,
    form: Normal,
) -> Slopes:
    """Put the normal equations of the parameters together, at intensities (g,).

    Parameters
    ----------
    points, model, parameters
        As for `normal_of`.
    intensity
        Of the places, shape (g,).
    form
        What `normal_of` made of them.
    """
    laid = form.laid or normal_of(points, model, parameters).laid
    assert laid is not None  # noqa: S101  (it was just laid)
    q, g, k = model.size, len(model), points.splines.shape[1]
    jacobian, mixed = np.zeros((q, q)), np.zeros((q, g))
    slopes, splines_by = np.zeros(q), np.zeros((q, k))
    chain = _chain(laid.rays, intensity[model.place_of_ray])
    net, weight = points.net, points.weight
    for block in laid.blocks:
        rows = block.rows
        slope = block.shape.slopes(chain, block.rays)
        heavy = slope * weight[rows]
        jacobian += heavy @ slope.T
        mixed[:, block.places] += heavy @ block.lines.T
        slopes += heavy @ net[rows]
        splines_by += heavy @ points.splines[rows]
    factor, solved, target = points.spline_normal, laid.solved, laid.target
    by = scipy.linalg.solve_triangular(factor, splines_by.T, lower=True, check_finite=False)
    return Slopes(jacobian - by.T @ by, mixed - by.T @ solved, slopes - by.T @ target)


def curves_of(
    points: PatternPoints, model: ProfileModel, parameters: FloatArray, intensity: FloatArray
) -> FloatArray:
    """Calculated intensity of each phase at the points, shape (phases, n)."""
    rays = model.rays(parameters)
    curves = np.zeros((len(model.phases), len(points)))
    area = rays.share * intensity[model.place_of_ray]
    phase = model.phase[model.place_of_ray]
    for rows, places in _blocks(points, model, rays):
        part = slice(model.first_ray[places.start], model.first_ray[places.stop])
        value = _Shapes(points.two_theta_deg[rows], rays, part).value
        for number in range(len(curves)):
            curves[number, rows] = np.where(phase[part] == number, area[part], 0.0) @ value
    return curves


def background_of(points: PatternPoints, form: Normal, intensity: FloatArray) -> FloatArray:
    """The background that belongs to intensities, shape (n,), on the scale of the measurement."""
    right = form.spline_gradient - form.cross.T @ intensity
    spline = scipy.linalg.cho_solve((points.spline_normal, True), right)
    background: FloatArray = points.base + points.splines @ spline
    return background


class _Shapes:
    """Pseudo-Voigt lines of unit area at points, (rays, points)."""

    def __init__(self, x: FloatArray, rays: Rays, part: slice) -> None:
        self.width = rays.fwhm[part, None]
        self.u = (x - rays.position[part, None]) / self.width
        squared = self.u * self.u
        self.lorentz = 1.0 / (1.0 + 4.0 * squared)
        self.gauss = np.exp(np.maximum(-4.0 * _LN2 * squared, -100.0))
        eta = rays.eta[part, None]
        self.heights = eta * (_LORENTZ / self.width), (1.0 - eta) * (_GAUSS / self.width)
        self.value = self.heights[0] * self.lorentz + self.heights[1] * self.gauss

    def slopes(self, chain: "tuple[FloatArray, ...]", part: slice) -> FloatArray:
        """Derivatives of the calculated pattern by the parameters, (q, points)."""
        position, fwhm, eta, share = (values[part].T for values in chain)
        core = 8.0 * self.heights[0] * self.lorentz**2 + 8.0 * _LN2 * self.heights[1] * self.gauss
        core *= self.u
        core /= self.width  # the derivative by the position
        slope = position @ core
        slope += fwhm @ (core * self.u - self.value / self.width)
        slope += eta @ ((_LORENTZ * self.lorentz - _GAUSS * self.gauss) / self.width)
        slope += share @ self.value
        result: FloatArray = slope
        return result


def _chain(rays: Rays, area: FloatArray) -> tuple[FloatArray, ...]:
    """What derivatives of a ray of unit area are multiplied by, each (s, q)."""
    scale = (area * rays.share)[:, None]
    return (
        scale * rays.d_position,
        scale * rays.d_fwhm,
        scale * rays.d_eta,
        area[:, None] * rays.d_share,
    )


def _blocks(points: PatternPoints, model: ProfileModel, rays: Rays) -> list[tuple[slice, slice]]:
    """Points and the places that reach them."""
    x = points.two_theta_deg
    reach = (REACH[0] + REACH[1] * np.clip(rays.eta, 0.0, 1.0)) * rays.fwhm
    first = model.first_ray[:-1]
    low = np.minimum.reduceat(rays.position - reach, first)
    high = np.maximum.reduceat(rays.position + reach, first)
    low = np.minimum.accumulate(low[::-1])[::-1]  # so that both rise
    high = np.maximum.accumulate(high)
    size = max(_FEWEST, round(_BLOCK_WIDTHS * float(np.median(rays.fwhm)) / points.step_deg))
    edges: IntArray = np.append(np.arange(0, len(x) - size // 2, size), len(x))
    begins = np.searchsorted(high, x[edges[:-1]])
    ends = np.searchsorted(low, x[edges[1:] - 1], side="right")
    return [
        (slice(a, b), slice(c, d))
        for a, b, c, d in zip(
            edges[:-1].tolist(), edges[1:].tolist(), begins.tolist(), ends.tolist(), strict=True
        )
        if d > c
    ]
