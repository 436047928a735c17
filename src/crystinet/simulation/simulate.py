"""The powder pattern of a crystal structure, as a profile and as a list of lines."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from crystinet.core.arguments import as_count
from crystinet.core.arrays import FloatArray, read_only_floats
from crystinet.core.diffraction import (
    LARGEST_ANGLE_DEG,
    d_from_two_theta,
    lorentz_polarisation,
    two_theta_from_d,
)
from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.crystals.structure import Structure
from crystinet.patterns.pattern import Pattern
from crystinet.simulation.axial import axial_parts
from crystinet.simulation.config import SimulationConfig
from crystinet.simulation.profiles import DEFAULT_PROFILE, PeakProfile, add_peaks
from crystinet.simulation.reflections import DEFAULT_B_ISO, Reflections, compute_reflections
from crystinet.simulation.texture import textured

COPPER = Radiation.of_anode("Cu")
IDEAL = SimulationConfig()

#: Lines nearer than this have one position; diffractometers part hundredths of a degree.
MERGE_TOLERANCE_DEG = 1e-4

# Lines a little beyond the axis still reach into it.
_MARGIN_DEG = 10.0

Hkl = tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class PeakList:
    """The lines of a powder pattern, as in a card of the Powder Diffraction File.

    Attributes
    ----------
    two_theta_deg
        Shape (p,), increasing, degrees, of the strongest X-ray line.
    d_angstrom
        Shape (p,).
    intensity
        Shape (p,), the strongest line is 100.
    hkl
        For each line one (h, k, l) of every set of equivalent reflections in it, largest first.
    """

    two_theta_deg: FloatArray
    d_angstrom: FloatArray
    intensity: FloatArray
    hkl: tuple[tuple[Hkl, ...], ...]

    def __post_init__(self) -> None:
        for name in ("two_theta_deg", "d_angstrom", "intensity"):
            object.__setattr__(self, name, read_only_floats(getattr(self, name)))


def line_intensities(
    reflections: Reflections, *, wavelength_angstrom: float, monochromator_deg: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Position and integrated intensity of each reflection for one wavelength.

    Returns
    -------
    two_theta_deg
        Shape (p,), degrees; NaN where the wavelength is too long to diffract.
    intensity
        Shape (p,), multiplicity times ``|F|^2`` times Lorentz-polarisation factor; 0 there.
    """
    two_theta = two_theta_from_d(reflections.d_angstrom, wavelength_angstrom)
    factor = lorentz_polarisation(two_theta, monochromator_deg=monochromator_deg)
    strength = reflections.multiplicity * reflections.f_squared
    # Backscattering at 180 degrees has no finite Lorentz factor.
    return two_theta, np.where(two_theta < LARGEST_ANGLE_DEG, strength * factor, 0.0)


def render(
    reflections: Reflections,
    *,
    grid: TwoThetaGrid = DEFAULT_GRID,
    radiation: Radiation = COPPER,
    profile: PeakProfile = DEFAULT_PROFILE,
    monochromator_deg: float = 0.0,
    axial: float = 0.0,
    zero_shift_deg: float = 0.0,
    displacement_deg: float = 0.0,
) -> FloatArray:
    """Profile of the reflections on the 2theta axis of ``grid``, shape (n_points,), not scaled.

    Every line of the radiation adds its own peaks, in proportion to its weight. Of the grid only
    the axis counts, not its wavelength. ``displacement_deg`` is the shift at 0 degrees, which goes
    with cos(theta); the others are those of `SimulationConfig`.
    """
    out = np.zeros(grid.n_points)
    for wavelength, weight in zip(radiation.wavelengths_angstrom, radiation.weights, strict=True):
        two_theta, intensity = line_intensities(
            reflections, wavelength_angstrom=wavelength, monochromator_deg=monochromator_deg
        )
        seen = intensity > 0.0
        two_theta, areas = two_theta[seen], weight * intensity[seen]
        fwhm, eta = profile.shape(two_theta, wavelength_angstrom=wavelength)
        shift = zero_shift_deg + displacement_deg * np.cos(np.radians(two_theta) / 2.0)
        if axial > 0.0:
            parts = axial_parts(two_theta, fwhm_deg=fwhm, axial=axial)
            rows, places, shares = (np.concatenate(p) for p in zip(*parts, strict=True))
            two_theta, areas, shift = places, areas[rows] * shares, shift[rows]
            fwhm, eta = fwhm[rows], eta[rows]
        add_peaks(
            out,
            positions_deg=two_theta + shift,
            areas=areas,
            fwhm_deg=fwhm,
            eta=eta,
            start_deg=grid.start_deg,
            step_deg=grid.step_deg,
        )
    return out


