"""Which compounds of a data set are judged on, and what their patterns are."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from crystinet.core.arrays import IntArray
from crystinet.core.errors import CorpusError
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.labels.classes import with_classes
from crystinet.corpus.splits import Split
from crystinet.model.bundle import Bundle
from crystinet.training.draw.source import PatternSource, RenderingConfig


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutCompounds:
    """Compounds of a split for a bundle, as indices into the data set.

    Attributes
    ----------
    inside, target
        Compounds of the bundle's types, known experimentally, and the columns of their types, (n,).
    outside
        Compounds known experimentally that have none of the bundle's types.
    """

    inside: IntArray
    target: IntArray
    outside: IntArray

    @classmethod
    def draw(
        cls,
        dataset: Dataset,
        bundle: Bundle,
        *,
        seed: int,
        max_patterns: int = 6_000,
        split: Split = Split.TEST,
    ) -> "HeldOutCompounds":
        """At most ``max_patterns`` compounds of a split, and a third as many others.

        Types are the same where number and name are, see `with_classes`.

        Raises
        ------
        CorpusError
            No compound of the split has a type of the bundle.
        """
        rng = np.random.default_rng([seed, 23])
        column = columns_by_number(bundle)
        seen = with_classes(dataset, {entry.number: entry.name for entry in bundle.types})
        inside = rng.permutation(seen.select(split, known_only=True))[:max_patterns]
        if not len(inside):
            raise CorpusError(
                f"The data set has no {split.value} compound of a class of this bundle.",
                hint="Evaluate with the data set that the bundle was trained with.",
            )
        outside = seen.select_outside(split)
        made = np.array([seen.members[i].known_experimentally for i in outside], dtype=bool)
        return cls(
            inside=inside,
            target=np.array([column[seen.members[i].class_number] for i in inside]),
            outside=rng.permutation(outside[made])[: max_patterns // 3],
        )


def columns_by_number(bundle: Bundle) -> Mapping[int, int]:
    """Class number to column."""
    return {entry.number: column for column, entry in enumerate(bundle.types)}


def training_twins(
    dataset: Dataset, inside: IntArray, *, rng: np.random.Generator
) -> tuple[IntArray, IntArray]:
    """For test compounds, as many training compounds of the same classes.

    Returns
    -------
    Places (m,) in ``inside`` of the test compounds whose class has a training compound, and one
    training compound for each, (m,); none twice while the class has enough, and compounds known
    experimentally where there are any.
    """

    def by_class(train: IntArray) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for i in train:
            found.setdefault(dataset.members[i].class_number, []).append(int(i))
        return found

    pools = by_class(dataset.select(Split.TRAIN)) | by_class(
        dataset.select(Split.TRAIN, known_only=True)
    )
    classes = [dataset.members[i].class_number for i in inside]
    drawn: dict[int, list[int]] = {}
    for number, count in sorted(Counter(classes).items()):
        pool = pools.get(number, [])
        rounds = -(-count // len(pool)) if pool else 0
        picked = [int(i) for _ in range(rounds) for i in rng.permutation(pool)]
        drawn[number] = picked[:count]
    places = [place for place, number in enumerate(classes) if drawn[number]]
    twins = [drawn[classes[place]].pop() for place in places]
    return np.array(places, dtype=np.int64), np.array(twins, dtype=np.int64)


def full_range_source(bundle: Bundle, dataset: Dataset) -> PatternSource:
    """Fully augmented patterns for a bundle, over its whole grid."""
    config = RenderingConfig(preprocessing=bundle.preprocessing, grid=bundle.axis.grid)
    whole = config.augmentation.whole_range()
    return PatternSource(dataset, replace(config, augmentation=whole), bundle.axis)
