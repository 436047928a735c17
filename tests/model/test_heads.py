"""Grad-CAM in closed form, against its definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crystinet.model.heads import Heads, grad_cam

SIZES = (2, 3)


def some_heads(rng: np.random.Generator, k: int = 3) -> Heads:
    rows = rng.normal(size=(sum(SIZES) + len(SIZES), 2 * k + 1)).astype(np.float32)
    return Heads.from_rows(rows, sizes=SIZES)


def test_branches_are_linear_in_mean_and_maximum_of_their_own_maps() -> None:
    rng = np.random.default_rng(0)
    heads = some_heads(rng)
    maps = rng.random((2, heads.n_channels, 1, 5)).astype(np.float32)
    types, confidences = heads.outputs(maps)
    assert types.shape == (2, 5)
    assert confidences.shape == (2, 2)
    own = maps[:, 3:6, 0]  # of the second net
    pooled = np.concatenate([own.mean(axis=2), own.max(axis=2)], axis=1)
    flat = heads.weights.reshape(len(heads.weights), -1)
    np.testing.assert_allclose(types[:, 3], pooled @ flat[3] + heads.bias[3], rtol=1e-6)
    np.testing.assert_allclose(confidences[:, 1], pooled @ flat[6] + heads.bias[6], rtol=1e-6)


@given(seed=st.integers(0, 10_000), n=st.integers(1, 9), k=st.integers(1, 4))
def test_heat_is_the_maps_weighed_by_their_mean_gradient(seed: int, n: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    maps = rng.permutation(np.linspace(0.0, 1.0, k * n)).reshape(1, k, n)  # no two are equal
    weights = rng.normal(size=(1, 2, k))

    def value(x: np.ndarray) -> float:
        return float(x.mean(axis=2)[0] @ weights[0, 0] + x.max(axis=2)[0] @ weights[0, 1])

    gradient, step = np.zeros((k, n)), 1e-4 / (k * n)
    for i, u in np.ndindex(k, n):
        moved = maps.copy()
        moved[0, i, u] += step
        gradient[i, u] = (value(moved) - value(maps)) / step
    expected = np.maximum(gradient.mean(axis=1) @ maps[0], 0.0)
    np.testing.assert_allclose(grad_cam(maps, weights)[0], expected, atol=1e-6)
