from dataclasses import replace

import numpy as np
import pytest

from crystinet.core.errors import ConfigError, CorpusError
from crystinet.corpus.datasets.dataset import INVENTED_SOURCE, Dataset
from crystinet.corpus.splits import Split
from crystinet.model.representation import LogAxis
from crystinet.training.draw.source import PatternSource, RenderingConfig, TrainingBatches
from crystinet.training.groups import Groups

CONFIG = RenderingConfig()


@pytest.fixture(scope="module")
def source(dataset: Dataset) -> PatternSource:
    return PatternSource(dataset, CONFIG, LogAxis(CONFIG.grid))


def everything(source: PatternSource) -> np.ndarray:
    return np.arange(len(source.dataset.members))


def test_patterns_are_preprocessed_and_masked(source: PatternSource) -> None:
    chosen = everything(source)
    intensity, mask = source.draw(chosen, impurities=chosen, rng=np.random.default_rng(0))
    assert intensity.shape == mask.shape == (len(chosen), CONFIG.grid.n_points)
    np.testing.assert_allclose(intensity.max(axis=1), 1.0)
    assert intensity.min() == 0.0
    assert not intensity[~mask].any()
    assert 0 < (~mask).sum() < mask.size / 2


def test_recorded_patterns_have_a_background(source: PatternSource) -> None:
    chosen = everything(source)
    first, again = (
        source.recorded(chosen, impurities=chosen, rng=np.random.default_rng(0)).intensity
        for _ in range(2)
    )
    assert first.shape == (len(chosen), CONFIG.grid.n_points)
    assert np.array_equal(first, again)
    assert (first.median(dim=1).values > 0.0).all()  # lines alone would leave next to nothing


def test_inputs_are_those_of_the_axis(source: PatternSource) -> None:
    chosen = everything(source)
    intensity, mask = source.draw(chosen, impurities=chosen, rng=np.random.default_rng(1))
    inputs = source.draw_inputs(chosen, impurities=chosen, rng=np.random.default_rng(1))
    knee = CONFIG.preprocessing.intensity_knee
    expected = source.axis.network_input(intensity, mask, knee=knee)
    np.testing.assert_allclose(inputs, expected, atol=2e-4)


def test_the_same_generator_gives_the_same_inputs(source: PatternSource) -> None:
    chosen = everything(source)
    first, second, third = (
        source.draw_inputs(chosen, impurities=chosen, rng=np.random.default_rng(seed))
        for seed in (2, 2, 3)
    )
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


def test_a_compound_without_lines_in_range_is_named(dataset: Dataset) -> None:
    config = replace(
        CONFIG,
        augmentation=replace(
            CONFIG.augmentation,
            counts_log=(1e9, 1e9),
            background_log=(1e-30, 1e-30),
            hump_share=0.0,
            spike_share=0.0,
            impurity_share=0.0,
        ),
    )
    empty = replace(dataset, f_squared=np.zeros_like(dataset.f_squared))
    source = PatternSource(empty, config, LogAxis(config.grid))
    with pytest.raises(CorpusError, match="shows no line"):
        source.draw(np.array([0]), impurities=np.array([1]), rng=np.random.default_rng(0))


def test_variants_are_drawn_for_training_only(dataset: Dataset) -> None:
    doubled = np.stack([np.atleast_2d(dataset.f_squared)[0]] * 2)
    doubled[1] = 0.0
    doubled[1, dataset.offsets[:-1]] = 1.0  # the variant of each compound is one line
    source = PatternSource(replace(dataset, f_squared=doubled), CONFIG, LogAxis(CONFIG.grid))
    rng = np.random.default_rng(0)
    chosen = np.zeros(40, dtype=np.int64)
    phases = source.phases_of(chosen, rng, True)
    lines = [int((phases.strength[phases.phase == i] > 0.0).sum()) for i in range(40)]
    assert 5 < lines.count(1) < 35
    phases = source.phases_of(chosen, rng, False)
    assert all(int((phases.strength[phases.phase == i] > 0.0).sum()) > 1 for i in range(40))


def test_batches_hold_outsiders_and_all_classes(source: PatternSource, groups: Groups) -> None:
    data = source.dataset
    batches = iter(
        TrainingBatches(
            source,
            groups,
            inside=data.select(Split.TRAIN),
            outside=data.select_outside(Split.TRAIN),
            batch_size=64,
            seed=(1,),
        )
    )
    drawn = [next(batches) for _ in range(3)]
    columns = np.concatenate([column for _, column, _ in drawn])
    assert set(columns) == {-1, *range(len(groups.columns))}
    share = (columns == -1).mean()
    assert 0.05 < share < 0.35
    assert all(inputs.shape == (64, 2, source.axis.n_bins) for inputs, _, _ in drawn)


def test_invented_compounds_are_drawn_as_often_as_they_count(
    dataset: Dataset, groups: Groups
) -> None:
    first, second, *_ = train = dataset.select(Split.TRAIN)
    members = list(dataset.members)
    members[first] = replace(members[second], source=INVENTED_SOURCE)
    config = replace(CONFIG, invented_count=0.25)
    source = PatternSource(replace(dataset, members=tuple(members)), config, LogAxis(CONFIG.grid))
    batches = TrainingBatches(
        source, groups, inside=np.array([first, second]), outside=train[:0], batch_size=8, seed=(1,)
    )
    weights = batches._weights()
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0] == pytest.approx(0.25 * weights[1])


def test_a_cut_source_draws_the_same_patterns_in_a_part_of_the_grid(
    source: PatternSource,
) -> None:
    chosen = everything(source)
    part = source.cut(20.0, 60.0)
    _, mask = part.draw(chosen, impurities=chosen, rng=np.random.default_rng(4))
    inside = (CONFIG.grid.two_theta_deg > 19.999) & (CONFIG.grid.two_theta_deg < 60.001)
    assert not mask[:, ~inside].any()
    assert mask[:, inside].any(axis=1).all()
    assert source.measured_points == (0, CONFIG.grid.n_points)
    with pytest.raises(ConfigError, match="no two points"):
        source.cut(60.0, 60.0)


def test_gaps_are_masked_and_the_rest_is_scaled_again(dataset: Dataset) -> None:
    augmentation = replace(CONFIG.augmentation.whole_range(), gap_share=1.0)
    whole = replace(CONFIG, augmentation=CONFIG.augmentation.whole_range())
    axis = LogAxis(CONFIG.grid)
    chosen = np.arange(len(dataset.members))
    rows, mask = (
        PatternSource(dataset, replace(CONFIG, augmentation=augmentation), axis)
        .draw(chosen, impurities=chosen, rng=np.random.default_rng(5))
    )  # fmt: skip
    full, _ = PatternSource(dataset, whole, axis).draw(
        chosen, impurities=chosen, rng=np.random.default_rng(5)
    )
    step, (narrow, wide) = CONFIG.grid.step_deg, augmentation.gap_deg_log
    missing = (~mask).sum(axis=1) * step
    assert missing.max() < augmentation.most_gaps * (wide + 2 * step)
    assert (missing > 0.4 * narrow).mean() > 0.5
    np.testing.assert_allclose(rows.max(axis=1), 1.0)
    for row, before, kept in zip(rows, full, mask, strict=True):
        assert not row[~kept].any()
        np.testing.assert_allclose(row[kept], before[kept] / before[kept].max(), rtol=1e-5)
