import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.cell import Cell
from crystinet.core.errors import ConfigError
from crystinet.crystals.hall import operations_of
from crystinet.crystals.structure import Site, Structure
from crystinet.simulation.reflections import compute_reflections
from crystinet.simulation.texture import Texture, march_dollase, textured

CELLS = {
    "-P 4n 2n": (4.594, 4.594, 2.959, 90.0, 90.0, 90.0),
    "-P 6c 2c": (3.2095, 3.2095, 5.2106, 90.0, 90.0, 120.0),
    "-P 2ybc": (5.1, 6.2, 7.3, 90.0, 107.0, 90.0),
    "-P 4 2 3": (4.2, 4.2, 4.2, 90.0, 90.0, 90.0),
}
march_r = st.floats(0.3, 3.0)
index = st.integers(-4, 4)
planes = st.tuples(index, index, index).filter(any)


def factors(hall_symbol: str, hkl: list[tuple[int, int, int]], texture: Texture) -> np.ndarray:
    return march_dollase(
        np.array(hkl),
        texture=texture,
        rotations=operations_of(hall_symbol).rotations,
        metric=Cell(*CELLS[hall_symbol]).metric,
    )


@pytest.mark.parametrize("hall_symbol", CELLS)
@settings(max_examples=25, deadline=None)
@given(hkl=planes, axis=planes, r=march_r)
def test_equivalents_have_one_factor_and_no_texture_changes_nothing(
    hall_symbol: str, hkl: tuple[int, int, int], axis: tuple[int, int, int], r: float
) -> None:
    rotations = operations_of(hall_symbol).rotations
    images = [tuple(np.array(hkl) @ rotation) for rotation in rotations]
    found = factors(hall_symbol, images, Texture(r, axis))
    np.testing.assert_allclose(found, found[0], rtol=1e-9)
    assert (found > 0.0).all()
    assert np.isfinite(found).all()
    np.testing.assert_allclose(factors(hall_symbol, images, Texture(1.0, axis)), 1.0, rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(axis=planes, r=march_r)
def test_the_mean_over_all_directions_is_one(axis: tuple[int, int, int], r: float) -> None:
    """Over a fine net of directions (Gauss-Legendre in cos), which are large indices here."""
    steps = 40
    cosine, weight = np.polynomial.legendre.leggauss(steps)
    azimuth = (np.arange(2 * steps) + 0.5) / steps * math.pi
    z, phi = (v.ravel() for v in np.meshgrid(cosine, azimuth, indexing="ij"))
    rho = np.sqrt(1.0 - z**2)
    directions = np.stack([rho * np.cos(phi), rho * np.sin(phi), z], axis=1)
    a, _, c = CELLS["-P 4n 2n"][:3]
    hkl = np.rint(directions * np.array([a, a, c]) * 1e5).astype(np.int64)
    found = factors("-P 4n 2n", hkl, Texture(r, axis))  # type: ignore[arg-type]
    # meshgrid with "ij": the cosine is the slow axis.
    mean = found.reshape(steps, -1).mean(axis=1) @ weight / 2.0
    assert mean == pytest.approx(1.0, rel=0.005)


def test_plates_strengthen_and_needles_weaken_the_axis() -> None:
    """Dollase's values along and across the axis: r^-3 and r^(3/2)."""
    hkl = [(0, 0, 2), (1, 1, 0)]
    for r in (0.5, 2.0):
        found = factors("-P 6c 2c", hkl, Texture(r, (0, 0, 1)))
        assert found.tolist() == pytest.approx([r**-3, r**1.5])


def test_reflections_keep_all_but_their_intensity() -> None:
    rutile = Structure(
        CELLS["-P 4n 2n"],
        "-P 4n 2n",
        (Site((("Ti", 1.0),), (0, 0, 0)), Site((("O", 1.0),), (0.305, 0.305, 0))),
    )
    random = compute_reflections(rutile, d_min_angstrom=1.0)
    plates = textured(random, hall_symbol="-P 4n 2n", texture=Texture(0.7, (1, 1, 0)))
    np.testing.assert_array_equal(plates.hkl, random.hkl)
    np.testing.assert_array_equal(plates.d_angstrom, random.d_angstrom)
    change = plates.f_squared / random.f_squared
    assert change[random.hkl.tolist().index([1, 1, 0])] > 1.2
    assert change[random.hkl.tolist().index([0, 0, 2])] < 0.8
    same = textured(random, hall_symbol="-P 4n 2n", texture=Texture(1.0, (1, 1, 0)))
    np.testing.assert_allclose(same.f_squared, random.f_squared, rtol=1e-12)


@pytest.mark.parametrize(
    ("r", "hkl"), [(0.0, (0, 0, 1)), (math.nan, (0, 0, 1)), (0.7, (0, 0, 0)), (0.7, (0, 1))]
)
def test_impossible_textures_are_refused(r: float, hkl: tuple[int, int, int]) -> None:
    with pytest.raises(ConfigError, match=r"no March-Dollase parameter|no indices of planes"):
        Texture(r, hkl)
