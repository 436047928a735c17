import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.arrays import FloatArray
from crystinet.core.diffraction import lorentz_polarisation
from crystinet.core.errors import InvalidPatternError
from crystinet.core.grid import DEFAULT_GRID
from crystinet.core.notes import Note, NoteCode, find_note
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern, PreprocessingConfig, prepare_simulated, preprocess
from crystinet.patterns.pattern import ASSUMED_WAVELENGTH
from crystinet.patterns.preprocessing import (
    convert_wavelength,
    resample,
    smooth,
)
from crystinet.patterns.sample import Sample

Peaks = Callable[..., FloatArray]
Measured = Callable[..., Pattern]

COPPER = Radiation.of_anode("Cu")
AXIS = DEFAULT_GRID.two_theta_deg


def make(axis: FloatArray, intensity: FloatArray, radiation: Radiation = COPPER) -> Pattern:
    return Pattern(axis, intensity, radiation)


# --- wavelength ---------------------------------------------------------------------------


def test_the_same_wavelength_changes_nothing(measured: Measured) -> None:
    pattern = measured()
    assert convert_wavelength(pattern, to_angstrom=1.5405929) is pattern


@settings(max_examples=30, deadline=None)
@given(wavelength=st.floats(0.2, 1.53))
def test_there_and_back_is_the_same(wavelength: float) -> None:
    axis = np.linspace(5.0, 150.0, 500)
    pattern = make(axis, 1.0 + np.arange(500.0))
    there = convert_wavelength(pattern, to_angstrom=wavelength)
    back = convert_wavelength(there, to_angstrom=COPPER.wavelength_angstrom)
    np.testing.assert_allclose(back.two_theta_deg, axis, rtol=1e-9)
    np.testing.assert_allclose(back.intensity, pattern.intensity, rtol=1e-9)
    np.testing.assert_allclose(
        back.radiation.wavelengths_angstrom, COPPER.wavelengths_angstrom, rtol=1e-12
    )
    assert len(back.steps) == 2


def test_a_reflection_moves_to_the_angle_that_bragg_gives(peaks: Peaks) -> None:
    # d = 3.1355 angstrom, Si 111: 13.00 degrees with Mo, 28.44 degrees with Cu.
    axis = np.arange(5.0, 60.0, 0.01)
    molybdenum = make(axis, peaks(axis, centres=(12.987,), fwhm=0.1), Radiation.of_anode("Mo"))
    copper = convert_wavelength(molybdenum, to_angstrom=COPPER.wavelength_angstrom)
    assert copper.two_theta_deg[copper.intensity.argmax()] == pytest.approx(28.44, abs=0.03)
    assert copper.radiation.wavelength_angstrom == pytest.approx(COPPER.wavelength_angstrom)


def test_points_beyond_reach_and_in_the_direct_beam_are_dropped() -> None:
    axis = np.linspace(0.0, 120.0, 1201)
    pattern = make(axis, np.ones(1201), Radiation.of_anode("Mo"))
    copper = convert_wavelength(pattern, to_angstrom=COPPER.wavelength_angstrom)
    # sin(theta) = 1 with copper is 2 asin(0.7093172 / 1.5405929) = 54.83 degrees with molybdenum.
    assert len(copper.two_theta_deg) == 548
    assert np.isfinite(copper.intensity).all()
    assert copper.two_theta_deg[-1] < 180.0


def test_intensities_become_those_of_the_new_angle() -> None:
    axis = np.linspace(10.0, 50.0, 401)
    pattern = make(axis, lorentz_polarisation(axis), Radiation.of_anode("Mo"))
    copper = convert_wavelength(pattern, to_angstrom=COPPER.wavelength_angstrom)
    np.testing.assert_allclose(
        copper.intensity, lorentz_polarisation(copper.two_theta_deg), rtol=1e-9
    )


# --- resampling ---------------------------------------------------------------------------


def test_the_same_grid_is_the_identity() -> None:
    curve = np.random.default_rng(0).random(5250)
    result = resample(make(AXIS, curve))
    np.testing.assert_allclose(result.intensity, curve, atol=1e-9)
    assert result.mask.all()


@settings(max_examples=30, deadline=None)
@given(
    step=st.floats(0.002, 0.018),
    fwhm=st.floats(0.03, 0.5),
    centre=st.floats(20.0, 90.0),
    shift=st.floats(0.0, 0.02),
)
def test_averaging_over_bins_conserves_the_area(
    step: float, fwhm: float, centre: float, shift: float
) -> None:
    axis = np.arange(10.0 + shift, 100.0, step)
    curve = np.exp(-4.0 * np.log(2.0) * ((axis - centre) / fwhm) ** 2)
    area = fwhm * np.sqrt(np.pi / (4.0 * np.log(2.0)))
    result = resample(make(axis, curve))
    assert result.intensity.sum() * DEFAULT_GRID.step_deg == pytest.approx(area, rel=1e-3)


