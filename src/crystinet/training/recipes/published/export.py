"""From a run of the published recipe to a bundle: one network file for each group."""

from pathlib import Path

import numpy as np
import torch

from crystinet.core.progress import Progress, silent
from crystinet.corpus.labels.classes import class_names
from crystinet.crystals.catalogue import Catalogue
from crystinet.model.arrays import npy_of_array
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_checks import check_bundle
from crystinet.model.inference import Model
from crystinet.model.manifest import AVERAGES, COMPOSITION, PATTERN, NetFile
from crystinet.model.representation import GridAxis
from crystinet.model.similarity import PUBLISHED_SIMILARITY
from crystinet.training.averages import average_patterns, whole_range
from crystinet.training.calibration import fit_published_calibration, published_calibration
from crystinet.training.draw.source import PatternSource
from crystinet.training.export import (
    ExportEffort,
    composition_table,
    to_onnx,
    training_facts,
    type_entries,
)
from crystinet.training.recipes.names import RecipeName
from crystinet.training.recipes.published.run import PublishedRun


def network_name(group: int) -> str:
    """File of the net of a group."""
    return f"rcnet-{group:02d}.onnx"


def export_published(
    run: PublishedRun,
    catalogue: Catalogue,
    *,
    version: str,
    dataset_path: Path,
    groups_from: str = "published",
    effort: ExportEffort = ExportEffort(calibration_patterns=1_000),  # noqa: B008 (frozen)
    report: Progress = silent,
) -> Bundle:
    """Average patterns, networks and calibration of a run as a bundle.

    For ``dataset_path`` and ``groups_from`` see `training_facts`.
    """
    config, groups, dataset = run.config, run.groups, run.dataset
    axis, rng = GridAxis(config.rendering.grid), np.random.default_rng([config.seed, 11])
    source = PatternSource(dataset, config.rendering, axis)
    averages = average_patterns(
        whole_range(source),
        groups,
        similarity=PUBLISHED_SIMILARITY,
        per_class=effort.averaged_per_class,
        rng=rng,
        report=report,
    )
    example = torch.zeros(2, *axis.input_shape)
    files = {
        network_name(net.group): to_onnx(net.best_net, example, outputs=("types", "confidences"))
        for net in run.nets
    }
    files |= {
        AVERAGES: npy_of_array(averages.astype(np.float16)),
        COMPOSITION: npy_of_array(composition_table(dataset, groups).probability),
    }
    rule = {"alpha": config.alpha, "r0": config.r0}
    bundle = Bundle(
        version=version,
        types=type_entries(groups, catalogue, names=class_names(dataset)),
        net_files=tuple(NetFile(network_name(n), (n,), PATTERN) for n in groups.numbers),
        axis=axis,
        preprocessing=config.rendering.preprocessing,
        similarity=PUBLISHED_SIMILARITY,
        calibration=published_calibration(groups, **rule),
        files=files,
        training=training_facts(
            dataset,
            config,
            recipe=RecipeName.PAPER.value,
            patterns=run.patterns,
            outside=0,  # it is shown none
            seed=config.seed,
            dataset_path=dataset_path,
            groups_from=groups_from,
        ),
    )
    check_bundle(bundle, where="of this run")
    calibration = fit_published_calibration(
        Model(bundle),
        source,
        groups,
        **rule,
        rng=rng,
        n_patterns=effort.calibration_patterns,
        report=report,
    )
    return bundle.with_calibration(calibration)
