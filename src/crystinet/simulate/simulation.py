"""The ideal powder pattern of a crystal structure, as a profile and as a list of lines."""

from dataclasses import dataclass

import numpy as np

from crystinet.core.arrays import FloatArray, read_only_floats
from crystinet.core.diffraction import d_from_two_theta, lorentz_polarisation, two_theta_from_d
from crystinet.core.errors import InvalidStructureError
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.crystals.structure import Structure
from crystinet.patterns.pattern import Pattern
from crystinet.simulate.profiles import PeakProfile, add_peaks
from crystinet.simulate.reflections import DEFAULT_B_ISO, Reflections, compute_reflections

COPPER = Radiation.of_anode("Cu")
DEFAULT_PROFILE = PeakProfile()

#: Lines nearer than this have one position; diffractometers part hundredths of a degree.
MERGE_TOLERANCE_DEG = 1e-4

# Lines a little beyond the axis still reach into it.
_MARGIN_DEG = 2.0
_STEEPEST_DEG = 179.0

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
    return two_theta, np.where(two_theta < _STEEPEST_DEG, strength * factor, 0.0)


def render(
    reflections: Reflections,
    *,
    grid: TwoThetaGrid = DEFAULT_GRID,
    radiation: Radiation = COPPER,
    profile: PeakProfile = DEFAULT_PROFILE,
    monochromator_deg: float = 0.0,
) -> FloatArray:
    """Profile of the reflections on the 2theta axis of ``grid``, shape (n_points,), not scaled.

    Every line of the radiation adds its own peaks, in proportion to its weight. Of the grid only
    the axis counts, not its wavelength.
    """
    out = np.zeros(grid.n_points)
    for wavelength, weight in zip(radiation.wavelengths_angstrom, radiation.weights, strict=True):
        two_theta, intensity = line_intensities(
            reflections, wavelength_angstrom=wavelength, monochromator_deg=monochromator_deg
        )
        seen = intensity > 0.0
        add_peaks(
            out,
            positions_deg=two_theta[seen],
            areas=weight * intensity[seen],
            fwhm_deg=profile.width_deg(two_theta[seen], wavelength_angstrom=wavelength),
            eta=profile.eta,
            start_deg=grid.start_deg,
            step_deg=grid.step_deg,
        )
    return out


def simulate(
    structure: Structure,
    *,
    radiation: Radiation = COPPER,
    grid: TwoThetaGrid = DEFAULT_GRID,
    profile: PeakProfile = DEFAULT_PROFILE,
    default_b_iso: float = DEFAULT_B_ISO,
    monochromator_deg: float = 0.0,
) -> Pattern:
    """Powder pattern of a structure without background and noise, its maximum scaled to 100.

    Parameters
    ----------
    structure
        From `crystinet.read_structure`, for instance.
    radiation
        One or several X-ray lines; Cu K-alpha1 and K-alpha2 unless given.
    grid
        The 2theta axis.
    profile
        Shape and width of the peaks; 0.1 degrees wide unless given.
    default_b_iso
        Displacement parameter B of atoms that have none, square angstrom.
    monochromator_deg
        2theta of a monochromator crystal, 0 for none.

    Raises
    ------
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
    >>> pattern = simulate(salt)
    >>> round(float(pattern.two_theta_deg[pattern.intensity.argmax()]), 2)
    31.7
    """
    reflections = compute_reflections(
        structure,
        d_min_angstrom=_smallest_d(grid.stop_deg + _MARGIN_DEG, radiation),
        default_b_iso=default_b_iso,
    )
    intensity = render(
        reflections,
        grid=grid,
        radiation=radiation,
        profile=profile,
        monochromator_deg=monochromator_deg,
    )
    if not intensity.max() > 0.0:
        raise _no_lines(structure, grid.start_deg, grid.stop_deg, radiation)
    return Pattern(
        two_theta_deg=grid.two_theta_deg,
        intensity=intensity * (100.0 / intensity.max()),
        radiation=radiation,
        name=structure.name,
        steps=("simulated",),
    )


def peak_list(
    structure: Structure,
    *,
    radiation: Radiation = COPPER,
    two_theta_range_deg: tuple[float, float] = (DEFAULT_GRID.start_deg, DEFAULT_GRID.stop_deg),
    default_b_iso: float = DEFAULT_B_ISO,
    monochromator_deg: float = 0.0,
) -> PeakList:
    """Lines of the strongest wavelength, those at one position merged into one.

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
    firsts = np.flatnonzero(np.diff(two_theta, prepend=-np.inf) > MERGE_TOLERANCE_DEG)
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
    angle = np.array(min(two_theta_deg, _STEEPEST_DEG))
    return float(d_from_two_theta(angle, min(radiation.wavelengths_angstrom)))


def _no_lines(
    structure: Structure, low: float, high: float, radiation: Radiation
) -> InvalidStructureError:
    return InvalidStructureError(
        f"{structure.name or 'The structure'} has no reflection from {low:g} to {high:g} degrees "
        f"at {radiation.wavelength_angstrom:g} angstrom.",
        hint="Check the cell edges (in angstrom) and the wavelength.",
    )