def test_a_finer_measurement_loses_noise_and_a_coarser_one_is_interpolated() -> None:
    rng = np.random.default_rng(1)
    fine = np.arange(10.0, 60.0, 0.005)
    result = resample(make(fine, rng.normal(size=len(fine))))
    assert result.intensity[result.mask].std() == pytest.approx(0.5, rel=0.1)  # 4 points a bin
    coarse = np.arange(10.0, 60.01, 0.1)
    result = resample(make(coarse, 3.0 * coarse))
    np.testing.assert_allclose(result.intensity[result.mask], 3.0 * AXIS[result.mask], rtol=1e-9)


def test_what_was_not_measured_is_masked_and_zero() -> None:
    axis = np.concatenate((np.arange(20.0, 40.0, 0.02), np.arange(45.0, 60.0, 0.02)))
    result = resample(make(axis, np.full(len(axis), 9.0)))
    assert result.measured_range_deg == (
        pytest.approx(20.0, abs=1e-6),
        pytest.approx(59.98, abs=0.021),
    )
    in_gap = (AXIS > 39.99) & (AXIS < 44.99)
    assert not result.mask[in_gap].any()
    assert not result.intensity[~result.mask].any()
    np.testing.assert_allclose(result.intensity[result.mask], 9.0)


@pytest.mark.parametrize(("hole", "masked"), [(0.25, False), (0.5, True)])
def test_short_holes_are_bridged_and_gaps_are_not(hole: float, masked: bool) -> None:
    axis = np.concatenate((np.arange(20.0, 40.0, 0.02), np.arange(40.0 + hole, 60.0, 0.02)))
    mask = resample(make(axis, np.ones(len(axis)))).mask
    assert masked == (not mask[np.searchsorted(AXIS, 40.1)])


def test_a_uniformly_coarse_measurement_has_no_gaps() -> None:
    axis = np.arange(10.0, 90.0, 0.4)
    result = resample(make(axis, np.ones(len(axis))))
    low, high = result.measured_range_deg
    assert result.mask.sum() == round((high - low) / DEFAULT_GRID.step_deg) + 1


# --- the whole chain ----------------------------------------------------------------------


def test_the_result_is_on_the_grid_and_tells_its_steps(measured: Measured) -> None:
    result = preprocess(measured())
    np.testing.assert_array_equal(result.two_theta_deg, AXIS)
    assert result.intensity.max() == 1.0
    assert result.intensity.min() == 0.0
    low, high = result.measured_range_deg
    assert (low, high) == (pytest.approx(10.0, abs=1e-6), pytest.approx(80.0, abs=1e-6))
    assert not result.intensity[~result.mask].any()
    assert [step.split()[0] for step in result.steps] == [
        "resampled",
        "background",
        "smoothed",
        "clipped",
    ]
    assert result.warnings == ()
    assert result.name == "made.xy"


def test_peaks_stay_and_the_background_goes(measured: Measured) -> None:
    result = preprocess(measured())
    for centre in (20.0, 31.3, 42.0, 55.5, 70.0):
        near = np.abs(AXIS - centre) < 0.1
        assert result.intensity[near].max() > 0.9
    assert np.median(result.intensity[result.mask]) < 0.02


@settings(max_examples=15, deadline=None)
@given(factor=st.floats(1e-4, 1e7))
def test_the_scale_of_the_intensity_does_not_matter(measured: Measured, factor: float) -> None:
    pattern = measured()
    scaled = preprocess(replace(pattern, intensity=factor * pattern.intensity))
    np.testing.assert_allclose(scaled.intensity, preprocess(pattern).intensity, atol=1e-6)


def test_simulated_and_measured_go_through_the_same_steps(measured: Measured) -> None:
    raw = resample(measured())
    np.testing.assert_allclose(
        prepare_simulated(raw.intensity, raw.mask), preprocess(raw).intensity, atol=1e-9
    )


def test_another_wavelength_gives_nearly_the_same_pattern(peaks: Peaks) -> None:
    with_copper = np.array([20.0, 31.3, 42.0, 55.5])
    sine = np.sin(np.radians(with_copper) / 2.0) * 0.7093172 / 1.5405929
    with_molybdenum = tuple(np.degrees(2.0 * np.arcsin(sine)))
    axis = np.arange(4.0, 50.0, 0.01)
    curve = 50.0 + peaks(axis, centres=with_molybdenum, fwhm=0.06)
    result = preprocess(make(axis, curve, Radiation.of_anode("Mo")))
    assert result.steps[0].startswith("wavelength 0.70932 -> 1.54059")
    for centre in with_copper:
        near = np.abs(AXIS - centre) < 0.5
        assert AXIS[near][result.intensity[near].argmax()] == pytest.approx(centre, abs=0.02)


SORTED = Note(NoteCode.POINTS_SORTED, "sorted")


