import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

from crystinet.core.diffraction import two_theta_from_d
from crystinet.core.errors import ConfigError
from crystinet.core.grid import DEFAULT_GRID
from crystinet.model import representation
from crystinet.model.representation import (
    GridAxis,
    LinearAxis,
    LogAxis,
    axis_from_dict,
    binned_axis,
)

AXIS = LogAxis(DEFAULT_GRID)
WITH_AREA = LogAxis(DEFAULT_GRID, area_bins=9)
KNEE = 0.02


def peaks(d: np.ndarray, fwhm: float = 0.25) -> np.ndarray:
    centre = two_theta_from_d(d, DEFAULT_GRID.wavelength_angstrom)
    z = (DEFAULT_GRID.two_theta_deg - centre[:, None]) / fwhm
    curve: np.ndarray = np.exp(-4.0 * np.log(2.0) * z**2).sum(axis=0)
    return curve / curve.max()


def test_resampling_keeps_a_constant() -> None:
    np.testing.assert_allclose(AXIS.resample(np.full(5250, 0.7)), 0.7, rtol=1e-9)


def test_resampling_conserves_area() -> None:
    curve = peaks(np.array([5.0, 3.1, 2.2, 1.4]))
    width_in_steps = np.diff(AXIS.edge_position)
    total = (AXIS.resample(curve) * width_in_steps).sum()
    assert total == pytest.approx(np.trapezoid(curve), rel=1e-9)


def test_a_larger_lattice_is_a_shift() -> None:
    d = np.array([4.2, 3.0, 2.4, 2.1])
    bins = 25
    small = AXIS.resample(peaks(d))
    large = AXIS.resample(peaks(d * np.exp(bins * (AXIS.edges[1] - AXIS.edges[0]))))
    places = [np.flatnonzero((y[1:-1] > y[:-2]) & (y[1:-1] >= y[2:]) & (y[1:-1] > 0.3))
              for y in (small, large)]  # fmt: skip
    assert len(places[0]) == 4
    np.testing.assert_allclose(places[0] - places[1], bins, atol=1)


def test_what_was_not_measured_is_zero_in_both_channels() -> None:
    mask = (DEFAULT_GRID.two_theta_deg > 20.0) & (DEFAULT_GRID.two_theta_deg < 80.0)
    intensity, measured = AXIS.network_input(np.ones(5250), mask, knee=KNEE)
    assert set(np.unique(measured)) == {0.0, 1.0}
    assert not intensity[measured == 0.0].any()
    np.testing.assert_allclose(intensity[measured == 1.0], 1.0, rtol=1e-6)


@pytest.mark.parametrize("axis", [AXIS, WITH_AREA])
def test_batches_and_single_patterns_agree(axis: LogAxis) -> None:
    rng = np.random.default_rng(0)
    batch, mask = rng.random((3, 5250)), rng.random((3, 5250)) > 0.1
    together = axis.network_input(batch, mask, knee=KNEE)
    assert together.shape == (3, *axis.input_shape)
    for i in range(3):
        np.testing.assert_array_equal(together[i], axis.network_input(batch[i], mask[i], knee=KNEE))


def test_the_area_channel_compares_lines_of_other_widths() -> None:
    """Two lines of the same area, one four times as broad: equal there, not in the first one."""
    d, mask = np.array([2.6, 1.9]), np.ones(5250, dtype=np.bool_)
    sharp, broad = peaks(d[:1], fwhm=0.08), peaks(d[1:], fwhm=0.32)
    curve = sharp + broad / 4.0
    heights = []
    for channel in WITH_AREA.network_input(curve, mask, knee=KNEE)[[0, 2]]:
        middle = int(np.searchsorted(WITH_AREA.edges, np.log(1.0 / d).mean()))
        heights.append((channel[:middle].max(), channel[middle:].max()))
    (sharp_height, broad_height), (sharp_area, broad_area) = heights
    assert broad_height < 0.75 * sharp_height
    # The same 2theta is fewer bins at high angle (cot theta, 0.70 here), weak ones are magnified.
    assert 0.85 * sharp_area < broad_area < sharp_area
    assert sharp_area == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("width", [1, 2, 9, 10])
