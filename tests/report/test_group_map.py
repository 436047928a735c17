"""Names on the map of structure types."""

import numpy as np

from crystinet.crystals.catalogue import load_catalogue
from crystinet.report.group_map import FONT_POINTS, place_names


def test_names_on_the_map_do_not_cover_each_other() -> None:
    points = np.stack(np.meshgrid(np.arange(5) * 90.0, np.arange(18) * 12.0), -1).reshape(-1, 2)
    names = [kind.name for kind in load_catalogue().classes][: len(points)]
    corners = place_names(names, points)
    size = np.array([[0.5 * FONT_POINTS * len(name), FONT_POINTS] for name in names])
    low, high = corners[:, None], (corners + size)[:, None]
    shared = np.minimum(high, high.swapaxes(0, 1)) - np.maximum(low, low.swapaxes(0, 1))
    covered = (shared > 0.0).all(axis=2) & ~np.eye(len(names), dtype=bool)
    assert covered.mean(axis=0).max() < 0.03
    assert covered.any(axis=1).mean() < 0.2
