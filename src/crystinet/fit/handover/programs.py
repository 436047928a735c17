"""Input files for FullProf and TOPAS, from a fit; both are plain text that is edited by hand."""

import math

import gemmi
import numpy as np

from crystinet.core.diffraction import lorentz_polarisation, two_theta_from_d
from crystinet.core.errors import ConfigError
from crystinet.core.version import __version__
from crystinet.crystals.hall import operations_of
from crystinet.crystals.positions import positions_of
from crystinet.crystals.structure import Structure
from crystinet.fit.handover.contents import handed_over
from crystinet.fit.whole_pattern.answer import Fit
from crystinet.fit.whole_pattern.fitted_phase import FittedPhase
from crystinet.simulation.reflections import compute_reflections

#: The most points of the background that a .pcr names, and terms of a Chebyshev series.
_BACKGROUND_POINTS, _BACKGROUND_TERMS = 24, 8
_EDGES = ("a", "b", "c", "al", "be", "ga")
_RADIUS_MM = 200.0  # in TOPAS only the ratio of length and radius counts


def data_text(fit: Fit) -> str:
    """Columns 2theta, intensity and standard uncertainty of the points that counted; no heading."""
    kept = fit.mask
    columns = (fit.two_theta_deg[kept], fit.observed[kept], fit.uncertainty[kept])
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return "".join(f"{x:.5f} {y:.7g} {e:.5g}\n" for x, y, e in rows)


def fullprof_text(fit: Fit) -> str:
    """A ``.pcr`` for data in a ``.dat`` of the same name; only the scale is refined.

    Raises
    ------
    ConfigError
        A phase has no atoms.
    """
    structures = _structures(fit)
    lines = fit.radiation
    first, second = (*lines.wavelengths_angstrom, lines.wavelengths_angstrom[0])[:2]
    ratio = lines.weights[1] / lines.weights[0] if len(lines.weights) > 1 else 0.0
    cthm = math.cos(math.radians(fit.monochromator_deg)) ** 2
    x = fit.two_theta_deg
    step = float(np.median(np.diff(x)))
    count = min(_BACKGROUND_POINTS, len(x))
    places = np.linspace(0, len(x) - 1, count).round().astype(int)
    text = [
        f"COMM {_one_line(fit.name)} by crystinet {__version__}",
        "!Job Npr Nph Nba Nex Nsc Nor Dum Iwg Ilo Ias Res Ste Nre Cry Uni Cor Opt Aut",
        f"   0   7 {len(structures):3d} {count:3d}" + "   0" * 14 + "   1",
        "!Ipr Ppl Ioc Mat Pcr Ls1 Ls2 Ls3 NLI Prf Ins Rpa Sym Hkl Fou Sho Ana",
        "   0   0   1   0   1   0   4   0   0   3  10   0   0   0   0   0   0",
        "! Lambda1  Lambda2    Ratio    Bkpos    Wdt    Cthm     muR   AsyLim   Rpolarz  2nd-muR",
        f" {first:.6f} {second:.6f} {ratio:.4f} 40.0 30.0 {cthm:.4f} 0.0 160.0 0.0 0.0",
        "!NCY  Eps  R_at  R_an  R_pr  R_gl     Thmin       Step       Thmax    PSD    Sent0",
        f" 10  0.10  1.00  1.00  1.00  1.00 {x[0]:.4f} {step:.6f} {x[-1]:.4f} 0.000 0.000",
        "!2Theta   Background",
        *(f" {x[i]:.4f} {fit.background[i]:.4f} 0.00" for i in places),
        f" {len(structures)}    !Number of refined parameters",
        "!  Zero    Code    SyCos    Code   SySin    Code  Lambda     Code MORE",
        f" {fit.zero_deg:.5f} 0.0 {fit.shift_deg:.5f} 0.0 0.00000 0.0 0.000000 0.00 0",
    ]
    for number, (phase, structure) in enumerate(zip(fit.phases, structures, strict=True), start=1):
        text += _fullprof_phase(fit, phase, structure, number)
    return "\n".join(text) + "\n"


