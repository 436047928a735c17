"""A fit as CIF: a block for each phase and one for the pattern.

Names are those of ``cif_core.dic`` and ``cif_pd.dic``; names of our own start with ``_crystinet``.
Source: B. H. Toby, International Tables for Crystallography G (2005), chapters 3.3 and 4.2.
"""

import re
from collections.abc import Iterable, Sequence

import gemmi

from crystinet.core.su import with_su
from crystinet.core.version import __version__
from crystinet.fit.handover.contents import is_open, labels_of, species_of_sites, title_of
from crystinet.fit.whole_pattern.answer import Fit
from crystinet.fit.whole_pattern.fitted_phase import FittedPhase

STARTING_MODEL = "STARTING MODEL: no refinement of this structure has converged."
OPEN_ELEMENTS = (
    "The elements were not determined: a pattern tells how many electrons a site has, relative to "
    "the other sites. Those that stand here are of the compound that the fit started from, with "
    "lower occupancies where fewer electrons were found, or the likeliest that fit; see "
    "_crystinet_site_elements for what fits as well."
)
_CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")


def cif_text(fit: Fit) -> str:
    """The document: structures with uncertainties, and the pattern as measured and calculated."""
    stem = _code(fit.name or "pattern")
    ids = [f"{stem}_phase_{number}" for number in range(1, len(fit.phases) + 1)]
    pattern = f"{stem}_pattern"
    lines = ["#\\#CIF_1.1", f"# Written by crystinet {__version__}."]
    if not all(phase.refined for phase in fit.phases):
        lines.append(f"# {STARTING_MODEL}")
    for phase, own in zip(fit.phases, ids, strict=True):
        lines += _phase_block(phase, own, pattern, fit)
    lines += _pattern_block(fit, ids, pattern)
    return "\n".join(lines) + "\n"


def _phase_block(phase: FittedPhase, own: str, pattern: str, fit: Fit) -> list[str]:
    group = gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(_halls(phase.hall_symbol)))
    title = title_of(phase)
    lines = [
        "",
        f"data_{own}",
        f"_pd_block_id {own}",
        f"_pd_block_diffractogram_id {pattern}",
        f"_pd_phase_name {_quoted(title if phase.refined else 'starting model, ' + title)}",
        f"_audit_creation_method {_quoted(f'crystinet {__version__}')}",
        f"_crystinet_structure_type {_quoted(phase.type or 'none')}",
        f"_crystinet_start {_quoted(phase.start)}",
        f"_crystinet_verified {phase.verified.value}",
        *_text("_crystinet_reasons", phase.reasons),
        *_text("_refine_special_details", _remarks(phase)),
    ]
    if phase.ambiguous_with:
        lines += _text("_crystinet_ambiguous_with", phase.ambiguous_with)
    lines += [
        f"_cell_{name} {with_su(value, su)}"
        for name, value, su in zip(_CELL, phase.cell, phase.cell_uncertainty, strict=True)
    ]
    lines += [
        f"_cell_volume {with_su(phase.volume, phase.volume_uncertainty)}",
        f"_space_group_IT_number {phase.space_group}",
        f"_space_group_name_Hall {_quoted(_halls(phase.hall_symbol))}",
    ]
    if group is not None:
        lines.append(f"_space_group_name_H-M_alt {_quoted(group.xhm())}")
    lines += ["loop_", "_space_group_symop_operation_xyz"]
    symops = gemmi.symops_from_hall(_halls(phase.hall_symbol))
    lines += [_quoted(op.triplet()) for op in symops]
    if phase.sites:
        lines += _atoms(phase)
    if phase.texture is not None:
        h, k, l = phase.texture.hkl  # noqa: E741
        r = with_su(phase.texture.r, phase.texture.r_uncertainty)
        words = f"March-Dollase, r = {r} along the normal of ({h} {k} {l})"
        lines.append(f"_pd_proc_ls_pref_orient_corr {_quoted(words)}")
    lines += [f"_refine_ls_number_parameters {phase.parameters}"]
    return lines


def _remarks(phase: FittedPhase) -> list[str]:
    lines = [] if phase.refined else [STARTING_MODEL]
    if not phase.sites:
        return [*lines, "Only the lattice was fitted: there are no atoms."]
    if is_open(phase):
        lines.append(OPEN_ELEMENTS)
    return lines or ["Whole-pattern refinement by crystinet."]


def _atoms(phase: FittedPhase) -> list[str]:
    sites, labels = phase.sites, labels_of(phase.sites)
    lines = [
        "loop_",
        "_atom_site_label",
        "_atom_site_type_symbol",
        "_atom_site_site_symmetry_multiplicity",
        "_atom_site_Wyckoff_symbol",
        "_atom_site_fract_x",
        "_atom_site_fract_y",
        "_atom_site_fract_z",
        "_atom_site_occupancy",
        "_atom_site_B_iso_or_equiv",
        "_atom_site_adp_type",
    ]
    for site, label, species in zip(sites, labels, species_of_sites(phase), strict=True):
        xyz = " ".join(map(with_su, site.xyz, site.xyz_uncertainty))
        for name, share in species:
            own = label if len(species) == 1 else f"{label}{name}"
            place = f"{site.multiplicity} {site.wyckoff or '.'}"
            lines.append(f"{own} {name} {place} {xyz} {share:.4g} {site.b_iso:.3f} Biso")
    lines += [
        "loop_",
        "_crystinet_site_label",
        "_crystinet_site_electrons",
        "_crystinet_site_determined",
        "_crystinet_site_elements",
    ]
    for site, label in zip(sites, labels, strict=True):
        electrons = with_su(site.electrons, site.electrons_uncertainty, digits=2)
        known = "yes" if site.determined else "no"
        lines.append(f"{label} {electrons} {known} {_quoted(' '.join(site.elements) or 'none')}")
    return lines


