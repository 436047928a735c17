"""Groups decided by data."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.errors import ConfigError
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.training.grouping import GroupingConfig, make_plan, map_of_types, partition
from crystinet.training.plan import GroupPlan

FEW = GroupingConfig(groups=2, patterns_per_type=4)


def attempt(places: FloatArray, n_groups: int, *, seed: int) -> IntArray | ConfigError:
    try:
        return partition(places, n_groups, seed=seed)[0]
    except ConfigError as error:
        return error


@given(st.integers(0, 1000), st.integers(1, 12))
@settings(max_examples=6, deadline=None)
def test_exactly_so_many_groups_or_a_clear_refusal(seed: int, n_groups: int) -> None:
    places = np.random.default_rng(seed).normal(size=(12, 2))
    found = attempt(places, n_groups, seed=seed)
    if isinstance(found, ConfigError):
        assert f"exactly {n_groups} groups" in found.message
        assert "Ask for " in found.hint
    else:
        assert found.shape == (12,)
        assert len(set(found.tolist())) == n_groups


def test_clusters_that_anybody_sees_are_found() -> None:
    centres = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    truth = np.repeat([0, 1, 2], [5, 7, 4])
    places = centres[truth] + np.random.default_rng(0).normal(0.0, 0.4, (16, 2))
    labels, preference = partition(places, 3, seed=1)
    assert len(set(zip(truth, labels.tolist(), strict=True))) == 3
    assert preference is not None
    assert preference < 0.0


def test_equal_points_are_not_torn_apart() -> None:
    places = np.repeat([[0.0, 0.0], [5.0, 5.0]], 6, axis=0)
    with pytest.raises(ConfigError, match="exactly 5 groups of these 12 types") as caught:
        partition(places, 5, seed=1)
    assert "2" in caught.value.hint


def test_alike_types_are_neighbours_on_the_map() -> None:
    block = np.repeat([0, 1, 2], 8)
    alike = np.where(block[:, None] == block, 0.95, 0.2)
    np.fill_diagonal(alike, 1.0)
    places = map_of_types(alike, seed=1)
    distance = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (block[distance.argmin(axis=1)] == block).all()
    np.testing.assert_array_equal(places, map_of_types(alike, seed=1))


def types_of(plan: GroupPlan) -> list[int]:
    return sorted(kind.number for kind in plan.types)


def test_the_same_seed_gives_the_same_plan(dataset: Dataset) -> None:
    plan = make_plan(dataset, FEW, dataset_sha256="abc")
    assert plan.to_json() == make_plan(dataset, FEW, dataset_sha256="abc").to_json()
    assert types_of(plan) == [15, 16, 18, 39, 40]
    assert len(plan.groups) == 2
    assert [group.number for group in plan.groups] == [1, 2]
    told = plan.provenance
    assert (told["dataset_sha256"], told["seed"]) == ("abc", 1)
    assert set(told["versions"]) == {"numpy", "scikit-learn", "umap-learn"}
    other = make_plan(dataset, replace(FEW, seed=2))
    assert [kind.place for kind in other.types] != [kind.place for kind in plan.types]


def test_types_without_training_compounds_are_listed(dataset: Dataset) -> None:
    members = tuple(
        replace(m, split=Split.TEST) if m.class_number == 39 else m for m in dataset.members
    )
    plan = make_plan(replace(dataset, members=members), FEW)
    assert types_of(plan) == [15, 16, 18, 40]
    assert [kind.name for kind in plan.left_out] == ["AlB2"]


def test_only_training_compounds_count(dataset: Dataset) -> None:
    train = [i for i, m in enumerate(dataset.members) if m.split is Split.TRAIN]
    f_squared = dataset.f_squared.copy()
    for i in set(range(len(dataset.members))) - set(train):
        f_squared[:, dataset.offsets[i] : dataset.offsets[i + 1]] = 1.0
    changed = replace(dataset, f_squared=f_squared)
    assert make_plan(changed, FEW) == make_plan(dataset, FEW)


def test_the_published_groups_get_places_on_the_map(dataset: Dataset) -> None:
    plan = make_plan(dataset, FEW, published=True)
    assert {g.number: [k.number for k in g.types] for g in plan.groups} == {
        3: [15, 16, 18],
        5: [39, 40],
    }
    assert plan.provenance["adjusted_rand_index_to_published"] == 1.0
    assert Counter(len(kind.place) for kind in plan.types) == {2: 5}


def test_types_of_their_own_are_grouped_but_not_published(dataset: Dataset) -> None:
    members = tuple(
        replace(m, class_number=101) if m.class_number == 39 else m for m in dataset.members
    )
    other = replace(dataset, members=members)
    plan = make_plan(other, FEW)
    assert plan.names[101] == "AlB2"
    assert "adjusted_rand_index_to_published" not in plan.provenance
    with pytest.raises(ConfigError, match="published groups do not have"):
        make_plan(other, FEW, published=True)


@pytest.mark.parametrize("groups", [0, 6])
def test_more_groups_than_types_are_refused(dataset: Dataset, groups: int) -> None:
    with pytest.raises(ConfigError, match="5 types") as caught:
        make_plan(dataset, replace(FEW, groups=groups))
    assert "1 to 5" in caught.value.hint
