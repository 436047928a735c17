"""Everything physical that a simulated pattern depends on, besides structure and wavelength."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from crystinet.core.errors import ConfigError
from crystinet.simulation.profiles import DEFAULT_PROFILE, PeakProfile, check_range
from crystinet.simulation.reflections import DEFAULT_B_ISO
from crystinet.simulation.texture import Texture


@dataclass(frozen=True, slots=True)
class SimulationConfig:
    """Specimen, diffractometer and counting; the defaults give an ideal pattern.

    Attributes
    ----------
    profile
        Shape and width of the lines: instrument, crystallite size and microstrain.
    default_b_iso
        Displacement parameter B of atoms whose structure gives none, square angstrom.
    ions
        Species of the structure -> ion that it scatters as: ``{"Fe": "Fe3+"}``.
    anomalous
        Whether the anomalous terms f' and f'' for the wavelength are added.
    texture
        March-Dollase preferred orientation, or r, h, k, l; None for a random powder.
    monochromator_deg
        2theta of a monochromator crystal, degrees (26.6 for graphite and Cu); 0 for none.
    monochromatic
        Whether only the strongest X-ray line is kept: no K-alpha2.
    axial
        Axial divergence (S + H) / L: half the heights of specimen and receiving slit, added and
        divided by the goniometer's radius; 0.02 to 0.06 is usual without Soller slits.
    zero_shift_deg
        Added to every 2theta, degrees.
    displacement_mm
        Distance of the specimen's surface below the goniometer's axis, mm; moves lines down by
        ``2 s cos(theta) / R`` (H. P. Klug & L. E. Alexander, X-ray Diffraction Procedures, 1974).
    radius_mm
        Radius R of the goniometer, mm.
    background
        Constant background, as part of the strongest point of the lines.
    counts
        Counts expected at the strongest point of the lines; None leaves out counting statistics
        and scales the maximum to 100.
    """

    profile: PeakProfile = DEFAULT_PROFILE
    default_b_iso: float = DEFAULT_B_ISO
    ions: Mapping[str, str] | None = None
    anomalous: bool = False
    texture: Texture | None = None
    monochromator_deg: float = 0.0
    monochromatic: bool = False
    axial: float = 0.0
    zero_shift_deg: float = 0.0
    displacement_mm: float = 0.0
    radius_mm: float = 200.0
    background: float = 0.0
    counts: float | None = None

    def __post_init__(self) -> None:
        check_range(self, "default_b_iso", 0.0, 100.0, "square angstrom")
        check_range(self, "monochromator_deg", 0.0, 179.0, "degrees")
        check_range(self, "axial", 0.0, 0.5)
        check_range(self, "zero_shift_deg", -5.0, 5.0, "degrees")
        check_range(self, "displacement_mm", -10.0, 10.0, "mm")
        check_range(self, "radius_mm", 10.0, 10_000.0, "mm")
        check_range(self, "background", 0.0, 1e6)
        check_range(self, "counts", 1.0, 1e12, optional=True)
        if self.ions is not None and not _are_ions(self.ions):
            raise ConfigError(
                f"{self.ions!r} names no ions.", hint='Give a dict of texts: {"Fe": "Fe3+"}.'
            )
        if self.texture is not None and not isinstance(self.texture, Texture):
            object.__setattr__(self, "texture", _texture_of(self.texture))

    def updated(self, settings: Mapping[str, Any]) -> "SimulationConfig":
        """The configuration with fields of its own, or of its profile, replaced.

        Raises
        ------
        ConfigError
            For a name that neither has (the hint offers the nearest), or an impossible value.
        """
        known = [field.name for field in fields(SimulationConfig)]
        of_profile = [field.name for field in fields(PeakProfile)]
        for name in settings:
            if name not in known and name not in of_profile:
                near = difflib.get_close_matches(name, known + of_profile, n=1)
                names = ", ".join(sorted(known + of_profile))
                raise ConfigError(
                    f"A simulation has no setting {name!r}.",
                    hint=f"Did you mean {near[0]!r}?" if near else f"Known: {names}.",
                )
        own = {name: value for name, value in settings.items() if name in known}
        changed = replace(self, **own)
        shape = {name: value for name, value in settings.items() if name in of_profile}
        return replace(changed, profile=replace(changed.profile, **shape)) if shape else changed


def _are_ions(ions: object) -> bool:
    return isinstance(ions, Mapping) and all(
        isinstance(word, str) for pair in ions.items() for word in pair
    )


def _texture_of(values: Any) -> Texture:
    """Texture of r, h, k, l."""
    try:
        r, h, k, l = (float(value) for value in values)  # noqa: E741
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{values!r} is no texture.", hint="Give r, h, k, l, such as 0.7, 0, 0, 1."
        ) from error
    if not all(index.is_integer() for index in (h, k, l)):
        raise ConfigError(f"{values!r} has fractional indices.", hint="Give whole h, k, l.")
    return Texture(r, (int(h), int(k), int(l)))
