"""Structures outside the known types that may have a new type all the same."""

from dataclasses import replace

import numpy as np

from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset
from crystinet.model.bundle import Bundle
from crystinet.model.similarity import best_cosine, coarse
from crystinet.training.draw.augmentation_config import AugmentationConfig
from crystinet.training.draw.source import PatternSource
from crystinet.training.extension.data import ExtensionData

#: A structure outside the known types whose ideal pattern is so like one of a type that is given
#: by CIF files, in the same space group, may have that type: it is no example of a foreign one.
_LIKE_A_RELATIVE = 0.7


def without_lookalikes(base: Bundle, source: PatternSource, data: ExtensionData) -> Dataset:
    """Drop structures outside the known types that may have a type given by CIF files."""
    dataset = data.dataset
    classes = np.array([m.class_number for m in dataset.members])
    ideal = PatternSource(
        dataset, replace(source.config, augmentation=AugmentationConfig.none()), source.axis
    )
    rng = np.random.default_rng(0)
    dropped: set[int] = set()
    for number in data.given:
        own = np.flatnonzero(classes == number)
        # Invented relatives show what a pattern of the type may look like.
        inputs = ideal.draw_inputs(own[:24], impurities=own[:24], rng=rng)
        patterns, _ = coarse(inputs, factor=base.similarity.coarsen)
        near = np.isin(dataset.space_groups, dataset.space_groups[own])
        suspects = np.flatnonzero(near & (classes == OUTSIDE))
        for start in range(0, len(suspects), 64):
            part = suspects[start : start + 64]
            others = ideal.draw_inputs(part, impurities=part, rng=rng)
            cosine, _ = best_cosine(others, patterns, config=base.similarity)
            dropped.update(part[cosine.max(axis=1) > _LIKE_A_RELATIVE].tolist())
    kept = [i for i in range(len(dataset.members)) if i not in dropped]
    return dataset.take(np.array(kept, dtype=np.int64))
