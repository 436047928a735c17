"""A fit as CIF: read by gemmi and by crystinet, with names of the dictionaries alone."""

import re
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

import crystinet
from crystinet.fit.handover.cif import STARTING_MODEL, cif_text

#: Names that cif_core.dic (2.4) and cif_pd.dic (1.0) define, of those that we write.
DEFINED = {
    "_atom_site_adp_type",
    "_atom_site_b_iso_or_equiv",
    "_atom_site_fract_x",
    "_atom_site_fract_y",
    "_atom_site_fract_z",
    "_atom_site_label",
    "_atom_site_occupancy",
    "_atom_site_site_symmetry_multiplicity",
    "_atom_site_type_symbol",
    "_atom_site_wyckoff_symbol",
    "_audit_creation_method",
    "_cell_angle_alpha",
    "_cell_angle_beta",
    "_cell_angle_gamma",
    "_cell_length_a",
    "_cell_length_b",
    "_cell_length_c",
    "_cell_volume",
    "_diffrn_radiation_probe",
    "_diffrn_radiation_wavelength",
    "_diffrn_radiation_wavelength_id",
    "_diffrn_radiation_wavelength_wt",
    "_pd_block_diffractogram_id",
    "_pd_block_id",
    "_pd_calc_intensity_total",
    "_pd_calc_method",
    "_pd_meas_2theta_scan",
    "_pd_meas_intensity_total",
    "_pd_meas_number_of_points",
    "_pd_phase_block_id",
    "_pd_phase_id",
    "_pd_phase_mass_%",
    "_pd_phase_name",
    "_pd_proc_2theta_range_max",
    "_pd_proc_2theta_range_min",
    "_pd_proc_info_data_reduction",
    "_pd_proc_intensity_bkg_calc",
    "_pd_proc_ls_background_function",
    "_pd_proc_ls_pref_orient_corr",
    "_pd_proc_ls_prof_wr_expected",
    "_pd_proc_ls_prof_wr_factor",
    "_pd_proc_ls_profile_function",
    "_pd_proc_ls_weight",
    "_pd_refln_phase_id",
    "_refine_ls_goodness_of_fit_all",
    "_refine_ls_number_parameters",
    "_refine_special_details",
    "_refln_d_spacing",
    "_refln_index_h",
    "_refln_index_k",
    "_refln_index_l",
    "_refln_symmetry_multiplicity",
    "_space_group_it_number",
    "_space_group_name_h-m_alt",
    "_space_group_name_hall",
    "_space_group_symop_operation_xyz",
}


@pytest.fixture(scope="module")
def document(fit: crystinet.Fit) -> gemmi.cif.Document:
    return gemmi.cif.read_string(cif_text(fit))


def tags_of(block: gemmi.cif.Block) -> list[str]:
    found = []
    for item in block:
        if item.pair:
            found.append(item.pair[0])
        if item.loop:
            found += item.loop.tags
    return found


def test_every_name_is_in_a_dictionary_or_our_own(document: gemmi.cif.Document) -> None:
    tags = {tag.lower() for block in document for tag in tags_of(block)}
    assert {tag for tag in tags if not tag.startswith("_crystinet_")} <= DEFINED
    assert all(line.isascii() for line in document.as_string().splitlines())


def test_the_blocks_point_to_each_other(document: gemmi.cif.Document) -> None:
    structure, powder = document
    assert structure.find_value("_pd_block_id") == structure.name
    assert structure.find_value("_pd_block_diffractogram_id") == powder.name
    assert [*powder.find_values("_pd_phase_block_id")] == [structure.name]


def test_gemmi_reads_the_structure(document: gemmi.cif.Document, fit: crystinet.Fit) -> None:
    small = gemmi.make_small_structure_from_block(document[0])
    assert small.spacegroup.hm == "P m -3 m"
    assert small.cell.a == pytest.approx(fit.phases[0].cell[0], abs=1e-4)
    assert {site.element.name for site in small.sites} == {"Sr", "Ti", "O"}
    assert re.fullmatch(r"3\.90\d+\(\d+\)", document[0].find_value("_cell_length_a"))
    assert document[0].find_value("_cell_angle_alpha") == "90"