def simulate(
    structure: Structure,
    *,
    wavelength_angstrom: float | None = None,
    radiation: Radiation | None = None,
    grid: TwoThetaGrid = DEFAULT_GRID,
    seed: int = 0,
    config: SimulationConfig = IDEAL,
    **settings: Any,
) -> Pattern:
    """Powder pattern of a structure: ideal, or as a diffractometer would count it.

    Parameters
    ----------
    structure
        From `crystinet.read_structure`, for instance.
    wavelength_angstrom
        Of the strongest X-ray line; the K-alpha1 of an anode brings its K-alpha2. Cu K-alpha unless
        it or ``radiation`` is given.
    radiation
        One or several X-ray lines, instead.
    grid
        The 2theta axis.
    seed
        Of the counting statistics: the same seed gives the same counts.
    config
        The physical settings.
    settings
        Single fields of `SimulationConfig` and of `PeakProfile` by name, in place of those in
        ``config``: ``size_nm=40, strain=0.002, texture=(0.7, 0, 0, 1), counts=5000``.

    Returns
    -------
    The maximum is scaled to 100; with ``counts`` the intensities are counts.

    Raises
    ------
    ConfigError
        For an unknown setting or an impossible value, or for wavelength and radiation at once.
    InvalidStructureError
        Where the structure is impossible, or has no line on the axis.

    Examples
    --------
    >>> from crystinet.crystals.structure import Site, Structure
    >>> salt = Structure(
    ...     cell=(5.6402, 5.6402, 5.6402, 90.0, 90.0, 90.0),
    ...     hall_symbol="-F 4 2 3",
    ...     sites=(Site((("Na", 1.0),), (0, 0, 0)), Site((("Cl", 1.0),), (0.5, 0.5, 0.5))),
    ... )
    >>> pattern = simulate(salt, size_nm=40)
    >>> round(float(pattern.two_theta_deg[pattern.intensity.argmax()]), 1)
    31.7
    """
    config = config.updated(settings)
    if not isinstance(grid, TwoThetaGrid):
        raise ConfigError(
            f"{grid!r} is no 2theta axis.", hint="Give a crystinet.core.grid.TwoThetaGrid."
        )
    radiation = _radiation_of(wavelength_angstrom, radiation, config)
    reflections = compute_reflections(
        structure,
        d_min_angstrom=_smallest_d(grid.stop_deg + _MARGIN_DEG, radiation),
        default_b_iso=config.default_b_iso,
        ions=config.ions,
        anomalous_wavelength_angstrom=radiation.wavelength_angstrom if config.anomalous else None,
    )
    if config.texture is not None:
        reflections = textured(
            reflections, hall_symbol=structure.hall_symbol, texture=config.texture
        )
    intensity = render(
        reflections,
        grid=grid,
        radiation=radiation,
        profile=config.profile,
        monochromator_deg=config.monochromator_deg,
        axial=config.axial,
        zero_shift_deg=config.zero_shift_deg,
        displacement_deg=-np.degrees(2.0 * config.displacement_mm / config.radius_mm),
    )
    if not intensity.max() > 0.0:
        raise _no_lines(structure, grid.start_deg, grid.stop_deg, radiation)
    expected = intensity / intensity.max() + config.background
    if config.counts is None:
        recorded = expected * (100.0 / expected.max())
    else:
        rng = np.random.default_rng(as_count(seed, name="seed", least=0))
        recorded = rng.poisson(config.counts * expected).astype(np.float64)
    return Pattern(
        two_theta_deg=grid.two_theta_deg,
        intensity=recorded,
        radiation=radiation,
        name=structure.name,
        steps=("simulated",),
    )


