"""Counts of data sets."""

from collections import Counter

from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset
from crystinet.corpus.splits import Split


def counts_by_class(dataset: Dataset) -> list[dict[str, str | int]]:
    """Compounds of each class by split; class 0 is everything outside the classes."""
    names: dict[int, Counter[str]] = {}
    for member in dataset.members:
        names.setdefault(member.class_number, Counter())[member.type_name] += 1
    rows: list[dict[str, str | int]] = []
    for number in sorted(names):
        members = [m for m in dataset.members if m.class_number == number]
        splits = Counter(m.split for m in members)
        rows.append(
            {
                "number": number,
                "name": "(outside)" if number == OUTSIDE else names[number].most_common(1)[0][0],
                "train": splits[Split.TRAIN],
                "validation": splits[Split.VALIDATION],
                "test": splits[Split.TEST],
                "known_experimentally": sum(m.known_experimentally for m in members),
            }
        )
    return rows
