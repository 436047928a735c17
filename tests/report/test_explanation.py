"""Pictures of explanations, called from Python."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import crystinet
from crystinet.core.radiation import Radiation
from crystinet.model.bundle_files import load_bundle
from crystinet.patterns import Pattern
from crystinet.report.explanation import holes_after, plot_explanation

pytest.importorskip("matplotlib")


def test_growing_steps_are_no_holes(mapped_bundle: Path) -> None:
    u = load_bundle(mapped_bundle).axis.centres
    angles = np.degrees(2.0 * np.arcsin(1.5406 * np.exp(u) / 2.0))
    assert not len(holes_after(angles))
    kept = np.delete(angles, slice(100, 120))
    assert holes_after(kept).tolist() == [99]


@pytest.fixture
def with_a_gap() -> Pattern:
    """A pattern of a molybdenum tube with a gap."""
    x = np.concatenate((np.arange(4.0, 20.0, 0.02), np.arange(22.0, 45.0, 0.02)))
    y = 20.0 + 900.0 * np.exp(-((((x % 3.0) - 1.5) / 0.05) ** 2))
    return Pattern(x, y, Radiation.of_anode("Mo"), name="a & <b>.xy")


def test_a_pattern_with_a_gap_is_drawn(
    with_a_gap: Pattern, mapped_bundle: Path, tmp_path: Path
) -> None:
    found = crystinet.explain(with_a_gap, model=mapped_bundle)
    path = tmp_path / "why.svg"
    plot_explanation(found, path)
    drawn = path.read_text("utf-8")
    assert "another type would be the answer" in drawn or "the answer stays" in drawn
    assert "0.70932" in drawn


def test_a_type_without_an_average_is_drawn(
    with_a_gap: Pattern, mapped_bundle: Path, tmp_path: Path
) -> None:
    found = crystinet.explain(with_a_gap, model=mapped_bundle)
    bare = replace(found, expected=np.zeros(len(found.expected)), peaks=())
    path = tmp_path / "why.svg"
    plot_explanation(bare, path)
    assert "average of the type" not in path.read_text("utf-8")