def test_the_running_mean_is_that_of_scipy(width: int) -> None:
    rows = np.random.default_rng(0).random((3, 200))
    expected = uniform_filter1d(rows, width, axis=-1, mode="constant")
    np.testing.assert_allclose(representation.running_mean(rows, width), expected, atol=1e-12)


def test_what_was_not_measured_has_no_area() -> None:
    mask = DEFAULT_GRID.two_theta_deg > 40.0
    area = WITH_AREA.network_input(peaks(np.array([4.0, 1.9])), mask, knee=KNEE)[2]
    assert not area[WITH_AREA.edges[1:] < np.log(1.0 / 2.3)].any()
    assert area.max() == pytest.approx(1.0)


def test_settings_survive_the_manifest_and_a_typo_does_not() -> None:
    assert LogAxis.from_dict(AXIS.to_dict()) == AXIS
    with pytest.raises(ConfigError, match="n_bns") as caught:
        LogAxis.from_dict({**AXIS.to_dict(), "n_bns": 3})
    assert "n_bins" in caught.value.hint


def test_on_the_linear_axis_a_shift_of_two_theta_is_a_shift() -> None:
    axis = LinearAxis(DEFAULT_GRID, n_bins=5249)  # one bin for each step of the grid
    curve = peaks(np.array([4.2, 2.1]))
    np.testing.assert_allclose(axis.resample(curve), 0.5 * (curve[1:] + curve[:-1]), atol=1e-12)
    moved = axis.resample(np.roll(curve, 40))
    np.testing.assert_allclose(moved[40:], axis.resample(curve)[:-40], atol=1e-12)


def test_the_grid_itself_is_one_channel_without_a_mask() -> None:
    axis, curve = GridAxis(DEFAULT_GRID), peaks(np.array([4.2, 2.1]))
    mask = DEFAULT_GRID.two_theta_deg < 60.0
    seen = axis.network_input(curve[None], mask[None], knee=KNEE)
    assert seen.shape == (1, *axis.input_shape) == (1, 1, 5250)
    np.testing.assert_allclose(seen[0, 0], np.where(mask, curve, 0.0), atol=1e-6)


@pytest.mark.parametrize("axis", [AXIS, LinearAxis(DEFAULT_GRID, 512), GridAxis(DEFAULT_GRID)])
def test_every_kind_of_axis_survives_the_manifest(axis: LogAxis) -> None:
    assert axis_from_dict(axis.to_dict()) == axis
    for kind in ("ln(d)", None, 3):
        with pytest.raises(ConfigError, match="no kind of axis"):
            axis_from_dict({**axis.to_dict(), "kind": kind})
    with pytest.raises(ConfigError, match="of the kind"):
        type(axis).from_dict({**axis.to_dict(), "kind": "other"})


def test_an_axis_with_bins_is_found_by_its_kind() -> None:
    assert binned_axis("ln(1/d)", DEFAULT_GRID, n_bins=3072) == AXIS
    with pytest.raises(ConfigError, match="'grid' is no kind of axis with bins"):
        binned_axis("grid", DEFAULT_GRID, n_bins=3072)


@pytest.mark.parametrize("axis", [AXIS, LinearAxis(DEFAULT_GRID, 512), GridAxis(DEFAULT_GRID)])
def test_edges_enclose_the_places_of_the_input(axis: LogAxis) -> None:
    edges = axis.two_theta_edges
    assert edges.shape == (axis.length + 1,)
    assert (np.diff(edges) > 0.0).all()
    line = two_theta_from_d(np.array([2.1]), DEFAULT_GRID.wavelength_angstrom)
    strongest = int(axis.resample(peaks(np.array([2.1]))).argmax())
    assert edges[strongest] - 0.05 <= line[0] <= edges[strongest + 1] + 0.05
