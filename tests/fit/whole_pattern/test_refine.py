"""`crystinet.refine`: what is true is found, whatever the scale, the wavelength or the setting."""

from dataclasses import replace

import gemmi
import numpy as np
import pytest

import crystinet
from crystinet.crystals.catalogue import load_catalogue
from crystinet.fit.whole_pattern.instrument import learned

TITANIA = "Rutile-TiO2"


def _reference(name: str) -> crystinet.Structure:
    return load_catalogue().by_name(name).reference


@pytest.fixture(scope="module")
def rutile() -> crystinet.Pattern:
    return crystinet.simulate(
        _reference(TITANIA), counts=50000, seed=1, background=0.05, eta=None, size_nm=80.0,
        displacement_mm=0.05, anomalous=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def fit(rutile: crystinet.Pattern) -> crystinet.Fit:
    return crystinet.refine(rutile, type=TITANIA, formula="TiO2")


def test_truth_is_recovered(fit: crystinet.Fit) -> None:
    truth, phase = _reference(TITANIA), fit.phases[0]
    assert np.allclose(phase.cell[:2], truth.cell[:2], rtol=1e-4)
    assert phase.verified is crystinet.Proof.YES
    assert phase.refined
    oxygen = next(site for site in phase.sites if site.label.startswith("O"))
    x = next(site.xyz[0] for site in truth.sites if site.species[0][0] == "O")
    assert abs(oxygen.xyz[0] - x) * phase.cell.a < 0.01
    assert 0.0 < oxygen.xyz_uncertainty[0] < 0.005
    assert fit.gof < 1.6


def test_scattering_power_is_free_where_no_element_is_known(rutile: crystinet.Pattern) -> None:
    tin = replace(
        _reference(TITANIA),
        sites=tuple(
            replace(site, species=tuple(("Sn" if e == "Ti" else e, o) for e, o in site.species))
            for site in _reference(TITANIA).sites
        ),
        name="SnO2",
    )
    phase = crystinet.refine(rutile, structure=tin).phases[0]
    metal = next(site for site in phase.sites if site.label.startswith("Sn"))
    assert metal.electrons == pytest.approx(22.0, rel=0.12)
    assert not metal.determined


def test_the_scale_of_intensities_does_not_matter(
    rutile: crystinet.Pattern, fit: crystinet.Fit
) -> None:
    louder = replace(rutile, intensity=1000.0 * rutile.intensity)
    again = crystinet.refine(louder, type=TITANIA, formula="TiO2")
    assert again.rwp == pytest.approx(fit.rwp, rel=1e-3)
    assert np.allclose(again.phases[0].cell, fit.phases[0].cell, rtol=1e-6)


def test_another_wavelength_gives_the_same_cell(fit: crystinet.Fit) -> None:
    pattern = crystinet.simulate(
        _reference(TITANIA), wavelength_angstrom=0.8, fwhm_deg=0.06, counts=50000, seed=3
    )
    other = crystinet.refine(pattern, type=TITANIA)
    assert np.allclose(other.phases[0].cell[:3], fit.phases[0].cell[:3], rtol=2e-4)


def test_another_setting_gives_the_same_fit() -> None:
    standard = _reference("Olivine-Mg2SiO4")  # Pnma
    a, b, c, *angles = standard.cell
    turned = crystinet.Structure(  # Pbnm: c a b
        (c, a, b, *angles),
        gemmi.find_spacegroup_by_name("P b n m").hall,
        tuple(replace(s, xyz=(s.xyz[2], s.xyz[0], s.xyz[1])) for s in standard.sites),
    )
    pattern = crystinet.simulate(standard, counts=20000, seed=1)
    one = crystinet.refine(pattern, structure=standard)
    two = crystinet.refine(pattern, structure=turned)
    assert two.rwp == pytest.approx(one.rwp, rel=1e-2)
    a, b, c = one.phases[0].cell[:3]
    assert np.allclose(two.phases[0].cell[:3], (c, a, b), rtol=2e-5)


def test_masked_points_do_not_count(rutile: crystinet.Pattern, fit: crystinet.Fit) -> None:
    spoilt = rutile.intensity.copy()
    x = rutile.two_theta_deg
    spoilt[(x > 44.5) & (x < 50.0)] *= 5.0
    mask = ~((x > 44.0) & (x < 50.5))
    phase = crystinet.refine(
        replace(rutile, intensity=spoilt, mask=mask), type=TITANIA, formula="TiO2"
    ).phases[0]
    assert np.allclose(phase.cell[:3], fit.phases[0].cell[:3], rtol=2e-5)


def test_a_wrong_type_is_not_borne_out(rutile: crystinet.Pattern) -> None:
    fit = crystinet.refine(rutile, type="Garnet-Al2Ca3Si3O12")
    assert fit.phases[0].verified is not crystinet.Proof.YES
    assert fit.phases[0].reasons


def test_sites_that_cannot_hold_the_formula_prove_nothing() -> None:
    pattern = crystinet.simulate(_reference("bcc-W"), counts=20000, seed=1, background=0.05)
    phase = crystinet.refine(pattern, type="Heusler-AlCu2Mn", formula="W").phases[0]
    assert phase.verified is crystinet.Proof.NO
    assert "cannot hold the formula" in phase.reasons[0]


def test_what_is_known_of_the_instrument_counts(
    rutile: crystinet.Pattern, fit: crystinet.Fit
) -> None:
    tube = learned(fit)
    synchrotron = replace(tube, monochromator_deg=90.0, transmission=True)
    squared = np.cos(np.radians(rutile.two_theta_deg)) ** 2
    polarised = replace(rutile, intensity=rutile.intensity * 2.0 / (1.0 + squared))
    told = crystinet.refine(polarised, type=TITANIA, formula="TiO2", instrument=synchrotron)
    untold = crystinet.refine(polarised, type=TITANIA, formula="TiO2", instrument=tube)
    expected = fit.phases[0].b_overall
    found, wrong = (abs(each.phases[0].b_overall - expected) for each in (told, untold))
    assert found < 0.1 < wrong
    assert told.shift_deg == 0.0  # a capillary is not displaced as a flat specimen is
    assert told.zero_deg != 0.0


def test_wrong_arguments_are_refused(rutile: crystinet.Pattern) -> None:
    with pytest.raises(crystinet.ConfigError, match="Both a type and a structure"):
        crystinet.refine(rutile, type=TITANIA, structure=_reference(TITANIA))
    with pytest.raises(crystinet.ConfigError, match="no chemical formula"):
        crystinet.refine(rutile, formula="TiO2)")
    with pytest.raises(crystinet.ConfigError, match="2 formulas are given for 1 phase"):
        crystinet.refine(rutile, formula="TiO2 + Al2O3")
    with pytest.raises(crystinet.UnknownTypeError):
        crystinet.refine(rutile, type="Nonsense")
    with pytest.raises(crystinet.ConfigError, match="Several phases"):
        crystinet.refine(rutile, type=TITANIA, phases=2)
    with pytest.raises(crystinet.ConfigError, match="99 phases are asked for, more than the 5"):
        crystinet.refine(rutile, phases=99)


def test_the_document_is_plain(fit: crystinet.Fit) -> None:
    import json

    document = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    phase = document["phases"][0]
    assert phase["verified"] == "yes"
    assert len(phase["reflections"]) == len(fit.phases[0].lines)
    assert phase["sites"][0]["wyckoff"] == "a"


def test_structures_that_no_powder_pattern_bears_out_are_refused(
    rutile: crystinet.Pattern,
) -> None:
    places = np.random.default_rng(0).random((301, 3))

    def carbon(count: int) -> crystinet.Structure:
        sites = tuple(crystinet.Site((("C", 1.0),), tuple(xyz)) for xyz in places[:count])
        return crystinet.Structure((40.0, 41.0, 42.0, 90.0, 90.0, 90.0), "P 1", sites)

    with pytest.raises(crystinet.InvalidStructureError, match="301 atoms"):
        crystinet.refine(rutile, structure=carbon(301))
    dark = replace(rutile, intensity=np.where(rutile.two_theta_deg > 20.0, rutile.intensity, 0.0))
    # All its lines lie where nothing was measured: nothing may be divided by that.
    fit = crystinet.refine(dark, structure=carbon(10))
    assert fit.phases[0].verified.value == "no"


@pytest.mark.parametrize(
    ("true", "asked", "verified"),
    [
        ("Ilmenite-FeTiO3", "Corundum-Al2O3", crystinet.Proof.YES),  # its parent has most lines
        ("Perovskite-CaTiO3", "Perovskite-GdFeO3", crystinet.Proof.DOUBTFUL),  # can take any line
    ],
)
def test_a_type_that_was_asked_for_is_compared_with_those_that_are_found(
    true: str, asked: str, verified: crystinet.Proof
) -> None:
    pattern = crystinet.simulate(
        _reference(true), counts=20000, seed=1, background=0.05, anomalous=True
    )
    phase = crystinet.refine(pattern, type=asked).phases[0]
    assert phase.verified is verified
    assert any(true in reason for reason in phase.reasons)
    assert (true in phase.ambiguous_with) is (verified is crystinet.Proof.YES)
