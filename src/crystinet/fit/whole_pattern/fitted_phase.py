"""The nouns of one phase in the answer: its sites, texture, widths and lines, and all together."""

from dataclasses import dataclass

from crystinet.core.arrays import FloatArray, IntArray, read_only_floats, read_only_ints
from crystinet.core.cell import Cell
from crystinet.core.plain import Document, number, plain
from crystinet.crystals.structure import Site, Structure
from crystinet.fit.whole_pattern.proof import Proof


@dataclass(frozen=True, slots=True)
class FittedSite:
    """One site of a fitted phase.

    Attributes
    ----------
    label
        Of the site, unique in its phase.
    wyckoff
        Letter of its Wyckoff position; empty where it is not known.
    multiplicity
        Atoms of the site in the cell.
    species
        Pairs (element, occupancy) of the compound that the fit started from.
    xyz, xyz_uncertainty
        Fractional coordinates; the uncertainty is 0 for what symmetry fixes.
    electrons, electrons_uncertainty
        Scattering power of the site in electrons: the sum of occupancy times atomic number. One
        overall factor is open, see `FittedPhase.electrons_relative`.
    elements
        Elements whose scattering power fits, the likeliest first; of given elements only these.
    b_iso
        Isotropic displacement parameter B, square angstrom.
    determined
        Whether the elements were given, so that ``species`` says what is there.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> for site in crystinet.refine(pattern, type="Rutile-TiO2").phases[0].sites:
    ...     assert isinstance(site, crystinet.FittedSite)
    """

    label: str
    wyckoff: str
    multiplicity: int
    species: tuple[tuple[str, float], ...]
    xyz: tuple[float, float, float]
    xyz_uncertainty: tuple[float, float, float]
    electrons: float
    electrons_uncertainty: float
    elements: tuple[str, ...]
    b_iso: float
    determined: bool = False

    def to_dict(self) -> Document:
        """Plain data, as ``sites`` of ``crystinet refine --json``."""
        return {
            "label": self.label,
            "wyckoff": self.wyckoff,
            "multiplicity": self.multiplicity,
            "species": [[name, number(share)] for name, share in self.species],
            "xyz": [number(x) for x in self.xyz],
            "xyz_uncertainty": [number(x) for x in self.xyz_uncertainty],
            "electrons": number(self.electrons),
            "electrons_uncertainty": number(self.electrons_uncertainty),
            "elements": list(self.elements),
            "b_iso": number(self.b_iso),
            "determined": self.determined,
        }


@dataclass(frozen=True, slots=True)
class FittedTexture:
    """Preferred orientation by March and Dollase, see `crystinet.simulation.texture`.

    Attributes
    ----------
    hkl
        Planes whose normal is the axis.
    r, r_uncertainty
        1 is a random powder.
    """

    hkl: tuple[int, int, int]
    r: float
    r_uncertainty: float

    def to_dict(self) -> Document:
        """Plain data."""
        return {
            "hkl": list(self.hkl),
            "r": number(self.r),
            "r_uncertainty": number(self.r_uncertainty),
        }


@dataclass(frozen=True, slots=True, eq=False)
class FittedLines:
    """The reflections of a fitted phase, in the order of their angle, p of them.

    Attributes
    ----------
    hkl
        Shape (p, 3).
    multiplicity
        Shape (p,).
    d_angstrom
        Shape (p,).
    two_theta_deg
        Where the strongest wavelength has them in the pattern, shape (p,), displacement or zero
        error included.
    area
        Of the line of the strongest wavelength, counts times degrees, shape (p,).
    """

    hkl: IntArray
    multiplicity: IntArray
    d_angstrom: FloatArray
    two_theta_deg: FloatArray
    area: FloatArray

    def __post_init__(self) -> None:
        for name in ("hkl", "multiplicity"):
            object.__setattr__(self, name, read_only_ints(getattr(self, name)))
        for name in ("d_angstrom", "two_theta_deg", "area"):
            object.__setattr__(self, name, read_only_floats(getattr(self, name)))

    def __len__(self) -> int:
        return len(self.hkl)


@dataclass(frozen=True, slots=True)
class FittedWidths:
    """Widths of the lines of a phase: Thompson, Cox & Hastings, full widths in degrees 2theta.

    The Gaussian part is ``sqrt(u tan^2 + v tan + w)``, the Lorentzian one ``x / cos + y tan`` of
    theta.

    Attributes
    ----------
    u, v, w
        Squared degrees.
    x, y
        Degrees.
    """

    u: float
    v: float
    w: float
    x: float
    y: float

    def to_dict(self) -> Document:
        """Plain data; squared degrees and degrees."""
        return {name: number(getattr(self, name)) for name in ("u", "v", "w", "x", "y")}


