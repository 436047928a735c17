"""The classes of a data set by name, and the same data set seen with other classes.

Numbers up to 100 are the method's own and mean the same everywhere. From 101 on they are numbers of
one data set (`corpus build --types`): there only the name says what is meant.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace

from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset
from crystinet.corpus.labels.selection import FIRST_OWN_NUMBER
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import load_catalogue


def class_names(dataset: Dataset) -> dict[int, str]:
    """Name of each class of a data set by its number, in the order of the numbers."""
    names: dict[int, Counter[str]] = defaultdict(Counter)
    for member in dataset.members:
        if member.class_number != OUTSIDE:
            names[member.class_number][member.type_name] += 1
    return {
        number: names[number].most_common(1)[0][0]
        if number >= FIRST_OWN_NUMBER
        else load_catalogue().by_number(number).name
        for number in sorted(names)
    }


def training_counts(dataset: Dataset) -> Counter[int]:
    """Training compounds of each class."""
    return Counter(
        m.class_number
        for m in dataset.members
        if m.split is Split.TRAIN and m.class_number != OUTSIDE
    )


def with_classes(dataset: Dataset, names: Mapping[int, str]) -> Dataset:
    """Return the data set with the classes ``names`` under these numbers, all others outside.

    So a net trained for some types, or evaluated on the data set of others, takes every compound
    of another type for what it is to it: none of the types it knows.
    """
    own = {name: number for number, name in names.items() if number >= FIRST_OWN_NUMBER}
    new_number = {OUTSIDE: OUTSIDE}
    for number, name in class_names(dataset).items():
        published = number < FIRST_OWN_NUMBER and number in names
        new_number[number] = number if published else own.get(name, OUTSIDE)
    if all(old == new for old, new in new_number.items()):
        return dataset
    members = tuple(
        replace(member, class_number=new_number[member.class_number]) for member in dataset.members
    )
    return replace(dataset, members=members)
