"""Where the lines of lattices lie in a pattern and how wide they are, with all derivatives."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from crystinet.core.arrays import BoolArray, FloatArray, IntArray
from crystinet.core.cell import Cell
from crystinet.core.metric import MetricForm, metric_form
from crystinet.core.radiation import Radiation
from crystinet.crystals.hall import operations_of
from crystinet.crystals.positions import cell_metric
from crystinet.simulation.hkl import independent_hkl

#: Parameters of the widths of a phase, and of the instrument, in the order that they have.
WIDTHS = ("u", "v", "w", "x", "y")
SHARED = ("shift", "zero", "axial", "alpha2")

_TCH = (1.0, 2.69269, 2.42843, 4.47163, 0.07842, 1.0)
_LEAST_GAUSS, _LEAST_LORENTZ = 1e-4, 1e-4  # squared degrees, degrees
_LARGEST_SINE = 0.9999
# Rays by which the axial divergence of a line is drawn, for tails of up to so many widths.
_RAYS = ((0.02, 1), (0.3, 2), (1.0, 4), (4.0, 8), (math.inf, 16))
_DEG = 180.0 / math.pi


@dataclass(frozen=True, eq=False)
class LatticeLines:
    """Reflections of one lattice in a range: p of them, on g places.

    Attributes
    ----------
    hall_symbol
        Of the space group.
    form
        What is free in the metric.
    elements
        Free elements of the reciprocal metric that the lines were found with.
    hkl, multiplicity
        Shape (p, 3) and (p,), in the order of their places.
    place
        Shape (p,): number of the place of each reflection. Reflections whose d is the same
        whatever the cell is, such as 333 and 511 of a cubic one, are on one place.
    design
        Shape (g, m): ``design @ elements`` is 1/d^2 of each place.
    """

    hall_symbol: str
    form: MetricForm
    elements: FloatArray
    hkl: IntArray
    multiplicity: IntArray
    place: IntArray
    design: FloatArray

    @classmethod
    def of(
        cls,
        hall_symbol: str,
        cell: Cell,
        *,
        d_range: tuple[float, float],
        most: int,
    ) -> Self:
        """Find the reflections of a cell between two d, at most ``most`` places.

        Raises
        ------
        InvalidStructureError
            The cell contradicts the symmetry, or has millions of reflections.
        """
        operations = operations_of(hall_symbol)
        hkl, inverse, multiplicity = independent_hkl(
            hall_symbol=hall_symbol,
            metric=cell_metric(cell, operations=operations),
            d_min_angstrom=d_range[0],
            d_max_angstrom=d_range[1],
        )
        form = metric_form(operations.space_group, cell)
        design = form.design(hkl)
        key = design @ np.sqrt(np.arange(2.0, 2.0 + design.shape[1]))
        _, first, group = np.unique(np.round(key, 6), return_index=True, return_inverse=True)
        by_place = np.argsort(inverse[first], kind="stable")[:most]
        rank = np.full(len(first), -1)
        rank[by_place] = np.arange(len(by_place))
        place = rank[group]
        order = np.argsort(place, kind="stable")
        order = order[place[order] >= 0]
        return cls(
            hall_symbol,
            form,
            form.elements(cell),
            hkl[order],
            multiplicity[order],
            place[order],
            design[first[by_place]],
        )

    def __len__(self) -> int:
        return len(self.design)


@dataclass(frozen=True, eq=False)
class Rays:
    """Lines as they are drawn, s of them, at one set of parameters, with derivatives.

    Attributes
    ----------
    position, fwhm, eta, share
        Shape (s,): degrees, degrees, Lorentzian part, part of the area of the line of the
        strongest wavelength.
    d_position, d_fwhm, d_eta, d_share
        Shape (s, q): derivatives by the parameters.
    """

    position: FloatArray
    fwhm: FloatArray
    eta: FloatArray
    share: FloatArray
    d_position: FloatArray
    d_fwhm: FloatArray
    d_eta: FloatArray
    d_share: FloatArray


class ProfileModel:
    """Places and shapes of the lines of one or several phases as functions of parameters.

    The parameters are, one phase after the other, the free elements of its reciprocal metric and
    `WIDTHS`, then `SHARED`: displacement and zero in degrees, the square of the axial divergence
    a = (S + H) / L, and the weight of the second wavelength.

    Parameters
    ----------
    phases
        Reflections of each.
    radiation
        Of the measurement. Only the second weight of two is free.
    start
        Parameters at which rays are chosen, shape (q,).

    Notes
    -----
    Axial divergence is drawn by rays: L. W. Finger, D. E. Cox & A. P. Jephcoat, J. Appl. Cryst. 27
    (1994) 892, see `crystinet.simulation.axial`. Widths: P. Thompson, D. E. Cox & J. B. Hastings,
    J. Appl. Cryst. 20 (1987) 79.
    """

    def __init__(
        self, phases: Sequence[LatticeLines], radiation: Radiation, start: FloatArray
    ) -> None:
        self.phases = tuple(phases)
        self.radiation = radiation
        ends = np.cumsum([0, *(len(p.form) + len(WIDTHS) for p in self.phases)]).tolist()
        self.metric = tuple(
            slice(a, a + len(p.form)) for a, p in zip(ends[:-1], self.phases, strict=True)
        )
        self.widths = tuple(slice(m.stop, m.stop + len(WIDTHS)) for m in self.metric)
        self.shared = {name: int(ends[-1]) + i for i, name in enumerate(SHARED)}
        self.size = int(ends[-1]) + len(SHARED)
        phase = np.repeat(np.arange(len(self.phases)), [len(p) for p in self.phases])
        inverse = np.concatenate(
            [p.design @ start[m] for p, m in zip(self.phases, self.metric, strict=True)]
        )
        order = np.argsort(inverse, kind="stable")
        #: Phase of each place of the pattern, and its number among those of its phase, (g,).
        self.phase: IntArray = phase[order]
        own = np.concatenate([np.arange(len(p)) for p in self.phases])
        self.own: IntArray = own[order]
        self._full = np.zeros((len(order), self.size))  # design of all places and parameters
        rank = np.argsort(order, kind="stable")
        offset = 0
        self.places: list[IntArray] = []  # of each phase: where its places are among all
        for lines, metric in zip(self.phases, self.metric, strict=True):
            here = rank[offset : offset + len(lines)]
            self.places.append(here)
            self._full[here, metric] = lines.design
            offset += len(lines)
        self._choose_rays(start)

    def __len__(self) -> int:
        return len(self.phase)

    def _choose_rays(self, start: FloatArray) -> None:
        """Decide by how many rays each line is drawn: by its tail at the divergence expected."""
        axial = max(float(start[self.shared["axial"]]), 0.03**2)
        lines: list[IntArray] = []
        nodes: list[FloatArray] = []
        weights: list[FloatArray] = []
        number = 0
        for wavelength in self.radiation.wavelengths_angstrom:
            theta = self._theta(start, wavelength)
            gauss, lorentz = self._parts(start, theta)[:2]
            fwhm = _tch(np.sqrt(gauss), lorentz)[0]
            tail = np.abs(2.0 * theta - _apparent(np.cos(2.0 * theta), axial)) * _DEG / fwhm
            count = np.array([n for _, n in _RAYS])[
                np.searchsorted([longest for longest, _ in _RAYS], tail)
            ]
            for n in np.unique(count):
                node, weight = _divergence(int(n))
                here = np.flatnonzero(count == n)
                lines.append(np.repeat(number + here, n))
                nodes.append(np.tile(node, len(here)))
                weights.append(np.tile(weight, len(here)))
            number += len(self)
        line = np.concatenate(lines)
        node, weight = np.concatenate(nodes), np.concatenate(weights)
        order = np.lexsort((line, line % len(self)))
        self._line: IntArray = line[order]
        self._node, self._weight = node[order], weight[order]
        self._first_of_line = np.flatnonzero(np.diff(self._line, prepend=-1) != 0)
        self._line_of_ray = np.cumsum(np.diff(self._line, prepend=-1) != 0) - 1
        #: Place of each ray, and the first ray of each place.
        self.place_of_ray: IntArray = self._line % len(self)
        self.first_ray: IntArray = np.append(
            np.searchsorted(self.place_of_ray, np.arange(len(self))), len(self._line)
        )

    def _inverse(self, parameters: FloatArray) -> FloatArray:
        """1/d^2 of the places, (g,)."""
        inverse: FloatArray = np.maximum(self._full @ parameters, 1e-9)
        return inverse

    def _theta(self, parameters: FloatArray, wavelength: float) -> FloatArray:
        sine = 0.5 * wavelength * np.sqrt(self._inverse(parameters))
        theta: FloatArray = np.arcsin(np.minimum(sine, _LARGEST_SINE))
        return theta

    def _parts(
        self, parameters: FloatArray, theta: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray, BoolArray]:
        """Squared Gaussian and plain Lorentzian width (g,), parameters of them, which are free."""
        own = np.array([parameters[w] for w in self.widths])[self.phase]  # (g, 5)
        tangent, cosine = np.tan(theta), np.cos(theta)
        gauss = own[:, 0] * tangent**2 + own[:, 1] * tangent + own[:, 2]
        lorentz = own[:, 3] / cosine + own[:, 4] * tangent
        return (
            np.maximum(gauss, _LEAST_GAUSS),
            np.maximum(lorentz, _LEAST_LORENTZ),
            own,
            gauss > _LEAST_GAUSS,
            lorentz > _LEAST_LORENTZ,
        )

    def two_theta(self, parameters: FloatArray) -> FloatArray:
        """Where the strongest wavelength has the places, displacement and zero included, (g,)."""
        theta = self._theta(parameters, self.radiation.wavelength_angstrom)
        shift, zero = (parameters[self.shared[name]] for name in ("shift", "zero"))
        angle: FloatArray = 2.0 * theta * _DEG + shift * np.cos(theta) + zero
        return angle

    def stol_squared(self, parameters: FloatArray) -> FloatArray:
        """1 / 4 d^2 of the places, (g,)."""
        return 0.25 * self._inverse(parameters)

    def fwhm(self, parameters: FloatArray) -> FloatArray:
        """Full widths of the lines of the strongest wavelength, (g,), degrees."""
        theta = self._theta(parameters, self.radiation.wavelength_angstrom)
        gauss, lorentz = self._parts(parameters, theta)[:2]
        return _tch(np.sqrt(gauss), lorentz)[0]

    def rays(self, parameters: FloatArray) -> Rays:
        """All rays with their derivatives."""
        columns = [
            self._lines_of(parameters, wavelength, number)
            for number, wavelength in enumerate(self.radiation.wavelengths_angstrom)
        ]
        theta, weight, fwhm, eta, d_theta, d_fwhm, d_eta = (
            np.concatenate(parts) for parts in zip(*columns, strict=True)
        )
        line, node = self._line, self._node
        axial = max(float(parameters[self.shared["axial"]]), 0.0)
        theta, d_theta = theta[line], d_theta[line]
        t = axial * node**2
        stretch = np.sqrt(1.0 + t)
        cosine = np.cos(2.0 * theta)
        product = np.clip(cosine * stretch, -0.999999, 0.999999)
        apparent = np.arccos(product)
        sine = np.sin(apparent)
        by_axial = -0.5 * cosine * node**2 / (stretch * sine)
        density = self._weight / ((1.0 + t) * sine)
        total = np.add.reduceat(density, self._first_of_line)[self._line_of_ray]
        part = density / total
        log_slope = -(node**2) / (1.0 + t) - product / sine * by_axial
        mean = np.add.reduceat(part * log_slope, self._first_of_line)[self._line_of_ray]
        shift, zero = (float(parameters[self.shared[name]]) for name in ("shift", "zero"))
        position = apparent * _DEG + shift * np.cos(theta) + zero
        slope = 2.0 * np.sin(2.0 * theta) * stretch / sine * _DEG - shift * np.sin(theta)
        d_position = slope[:, None] * d_theta
        d_position[:, self.shared["shift"]] = np.cos(theta)
        d_position[:, self.shared["zero"]] = 1.0
        d_position[:, self.shared["axial"]] = by_axial * _DEG
        share = weight[line] * part
        d_share = np.zeros((len(line), self.size))
        d_share[:, self.shared["axial"]] = share * (log_slope - mean)
        if len(self.radiation.weights) == 2:
            second = line >= len(self)
            d_share[second, self.shared["alpha2"]] = part[second]
        return Rays(
            position, fwhm[line], eta[line], share, d_position, d_fwhm[line], d_eta[line], d_share
        )

    def _lines_of(
        self, parameters: FloatArray, wavelength: float, number: int
    ) -> tuple[FloatArray, ...]:
        """theta, weight, width, eta of the lines of a wavelength, and derivatives, (g, q)."""
        theta = self._theta(parameters, wavelength)
        sine, cosine = np.sin(theta), np.cos(theta)
        tangent = sine / cosine
        d_theta = (wavelength**2 / (8.0 * sine * cosine))[:, None] * self._full
        weight = self.radiation.weights[number]
        if number == 1 and len(self.radiation.weights) == 2:
            weight = float(parameters[self.shared["alpha2"]])
        gauss, lorentz, own, free_gauss, free_lorentz = self._parts(parameters, theta)
        root = np.sqrt(gauss)
        fwhm, eta, by_gauss, by_lorentz, eta_gauss, eta_lorentz = _tch(root, lorentz)
        one = free_gauss / (2.0 * root)
        two = free_lorentz.astype(np.float64)
        d_gauss, d_lorentz = np.zeros_like(d_theta), np.zeros_like(d_theta)
        rows = np.arange(len(theta))
        first = np.array([w.start for w in self.widths])[self.phase]
        for k, column in enumerate((tangent**2, tangent, np.ones(len(theta)))):
            d_gauss[rows, first + k] = one * column
        for k, column in enumerate((1.0 / cosine, tangent)):
            d_lorentz[rows, first + 3 + k] = two * column
        secant = 1.0 / cosine**2
        d_gauss += (one * (2.0 * own[:, 0] * tangent + own[:, 1]) * secant)[:, None] * d_theta
        turn = two * (own[:, 3] * sine + own[:, 4]) * secant
        d_lorentz += turn[:, None] * d_theta
        return (
            theta,
            np.full(len(theta), weight),
            fwhm,
            eta,
            d_theta,
            by_gauss[:, None] * d_gauss + by_lorentz[:, None] * d_lorentz,
            eta_gauss[:, None] * d_gauss + eta_lorentz[:, None] * d_lorentz,
        )


def _tch(gauss: FloatArray, lorentz: FloatArray) -> tuple[FloatArray, ...]:
    """Width and eta of Thompson, Cox & Hastings and their derivatives by both widths, each (g,)."""
    powers_g = [gauss**k for k in range(6)]
    powers_l = [lorentz**k for k in range(6)]
    total = sum(c * powers_g[5 - k] * powers_l[k] for k, c in enumerate(_TCH))
    by_g = sum((5 - k) * c * powers_g[4 - k] * powers_l[k] for k, c in enumerate(_TCH[:5]))
    by_l = sum(k * c * powers_g[5 - k] * powers_l[k - 1] for k, c in enumerate(_TCH) if k)
    fwhm = total**0.2
    slope = 0.2 * fwhm / total
    by_gauss, by_lorentz = slope * by_g, slope * by_l
    r = lorentz / fwhm
    eta = 1.36603 * r - 0.47719 * r**2 + 0.11116 * r**3
    d_r = 1.36603 - 0.95438 * r + 0.33348 * r**2
    eta_gauss = -d_r * r / fwhm * by_gauss
    eta_lorentz = d_r * (1.0 - r * by_lorentz) / fwhm
    return fwhm, eta, by_gauss, by_lorentz, eta_gauss, eta_lorentz


def _apparent(cosine: FloatArray, t_squared: float) -> FloatArray:
    """2phi in radians of the farthest ray."""
    angle: FloatArray = np.arccos(np.clip(cosine * math.sqrt(1.0 + t_squared), -1.0, 1.0))
    return angle


@lru_cache(maxsize=16)
def _divergence(count: int) -> tuple[FloatArray, FloatArray]:
    """Heights t / a of rays, 0 to 1, and their weights: Gauss quadrature of the density 1 - t."""
    from scipy.special import roots_jacobi  # slow to import

    nodes, weights = roots_jacobi(count, 1.0, 0.0)
    return (nodes + 1.0) / 2.0, weights / weights.sum()
