from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from crystinet.core.errors import ConfigError, InvalidStructureError
from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.core.radiation import Radiation
from crystinet.crystals.structure import Site, Structure
from crystinet.simulation.config import SimulationConfig
from crystinet.simulation.profiles import PeakProfile
from crystinet.simulation.reflections import compute_reflections
from crystinet.simulation.simulate import peak_list, render, simulate
from crystinet.simulation.texture import Texture


def cubic(a: float) -> tuple[float, float, float, float, float, float]:
    return (a, a, a, 90.0, 90.0, 90.0)


SILICON = Structure(
    cubic(5.4309), "F 4d 2 3 -1d", (Site((("Si", 1.0),), (0, 0, 0), b_iso=0.46),), "silicon"
)
SALT = Structure(
    cubic(5.6402),
    "-F 4 2 3",
    (Site((("Na", 1.0),), (0, 0, 0)), Site((("Cl", 1.0),), (0.5, 0.5, 0.5))),
    "salt",
)
ONE_LINE = Radiation((1.5405929,))


def test_pattern_on_the_grid_of_the_networks() -> None:
    pattern = simulate(SALT)
    np.testing.assert_array_equal(pattern.two_theta_deg, DEFAULT_GRID.two_theta_deg)
    assert pattern.intensity.max() == pytest.approx(100.0)
    assert pattern.intensity.min() >= 0.0
    assert pattern.mask.all()
    assert pattern.radiation.wavelengths_angstrom == (1.5405929, 1.5444274)
    assert pattern.name == "salt"


def test_strongest_point_lies_on_the_strongest_line() -> None:
    pattern = simulate(SALT)
    assert pattern.two_theta_deg[pattern.intensity.argmax()] == pytest.approx(31.70, abs=0.021)


def test_doublet_has_its_splitting_and_weights() -> None:
    """At 94.9 degrees the K-alpha2 line of silicon 511 lies 0.312 degrees further, half as high."""
    grid = TwoThetaGrid(start_deg=94.0, step_deg=0.005, n_points=500)
    pattern = simulate(SILICON, grid=grid, profile=PeakProfile(fwhm_deg=0.05, eta=0.0))
    x, y = pattern.two_theta_deg, pattern.intensity
    first, second = x < 95.1, x >= 95.1
    split = x[second][y[second].argmax()] - x[first][y[first].argmax()]
    assert split == pytest.approx(0.312, abs=0.006)
    assert y[second].sum() / y[first].sum() == pytest.approx(0.5, abs=0.005)


def test_rendered_areas_are_the_listed_intensities() -> None:
    reflections = compute_reflections(SILICON, d_min_angstrom=0.93)
    y = render(reflections, radiation=ONE_LINE, profile=PeakProfile(fwhm_deg=0.08, eta=0.3))
    peaks = peak_list(SILICON, radiation=ONE_LINE)
    x = DEFAULT_GRID.two_theta_deg
    areas = [y[np.abs(x - centre) < 1.5].sum() for centre in peaks.two_theta_deg]
    np.testing.assert_allclose(100.0 * np.array(areas) / max(areas), peaks.intensity, rtol=1e-4)


def test_peak_list_of_silicon() -> None:
    """Powder Diffraction File 27-1402: positions, and intensities to a few percent."""
    peaks = peak_list(SILICON)
    expected = [28.442, 47.302, 56.121, 69.130, 76.377, 88.029, 94.951, 106.710]
    assert peaks.two_theta_deg.tolist() == pytest.approx(expected, abs=0.004)
    assert peaks.intensity.tolist() == pytest.approx([100, 55, 30, 6, 11, 12, 6, 3], abs=11)
    assert peaks.hkl[0] == ((1, 1, 1),)
    assert peaks.hkl[6] == ((5, 1, 1), (3, 3, 3))


def test_peak_list_merges_what_no_diffractometer_parts() -> None:
    peaks = peak_list(SALT)
    merged = dict(zip(peaks.hkl, peaks.d_angstrom, strict=True))
    assert merged[(5, 1, 1), (3, 3, 3)] == pytest.approx(5.6402 / 27.0**0.5)
    assert (np.diff(peaks.two_theta_deg) > 0.0).all()
    assert peaks.intensity.max() == pytest.approx(100.0)


