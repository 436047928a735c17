"""Pictures, called from Python."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crystinet import simulate
from crystinet.app.models import load_index, load_model
from crystinet.core.errors import FileMissingError
from crystinet.core.radiation import Radiation
from crystinet.crystals.catalogue import load_catalogue
from crystinet.fit.starting_points import PLACEMENT_ONLY, StartingPoints
from crystinet.model.bundle_files import load_bundle
from crystinet.model.inference import Model
from crystinet.patterns import Pattern
from crystinet.report.identified import plot_identification

matplotlib = pytest.importorskip("matplotlib")


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
    assert "no lines of a known compound of the type fit" in drawn
    assert "0.70932" in drawn  # the wavelength of the measurement, for both parts


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


def test_lines_of_the_best_known_compound_have_indices_over_the_same_angles(
    tmp_path: Path,
) -> None:
    finder = StartingPoints(load_model(), load_index(), PLACEMENT_ONLY)
    reference = load_catalogue().by_name("Rutile-TiO2").reference
    made = simulate(reference, wavelength_angstrom=0.7093172, counts=3000, seed=1)
    sample = finder.model.sample(made)
    (answer,) = finder.model.identify([sample])
    point = finder.of_types(sample, ("Rutile-TiO2",))
    assert point.placement
    path = tmp_path / "rutile.svg"
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        plot_identification(sample, answer, path, placement=point.placement)
    drawn = path.read_text("utf-8")
    for text in ("110", "101", "211", "edges x 1.00", "0.70932", "Rutile-TiO2"):
        assert text in drawn, text
    assert drawn.count("2θ / degrees") == 1  # one axis for both


def test_the_background_is_drawn_no_lower_than_the_lowest_intensity(
    pattern: Pattern, bundle_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.axes import Axes

    curves: dict[str, np.ndarray] = {}
    draw = Axes.plot

    def listen(self: Axes, *points: Any, **look: Any) -> Any:
        curves[str(look.get("label"))] = np.asarray(points[1], dtype=np.float64)
        return draw(self, *points, **look)

    monkeypatch.setattr(Axes, "plot", listen)
    model = Model(load_bundle(bundle_folder))
    sample = model.sample(pattern)
    (answer,) = model.identify([sample])
    plot_identification(sample, answer, tmp_path / "a.png", placement=None)
    assert np.nanmin(curves["background"]) >= np.nanmin(curves["as measured"])
