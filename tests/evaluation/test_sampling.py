import numpy as np

from crystinet.core.grid import DEFAULT_GRID, TwoThetaGrid
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split
from crystinet.evaluation.sampling import HeldOutCompounds, training_twins
from crystinet.evaluation.study import ranges_of
from crystinet.model.inference import Model


def test_types_that_a_bundle_lacks_are_outside(model: Model, two_sided: Dataset) -> None:
    from dataclasses import replace

    whole = HeldOutCompounds.draw(two_sided, model.bundle, seed=1)
    assert (len(whole.inside), len(whole.outside)) == (6, 2)
    fewer = replace(
        model.bundle, types=tuple(e for e in model.bundle.types if e.name != "Rutile-TiO2")
    )
    part = HeldOutCompounds.draw(two_sided, fewer, seed=1)
    assert (len(part.inside), len(part.outside)) == (4, 4)
    names = {two_sided.members[i].type_name for i in part.outside}
    assert names == {"Quartz-alpha", "Rutile-TiO2"}
    for i, column in zip(part.inside, part.target, strict=True):
        assert fewer.types[column].number == two_sided.members[i].class_number


def test_compounds_of_another_split_are_drawn_as_well(model: Model, two_sided: Dataset) -> None:
    found = HeldOutCompounds.draw(two_sided, model.bundle, seed=1, split=Split.TRAIN)
    assert len(found.inside)
    for i in (*found.inside, *found.outside):
        assert two_sided.members[i].split is Split.TRAIN


def test_twins_are_training_compounds_of_the_same_classes(two_sided: Dataset) -> None:
    inside = two_sided.select(Split.TEST)
    places, twins = training_twins(two_sided, inside, rng=np.random.default_rng(0))
    assert places.tolist() == list(range(len(inside)))  # one training compound serves twice
    for place, twin in zip(places, twins, strict=True):
        assert two_sided.members[twin].split is Split.TRAIN
        mine, other = two_sided.members[inside[place]], two_sided.members[twin]
        assert mine.class_number == other.class_number


def test_ranges_begin_with_the_whole_grid() -> None:
    ranges = ranges_of(DEFAULT_GRID)
    assert ranges[0] == (5.0, 110.0)
    assert ranges[1] == (5.0, 50.0)
    assert ranges[-1] == (30.0, 110.0)
    assert len(set(ranges)) == len(ranges) == 12
    short = TwoThetaGrid(start_deg=20.0, n_points=2000)  # 20 to 60 degrees
    assert ranges_of(short) == ((20.0, 60.0), (20.0, 50.0), (25.0, 60.0), (30.0, 60.0))