def test_peak_list_takes_the_strongest_wavelength() -> None:
    molybdenum = Radiation.of_anode("Mo")
    single = Radiation(molybdenum.wavelengths_angstrom[:1])
    both = peak_list(SALT, radiation=molybdenum, two_theta_range_deg=(5.0, 60.0))
    one = peak_list(SALT, radiation=single, two_theta_range_deg=(5.0, 60.0))
    np.testing.assert_array_equal(both.two_theta_deg, one.two_theta_deg)
    assert both.two_theta_deg[0] == pytest.approx(12.51, abs=0.01)


def test_a_shorter_wavelength_moves_lines_to_lower_angles() -> None:
    pattern = simulate(SALT, radiation=Radiation.of_anode("Mo"))
    assert pattern.two_theta_deg[pattern.intensity.argmax()] == pytest.approx(14.45, abs=0.03)


def test_wide_lines_of_small_crystallites() -> None:
    wide = simulate(SALT, radiation=ONE_LINE, profile=PeakProfile(size_nm=5.0))
    half = wide.intensity > 50.0
    expected = np.degrees(0.94 * 1.5406 / 50.0 / np.cos(np.radians(31.70 / 2.0)))
    assert half[:1800].sum() * DEFAULT_GRID.step_deg == pytest.approx(expected, rel=0.05)


def test_every_structure_of_the_same_cell_scaled_has_the_same_shape() -> None:
    half_full = replace(
        SALT, sites=tuple(replace(s, species=((s.species[0][0], 0.5),)) for s in SALT.sites)
    )
    np.testing.assert_allclose(simulate(half_full).intensity, simulate(SALT).intensity, atol=1e-4)


@pytest.mark.parametrize("function", [simulate, peak_list])
def test_a_structure_without_lines_is_refused(function: Callable[[Structure], object]) -> None:
    tiny = Structure(cubic(0.6), "-P 4 2 3", (Site((("H", 1.0),), (0, 0, 0)),), "tiny")
    with pytest.raises(InvalidStructureError, match="tiny has no reflection from 5 to"):
        function(tiny)


def test_backscattering_is_finite() -> None:
    # d = lambda / 2 of the 200 line puts it at 180 degrees.
    copper = Structure(cubic(1.5405929), "-F 4 2 3", (Site((("Cu", 1.0),), (0, 0, 0)),))
    grid = TwoThetaGrid(start_deg=100.0, step_deg=0.1, n_points=799)
    peaks = peak_list(copper, radiation=ONE_LINE, two_theta_range_deg=(5.0, 180.0))
    assert np.isfinite(peaks.intensity).all()
    assert np.isfinite(simulate(copper, radiation=ONE_LINE, grid=grid).intensity).all()


def test_wavelength_brings_its_doublet() -> None:
    assert simulate(SALT, wavelength_angstrom=0.7093).radiation == Radiation.of_anode("Mo")
    single = simulate(SALT, wavelength_angstrom=1.5406, monochromatic=True)
    assert single.radiation == Radiation((1.5405929,))
    with pytest.raises(ConfigError, match="Both a wavelength and a radiation"):
        simulate(SALT, wavelength_angstrom=1.54, radiation=ONE_LINE)


def test_settings_by_name_are_those_of_the_configuration() -> None:
    config = SimulationConfig(
        profile=PeakProfile(size_nm=40.0, strain=0.002), texture=Texture(0.7, (0, 0, 1))
    )
    by_name = simulate(SALT, size_nm=40, strain=0.002, texture=(0.7, 0, 0, 1))
    np.testing.assert_array_equal(by_name.intensity, simulate(SALT, config=config).intensity)


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"size": 40}, "no setting 'size'", "'size_nm'"),
        ({"size_nm": -1.0}, "size_nm=-1.0", "0.1 to"),
        ({"counts": "many"}, "counts='many'", "number"),
        ({"counts": float("nan")}, "counts=nan", "number"),
        ({"texture": 0.7}, "0.7 is no texture", "r, h, k, l"),
        ({"texture": (0.7, 0, 0, 0.5)}, "fractional indices", "whole"),
        ({"axial": -0.1}, "axial=-0.1", "0 to 0.5"),
        ({"counts": 100, "seed": -1}, "seed is -1", "0 or more"),
        ({"ions": {"Fe": "Fe3+"}}, "holds no Fe", "Cl, Na"),
    ],
)
def test_impossible_settings_are_refused(
    settings: dict[str, object], message: str, hint: str
) -> None:
    with pytest.raises(ConfigError, match=message) as error:
        simulate(SALT, **settings)  # type: ignore[arg-type]
    assert hint in error.value.hint


