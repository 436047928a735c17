"""Files for other programs, read back by rietx, which knows them all."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import crystinet
from crystinet.core.errors import ConfigError


@pytest.fixture(scope="module")
def folder(fit: crystinet.Fit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place: Path = tmp_path_factory.mktemp("programs")
    written = crystinet.write_fit(
        fit, place / "s.cif", programs=["gsas2", "fullprof", "topas", "topas"]
    )
    endings = [path.suffix for path in written]
    assert endings == [".cif", ".xye", ".instprm", ".dat", ".pcr", ".inp"]
    return place


@pytest.fixture(scope="module")
def rietx() -> Any:
    return pytest.importorskip("rietx")


def test_the_data_are_those_of_the_fit(folder: Path, fit: crystinet.Fit) -> None:
    for name in ("s.xye", "s.dat"):
        columns = np.loadtxt(folder / name, unpack=True)
        expected = (fit.two_theta_deg, fit.observed, fit.uncertainty)
        for got, wanted in zip(columns, expected, strict=True):
            np.testing.assert_allclose(got, wanted[fit.mask], rtol=1e-4)
    again = crystinet.read_pattern(folder / "s.xye", wavelength_angstrom=1.5406)
    assert len(again.two_theta_deg) == fit.mask.sum()


def test_fullprof(folder: Path, fit: crystinet.Fit, rietx: Any) -> None:
    read = rietx.read_fullprof_pcr(folder / "s.pcr")
    (phase,) = read.phases
    assert phase.space_group == "P m -3 m"
    cell = [phase.cell[name].value for name in ("a", "b", "c", "alpha", "beta", "gamma")]
    assert cell == pytest.approx(fit.phases[0].cell, abs=1e-5)
    # FullProf's occupancy is that of the site times its part of the general position.
    assert [atom.values["occ"].value for atom in phase.atoms] == pytest.approx(
        [1 / 48, 1 / 48, 3 / 48], abs=1e-6
    )
    assert [atom.species for atom in phase.atoms] == ["Sr", "Ti", "O"]
    widths = fit.phases[0].widths
    assert phase.profile["w"].value == pytest.approx(widths.w, abs=1e-6)
    assert phase.profile["x"].value == pytest.approx(widths.y, abs=1e-6)
    assert phase.profile["y"].value == pytest.approx(widths.x, abs=1e-6)
    assert phase.profile["scale"].codeword == 11.0
    assert read.refined_parameter_count == 1
    assert read.zero_shift["sycos"].value == pytest.approx(fit.shift_deg, abs=1e-5)
    assert read.pattern["lambda1"] == pytest.approx(1.540593)
    assert len(read.background) == read.control["nba"]


def test_the_scale_of_fullprof_gives_the_areas(folder: Path, fit: crystinet.Fit) -> None:
    """Scale times multiplicity, |F|^2 and Lorentz-polarisation factor is the area of a line."""
    from crystinet.core.diffraction import lorentz_polarisation
    from crystinet.simulation.reflections import compute_reflections

    rows = (folder / "s.pcr").read_text().splitlines()
    scale = float(rows[next(i for i, row in enumerate(rows) if "Scale" in row) + 1].split()[0])
    structure = fit.phases[0].structure
    assert structure is not None
    reflections = compute_reflections(structure, d_min_angstrom=1.2)
    lines = fit.phases[0].lines
    strongest = int(np.argmax(lines.area))
    here = int(np.abs(reflections.d_angstrom - lines.d_angstrom[strongest]).argmin())
    factor = 0.5 * float(lorentz_polarisation(lines.two_theta_deg[[strongest]])[0])
    calculated = scale * reflections.multiplicity[here] * reflections.f_squared[here] * factor
    assert calculated == pytest.approx(lines.area[strongest], rel=0.05)


def test_topas(folder: Path, fit: crystinet.Fit, rietx: Any) -> None:
    read = rietx.read_topas_inp(folder / "s.inp")
    (phase,) = read.phases
    assert phase.space_group == "P m -3 m"
    assert phase.cell["a"] == pytest.approx(fit.phases[0].cell[0], abs=1e-5)
    assert [(site.label, site.species, site.occupancy) for site in phase.sites] == [
        ("Sr1", "Sr", 1.0),
        ("Ti1", "Ti", 1.0),
        ("O1", "O", 1.0),
    ]
    assert read.data_files == ["s.xye"]
    assert read.background_refined
    assert [line.wavelength for line in read.emission_lines] == pytest.approx(
        fit.radiation.wavelengths_angstrom, abs=1e-6
    )


def test_several_phases_and_texture(fit: crystinet.Fit, tmp_path: Path, rietx: Any) -> None:
    from crystinet.fit.whole_pattern.fitted_phase import FittedTexture

    phase = fit.phases[0]
    textured = replace(phase, texture=FittedTexture((0, 0, 1), 0.8, 0.02))
    both = replace(fit, phases=(phase, textured))
    crystinet.write_fit(both, tmp_path / "two.cif", programs=["fullprof", "topas"])
    read = rietx.read_fullprof_pcr(tmp_path / "two.pcr")
    assert [one.profile["pref1"].value for one in read.phases] == [1.0, 0.8]
    assert [one.profile["scale"].codeword for one in read.phases] == [11.0, 21.0]
    assert len(rietx.read_topas_inp(tmp_path / "two.inp").phases) == 2


def test_programs_that_are_none(fit: crystinet.Fit, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no export for 'jana'"):
        crystinet.write_fit(fit, tmp_path / "a.cif", programs=["jana"])
    lattice = replace(fit, phases=(replace(fit.phases[0], sites=()),))
    with pytest.raises(ConfigError, match="no atoms to hand over"):
        crystinet.write_fit(lattice, tmp_path / "a.cif", programs=["topas"])
    assert not [*tmp_path.iterdir()]