@dataclass(frozen=True, slots=True)
class FittedPhase:
    """One phase of a fit.

    Attributes
    ----------
    type
        Structure type; empty where the start was a file and is of no type of the catalogue.
    start
        Compound that the fit started from, for people: formula and origin.
    start_formula
        Its formula, if known.
    space_group, hall_symbol
        International number, and the operations in the setting of the cell.
    cell, cell_uncertainty
        Angstrom and degrees, with standard uncertainties; 0 for what symmetry fixes.
    volume, volume_uncertainty
        Cubic angstrom.
    sites
        The asymmetric unit; empty where only the lattice was fitted.
    electrons_relative
        Whether only ratios of the electrons of the sites are known: then anions have the electrons
        that they have in the start; without anions, all sites have together.
    b_overall
        Added to B of every site of the start, square angstrom.
    texture
        Preferred orientation; None where none was needed.
    widths
        Of its lines.
    lines
        Its reflections in the fitted range.
    calculated
        What it adds to the pattern, at the angles of the fit, shape (n,).
    share
        Its part of the intensity of all lines, 0 to 1.
    weight_fraction
        Its part of the weight, 0 to 1, where the compositions of all phases were given; None else.
    rwp_structure_free
        Weighted R factor of the lattice alone, background and noise taken off and profiles trusted
        to 3 % of each line, about 0 to 1.
    rwp_structure
        The same of the structure; that of the lattice where no structure was fitted.
    parameters
        Free numbers of this phase.
    refined
        Whether a joint refinement converged; False is a starting model.
    verified
        Whether the fit bears the type out.
    reasons
        Why, in words, the weightiest first.
    ambiguous_with
        Other types that fit as well.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> phase = crystinet.refine(pattern, type="Rutile-TiO2").phases[0]
    >>> phase.space_group, round(phase.share, 2)
    (136, 1.0)
    """

    type: str
    start: str
    start_formula: str
    space_group: int
    hall_symbol: str
    cell: Cell
    cell_uncertainty: tuple[float, ...]
    volume: float
    volume_uncertainty: float
    sites: tuple[FittedSite, ...]
    electrons_relative: bool
    b_overall: float
    texture: FittedTexture | None
    widths: FittedWidths
    lines: FittedLines
    calculated: FloatArray
    share: float
    weight_fraction: float | None
    rwp_structure_free: float
    rwp_structure: float
    parameters: int
    refined: bool
    verified: Proof
    reasons: tuple[str, ...]
    ambiguous_with: tuple[str, ...] = ()

    @property
    def structure(self) -> Structure | None:
        """The fitted structure with the elements of the start; None where it has no sites."""
        if not self.sites:
            return None
        return Structure(
            self.cell,
            self.hall_symbol,
            tuple(Site(s.species, s.xyz, s.label, s.b_iso) for s in self.sites),
            self.start_formula or self.type,
        )

    def to_dict(self) -> Document:
        """Plain data, as ``phases`` of ``crystinet refine --json``."""
        return {
            "type": self.type,
            "start": self.start,
            "start_formula": self.start_formula,
            "space_group": self.space_group,
            "hall_symbol": self.hall_symbol,
            "cell": [number(value) for value in self.cell],
            "cell_uncertainty": [number(value) for value in self.cell_uncertainty],
            "volume": number(self.volume),
            "volume_uncertainty": number(self.volume_uncertainty),
            "sites": [site.to_dict() for site in self.sites],
            "electrons_relative": self.electrons_relative,
            "b_overall": number(self.b_overall),
            "texture": None if self.texture is None else self.texture.to_dict(),
            "widths": self.widths.to_dict(),
            "share": number(self.share),
            "weight_fraction": plain(self.weight_fraction),
            "rwp_structure_free": number(self.rwp_structure_free),
            "rwp_structure": number(self.rwp_structure),
            "parameters": self.parameters,
            "refined": self.refined,
            "verified": self.verified.value,
            "reasons": list(self.reasons),
            "ambiguous_with": list(self.ambiguous_with),
            "reflections": [
                {"hkl": hkl, "d": number(d), "two_theta": number(place), "area": number(area)}
                for hkl, d, place, area in zip(
                    self.lines.hkl.tolist(),
                    self.lines.d_angstrom.tolist(),
                    self.lines.two_theta_deg.tolist(),
                    self.lines.area.tolist(),
                    strict=True,
                )
            ],
        }