def test_zero_shift_and_displacement_move_lines() -> None:
    """At 31.70 degrees, 0.2 mm below the axis of a circle of 200 mm: -2 s cos(theta) / R."""
    grid = TwoThetaGrid(start_deg=30.0, step_deg=0.001, n_points=4000)

    def top(**settings: float) -> float:
        pattern = simulate(SALT, radiation=ONE_LINE, grid=grid, **settings)  # type: ignore[arg-type]
        return float(pattern.two_theta_deg[pattern.intensity.argmax()])

    assert top(zero_shift_deg=0.05) - top() == pytest.approx(0.05, abs=0.0011)
    expected = -np.degrees(2.0 * 0.2 * np.cos(np.radians(31.70 / 2.0)) / 200.0)
    assert top(displacement_mm=0.2) - top() == pytest.approx(expected, abs=0.0011)


def test_axial_divergence_leans_the_first_lines_and_keeps_their_area() -> None:
    salt = compute_reflections(replace(SALT, cell=cubic(11.0)), d_min_angstrom=0.9)
    profile = PeakProfile(fwhm_deg=0.06, eta=0.0)
    upright = render(salt, radiation=ONE_LINE, profile=profile)
    leaning = render(salt, radiation=ONE_LINE, profile=profile, axial=0.06)
    assert leaning.sum() == pytest.approx(upright.sum(), rel=1e-3)
    x = DEFAULT_GRID.two_theta_deg
    first = (x > 12.0) & (x < 15.0)
    assert leaning[first].sum() == pytest.approx(upright[first].sum(), rel=1e-3)
    mean = [np.average(x[first], weights=y[first]) for y in (leaning, upright)]
    assert mean[0] < mean[1] - 0.02


def test_anomalous_scattering_changes_intensities_near_an_edge() -> None:
    cobalt = replace(SALT, sites=(Site((("Co", 1.0),), (0, 0, 0)), SALT.sites[1]))
    plain, with_terms = (simulate(cobalt, anomalous=on).intensity for on in (False, True))
    assert np.abs(plain - with_terms).max() > 1.0


class TestCounting:
    def test_the_seed_repeats_the_counts(self) -> None:
        first, again, other = (
            simulate(SALT, counts=1000, seed=seed).intensity for seed in (1, 1, 2)
        )
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()

    def test_counts_are_poissonian(self) -> None:
        """The sum of (n - m)^2 / m over many points of large m has mean 1 and little spread."""
        expected = simulate(SALT, background=0.5).intensity
        expected = expected * (10_000.0 * 1.5 / expected.max())
        counted = simulate(SALT, counts=10_000, background=0.5, seed=3).intensity
        assert (counted == np.rint(counted)).all()
        chi_squared = ((counted - expected) ** 2 / expected).mean()
        assert chi_squared == pytest.approx(1.0, abs=5.0 * (2.0 / len(expected)) ** 0.5)
        assert (counted - expected).sum() == pytest.approx(0.0, abs=5.0 * expected.sum() ** 0.5)

    def test_background_is_a_part_of_the_strongest_point(self) -> None:
        pattern = simulate(SALT, background=0.25)
        assert pattern.intensity.max() == pytest.approx(100.0)
        assert pattern.intensity.min() == pytest.approx(20.0, abs=0.2)


def test_merging_undoes_what_rounding_has_split() -> None:
    """A cubic crystal given without its symmetry, its cell rounded to 0.001 angstrom."""
    boride = Structure(
        (4.157, 4.156, 4.157, 90.0, 90.0, 90.0), "P 1", (Site((("La", 1.0),), (0, 0, 0)),)
    )
    split = peak_list(boride, radiation=ONE_LINE)
    merged = peak_list(boride, radiation=ONE_LINE, merge_deg=0.05)
    assert len(split.intensity) > len(merged.intensity)
    cubic_lines = peak_list(replace(boride, hall_symbol="-P 4 2 3"), radiation=ONE_LINE)
    np.testing.assert_allclose(merged.intensity, cubic_lines.intensity, rtol=1e-3)
    np.testing.assert_allclose(merged.two_theta_deg, cubic_lines.two_theta_deg, atol=0.01)