def test_crystinet_reads_structure_and_pattern(fit: crystinet.Fit, tmp_path: Path) -> None:
    written = crystinet.write_fit(fit, tmp_path / "a.cif")
    assert written == (tmp_path / "a.cif",)
    (structure,) = crystinet.read_structures(written[0])
    kind = crystinet.assign(structure).type
    assert kind is not None
    assert kind.name == "Perovskite-CaTiO3"
    again = crystinet.read_pattern(written[0])
    np.testing.assert_allclose(again.two_theta_deg, fit.two_theta_deg, atol=1e-5)
    np.testing.assert_allclose(again.intensity, fit.observed, rtol=1e-6, atol=1e-3)
    assert again.radiation.wavelengths_angstrom == pytest.approx(
        fit.radiation.wavelengths_angstrom, abs=1e-6
    )


def test_rwp_follows_from_the_points(document: gemmi.cif.Document, fit: crystinet.Fit) -> None:
    names = ("_pd_meas_intensity_total", "_pd_calc_intensity_total", "_pd_proc_ls_weight")
    observed, calculated, weight = (
        np.array([*map(float, document[1].find_values(name))]) for name in names
    )
    rwp = np.sqrt(weight @ (observed - calculated) ** 2 / (weight @ observed**2))
    assert rwp == pytest.approx(fit.rwp, rel=1e-3)
    assert float(document[1].find_value("_pd_proc_ls_prof_wR_factor")) == pytest.approx(
        rwp, abs=2e-4
    )


def test_known_elements_need_no_caution(document: gemmi.cif.Document) -> None:
    assert "not determined" not in document[0].find_value("_refine_special_details")
    assert {*document[0].find_values("_crystinet_site_determined")} == {"yes"}


def test_unknown_elements_are_said_to_be_so(open_fit: crystinet.Fit) -> None:
    (structure, _) = gemmi.cif.read_string(cif_text(open_fit))
    assert "elements were not determined" in structure.find_value("_refine_special_details")
    assert {*structure.find_values("_crystinet_site_determined")} == {"no"}
    assert len([*structure.find_values("_crystinet_site_elements")]) == 3
    occupancies = [*map(float, structure.find_values("_atom_site_occupancy"))]
    assert max(occupancies) <= 1.0


def test_what_was_not_refined_is_a_starting_model(fit: crystinet.Fit) -> None:
    model = replace(fit, phases=(replace(fit.phases[0], refined=False),))
    text = cif_text(model)
    assert text.count(STARTING_MODEL) == 2
    (structure, _) = gemmi.cif.read_string(text)
    assert "starting model" in structure.find_value("_pd_phase_name")
    assert STARTING_MODEL not in cif_text(fit)


def test_a_lattice_alone_has_no_atoms(fit: crystinet.Fit) -> None:
    lattice = replace(fit, phases=(replace(fit.phases[0], sites=(), refined=False),))
    (structure, powder) = gemmi.cif.read_string(cif_text(lattice))
    assert not [*structure.find_values("_atom_site_label")]
    assert "no atoms" in structure.find_value("_refine_special_details")
    assert len([*powder.find_values("_refln_index_h")]) == len(fit.phases[0].lines)


def test_two_phases_have_a_block_each(fit: crystinet.Fit) -> None:
    half = [replace(fit.phases[0], share=0.5, weight_fraction=w) for w in (0.25, 0.75)]
    document = gemmi.cif.read_string(cif_text(replace(fit, phases=tuple(half))))
    assert len(document) == 3
    assert [*document[2].find_values("_pd_phase_mass_%")] == ["25.00", "75.00"]
    assert {*document[2].find_values("_pd_refln_phase_id")} == {"1", "2"}
