"""The classes of a data set by name, and the same data set seen with other classes."""

import pytest

from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member, pack
from crystinet.corpus.labels.classes import class_names, training_counts, with_classes
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue
from crystinet.simulation.reflections import compute_reflections

ROWS = (
    ("bcc-W", 65, Split.TRAIN),
    ("CsCl", 65, Split.TRAIN),
    ("NaCl", 15, Split.TEST),
    ("Quartz-alpha", 101, Split.TRAIN),
    ("1 | aP3 | a3 | ABX", 102, Split.TRAIN),
    ("", OUTSIDE, Split.TRAIN),
)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    halite = compute_reflections(load_catalogue().by_name("NaCl").reference, d_min_angstrom=1.5)
    members = [
        Member(i, name, number, split, True, "test") for i, (name, number, split) in enumerate(ROWS)
    ]
    return pack(members, [halite] * len(ROWS), d_min_angstrom=1.5)


def numbers(dataset: Dataset) -> list[int]:
    return [member.class_number for member in dataset.members]


def test_names_are_the_catalogue_s_up_to_100_and_the_data_set_s_above(dataset: Dataset) -> None:
    assert class_names(dataset) == {
        15: "NaCl",
        65: "CsCl",
        101: "Quartz-alpha",
        102: "1 | aP3 | a3 | ABX",
    }
    assert training_counts(dataset) == {65: 2, 101: 1, 102: 1}


def test_compounds_of_other_types_are_outside(dataset: Dataset) -> None:
    seen = with_classes(dataset, {65: "CsCl"})
    assert numbers(seen) == [65, 65, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE]
    assert seen.select_outside(Split.TRAIN).tolist() == [3, 4, 5]


def test_types_of_its_own_are_known_by_name_not_by_number(dataset: Dataset) -> None:
    seen = with_classes(dataset, {15: "NaCl", 101: "1 | aP3 | a3 | ABX", 102: "Zircon?"})
    assert numbers(seen) == [OUTSIDE, OUTSIDE, 15, OUTSIDE, 101, OUTSIDE]


def test_the_same_classes_are_the_same_data_set(dataset: Dataset) -> None:
    assert with_classes(dataset, class_names(dataset)) is dataset
