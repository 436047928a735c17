"""Use case: the powder pattern of a crystal structure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crystinet.app.reading import structure_of
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid

if TYPE_CHECKING:
    from crystinet.core.radiation import Radiation
    from crystinet.crystals.structure import Structure
    from crystinet.patterns.pattern import Pattern


def simulate(
    source: "str | Path | Structure | Any",
    *,
    wavelength_angstrom: float | str | None = None,
    anode: str | None = None,
    radiation: "Radiation | None" = None,
    monochromatic: bool = False,
    grid: TwoThetaGrid = DEFAULT_GRID,
    fwhm_deg: float = 0.1,
    eta: float | None = 0.5,
    caglioti_u: float = 0.0,
    caglioti_v: float = 0.0,
    size_nm: float | None = None,
    strain: float = 0.0,
    texture: Sequence[float] | None = None,
    default_b_iso: float = 0.5,
    ions: Mapping[str, str] | None = None,
    anomalous: bool = False,
    monochromator_deg: float = 0.0,
    axial: float = 0.0,
    zero_shift_deg: float = 0.0,
    displacement_mm: float = 0.0,
    radius_mm: float = 200.0,
    background: float = 0.0,
    counts: float | None = None,
    seed: int = 0,
) -> "Pattern":
    """Simulate the powder pattern of a crystal structure: ideal, or as it would be counted.

    Parameters
    ----------
    source
        A CIF file with one structure, or a `Structure`, or one of pymatgen, ASE or
        diffpy.structure.
    wavelength_angstrom
        Of the strongest X-ray line, angstrom, or text such as "17.48 keV"; the K-alpha1 of an anode
        brings its K-alpha2. Cu K-alpha unless it, ``anode`` or ``radiation`` is given.
    anode
        Of the X-ray tube, instead: "Mo".
    radiation
        One or several X-ray lines, instead: ``crystinet.Radiation((0.4139,))``.
    monochromatic
        Whether only the strongest X-ray line is kept: no K-alpha2.
    grid
        The 2theta axis, `crystinet.core.grid.TwoThetaGrid`: 5 to 110 degrees in steps of 0.02.
    fwhm_deg
        Full width at half maximum of the instrument at low angle, degrees 2theta.
    eta
        Lorentzian part of the lines, 0 to 1. None is the function of Thompson, Cox & Hastings.
    caglioti_u, caglioti_v
        Squared degrees: the instrument's width is ``sqrt(U tan^2 + V tan + fwhm_deg^2)`` of theta.
    size_nm
        Scherrer size of the crystallites, nm; None for no broadening.
    strain
        Relative microstrain e, which widens lines by ``4 e tan(theta)``.
    texture
        March-Dollase preferred orientation: r, h, k, l; None for a random powder.
    default_b_iso
        Displacement parameter B of atoms whose structure gives none, square angstrom.
    ions
        Species of the structure -> ion that it scatters as: ``{"Fe": "Fe3+"}``.
    anomalous
        Whether the anomalous terms f' and f'' for the wavelength are added.
    monochromator_deg
        2theta of a monochromator crystal, degrees (26.6 for graphite and Cu); 0 for none.
    axial
        Axial divergence (S + H) / L of the slits, such as 0.03.
    zero_shift_deg
        Added to every 2theta, degrees.
    displacement_mm
        Distance of the specimen's surface below the goniometer's axis, mm.
    radius_mm
        Radius of the goniometer, mm.
    background
        Constant background, as part of the strongest point of the lines.
    counts
        Counts expected at the strongest point of the lines; None leaves out counting statistics.
    seed
        Of the counting statistics: the same seed gives the same counts.

    Returns
    -------
    Pattern
        The maximum is 100; with ``counts`` the intensities are counts.

    Raises
    ------
    FileMissingError, UnreadableFileError
        There is no such file, or it is no CIF file with atoms.
    InvalidStructureError
        The structure is incomplete or impossible, or has no line on the axis.
    ConfigError
        A value is impossible, or wavelength and radiation are both given.
    InvalidWavelengthError
        The wavelength is impossible.

    Notes
    -----
    docs/explanation/simulation.md has the formulas and their sources.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "NaCl")  # MgO, a = 4.21
    >>> pattern = crystinet.simulate(kind.reference, size_nm=40)
    >>> float(pattern.intensity.max())
    100.0
    >>> round(float(pattern.two_theta_deg[pattern.intensity.argmax()]), 1)
    42.9
    """
    from crystinet.core.radiation import given_wavelength
    from crystinet.simulation import simulate as simulation
    from crystinet.simulation.config import SimulationConfig
    from crystinet.simulation.profiles import PeakProfile

    config = SimulationConfig(
        profile=PeakProfile(fwhm_deg, eta, caglioti_u, caglioti_v, size_nm, strain),
        default_b_iso=default_b_iso,
        ions=ions,
        anomalous=anomalous,
        texture=texture,  # type: ignore[arg-type]  # four numbers become a Texture
        monochromator_deg=monochromator_deg,
        monochromatic=monochromatic,
        axial=axial,
        zero_shift_deg=zero_shift_deg,
        displacement_mm=displacement_mm,
        radius_mm=radius_mm,
        background=background,
        counts=counts,
    )
    return simulation.simulate(
        structure_of(source),
        wavelength_angstrom=given_wavelength(wavelength_angstrom, anode),
        radiation=radiation,
        grid=grid,
        seed=seed,
        config=config,
    )