def _pattern_block(fit: Fit, ids: Sequence[str], own: str) -> list[str]:
    lines = [
        "",
        f"data_{own}",
        f"_pd_block_id {own}",
        "_diffrn_radiation_probe x-ray",
        "loop_",
        "_diffrn_radiation_wavelength_id",
        "_diffrn_radiation_wavelength",
        "_diffrn_radiation_wavelength_wt",
    ]
    radiation = fit.radiation
    pairs = zip(radiation.wavelengths_angstrom, radiation.weights, strict=True)
    lines += [f"{n} {value:.6f} {weight:.4f}" for n, (value, weight) in enumerate(pairs, start=1)]
    lines += [
        "loop_",
        "_pd_phase_id",
        "_pd_phase_block_id",
        "_pd_phase_name",
        "_pd_phase_mass_%",
        "_crystinet_phase_intensity_share",
    ]
    for number, (phase, block) in enumerate(zip(fit.phases, ids, strict=True), start=1):
        mass = "?" if phase.weight_fraction is None else f"{100.0 * phase.weight_fraction:.2f}"
        title = _quoted(title_of(phase))
        lines.append(f"{number} {block} {title} {mass} {phase.share:.4f}")
    shift = with_su(fit.shift_deg, fit.shift_uncertainty_deg)
    zero = with_su(fit.zero_deg, fit.zero_uncertainty_deg)
    lines += [
        *_text(
            "_pd_proc_info_data_reduction",
            [
                f"Angles are as measured, too high by {zero} + {shift} cos(theta) degrees.",
                "Neighbouring points may have been averaged.",
            ],
        ),
        "_pd_calc_method 'whole-pattern refinement'",
        "_pd_proc_ls_profile_function "
        "'pseudo-Voigt of Thompson, Cox and Hastings (1987); axial divergence'",
        "_pd_proc_ls_background_function 'cubic B-splines'",
        f"_pd_proc_ls_prof_wR_factor {fit.rwp:.4f}",
        f"_pd_proc_ls_prof_wR_expected {fit.rexp:.4f}",
        f"_refine_ls_goodness_of_fit_all {fit.gof:.3f}",
        f"_refine_ls_number_parameters {fit.parameters}",
    ]
    lines += _reflections(fit)
    return lines + _points(fit)


def _reflections(fit: Fit) -> list[str]:
    lines = [
        "loop_",
        "_refln_index_h",
        "_refln_index_k",
        "_refln_index_l",
        "_pd_refln_phase_id",
        "_refln_d_spacing",
        "_refln_symmetry_multiplicity",
        "_crystinet_refln_2theta",
        "_crystinet_refln_area",
    ]
    for number, phase in enumerate(fit.phases, start=1):
        own = phase.lines
        rows = zip(
            own.hkl.tolist(),
            own.d_angstrom.tolist(),
            own.multiplicity.tolist(),
            own.two_theta_deg.tolist(),
            own.area.tolist(),
            strict=True,
        )
        lines += [
            f"{h} {k} {l} {number} {d:.5f} {m} {place:.4f} {area:.5g}"
            for (h, k, l), d, m, place, area in rows  # noqa: E741
        ]
    return lines


def _points(fit: Fit) -> list[str]:
    lines = [
        f"_pd_proc_2theta_range_min {fit.two_theta_deg[0]:.5f}",
        f"_pd_proc_2theta_range_max {fit.two_theta_deg[-1]:.5f}",
        f"_pd_meas_number_of_points {len(fit.two_theta_deg)}",
        "loop_",
        "_pd_meas_2theta_scan",
        "_pd_meas_intensity_total",
        "_pd_calc_intensity_total",
        "_pd_proc_intensity_bkg_calc",
        "_pd_proc_ls_weight",
    ]
    weight = fit.mask / fit.uncertainty**2
    columns = (fit.two_theta_deg, fit.observed, fit.calculated, fit.background, weight)
    lines += [
        f"{x:.5f} {y:.7g} {c:.7g} {b:.7g} {w:.5g}"
        for x, y, c, b, w in zip(*(column.tolist() for column in columns), strict=True)
    ]
    return lines


def _halls(symbol: str) -> str:
    return symbol.replace("=", '"')


def _code(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("_.-")[:50] or "pattern"


def _ascii(text: str) -> str:
    return " ".join(text.encode("ascii", "replace").decode().split())


def _quoted(text: str) -> str:
    """A value of one line within quotes that it does not end."""
    plain = _ascii(text)
    if "'" not in plain:
        return f"'{plain}'"
    return f'"{plain}"' if '"' not in plain else "'" + plain.replace("'", "") + "'"


def _text(tag: str, sentences: Iterable[str]) -> list[str]:
    """A value of several lines; a semicolon never starts one."""
    rows = [f" {_ascii(sentence)}" for sentence in sentences]
    return [tag, ";", *rows, ";"] if rows else [f"{tag} ?"]
