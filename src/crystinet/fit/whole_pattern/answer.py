"""The nouns of the answer: what a fit of the whole pattern says about the sample."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from crystinet.core.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    read_only_bools,
    read_only_floats,
    read_only_ints,
)
from crystinet.core.cell import Cell
from crystinet.core.plain import Document, number, plain
from crystinet.core.radiation import Radiation
from crystinet.core.shown import draw
from crystinet.crystals.structure import Site, Structure


class Proof(StrEnum):
    """Whether the fit bears a structure type out; a member equals its word.

    Examples
    --------
    >>> import crystinet
    >>> crystinet.Proof.YES == "yes"
    True
    """

    YES = "yes"
    DOUBTFUL = "doubtful"
    NO = "no"


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


@dataclass(frozen=True, slots=True)
class UnexplainedLine:
    """A line of the pattern that no phase of the fit has.

    Attributes
    ----------
    two_theta_deg, d_angstrom
        Its place.
    height
        Above the calculated pattern, as a share of the strongest line.
    """

    two_theta_deg: float
    d_angstrom: float
    height: float

    def to_dict(self) -> Document:
        """Plain data."""
        return {
            "two_theta": number(self.two_theta_deg),
            "d": number(self.d_angstrom),
            "height": number(self.height),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What a fit of the whole pattern says about the sample.

    Attributes
    ----------
    phases
        The largest share first.
    radiation
        Wavelengths, and their weights as fitted.
    two_theta_deg, observed, calculated, background, uncertainty
        Shape (n,): the points that were fitted, on the scale of the measurement; ``calculated``
        holds the background. ``uncertainty`` is the standard uncertainty that counting gives the
        observed intensity, estimated from its scatter.
    mask
        Shape (n,), True for points that counted.
    shift_deg, shift_uncertainty_deg
        Displacement of the specimen: 2theta is too high by this times cos(theta). Without
        displacement, where the zero of 2theta is free instead, it is 0.
    zero_deg, zero_uncertainty_deg
        Zero of 2theta: it is too high by this.
    axial
        Asymmetry of the lines by axial divergence: half heights of specimen and slit, added, over
        the radius of the goniometer.
    monochromator_deg
        2theta of the monochromator crystal; 0 for none.
    rwp, rexp, gof
        Weighted R factor of all points, background included, that of counting alone, and their
        ratio; 0 to 1, 0 to 1, about 1 or more.
    parameters
        Free numbers of the fit, background included.
    unexplained
        Lines that no phase has, the highest first.
    name
        Of the pattern.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> pattern = crystinet.simulate(kind.reference, counts=5000, seed=1)
    >>> fit = crystinet.refine(pattern, type="Rutile-TiO2")
    >>> [round(edge, 2) for edge in fit.phases[0].cell[:3]]
    [4.59, 4.59, 2.96]
    """

    phases: tuple[FittedPhase, ...]
    radiation: Radiation
    two_theta_deg: FloatArray
    observed: FloatArray
    calculated: FloatArray
    background: FloatArray
    uncertainty: FloatArray
    mask: BoolArray
    shift_deg: float
    shift_uncertainty_deg: float
    zero_deg: float
    zero_uncertainty_deg: float
    axial: float
    monochromator_deg: float
    rwp: float
    rexp: float
    parameters: int
    unexplained: tuple[UnexplainedLine, ...]
    name: str = ""

    def __post_init__(self) -> None:
        for name in ("two_theta_deg", "observed", "calculated", "background", "uncertainty"):
            object.__setattr__(self, name, read_only_floats(getattr(self, name)))
        object.__setattr__(self, "mask", read_only_bools(self.mask))

    @property
    def gof(self) -> float:
        """Goodness of fit, Rwp / Rexp."""
        return self.rwp / self.rexp if self.rexp > 0.0 else math.inf

    @property
    def difference(self) -> FloatArray:
        """Observed minus calculated, shape (n,)."""
        return np.subtract(self.observed, self.calculated)

    def plot(self, figure: Any = None) -> Any:
        """Draw observed and calculated pattern, lines and difference.

        Needs ``pip install "crystinet[report]"``.

        Parameters
        ----------
        figure
            matplotlib's, to draw on; None makes a new one.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        MissingExtraError
            matplotlib is not installed.
        """
        return draw("fit", self, figure)

    def to_dict(self) -> Document:
        """Plain data, as ``fit`` of ``crystinet refine --json``; curves are left out."""
        return {
            "phases": [phase.to_dict() for phase in self.phases],
            "wavelengths_angstrom": [number(w) for w in self.radiation.wavelengths_angstrom],
            "wavelength_weights": [number(w) for w in self.radiation.weights],
            "two_theta_range": [number(self.two_theta_deg[0]), number(self.two_theta_deg[-1])],
            "points": int(self.mask.sum()),
            "shift_deg": number(self.shift_deg),
            "shift_uncertainty_deg": number(self.shift_uncertainty_deg),
            "zero_deg": number(self.zero_deg),
            "zero_uncertainty_deg": number(self.zero_uncertainty_deg),
            "axial": number(self.axial),
            "monochromator_deg": number(self.monochromator_deg),
            "rwp": number(self.rwp),
            "rexp": number(self.rexp),
            "gof": number(self.gof),
            "parameters": self.parameters,
            "unexplained": [line.to_dict() for line in self.unexplained],
        }
