"""Disturbed measured patterns: what the disturbances do, and that the table counts right."""

from pathlib import Path

import numpy as np
import pytest

from crystinet.app.models import line_check
from crystinet.core.radiation import ANODE_LINES
from crystinet.crystals.catalogue import load_catalogue
from crystinet.evaluation.robustness.disturbances import (
    DISTURBANCES,
    Disturb,
    added,
    clipped,
    every_nth,
    of_tube,
    strongest_times,
    unchanged,
    with_factors,
    within,
)
from crystinet.evaluation.robustness.table import evaluate_robustness
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.sample import Sample
from crystinet.simulation.simulate import simulate


def sample_of(model: Model, name: str) -> Sample:
    return model.sample(simulate(load_catalogue().by_name(name).reference, counts=20_000, seed=2))


def disturbed(disturb: Disturb, sample: Sample, seed: int = 0) -> Pattern:
    found = disturb(sample, np.random.default_rng(seed))
    assert found is not None
    return found


def test_a_wrong_tube_changes_all_spacings_by_one_factor(model: Model) -> None:
    sample = sample_of(model, "Rutile-TiO2")
    moved = disturbed(of_tube("Co"), sample)
    ratio = ANODE_LINES["Co"][0] / ANODE_LINES["Cu"][0]
    assert moved.radiation.assumed
    sines = [np.sin(np.radians(p.two_theta_deg) / 2.0) for p in (moved, sample.raw)]
    np.testing.assert_allclose(sines[0], sines[1][: len(sines[0])] * ratio)
    np.testing.assert_array_equal(moved.intensity, sample.raw.intensity[: len(sines[0])])


def test_the_strongest_line_alone_is_raised(model: Model) -> None:
    sample = sample_of(model, "Rutile-TiO2")
    raised = disturbed(strongest_times(10.0), sample)
    before, after = sample.raw.intensity, raised.intensity
    highest = int(np.argmax(before))
    assert after[highest] > 8.0 * before[highest]
    # The next line of rutile is at 36 degrees.
    far = sample.raw.two_theta_deg > 34.0
    np.testing.assert_allclose(after[far], before[far], atol=0.01)


def test_factors_are_those_of_the_seed(model: Model) -> None:
    sample = sample_of(model, "NaCl")
    one, same, other = (disturbed(with_factors(1.0), sample, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.intensity, same.intensity)
    assert not np.array_equal(one.intensity, other.intensity)


def test_what_is_cut_thinned_and_left_out(model: Model) -> None:
    sample = sample_of(model, "NaCl")
    raw = sample.raw
    assert disturbed(clipped(0.2), sample).intensity.max() == 0.2 * raw.intensity.max()
    assert len(disturbed(every_nth(2), sample).intensity) == -(-len(raw.intensity) // 2)
    low, high = disturbed(within(30.0, 60.0), sample).measured_range_deg
    assert (low, high) == pytest.approx((30.0, 60.0), abs=0.05)
    assert within(200.0, 201.0)(sample, np.random.default_rng(0)) is None


def test_a_sum_has_the_lines_of_both(model: Model) -> None:
    salt, rutile = (sample_of(model, name) for name in ("NaCl", "Rutile-TiO2"))
    total = added(salt, rutile, 0.5)
    assert total is not None
    heights = []
    for sample in (salt, rutile):
        strongest = sample.raw.two_theta_deg[int(np.argmax(sample.raw.intensity))]
        near = np.abs(total.two_theta_deg - strongest) < 0.2
        heights.append(total.intensity[near].max())
    assert heights[1] / heights[0] == pytest.approx(0.5, abs=0.15)


def test_the_table_of_a_small_folder(model: Model, tmp_path: Path) -> None:
    rows = ["id,file,structure_type,in_catalogue,quality,wavelength_angstrom"]
    for name, truth, inside in (
        ("NaCl", "NaCl", "yes"),
        ("Rutile-TiO2", "Rutile-TiO2", "yes"),
        ("Spinel-Al2MgO4", "", "no"),
    ):
        pattern = sample_of(model, name).raw
        np.savetxt(
            tmp_path / f"{name}.xy", np.column_stack([pattern.two_theta_deg, pattern.intensity])
        )
        rows.append(f"{name},{name}.xy,{truth},{inside},ok,1.5406")
    (tmp_path / "manifest.csv").write_text("\n".join(rows) + "\n")
    chosen = tuple(
        each for each in DISTURBANCES if each.table == "none" or "every second" in each.name
    )
    asked = {"seed": 3, "pairs": 4, "disturbances": chosen}
    found = evaluate_robustness(model, line_check(model), tmp_path, **asked)
    by_name = {row.name: row for row in found.rows}
    first = by_name["as measured"]
    assert found.rows[0] is first
    assert (first.patterns, first.known_right, first.known_wrong, first.flips) == (2, 2, 0, 0)
    # A known pattern that the manifest calls another structure is one too many.
    assert (first.other_patterns, first.other_known) == (1, 1)
    assert by_name["every second point"].flips == 0
    sums = [row for row in found.rows if row.table == "mixtures"]
    assert [row.patterns for row in sums] == [4] * 6
    assert sums[0].known_right + sums[0].known_wrong == 0
    again = evaluate_robustness(model, line_check(model), tmp_path, **asked)
    assert again == found


def test_nothing_is_done_first() -> None:
    assert DISTURBANCES[0].disturb is unchanged