def _fullprof_phase(fit: Fit, phase: FittedPhase, structure: Structure, number: int) -> list[str]:
    order = operations_of(phase.hall_symbol).order
    multiplicity = positions_of(structure).multiplicity.tolist()
    atoms = [
        (site, name, share, count)
        for site, count in zip(structure.sites, multiplicity, strict=True)
        for name, share in site.species
    ]
    r, axis = (1.0, (0, 0, 1)) if phase.texture is None else (phase.texture.r, phase.texture.hkl)
    widths, cell = phase.widths, phase.cell
    rows = [
        "!" + "-" * 79,
        f"{_one_line(structure.name)}",
        "!Nat Dis Ang Pr1 Pr2 Pr3 Jbt Irf Isy Str Furth   ATZ    Nvk Npr More",
        f" {len(atoms)} 0 0 {axis[0]:.1f} {axis[1]:.1f} {axis[2]:.1f} 0 0 0 0 0 0.00 0 7 0",
        f"{_symbol(phase.hall_symbol):<24}<--Space group symbol",
        "!Atom   Typ       X        Y        Z     Biso       Occ     In Fin N_t Spc /Codes",
    ]
    for index, (site, name, share, count) in enumerate(atoms, start=1):
        label = site.label if len(site.species) == 1 else f"{name}{index}"
        x, y, z = site.xyz
        rows += [
            f"{label[:6]:6s} {name.upper():4s} {x:.6f} {y:.6f} {z:.6f} {site.b_iso or 0.0:.4f} "
            f"{share * count / order:.6f} 0 0 0 0",
            " 0.00 0.00 0.00 0.00 0.00",
        ]
    half = fit.axial / 2.0
    return [
        *rows,
        "!  Scale        Shape1      Bov      Str1      Str2      Str3   Strain-Model",
        f" {_scale(fit, phase, structure):.6E} 0.0 0.0 0.0 0.0 0.0 0",
        f" {10 * number + 1:.5f} 0.0 0.0 0.0 0.0 0.0",
        "!       U         V          W           X          Y        GauSiz   LorSiz Size-Model",
        f" {widths.u:.6f} {widths.v:.6f} {widths.w:.6f} {widths.y:.6f} {widths.x:.6f} 0.0 0.0 0",
        " 0.0 0.0 0.0 0.0 0.0 0.0 0.0",
        "!     a          b         c        alpha      beta       gamma",
        " " + " ".join(f"{value:.6f}" for value in cell),
        " 0.0 0.0 0.0 0.0 0.0 0.0",
        "!  Pref1    Pref2      Asy1     Asy2     Asy3     Asy4      S_L      D_L",
        f" {r:.5f} 0.0 0.0 0.0 0.0 0.0 {half:.5f} {half:.5f}",
        " 0.0 0.0 0.0 0.0 0.0 0.0 0.0 0.0",
    ]


def _scale(fit: Fit, phase: FittedPhase, structure: Structure) -> float:
    """Area of a line, counts times degrees, over ``m LP |F|^2``; LP is FullProf's, half of ours."""
    d = phase.lines.d_angstrom
    found = compute_reflections(structure, d_min_angstrom=0.999 * float(d.min()))
    angle = two_theta_from_d(found.d_angstrom, fit.radiation.wavelength_angstrom)
    inside = (angle >= fit.two_theta_deg[0]) & (angle <= fit.two_theta_deg[-1])
    factor = lorentz_polarisation(angle[inside], monochromator_deg=fit.monochromator_deg)
    whole = float((found.multiplicity * found.f_squared)[inside] @ factor)
    return 2.0 * float(phase.lines.area.sum()) / whole if whole > 0.0 else 1e-4


def topas_text(fit: Fit, *, data: str) -> str:
    """An ``.inp`` for the data in a file of columns; scales and background are refined.

    Widths stand as equations in theta, since versions of TOPAS order the parameters of their own
    macros differently.

    Raises
    ------
    ConfigError
        A phase has no atoms.
    """
    structures = _structures(fit)
    radiation = fit.radiation
    rows = [
        f"' {_one_line(fit.name)}, by crystinet {__version__}",
        "r_wp 0",
        f'xdd "{data}"',
        f"  start_X {fit.two_theta_deg[0]:.5f}",
        f"  finish_X {fit.two_theta_deg[-1]:.5f}",
        f"  bkg @ {' '.join(f'{value:.6g}' for value in _chebyshev(fit))}",
        f"  LP_Factor({fit.monochromator_deg:g})",
        f"  prm !zero {fit.zero_deg:.5f}",
        f"  prm !shift {fit.shift_deg:.5f}",
        "  th2_offset = zero + shift Cos(Th);",
        f"  Rp {_RADIUS_MM:g}",
        f"  Rs {_RADIUS_MM:g}",
        "  ' near to the axial divergence of the fit, which TOPAS models in another way:",
        f"  ' Simple_Axial_Model(!axial, {fit.axial * _RADIUS_MM:.3f})",
        "  lam ymin_on_ymax 0.001",
    ]
    for value, weight in zip(radiation.wavelengths_angstrom, radiation.weights, strict=True):
        rows.append(f"    la {weight:.5f} lo {value:.6f} lh 0.1")
    for number, (phase, structure) in enumerate(zip(fit.phases, structures, strict=True), start=1):
        rows += _topas_phase(phase, structure, number)
    return "\n".join(rows) + "\n"


