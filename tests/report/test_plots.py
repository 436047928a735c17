"""Pictures, called from Python."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crystinet.core.errors import FileMissingError
from crystinet.core.grid import DEFAULT_GRID
from crystinet.core.radiation import Radiation
from crystinet.model.bundle_files import load_bundle
from crystinet.model.inference import Model
from crystinet.patterns import Pattern
from crystinet.report.plots import plot_identification

pytest.importorskip("matplotlib")


@pytest.fixture
def pattern() -> Pattern:
    """A pattern with a gap, by a molybdenum tube."""
    x = np.concatenate((np.arange(4.0, 20.0, 0.02), np.arange(22.0, 45.0, 0.02)))
    y = 20.0 + 900.0 * np.exp(-((((x % 3.0) - 1.5) / 0.05) ** 2))
    return Pattern(x, y, Radiation.of_anode("Mo"), name="a & <b>.xy")


def test_a_type_outside_the_catalogue_has_no_reference(
    pattern: Pattern, bundle_folder: Path, tmp_path: Path
) -> None:
    bundle = load_bundle(bundle_folder)
    own = tuple(replace(entry, name=f"Own {entry.name}") for entry in bundle.types)
    model = Model(bundle.changed(types=own))
    sample = model.sample(pattern)
    (answer,) = model.identify([sample])
    path = tmp_path / "own.svg"
    plot_identification(sample, answer, path, placement=None)
    drawn = path.read_text("utf-8")
    assert "no reference structure of this type in the catalogue" in drawn
    assert "0.70932" in drawn  # the wavelength of the measurement above,
    assert f"{DEFAULT_GRID.wavelength_angstrom:.5g}" in drawn  # that of the networks below


def test_a_folder_that_went_away_is_named(
    pattern: Pattern, bundle_folder: Path, tmp_path: Path
) -> None:
    model = Model(load_bundle(bundle_folder))
    sample = model.sample(pattern)
    (answer,) = model.identify([sample])
    with pytest.raises(FileMissingError, match="Cannot write"):
        plot_identification(sample, answer, tmp_path / "gone" / "out.png", placement=None)


def test_the_masked_direct_beam_is_marked(
    pattern: Pattern, bundle_folder: Path, tmp_path: Path
) -> None:
    model = Model(load_bundle(bundle_folder))
    x = pattern.two_theta_deg
    beamy = replace(pattern, intensity=pattern.intensity + 5e4 * np.exp(-(x - x[0]) / 0.2))
    drawn = []
    for shown in (pattern, beamy):
        sample = model.sample(shown)
        (answer,) = model.identify([sample])
        path = tmp_path / "beam.svg"
        plot_identification(sample, answer, path, placement=None)
        drawn.append("direct beam, masked" in path.read_text("utf-8"))
    assert drawn == [False, True]
