"""rietx as the referee: the same pattern, the same composition, two programs."""

import math
import warnings
from collections import Counter

import gemmi
import numpy as np
import pytest

import crystinet
from crystinet.app.example import fluorapatite_example
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.positions import positions_of
from crystinet.simulation.scattering import element_of

rx = pytest.importorskip("rietx")

SIMULATED = (
    "Rutile-TiO2",
    "NaCl",
    "Fluorite-CaF2",
    "CsCl",
    "Corundum-Al2O3",
    "Spinel-Al2MgO4",
    "Perovskite-SrTiO3",
    "Wurtzite-ZnS(2H)",
    "Nickeline-NiAs",
    "CdI2",
    "Zircon-ZrSiO4",
    "Scheelite-CaWO4",
    "Pyrite-FeS2(cP12)",
    "Sphalerite-ZnS(cF8)",
    "Garnet-Al2Ca3Si3O12",
    "Anatase-TiO2",
    "hcp-Mg",
    "Cr3Si",
    "AlB2",
    "PbClF",
)
_ASYMMETRY = ("instrument.geometry.axial_sl", "instrument.geometry.axial_hl")


def _refereed(structure: crystinet.Structure, fit: crystinet.Fit, pattern: crystinet.Pattern):
    """Rwp and cell of rietx, which frees displacement instead of zero, as the fit does."""
    group = gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(structure.hall_symbol))
    names = ("a", "b", "c", "alpha", "beta", "gamma")
    atoms = [
        rx.Atom(
            label=f"{element}{number}",
            species=element,
            occ=rx.Parameter(value=share),
            biso=rx.Parameter(value=max(site.b_iso or 0.5, 0.05)),
            **{axis: rx.Parameter(value=x) for axis, x in zip("xyz", site.xyz, strict=True)},
        )
        for number, site in enumerate(structure.sites)
        for element, share in site.species
    ]
    cell = {n: rx.Parameter(value=v) for n, v in zip(names, structure.cell, strict=True)}
    phase = rx.Phase(name="phase", space_group=group.xhm(), cell=rx.Cell(**cell), atoms=atoms)
    instrument = rx.Instrument.bragg_brentano(radiation="CuKa")
    instrument.geometry.axial_sl.value = instrument.geometry.axial_hl.value = 0.02
    width = float(np.sqrt(max(fit.phases[0].widths.w, 1e-3)))
    instrument.profile.w.value, instrument.profile.x.value = width**2, width
    plan = rx.RefinementPlan.mccusker_structural()
    left_out = ("extinction", "roughness", "extra_components", "preferred_orientation")
    plan.stages = [stage for stage in plan.stages if stage.name not in left_out]
    for stage in plan.stages:
        if stage.name == "zero":
            stage.turn_on = ["instrument.geometry.sample_displacement"]
        if stage.name == "profile":
            stage.turn_on = [*stage.turn_on, *_ASYMMETRY]
    kept = pattern.mask
    counts = np.maximum(pattern.intensity[kept], 0.0)
    data = rx.PatternData(
        two_theta=pattern.two_theta_deg[kept].tolist(),
        intensity=counts.tolist(),
        sigma=np.sqrt(np.maximum(counts, 1.0)).tolist(),
    )
    ends = (float(fit.two_theta_deg[0]), float(fit.two_theta_deg[-1]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chosen = rx.auto_background(data, kind="chebyshev", two_theta_limits=ends)
        instrument.background = chosen.background
        refinement = rx.Refinement(rx.Structure(phases=[phase]), instrument, history=False)
        result = refinement.fit(data, plan=plan, two_theta_limits=ends)
    found = {
        row.path.rsplit(".", 1)[-1]: (row.value, row.stderr)
        for row in result.parameters
        if ".cell." in row.path and row.stderr
    }
    return result.statistics.rwp, found


def _agree(fit: crystinet.Fit, pattern: crystinet.Pattern) -> None:
    phase = fit.phases[0]
    assert phase.structure is not None
    rwp, cell = _refereed(phase.structure, fit, pattern)
    assert fit.rwp < rwp + 0.01
    ours = dict(
        zip(
            ("a", "b", "c"),
            zip(phase.cell[:3], phase.cell_uncertainty[:3], strict=True),
            strict=True,
        )
    )
    for name in set(ours) & set(cell):
        (value, own), (other, theirs) = ours[name], cell[name]
        assert abs(value - other) < 3.0 * math.hypot(own, theirs) + 2e-5 * value


def _formula(structure: crystinet.Structure) -> str:
    """Atoms in the cell."""
    multiplicity = positions_of(structure, apart_angstrom=0.0).multiplicity
    amounts = Counter[str]()
    for site, times in zip(structure.sites, multiplicity.tolist(), strict=True):
        for species, share in site.species:
            amounts[element_of(species)] += times * share
    return "".join(f"{element}{amount:g}" for element, amount in amounts.items())


@pytest.mark.slow
@pytest.mark.parametrize("name", SIMULATED)
def test_simulated_patterns(name: str) -> None:
    reference = load_catalogue().by_name(name).reference
    pattern = crystinet.simulate(
        reference, counts=20000, seed=1, background=0.05, eta=None, size_nm=80.0,
        displacement_mm=0.05, anomalous=True,
    )  # fmt: skip
    _agree(crystinet.refine(pattern, type=name, formula=_formula(reference)), pattern)


@pytest.mark.slow
def test_a_measured_pattern() -> None:
    example = fluorapatite_example()
    pattern = crystinet.read_pattern(example.path, wavelength_angstrom=example.wavelength_angstrom)
    fit = crystinet.refine(pattern, type=example.type, formula="Ca5(PO4)3F")
    assert fit.phases[0].verified is crystinet.Proof.YES
    _agree(fit, pattern)
