"""The bundle in the package on what laboratories measure: radiations, ranges, steps and defects.

The patterns are simulated with counting noise, written to a file and identified like any other. The
right type has to come first and the warnings have to name what was found wrong, no more.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import crystinet
from crystinet.core.arrays import FloatArray
from crystinet.core.grid import TwoThetaGrid
from crystinet.core.radiation import ANODE_LINES, Radiation
from crystinet.crystals.catalogue import load_catalogue
from crystinet.model.identification import Identification
from crystinet.patterns import Pattern

Identify = Callable[..., Identification]

pytestmark = pytest.mark.parametrize("name", ["NaCl", "Spinel-Al2MgO4", "Garnet-Al2Ca3Si3O12"])

COPPER = Radiation.of_anode("Cu")


@pytest.fixture
def identify(tmp_path: Path) -> Identify:
    """Return a function that writes two columns and identifies the file."""

    def through_a_file(
        x: FloatArray, y: FloatArray, radiation: Radiation = COPPER
    ) -> Identification:
        path = tmp_path / "scan.xy"
        header = f"wavelength = {radiation.wavelength_angstrom}"
        np.savetxt(path, np.column_stack([x, y]), fmt="%.4f", header=header)
        return crystinet.identify(path)

    return through_a_file


def scan(
    name: str,
    *,
    start: float = 10.0,
    stop: float = 90.0,
    step: float = 0.02,
    radiation: Radiation = COPPER,
    fwhm: float = 0.1,
    background: float = 0.02,
) -> Pattern:
    """Counts of the reference structure of a type, 8000 at the strongest point."""
    return crystinet.simulate(
        load_catalogue().by_name(name).reference,
        radiation=radiation,
        grid=TwoThetaGrid(start, step, round((stop - start) / step) + 1),
        fwhm_deg=fwhm,
        background=background,
        counts=8000,
        seed=1,
    )


def assert_is(result: Identification, name: str, *warnings: str) -> None:
    assert result.candidates[0].type == name
    assert result.verdict != "unknown"
    assert len(result.warnings) == len(warnings), result.warnings
    for text, expected in zip(result.warnings, warnings, strict=True):
        assert expected in text


# --- radiations and ranges ----------------------------------------------------------------


@pytest.mark.parametrize("anode", ANODE_LINES)
def test_laboratory_tubes(name: str, anode: str, identify: Identify) -> None:
    radiation = Radiation.of_anode(anode)
    ratio = radiation.wavelength_angstrom / COPPER.wavelength_angstrom
    stop = np.degrees(2.0 * np.arcsin(min(0.966, np.sin(np.radians(50.0)) * ratio)))
    pattern = scan(name, start=4.0 if ratio < 1.0 else 12.0, stop=float(stop), radiation=radiation)
    assert_is(identify(pattern.two_theta_deg, pattern.intensity, radiation), name)


@pytest.mark.parametrize("wavelength", [0.4, 0.6, 0.8, 1.0, 1.2])
def test_synchrotrons(name: str, wavelength: float, identify: Identify) -> None:
    radiation = Radiation((wavelength,))
    stop = float(np.degrees(2.0 * np.arcsin(wavelength / 2.2)))  # to d = 1.1 angstrom
    pattern = scan(name, start=2.0, stop=stop, step=0.004, radiation=radiation, fwhm=0.015)
    assert_is(identify(pattern.two_theta_deg, pattern.intensity, radiation), name)


@pytest.mark.parametrize(
    ("start", "stop"), [(5.0, 65.0), (5.0, 90.0), (5.0, 150.0), (10.0, 70.0), (20.0, 120.0)]
)
def test_ranges(name: str, start: float, stop: float, identify: Identify) -> None:
    pattern = scan(name, start=start, stop=stop)
    assert_is(identify(pattern.two_theta_deg, pattern.intensity), name)


def test_a_short_range_is_said(name: str, identify: Identify) -> None:
    pattern = scan(name, start=15.0, stop=60.0)
    result = identify(pattern.two_theta_deg, pattern.intensity)
    assert_is(result, name, "Short range: only 15 to 60 degrees 2theta")


# --- steps --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "fwhm"), [(0.002, 0.1), (0.05, 0.1), (0.1, 0.2), (0.2, 0.4)], ids=str
)
def test_fine_and_coarse_steps(name: str, step: float, fwhm: float, identify: Identify) -> None:
    pattern = scan(name, step=step, fwhm=fwhm)
    assert_is(identify(pattern.two_theta_deg, pattern.intensity), name)


def test_steps_that_grow_and_jitter(name: str, identify: Identify) -> None:
    fine = scan(name, step=0.002)
    rng = np.random.default_rng(2)
    index = np.cumsum(np.linspace(5.0, 20.0, 3000) + rng.uniform(-2.0, 2.0, 3000)).astype(int)
    index = index[index < len(fine.intensity)]
    assert_is(identify(fine.two_theta_deg[index], fine.intensity[index]), name)


def test_gaps(name: str, identify: Identify) -> None:
    # Lines of the sample holder were cut out.
    pattern = scan(name, start=10.0, stop=100.0)
    x = pattern.two_theta_deg
    kept = (np.abs(x - 44.7) > 0.8) & (np.abs(x - 65.1) > 0.8) & (np.abs(x - 78.2) > 0.8)
    result = identify(x[kept], pattern.intensity[kept])
    # The first gap hides the second strongest line of NaCl (220 at 45.4 degrees), which is then
    # taken for fluorite: the right type has to be among the candidates that are left, not first.
    assert name in result.candidate_set
    assert result.verdict != "unknown"
    assert not result.warnings


def test_repeated_and_unsorted_points(name: str, identify: Identify) -> None:
    pattern = scan(name)
    x, y = pattern.two_theta_deg, pattern.intensity
    doubled = np.concatenate((x[:1500], x[1400:])), np.concatenate((y[:1500], y[1400:]))
    order = np.argsort(doubled[0], kind="stable")
    result = identify(doubled[0][order], doubled[1][order])
    assert_is(result, name, "100 points repeated a 2theta value")
    swapped = np.arange(len(x))
    swapped[100:102] = 101, 100
    assert_is(identify(x[swapped], y[swapped]), name, "sorted")


# --- backgrounds --------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.5, 2.0, 5.0])
def test_fluorescence(name: str, level: float, identify: Identify) -> None:
    # Iron with a copper tube: a constant background, up to five times the strongest line.
    pattern = scan(name, background=level)
    assert_is(identify(pattern.two_theta_deg, pattern.intensity), name)


@pytest.mark.parametrize(("part", "fwhm"), [(0.1, 8.0), (0.3, 8.0), (0.5, 15.0)])
def test_humps_of_glass_sample_holders(
    name: str, part: float, fwhm: float, identify: Identify
) -> None:
    pattern = scan(name)
    z = (pattern.two_theta_deg - 22.0) / fwhm
    hump = 8000.0 * part * np.exp(-4.0 * np.log(2.0) * z**2)
    noisy = pattern.intensity + np.random.default_rng(3).poisson(hump)
    assert_is(identify(pattern.two_theta_deg, noisy), name)


# --- spikes -------------------------------------------------------------------------------


@pytest.mark.parametrize("height", [2e3, 1e5])
def test_spikes(name: str, height: float, identify: Identify) -> None:
    pattern = scan(name)
    spiky = pattern.intensity.copy()
    bare = np.flatnonzero(spiky < 1.5 * np.median(spiky))
    spiky[np.random.default_rng(4).choice(bare[5:-5], 3, replace=False)] += height
    result = identify(pattern.two_theta_deg, spiky)
    assert_is(result, name, "Removed")
    assert any("removed, at" in step for step in result.steps)
    clean = identify(pattern.two_theta_deg, pattern.intensity)
    assert result.candidates[0].probability == pytest.approx(
        clean.candidates[0].probability, abs=0.05
    )


@pytest.mark.parametrize("step", [0.01, 0.02, 0.05, 0.1])
def test_lines_of_two_steps_are_no_spikes(name: str, step: float, identify: Identify) -> None:
    pattern = scan(name, step=step, fwhm=2.0 * step)
    assert_is(identify(pattern.two_theta_deg, pattern.intensity), name)
