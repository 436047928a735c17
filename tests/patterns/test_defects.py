"""Faults of detectors and files: noticed, mended where certain, and nothing else touched."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import crystinet
from crystinet.core.notes import NoteCode
from crystinet.core.radiation import Radiation
from crystinet.patterns.dead_points import find_dead_points
from crystinet.patterns.defects import count_plateaus, mend
from crystinet.patterns.pattern import Pattern

Curve = NDArray[np.float64]
X = np.arange(10.0, 90.0, 0.02)
COPPER = Radiation.of_anode("Cu")
LINES = ((27.4, 10), (31.7, 100), (45.4, 55), (53.9, 3), (56.5, 15), (66.2, 7), (75.3, 12), (84, 8))


def counts(*, background: float = 100.0, height: float = 5000.0, seed: int = 0) -> Curve:
    """Rock salt as a counter sees it."""
    y = background * (1.5 - X / 100.0)
    for centre, relative in LINES:
        y += height * relative / 100.0 * np.exp(-(((X - centre) / 0.09) ** 2))
    return np.random.default_rng(seed).poisson(y).astype(np.float64)


def pattern(y: Curve, x: Curve = X) -> Pattern:
    return Pattern(x, y, COPPER)


def codes(found: Pattern) -> list[NoteCode]:
    return [note.code for note in found.notes]


def clipped(y: Curve) -> Curve:
    """Without its background, and without what is below."""
    return np.maximum(y - np.quantile(y, 0.3), 0.0)


@pytest.mark.parametrize(
    "clean",
    [
        lambda y: y,
        lambda y: y / 7.3,
        lambda y: y - np.median(y),
        clipped,
        lambda y: np.round(100.0 * y / y.max(), 2),
        lambda y: np.convolve(np.pad(y, 3, mode="edge"), np.ones(7) / 7.0, mode="valid"),
        lambda y: np.repeat(y[::4], 4),
    ],
    ids=["counts", "scaled", "subtracted", "clipped", "rounded", "smoothed", "repeated"],
)
@pytest.mark.parametrize("seed", range(4))
def test_a_pattern_without_a_fault_is_not_touched(
    clean: Callable[[Curve], Curve], seed: int
) -> None:
    for background, height in ((3.0, 300.0), (100.0, 5000.0), (2000.0, 100_000.0)):
        raw = pattern(clean(counts(background=background, height=height, seed=seed)))
        assert mend(raw) is raw


def test_lines_in_coarse_steps_are_no_faults() -> None:
    for step in (2, 3, 5):
        raw = pattern(counts()[::step], X[::step])
        assert mend(raw) is raw


@pytest.mark.parametrize("value", [-1e6, -500.0, 0.0])
@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_dip_is_masked_and_nothing_else(value: float, width: int) -> None:
    y = counts(background=1000.0)
    places = (400, 1085, 2500)  # in the background, in a line, in the background
    for place in places:
        y[place : place + width] = value
    found = mend(pattern(y))
    assert codes(found) == [NoteCode.DEAD_POINTS_MASKED]
    assert np.flatnonzero(~found.mask).tolist() == [p + i for p in places for i in range(width)]
    np.testing.assert_array_equal(found.intensity, y)


def test_negative_outliers_change_no_answer() -> None:
    y = counts()
    before = crystinet.identify(pattern(y))
    y[[700, 2000, 3111]] = -1e6
    after = crystinet.identify(pattern(y))
    assert after.verdict == before.verdict
    assert [c.type for c in after.candidates[:3]] == [c.type for c in before.candidates[:3]]
    assert after.candidates[0].probability == pytest.approx(
        before.candidates[0].probability, abs=0.01
    )


@pytest.mark.parametrize("value", [0.0, -1.0, 3.0])
def test_dead_blocks_are_masked(value: float) -> None:
    y = counts()
    blocks = ((0, 60), (900, 1000), (2790, 2830), (3950, 4000))  # both ends, and two inside
    for begin, end in blocks:
        y[begin:end] = value
    found = mend(pattern(y))
    assert codes(found) == [NoteCode.DEAD_POINTS_MASKED]
    assert "elsewhere" not in found.notes[0].text
    masked = np.concatenate([np.arange(begin, end) for begin, end in blocks])
    np.testing.assert_array_equal(np.flatnonzero(~found.mask), masked)
    assert found.measured_range_deg == (pytest.approx(X[60]), pytest.approx(X[3949]))


def test_a_pattern_that_is_mostly_zero_has_no_dead_blocks() -> None:
    y = counts()
    y[y < 200.0] = 0.0
    found = mend(pattern(y))
    assert NoteCode.DEAD_POINTS_MASKED not in codes(found)


def test_zeros_between_simulated_lines_are_no_dead_blocks() -> None:
    """Their flanks end at a hundred-thousandth of the highest line: with a step, to exact zeros."""
    references = [kind.reference for kind in crystinet.types()[:30] if kind.reference is not None]
    assert len(references) > 20
    for reference in references:
        assert not find_dead_points(crystinet.simulate(reference).intensity).any(), reference.name


@pytest.mark.parametrize(
    ("write", "digits"),
    [
        (np.sqrt, 15),
        (np.sqrt, 3),
        (lambda y: np.log(y + 1.0), 15),
        (lambda y: np.log(y + 1.0), 5),
        (lambda y: np.log10(y + 1.0), 4),
    ],
)
def test_counts_are_taken_from_their_roots_and_logarithms(
    write: Callable[[Curve], Curve], digits: int
) -> None:
    y = counts(background=20.0)
    found = mend(pattern(np.round(write(y), digits)))
    assert codes(found) == [NoteCode.COUNTS_RESTORED]
    assert np.abs(found.intensity - y).max() <= 1.0 + 0.01 * y.max() * (digits < 15)


@pytest.mark.parametrize("write", [np.sqrt, lambda y: np.log(y + 1.0)])
def test_roots_of_scaled_counts_are_said_and_lead_to_no_sure_answer(
    write: Callable[[Curve], Curve],
) -> None:
    y = counts() / 7.3
    found = mend(pattern(write(y)))
    assert codes(found) == [NoteCode.PERHAPS_COMPRESSED]
    assert crystinet.identify(pattern(y)).verdict is crystinet.Verdict.KNOWN
    answer = crystinet.identify(pattern(write(y)))
    assert answer.verdict is not crystinet.Verdict.KNOWN
    assert "noise" in answer.reason


def test_saturation_is_said() -> None:
    y = counts()
    for part, number, code in (
        (0.7, 1, NoteCode.SATURATED),
        (0.4, 2, NoteCode.SATURATED),
        (0.075, 7, NoteCode.MUCH_SATURATED),
    ):
        cut = np.minimum(y, part * y.max())
        assert count_plateaus(cut) == number
        assert codes(mend(pattern(cut))) == [code]
    answer = crystinet.identify(pattern(cut))
    assert answer.verdict is not crystinet.Verdict.KNOWN


def test_mending_twice_is_mending_once() -> None:
    y = np.minimum(counts(), 3000.0)
    y[500:560] = 0.0
    once = mend(pattern(y))
    assert np.array_equal(mend(once).mask, once.mask)


def test_points_that_are_not_measured_stay_as_they_are() -> None:
    y = np.sqrt(counts())
    y[:100] = 1e90
    mask = np.arange(len(y)) >= 100
    found = mend(Pattern(X, y, COPPER, mask=mask))
    assert codes(found) == [NoteCode.COUNTS_RESTORED]
    assert (found.intensity[:100] == 1e90).all()


@pytest.mark.parametrize("times", [2, 3, 10])
def test_rows_that_are_there_several_times_are_taken_once(times: int, tmp_path: Path) -> None:
    rows = [f"{a:.3f} {b:.0f}" for a, b in zip(X, counts(), strict=True)]
    path = tmp_path / "a.xy"
    path.write_text("\n".join(row for row in rows for _ in range(times)))
    found = crystinet.read_pattern(path)
    assert len(found.two_theta_deg) == len(X)
    assert NoteCode.POINTS_AVERAGED in codes(found)
    np.testing.assert_array_equal(found.intensity, counts())
