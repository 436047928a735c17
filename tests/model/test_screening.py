import numpy as np
import pytest

from crystinet.model.screening import FEATURES, FeatureSpace, pool, screening_features


def test_distances_are_mahalanobis() -> None:
    rng = np.random.default_rng(0)
    spread = np.array([1.0, 5.0, 0.2])
    types = rng.integers(2, size=20_000)
    centres = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 1.0]])
    pooled = (centres[types] + spread * rng.standard_normal((len(types), 3))).astype(np.float32)
    space = FeatureSpace.fit(pooled, types, n_types=2)
    point = np.array([[2.0, 5.0, 0.2]], dtype=np.float32)
    # One deviation off in two directions, two in the first; a twentieth of the mean variance is
    # added to each, (1 + 25 + 0.04) / 60.
    ridge = 0.05 * (spread**2).sum() / 3.0
    expected = (np.array([2.0, 5.0, 0.2]) ** 2 / (spread**2 + ridge)).sum()
    assert space.squared_distances(point)[0, 0] == pytest.approx(expected, rel=0.05)
    assert space.squared_distances(point).argmin() == 0
    assert space.squared_distances(pooled[types == 1]).argmin(axis=1).mean() > 0.95


def test_a_type_without_patterns_lies_in_the_middle_of_all() -> None:
    pooled = np.random.default_rng(1).random((50, 4)).astype(np.float32)
    space = FeatureSpace.fit(pooled, np.zeros(50, dtype=np.int64), n_types=2)
    middle = pooled.mean(axis=0, keepdims=True)
    assert space.squared_distances(middle)[0, 1] == pytest.approx(0.0, abs=1e-4)


def test_pooling_takes_mean_and_maximum() -> None:
    features = np.arange(12, dtype=np.float32).reshape(1, 3, 1, 4)
    assert pool(features).tolist() == [[1.5, 5.5, 9.5, 3.0, 7.0, 11.0]]


def features_of(log_share: list[float], log_confidence: list[float]) -> dict[str, float]:
    share = np.array([log_share])
    row = screening_features(
        log_share=share,
        similarity=np.full(share.shape, 0.5),
        log_confidence=np.array([log_confidence]),
        squared_distance=np.exp(np.arange(share.shape[1], dtype=np.float64))[None],
        best=share.argmax(axis=1),
    )[0]
    return dict(zip(FEATURES, row.tolist(), strict=True))


def test_features_of_a_sure_and_of_an_unsure_answer() -> None:
    sure = features_of([-0.01, -9.0, -12.0], [-0.01, -8.0])
    unsure = features_of([-3.0, -2.9, -3.1], [-2.0, -1.9])
    assert sure["constant"] == unsure["constant"] == 1.0
    assert sure["best share"] == pytest.approx(-0.01)
    assert sure["margin"] == pytest.approx(8.99)
    assert sure["entropy"] < 0.01 < 1.0 < unsure["entropy"] <= np.log(3.0)
    assert unsure["all shares"] == pytest.approx(np.log(np.exp([-3.0, -2.9, -3.1]).sum()))
    assert (unsure["best confidence"], unsure["second confidence"]) == (-1.9, -2.0)
    assert unsure["distance to the best type"] == pytest.approx(1.0)
    assert unsure["distance to the nearest type"] == pytest.approx(0.0)


def test_a_bundle_of_one_net_and_one_type_has_features_too() -> None:
    found = features_of([-0.5], [-0.4])
    assert all(np.isfinite(value) for value in found.values())
