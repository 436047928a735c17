"""The direct beam is masked where it dwarfs every line, and only there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crystinet.core.arrays import FloatArray
from crystinet.core.grid import DEFAULT_GRID
from crystinet.core.notes import NoteCode, find_note
from crystinet.patterns import Pattern, preprocess
from crystinet.patterns.direct_beam import REACH_DEG, beam_end
from crystinet.patterns.sample import Sample

LINES = (14.0, 21.3, 28.4, 33.1, 41.0, 52.0)


def counts(x: FloatArray, *, beam: float = 0.0, decay: float = 0.5, seed: int = 0) -> FloatArray:
    """Lines 1000 counts high on a background of 100, behind a beam."""
    lines = sum(1000.0 * np.exp(-4.0 * np.log(2.0) * ((x - at) / 0.15) ** 2) for at in LINES)
    mean = 100.0 + lines + 1000.0 * beam * np.exp(-(x - x[0]) / decay)
    return np.random.default_rng(seed).poisson(mean).astype(np.float64)


X = np.arange(5.0, 80.0, 0.02)


@pytest.mark.parametrize("beam", [3.0, 30.0, 200.0])
@pytest.mark.parametrize("decay", [0.1, 0.3, 1.0])
def test_the_beam_is_found_and_lines_behind_it_are_kept(beam: float, decay: float) -> None:
    end = beam_end(counts(X, beam=beam, decay=decay), step_deg=0.02)
    left = beam * np.exp(-0.02 * end / decay)
    assert 0.0 < 0.02 * end <= REACH_DEG
    assert left < 0.2  # of the strongest line; the background takes the rest
    assert 0.02 * end < decay * np.log(beam / 0.05) + 0.2  # and no more than that is masked


@given(seed=st.integers(0, 1000), beam=st.floats(0.0, 0.5), decay=st.floats(0.1, 10.0))
def test_weaker_falls_are_left_to_the_background(seed: int, beam: float, decay: float) -> None:
    assert beam_end(counts(X, beam=beam, decay=decay, seed=seed), step_deg=0.02) == 0


@pytest.mark.parametrize("decay", [4.0, 10.0])
def test_scattering_by_air_is_no_beam(decay: float) -> None:
    assert beam_end(counts(X, beam=5.0, decay=decay), step_deg=0.02) == 0


def test_a_short_wavelength_stretches_the_beam() -> None:
    y = counts(X, beam=20.0, decay=2.0)
    assert beam_end(y, step_deg=0.02) == 0
    assert beam_end(y, step_deg=0.02, stretch=2.2) > 0


def test_a_strong_line_near_the_begin_is_no_beam() -> None:
    y = counts(X) + 5000.0 * np.exp(-(((X - 6.0) / 0.1) ** 2))
    assert beam_end(y, step_deg=0.02) == 0


@pytest.mark.parametrize("n", [0, 1, 20, 300])
def test_short_ranges_have_none(n: int) -> None:
    assert beam_end(counts(X, beam=30.0)[:n], step_deg=0.02) == 0


def test_flat_and_falling_curves_have_none() -> None:
    assert beam_end(np.full(3000, 7.0), step_deg=0.02) == 0
    assert beam_end(np.linspace(100.0, 0.0, 3000), step_deg=0.02) == 0


def test_the_step_is_recorded_and_the_rest_is_as_if_it_had_begun_later() -> None:
    pattern = Pattern.from_arrays(X, counts(X, beam=50.0), wavelength_angstrom=1.5406)
    prepared = preprocess(pattern)
    (step,) = [step for step in prepared.steps if step.startswith("direct beam masked")]
    (note,) = prepared.notes
    assert note.code is NoteCode.DIRECT_BEAM_MASKED
    start = prepared.measured_range_deg[0]
    assert f"{start:.2f} deg" in step
    assert f"{start:.2f} deg" in note.text
    later = X >= start - 0.005
    shorter = preprocess(
        Pattern.from_arrays(X[later], pattern.intensity[later], wavelength_angstrom=1.5406)
    )
    # The mean over the first bin reaches half a step to the left.
    assert np.allclose(prepared.intensity, shorter.intensity, atol=0.02)
    left = preprocess(pattern, mask_beam=False)
    assert left.intensity[left.mask][:25].max() > 0.5  # the beam is the strongest "line"
    assert not find_note(left.notes, NoteCode.DIRECT_BEAM_MASKED)


def test_a_pattern_without_a_beam_does_not_change() -> None:
    pattern = Pattern.from_arrays(X, counts(X), wavelength_angstrom=1.5406)
    with_rule, without = preprocess(pattern), preprocess(pattern, mask_beam=False)
    assert np.array_equal(with_rule.intensity, without.intensity)
    assert with_rule.steps == without.steps


def test_the_background_is_shown_behind_the_beam_only() -> None:
    pattern = Pattern.from_arrays(X, counts(X, beam=50.0), wavelength_angstrom=1.5406)
    below = Sample.of(pattern).background
    assert below.measured_range_deg[0] == pytest.approx(preprocess(pattern).measured_range_deg[0])
    assert below.intensity[below.mask].max() < 300.0


def test_a_molybdenum_tube_has_its_beam_at_lower_angles() -> None:
    x = np.arange(2.4, 60.0, 0.01)
    lines = sum(1000.0 * np.exp(-(((x - at) / 0.05) ** 2)) for at in (9.0, 12.0, 20.0, 31.0))
    y = 100.0 + lines + 20_000.0 * np.exp(-(x - x[0]) / 0.2)
    prepared = preprocess(Pattern.from_arrays(x, y, wavelength_angstrom=0.7093))
    assert 6.0 < prepared.measured_range_deg[0] < DEFAULT_GRID.start_deg + REACH_DEG
    assert prepared.intensity[prepared.mask][:25].max() < 0.1
