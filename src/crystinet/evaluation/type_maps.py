"""Grad-CAM averaged over all compounds of a structure type."""

from dataclasses import replace

import numpy as np

from crystinet.core.arrays import read_only_floats
from crystinet.core.diffraction import two_theta_from_d
from crystinet.core.errors import CorpusError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.model.explanation import column_of
from crystinet.model.heat import HeatMapper, Score, as_score
from crystinet.model.inference import Model
from crystinet.model.type_map import TypeMap
from crystinet.training.draw.augmentation_config import AugmentationConfig
from crystinet.training.draw.source import PatternSource, RenderingConfig

_BATCH = 64


def average_heat(
    model: Model,
    dataset: Dataset,
    type_name: str,
    *,
    dataset_sha256: str,
    score: Score | str = Score.LOGIT,
    seed: int = 1,
    report: Progress = silent,
) -> TypeMap:
    """Average Grad-CAM over all compounds of a type in a data set, whatever their split.

    Each compound has one augmented pattern of the whole range without impurity lines.

    Parameters
    ----------
    model
        Its bundle must give out the last feature maps.
    dataset
        With compounds of the type.
    type_name
        A type of the bundle.
    dataset_sha256
        Of the data set's file, for the record.
    score
        What is differentiated.
    seed
        Of the augmentation.
    report
        Told of the progress.

    Raises
    ------
    BundleError, UnknownTypeError, ConfigError
        As `crystinet.model.explanation.explain`.
    CorpusError
        The data set has no compound of the type.
    """
    kind = as_score(score)
    mapper = HeatMapper(model.bundle)
    column = column_of(model.bundle, type_name)
    entry = model.bundle.types[column]
    numbers = np.array([member.class_number for member in dataset.members])
    members = np.flatnonzero(numbers == entry.number)
    if not len(members):
        raise CorpusError(
            f"The data set has no compound of {entry.name}.",
            hint="'crystinet corpus stats DATASET' counts the compounds of each class.",
        )
    source = _source(model, dataset)
    rng = np.random.default_rng([seed, 31])
    heats, seen, first = [], [], []
    for start in range(0, len(members), _BATCH):
        chosen = members[start : start + _BATCH]
        inputs = source.draw_inputs(chosen, impurities=chosen, rng=rng)
        heats.append(mapper.heat(inputs, column, score=kind))
        seen.append(inputs[:, 0])
        reliability = model.score(inputs).reliability(model.calibration)
        first.append(reliability.argmax(axis=1) == column)
        report(f"compounds of {entry.name}", start + len(chosen), len(members))
    heat = np.concatenate(heats)
    highest = heat.max(axis=1, keepdims=True)
    heat = np.divide(heat, highest, out=np.zeros_like(heat), where=highest > 0.0)
    axis = model.bundle.log_axis
    angles = two_theta_from_d(np.exp(-axis.centres), axis.grid.wavelength_angstrom)
    return TypeMap(
        type=entry.name,
        score=kind,
        compounds=len(members),
        ranked_first=float(np.concatenate(first).mean()),
        two_theta_deg=read_only_floats(angles),
        heat=read_only_floats(heat.mean(axis=0)),
        heat_spread=read_only_floats(heat.std(axis=0)),
        intensity=read_only_floats(np.concatenate(seen).mean(axis=0)),
        dataset_sha256=dataset_sha256,
        model_id=model.bundle.id,
        model_version=model.bundle.version,
        seed=seed,
    )


def _source(model: Model, dataset: Dataset) -> PatternSource:
    bundle = model.bundle
    augmentation = replace(AugmentationConfig().whole_range(), impurity_share=0.0)
    config = RenderingConfig(
        augmentation=augmentation, preprocessing=bundle.preprocessing, grid=bundle.axis.grid
    )
    return PatternSource(dataset, config, bundle.axis)