def test_an_assumed_wavelength_is_said_once(measured: Measured) -> None:
    pattern = replace(
        measured(),
        radiation=Radiation.of_anode("Cu", assumed=True),
        notes=(SORTED, ASSUMED_WAVELENGTH),
    )
    assert preprocess(pattern).notes == (SORTED, ASSUMED_WAVELENGTH)
    assert preprocess(replace(pattern, notes=())).notes == (ASSUMED_WAVELENGTH,)


def test_a_short_range_and_a_weak_signal_are_said(measured: Measured) -> None:
    short = preprocess(measured(stop=45.0))
    (note,) = short.notes
    assert note.code is NoteCode.SHORT_RANGE
    assert "only 10 to 45 degrees" in note.text
    rng = np.random.default_rng(2)
    axis = np.arange(10.0, 80.0, 0.02)
    weak = preprocess(make(axis, rng.poisson(100.0, len(axis)).astype(np.float64)))
    assert find_note(weak.notes, NoteCode.LOW_SIGNAL)


AXIS_200 = np.linspace(10.0, 90.0, 200)


@pytest.mark.parametrize(
    ("axis", "intensity", "message", "hint"),
    [
        (AXIS_200[:99], np.arange(99.0), "99 measured points; at least 100", "point by point"),
        (AXIS_200 / 100.0, np.arange(200.0), r"spans 0\.8 degrees .*0\.1 to 0\.9", "wider range"),
        (AXIS_200 + 100.0, np.arange(200.0), r"110 to 190, outside 0 to 180", "2theta in degrees"),
        (AXIS_200 - 20.0, np.arange(200.0), r"-10 to 70, outside 0 to 180", "2theta in degrees"),
        (AXIS_200, np.zeros(200), "no signal: the intensity is never positive", "second column"),
        (AXIS_200, np.full(200, -3.0), "intensity is never positive", "second column"),
        (AXIS_200, np.full(200, 5.0), "the intensity is 5 at every point", "second column"),
    ],
)
def test_what_is_no_pattern_is_refused(
    axis: FloatArray, intensity: FloatArray, message: str, hint: str
) -> None:
    with pytest.raises(InvalidPatternError, match=message) as caught:
        preprocess(make(axis, intensity))
    assert hint in caught.value.hint


def test_too_little_left_on_the_grid_names_the_wavelength(measured: Measured) -> None:
    # 10 to 25 degrees with 4 angstrom are 3.8 to 9.6 degrees with copper.
    long_wave = replace(measured(start=10.0, stop=25.0), radiation=Radiation((4.0,)))
    with pytest.raises(InvalidPatternError, match=r"Only 4\.\d+ degrees .* lie in 5 to 109\.98"):
        preprocess(long_wave)
    assert preprocess(long_wave, config=PreprocessingConfig(minimum_span_deg=1.0)).mask.any()
    molybdenum = measured(start=60.0, stop=120.0, anode="Mo")
    with pytest.raises(InvalidPatternError, match=r"Only 0 degrees") as caught:
        preprocess(molybdenum)
    assert "0.709317 angstrom" in caught.value.hint


def test_importing_patterns_does_not_import_what_only_the_background_needs() -> None:
    code = (
        "import sys, crystinet.patterns; "
        "print(sorted({'scipy', 'pybaselines', 'torch', 'pandas'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


# --- the background, for the eye ----------------------------------------------------------


@pytest.mark.parametrize("anode", ["Cu", "Mo", "Co"])
def test_the_background_lies_under_the_pattern_as_measured(measured: Measured, anode: str) -> None:
    pattern = measured(start=8.0, stop=50.0, anode=anode)
    background = Sample.of(pattern).background
    assert background.radiation.wavelength_angstrom == pytest.approx(
        pattern.radiation.wavelength_angstrom
    )
    low, high = background.measured_range_deg
    axis = pattern.two_theta_deg
    lines = np.array([20.0, 31.3, 42.0, 55.5, 70.0])
    bare = (np.abs(axis - lines[:, None]).min(axis=0) > 1.0) & (axis > low + 1.0) & (axis < high)
    true = 200.0 + 2.0 * (80.0 - axis[bare])
    kept = background.mask
    found = np.interp(axis[bare], background.two_theta_deg[kept], background.intensity[kept])
    np.testing.assert_allclose(found, true, rtol=0.15)


def test_the_background_is_the_one_that_is_subtracted(measured: Measured) -> None:
    pattern = measured()
    background = Sample.of(pattern).background
    rest = smooth(
        resample(pattern).intensity - background.intensity,
        step_deg=DEFAULT_GRID.step_deg,
        config=PreprocessingConfig(),
    )
    inner = (AXIS > 11.0) & (AXIS < 79.0)
    rest = np.maximum(rest, 0.0) / rest[inner].max()
    np.testing.assert_allclose(rest[inner], preprocess(pattern).intensity[inner], atol=1e-9)
