"""From a run of the published recipe to a bundle: one network file for each group."""

from functools import partial
from pathlib import Path

import numpy as np
import torch

from crystinet.corpus.labels.classes import class_names
from crystinet.crystals.catalogue import Catalogue
from crystinet.model.bundle import AVERAGES, COMPOSITION, PATTERN, Bundle, NetFile
from crystinet.model.bundle_files import write_bundle
from crystinet.model.inference import Model
from crystinet.model.representation import GridAxis
from crystinet.model.similarity import PUBLISHED_SIMILARITY
from crystinet.training.averages import average_patterns, whole_range
from crystinet.training.calibration import fit_published_calibration, published_calibration
from crystinet.training.draw.source import PatternSource, Report
from crystinet.training.recipes.default.export import (
    ExportEffort,
    composition_table,
    npy_bytes,
    to_onnx,
    training_facts,
    type_entries,
)
from crystinet.training.recipes.published.run import PublishedRun


def network_name(group: int) -> str:
    """File of the net of a group."""
    return f"rcnet-{group:02d}.onnx"


def export_published(
    run: PublishedRun,
    catalogue: Catalogue,
    folder: Path,
    *,
    version: str,
    dataset_path: Path,
    groups_from: str = "published",
    effort: ExportEffort = ExportEffort(calibration_patterns=1_000),  # noqa: B008 (frozen)
    report: Report = lambda stage, done, total: None,
) -> Bundle:
    """Average patterns, networks and calibration of a run, written as a bundle.

    ``dataset_path`` is the file of the data set; its SHA-256 goes into the manifest, and so does
    ``groups_from``, which says where the groups of types come from.
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
        AVERAGES: npy_bytes(averages.astype(np.float16)),
        COMPOSITION: npy_bytes(composition_table(dataset, groups).probability),
    }
    write = partial(
        write_bundle,
        folder,
        version=version,
        types=type_entries(groups, catalogue, names=class_names(dataset)),
        nets=tuple(NetFile(network_name(n), (n,), PATTERN) for n in groups.numbers),
        axis=axis,
        preprocessing=config.rendering.preprocessing,
        similarity=PUBLISHED_SIMILARITY,
        files=files,
        training=training_facts(
            dataset,
            config,
            patterns=run.patterns,
            dataset_path=dataset_path,
            groups_from=groups_from,
        ),
    )
    rule = {"alpha": config.alpha, "r0": config.r0}
    uncalibrated = write(calibration=published_calibration(groups, **rule))
    calibration = fit_published_calibration(
        Model(uncalibrated),
        source,
        groups,
        **rule,
        rng=rng,
        n_patterns=effort.calibration_patterns,
        report=report,
    )
    return write(calibration=calibration)
