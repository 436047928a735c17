"""A sample: a pattern and its preparation, made once."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from crystinet.core.errors import InvalidPatternError
from crystinet.core.radiation import Radiation
from crystinet.patterns import Pattern
from crystinet.patterns.preprocessing import preprocess
from crystinet.patterns.sample import Sample

Measured = Callable[..., Pattern]


def test_it_holds_the_pattern_and_what_preprocess_makes_of_it(measured: Measured) -> None:
    pattern = measured(anode="Mo", start=5.0)
    sample, prepared = Sample.of(pattern), preprocess(pattern)
    assert sample.raw is pattern
    np.testing.assert_array_equal(sample.prepared.intensity, prepared.intensity)
    assert sample.prepared.steps == prepared.steps
    assert sample.wavelength_angstrom == pattern.radiation.wavelength_angstrom != 1.5406
    assert sample.preparation_s > 0.0


def test_what_was_taken_out_is_worked_out_once(measured: Measured) -> None:
    pattern = measured()
    spiky = pattern.intensity.copy()
    spiky[900] *= 50.0
    sample = Sample.of(replace(pattern, intensity=spiky))
    assert np.flatnonzero(sample.spikes).tolist() == [900]
    assert sample.spikes is sample.spikes
    assert sample.background is sample.background
    alone = replace(sample, below=None)  # whoever prepares in another way leaves it to the sample
    np.testing.assert_array_equal(sample.background.intensity, alone.background.intensity)


def test_the_noise_is_a_share_of_the_strongest_line(measured: Measured) -> None:
    pattern = measured()  # lines of 3000 counts on a background of about 300
    rough = replace(
        pattern,
        intensity=pattern.intensity
        + np.random.default_rng(2).normal(0.0, 150.0, len(pattern.intensity)),
    )
    assert Sample.of(rough).relative_noise == pytest.approx(150.0 / 3000.0, rel=0.2)
    assert Sample.of(pattern).relative_noise < 0.01
    assert Sample.of(
        replace(rough, intensity=7.0 * rough.intensity)
    ).relative_noise == pytest.approx(Sample.of(rough).relative_noise, rel=1e-6)


def test_another_radiation_prepares_the_same_measurement_anew(measured: Measured) -> None:
    pattern = measured(start=5.0)
    spiky = pattern.intensity.copy()
    spiky[900] *= 50.0
    radiation = Radiation.of_anode("Co")
    other = Sample.of(replace(pattern, intensity=spiky)).with_radiation(radiation)
    anew = Sample.of(replace(pattern, intensity=spiky, radiation=radiation))
    np.testing.assert_array_equal(other.prepared.intensity, anew.prepared.intensity)
    np.testing.assert_array_equal(other.prepared.mask, anew.prepared.mask)
    assert other.prepared.notes == anew.prepared.notes
    assert other.wavelength_angstrom == radiation.wavelength_angstrom
    assert other.relative_noise == anew.relative_noise


def test_what_cannot_be_prepared_is_no_sample(measured: Measured) -> None:
    with pytest.raises(InvalidPatternError, match="degrees 2theta"):
        Sample.of(measured(stop=14.0))