def _topas_phase(phase: FittedPhase, structure: Structure, number: int) -> list[str]:
    widths, n = phase.widths, number
    rows = [
        "  str",
        f'    phase_name "{_one_line(structure.name)}"',
        f'    space_group "{_symbol(phase.hall_symbol)}"',
        "    scale @ 0.0001",
        *(f"    {k} {v:.6f}" for k, v in zip(_EDGES, phase.cell, strict=True)),
        *(f"    prm !{k}{n} {getattr(widths, k):.6f}" for k in ("u", "v", "w", "x", "y")),
        f"    prm fg{n} = Sqrt(Max(u{n} Tan(Th)^2 + v{n} Tan(Th) + w{n}, 0.0001));",
        f"    prm fl{n} = Max(x{n}/Cos(Th) + y{n} Tan(Th), 0.0001);",
        f"    prm ft{n} = (fg{n}^5 + 2.69269 fg{n}^4 fl{n} + 2.42843 fg{n}^3 fl{n}^2 + "
        f"4.47163 fg{n}^2 fl{n}^3 + 0.07842 fg{n} fl{n}^4 + fl{n}^5)^0.2;",
        "    peak_type pv",
        f"    pv_fwhm = ft{n};",
        f"    pv_lor = 1.36603 (fl{n}/ft{n}) - 0.47719 (fl{n}/ft{n})^2 + 0.11116 (fl{n}/ft{n})^3;",
    ]
    if phase.texture is not None:
        h, k, l = phase.texture.hkl  # noqa: E741
        rows.append(f"    PO(!po{n}, {phase.texture.r:.4f}, , {h} {k} {l})")
    for site in structure.sites:
        x, y, z = site.xyz
        place = f"x {_fraction(x)} y {_fraction(y)} z {_fraction(z)}"
        b_iso = site.b_iso or 0.0
        held = (f"occ {name} {share:.4f} beq {b_iso:.4f}" for name, share in site.species)
        rows.append(f"    site {site.label} {place} {' '.join(held)}")
    return rows


def _fraction(value: float) -> str:
    """A coordinate; thirds and sixths as equations, since TOPAS takes them for special so only."""
    for part in (3, 6):
        if abs(value * part - round(value * part)) < 1e-5 and round(value * part) % part:
            return f"= {round(value * part)}/{part};"
    return f"{value:.6f}"


def _chebyshev(fit: Fit) -> list[float]:
    x = np.interp(fit.two_theta_deg, fit.two_theta_deg[[0, -1]], (-1.0, 1.0))
    found = np.polynomial.chebyshev.chebfit(x, fit.background, _BACKGROUND_TERMS - 1)
    return [float(value) for value in found]


def _structures(fit: Fit) -> list[Structure]:
    found = [handed_over(phase) for phase in fit.phases]
    if not all(found):
        raise ConfigError(
            "Only the lattice could be fitted: there are no atoms to hand over.",
            hint="Export what has atoms; the CIF holds the lattice and the pattern.",
        )
    return [structure for structure in found if structure is not None]


def _symbol(hall_symbol: str) -> str:
    """Hermann-Mauguin symbol that tells the setting."""
    group = gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(hall_symbol.replace("=", '"')))
    if group is None:
        raise ConfigError(
            f"The setting with the Hall symbol {hall_symbol!r} has no Hermann-Mauguin symbol.",
            hint="Use the CIF, which lists the operations.",
        )
    symbol: str = group.xhm()
    return symbol.removesuffix(":H")


def _one_line(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode().replace('"', "").split())[:60] or "fit"
