"""Peak shapes: line widths, pseudo-Voigt lines on a uniform axis."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from crystinet.core.arrays import Float32Array, FloatArray
from crystinet.core.errors import ConfigError

#: Lines are drawn to this many FWHM on either side; their area is that of the whole line.
WINDOW_FWHM = 40.0

# A line wider than twice this many steps is drawn on an axis of half the points.
_STEPS_PER_FWHM = 8.0
_PADDING = 4 * math.ceil(WINDOW_FWHM * _STEPS_PER_FWHM) + 4
_LARGEST_BATCH = 20_000  # points; fits the processor's cache

_SCHERRER = 0.94


@dataclass(frozen=True, slots=True)
class PeakProfile:
    """Shape of the lines of one pattern: a pseudo-Voigt whose width depends on 2theta.

    Attributes
    ----------
    fwhm_deg
        Full width at half maximum of the instrument at low angle, degrees 2theta.
    eta
        Lorentzian part, 0 (Gaussian) to 1 (Lorentzian). None is the function of Thompson, Cox &
        Hastings: the instrument is Gaussian, size and strain are Lorentzian, and eta follows.
    caglioti_u, caglioti_v
        Squared degrees: the instrument's width is ``sqrt(U tan^2 + V tan + fwhm_deg^2)`` of theta
        (Caglioti, Paoletti & Ricci, Nucl. Instrum. 3 (1958) 223).
    size_nm
        Scherrer size of the crystallites, nm (constant 0.94, of the FWHM); None for no broadening.
    strain
        Relative microstrain e; it widens lines by ``4 e tan(theta)`` (Stokes & Wilson 1944).
    """

    fwhm_deg: float = 0.1
    eta: float | None = 0.5
    caglioti_u: float = 0.0
    caglioti_v: float = 0.0
    size_nm: float | None = None
    strain: float = 0.0

    def __post_init__(self) -> None:
        check_range(self, "fwhm_deg", 1e-4, 20.0, "degrees")
        check_range(self, "eta", 0.0, 1.0, optional=True)
        check_range(self, "caglioti_u", -100.0, 100.0, "squared degrees")
        check_range(self, "caglioti_v", -100.0, 100.0, "squared degrees")
        check_range(self, "size_nm", 0.1, 1e6, "nm", optional=True)
        check_range(self, "strain", 0.0, 0.5)

    def width_deg(self, two_theta_deg: FloatArray, *, wavelength_angstrom: float) -> FloatArray:
        """FWHM in degrees at each 2theta, shape (p,), see `shape`."""
        return self.shape(two_theta_deg, wavelength_angstrom=wavelength_angstrom)[0]

    def shape(
        self, two_theta_deg: FloatArray, *, wavelength_angstrom: float
    ) -> tuple[FloatArray, FloatArray]:
        """FWHM in degrees and eta at each 2theta, both shape (p,).

        With a given eta, specimen and instrument add in squares. Without, they are convoluted.
        """
        theta = np.radians(two_theta_deg) / 2.0
        tangent = np.tan(theta)
        squared = self.caglioti_u * tangent**2 + self.caglioti_v * tangent + self.fwhm_deg**2
        if (squared <= 0.0).any():
            raise ConfigError(
                f"The width of {self} is imaginary at {two_theta_deg[squared.argmin()]:g} degrees.",
                hint="Choose U, V and fwhm_deg with 4 U fwhm_deg^2 > V^2.",
            )
        sample = 4.0 * np.degrees(self.strain) * tangent
        if self.size_nm is not None:
            scherrer = _SCHERRER * wavelength_angstrom / (10.0 * self.size_nm)
            sample = sample + np.degrees(scherrer) / np.cos(theta)
        if self.eta is None:
            return thompson_cox_hastings(gauss=np.sqrt(squared), lorentz=sample)
        return np.sqrt(squared + sample**2), np.full(len(squared), self.eta)


def thompson_cox_hastings(
    *, gauss: FloatArray, lorentz: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """FWHM and eta (p,) of the pseudo-Voigt nearest to a Gaussian convoluted with a Lorentzian.

    ``gauss`` and ``lorentz`` are the FWHM (p,) of the two. Source: P. Thompson, D. E. Cox & J. B.
    Hastings, J. Appl. Cryst. 20 (1987) 79.
    """
    coefficients = (1.0, 2.69269, 2.42843, 4.47163, 0.07842, 1.0)
    powers = [c * gauss ** (5 - i) * lorentz**i for i, c in enumerate(coefficients)]
    fwhm: FloatArray = np.sum(powers, axis=0) ** 0.2
    part = lorentz / fwhm
    return fwhm, 1.36603 * part - 0.47719 * part**2 + 0.11116 * part**3


def check_range(
    config: object, name: str, low: float, high: float, unit: str = "", *, optional: bool = False
) -> None:
    """Refuse a field of a configuration that is no number from ``low`` to ``high``."""
    value = getattr(config, name)
    if value is None and optional:
        return
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and low <= value <= high):
        raise ConfigError(
            f"{name}={value!r} is no value for {type(config).__name__}.",
            hint=f"Give a number from {low:g} to {high:g}{' ' * bool(unit)}{unit}.",
        )


DEFAULT_PROFILE = PeakProfile()


def add_peaks(
    out: FloatArray,
    *,
    positions_deg: FloatArray,
    areas: FloatArray,
    fwhm_deg: ArrayLike,
    eta: ArrayLike,
    start_deg: float,
    step_deg: float,
) -> None:
    r"""Add pseudo-Voigt lines to ``out`` in place.

    .. math:: A \left[ \eta \frac{2}{\pi w} \frac{1}{1 + 4 u^2} + (1 - \eta) \frac{2}{w}
              \sqrt{\frac{\ln 2}{\pi}} e^{-4 \ln 2\, u^2} \right], \quad u = (x - x_0) / w

    Every line is cut at `WINDOW_FWHM` and scaled so that its sum over the steps is its area. One
    narrower than a step is drawn a step wide. Lines wider than 16 steps are drawn on a coarser
    axis and interpolated (cubic; error below 0.2 % of the height and 0.01 % of the area), so that
    the time does not depend on the width.

    Parameters
    ----------
    out
        Shape (n,), intensity at ``start_deg + step_deg * i``.
    positions_deg, areas
        Shape (p,), areas not negative; a line outside the axis adds what reaches into it.
    fwhm_deg, eta
        Shape (p,), or one number for all lines.
    """
    centre = (np.asarray(positions_deg, dtype=np.float64) - start_deg) / step_deg
    width = np.broadcast_to(np.maximum(np.asarray(fwhm_deg) / step_deg, 1.0), centre.shape)
    lorentzian = np.broadcast_to(np.asarray(eta, dtype=np.float64), centre.shape)
    reach = WINDOW_FWHM * width
    near = np.flatnonzero((centre > -reach) & (centre < len(out) - 1.0 + reach))
    near = near[np.argsort(width[near], kind="stable")]  # so that batches share a window
    if not len(near):
        return
    centre, width, lorentzian = centre[near], width[near], lorentzian[near]
    heights = np.asarray(areas, dtype=np.float64)[near] / step_deg
    level = np.maximum(np.floor(np.log2(width / _STEPS_PER_FWHM)), 0.0).astype(np.int64)
    coarser = np.zeros(0)
    for number in range(int(level.max()), -1, -1):
        scale = 2**number
        axis = np.zeros(-(-(len(out) - 1) // scale) + 1 + 2 * _PADDING)
        if len(coarser):
            # The cubic swings below zero where a window ends.
            axis += np.maximum(_twice_as_fine(coarser)[_PADDING : _PADDING + len(axis)], 0.0)
        first, last = np.searchsorted(level, (number, number + 1))
        rows = slice(int(first), int(last))
        _add_windows(
            axis,
            centre=centre[rows] / scale + _PADDING,
            width=width[rows] / scale,
            sums=heights[rows] / scale,
            eta=lorentzian[rows],
        )
        coarser = axis
    out += coarser[_PADDING:-_PADDING]


def _add_windows(
    axis: FloatArray, *, centre: FloatArray, width: FloatArray, sums: FloatArray, eta: FloatArray
) -> None:
    """Add lines (p,), sorted by width, to an axis in units of its steps."""
    start = 0
    while start < len(centre):
        # The window of a batch is that of its widest line; its size follows from the narrowest.
        stop = start + max(1, int(_LARGEST_BATCH / (2.0 * WINDOW_FWHM * width[start] + 3.0)))
        rows = slice(start, stop)
        half = math.ceil(WINDOW_FWHM * float(width[rows][-1]))
        nearest = np.rint(centre[rows]).astype(np.int64)
        shape = _pseudo_voigt(
            half=half, shift=centre[rows] - nearest, width=width[rows], eta=eta[rows]
        )
        shape *= _column(sums[rows] / shape.sum(axis=1, dtype=np.float64))
        # A loop of slices beats np.add.at and np.bincount here.
        for first, line in zip((nearest - half).tolist(), shape, strict=True):
            axis[first : first + len(line)] += line
        start = stop


def _pseudo_voigt(
    *, half: int, shift: FloatArray, width: FloatArray, eta: FloatArray
) -> Float32Array:
    """Pseudo-Voigt lines at ``shift`` from the middle of 2 half + 1 steps, shape (p, 2 half + 1).

    Without the factor 2 / width; in single precision, which is several times faster.
    """
    squared = np.arange(-half, half + 1, dtype=np.float32) - _column(shift)
    squared *= _column(2.0 / width)
    squared *= squared  # 4 u^2
    # Beyond 2.5 widths a Gaussian is below 1e-7 of its top.
    within = squared <= np.float32(4.0 * WINDOW_FWHM**2)
    core = slice(max(0, half - int(2.5 * width[-1]) - 1), half + int(2.5 * width[-1]) + 2)
    gauss = np.exp(np.float32(-math.log(2.0)) * squared[:, core])
    gauss *= _column(math.sqrt(math.log(2.0) / np.pi) * (1.0 - eta))
    squared += np.float32(1.0)
    shape: Float32Array = np.divide(_column(eta / np.pi), squared, out=squared)
    shape[:, core] += gauss
    shape *= within  # a line does not depend on the others of its batch
    return shape


def _column(values: FloatArray) -> Float32Array:
    return values.astype(np.float32)[:, None]


def _twice_as_fine(axis: FloatArray) -> FloatArray:
    """Cubic interpolation to half the step (weights -1, 9, 9, -1 of 16); keeps the area."""
    fine = np.empty(2 * len(axis) - 1)
    fine[::2] = axis
    padded = np.pad(axis, 1)
    fine[1::2] = (9.0 * (axis[:-1] + axis[1:]) - padded[:-3] - padded[3:]) / 16.0
    return fine