def _radiation_of(
    wavelength: float | None, radiation: Radiation | None, config: SimulationConfig
) -> Radiation:
    if wavelength is not None and radiation is not None:
        raise ConfigError(
            "Both a wavelength and a radiation are given.", hint="Leave one of them out."
        )
    if not isinstance(radiation, Radiation | None):
        raise ConfigError(
            f"{radiation!r} is no radiation.",
            hint='Give a Radiation: crystinet.Radiation.of_anode("Mo").',
        )
    if wavelength is not None:
        radiation = Radiation.of_wavelength(wavelength)
    radiation = radiation or COPPER
    if config.monochromatic:
        return Radiation(radiation.wavelengths_angstrom[:1], assumed=radiation.assumed)
    return radiation


def peak_list(
    structure: Structure,
    *,
    radiation: Radiation = COPPER,
    two_theta_range_deg: tuple[float, float] = (DEFAULT_GRID.start_deg, DEFAULT_GRID.stop_deg),
    default_b_iso: float = DEFAULT_B_ISO,
    monochromator_deg: float = 0.0,
    merge_deg: float = MERGE_TOLERANCE_DEG,
) -> PeakList:
    """Lines of the strongest wavelength, those at one position merged into one.

    Lines nearer than ``merge_deg`` to the next count as one before the strongest is set to 100:
    a hundredth of a degree also merges what the rounding of a cell without symmetry has split.

    Raises
    ------
    InvalidStructureError
        Where the structure is impossible, or has no line in the range.
    """
    strongest = Radiation(radiation.wavelengths_angstrom[:1], assumed=radiation.assumed)
    low, high = two_theta_range_deg
    reflections = compute_reflections(
        structure, d_min_angstrom=_smallest_d(high, strongest), default_b_iso=default_b_iso
    )
    two_theta, intensity = line_intensities(
        reflections,
        wavelength_angstrom=strongest.wavelength_angstrom,
        monochromator_deg=monochromator_deg,
    )
    inside = (two_theta >= low) & (two_theta <= high) & (intensity > 0.0)
    if not inside.any():
        raise _no_lines(structure, low, high, strongest)
    two_theta, intensity = two_theta[inside], intensity[inside]
    indices = reflections.hkl[inside]
    firsts = np.flatnonzero(np.diff(two_theta, prepend=-np.inf) > merge_deg)
    merged = np.add.reduceat(intensity, firsts)
    position = np.add.reduceat(intensity * two_theta, firsts) / merged
    return PeakList(
        two_theta_deg=position,
        d_angstrom=d_from_two_theta(position, strongest.wavelength_angstrom),
        intensity=merged * (100.0 / merged.max()),
        hkl=tuple(
            tuple(sorted(((int(h[0]), int(h[1]), int(h[2])) for h in part), reverse=True))
            for part in np.split(indices, firsts[1:])
        ),
    )


def _smallest_d(two_theta_deg: float, radiation: Radiation) -> float:
    angle = np.array(min(two_theta_deg, LARGEST_ANGLE_DEG))
    return float(d_from_two_theta(angle, min(radiation.wavelengths_angstrom)))


def _no_lines(
    structure: Structure, low: float, high: float, radiation: Radiation
) -> InvalidStructureError:
    return InvalidStructureError(
        f"{structure.name or 'The structure'} has no reflection from {low:g} to {high:g} degrees "
        f"at {radiation.wavelength_angstrom:g} angstrom.",
        hint="Check the cell edges (in angstrom) and the wavelength.",
    )
