"""From a trained net to a bundle: average patterns, calibration, ONNX files, manifest."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from crystinet.core.progress import Progress, silent
from crystinet.corpus.labels.classes import class_names
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import Catalogue
from crystinet.model.arrays import npy_of_array
from crystinet.model.backend import Network
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_checks import check_bundle
from crystinet.model.inference import Model
from crystinet.model.manifest import AVERAGES, CENTROIDS, COMPOSITION, SHARED, WHITENING, NetFile
from crystinet.model.reliability import Calibration
from crystinet.model.representation import LogAxis
from crystinet.model.screening import FeatureSpace, pool
from crystinet.model.similarity import SimilarityConfig
from crystinet.training.averages import average_patterns, whole_range
from crystinet.training.calibration import fit_calibration
from crystinet.training.draw.source import PatternSource
from crystinet.training.export import (
    ExportEffort,
    composition_table,
    to_onnx,
    training_facts,
    type_entries,
)
from crystinet.training.groups import Groups
from crystinet.training.half_precision import halved_files
from crystinet.training.recipes.default.loop import Trainer
from crystinet.training.recipes.default.rcnet import RCNetConfig, RCNets, SharedStages, UnionNet
from crystinet.training.recipes.names import RecipeName

NETS = "rcnets.onnx"
HEADS = NetFile(NETS, ()).heads_file


class _FlatShared(nn.Module):
    """The shared stages with the input of a bundle, (b, n_channels, n_bins)."""

    def __init__(self, shared: SharedStages) -> None:
        super().__init__()
        self.shared = shared

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.shared(x.unsqueeze(2))
        return features


class _MappedNets(nn.Module):
    """The RCNets with their last feature maps as a third output, which explaining asks for."""

    def __init__(self, nets: RCNets) -> None:
        super().__init__()
        self.nets = nets

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        maps = self.nets.maps(features)
        types, confidences = self.nets.branches(maps)
        return types, confidences, maps


def export_networks(net: UnionNet, config: RCNetConfig) -> dict[str, bytes]:
    """The files of a trained net: shared stages, RCNets, and the weights of their branches."""
    shared: SharedStages = net.shared
    nets: RCNets = net.nets
    example = torch.zeros(2, shared.stem.in_channels, config.n_bins)
    with torch.inference_mode():
        features = _FlatShared(shared).eval()(example)
    return {
        SHARED: to_onnx(_FlatShared(shared), example, outputs=("features",)),
        **rcnet_files(nets, features.clone(), file=NETS),
    }


def rcnet_files(nets: RCNets, features: Tensor, *, file: str) -> dict[str, bytes]:
    """The files of a set of RCNets; ``features`` is an example of what they read."""
    with torch.inference_mode():
        heads = nets.head_rows().cpu().numpy()
    mapped = to_onnx(_MappedNets(nets), features, outputs=("types", "confidences", "maps"))
    return {file: mapped, NetFile(file, ()).heads_file: npy_of_array(heads)}


def feature_space(
    source: PatternSource,
    groups: Groups,
    shared: bytes,
    *,
    rng: np.random.Generator,
    per_class: int = 40,
    report: Progress = silent,
) -> FeatureSpace:
    """Where the types lie in the space of the shared features, from training patterns."""
    network = Network(shared, name=SHARED)
    train = source.dataset.select(Split.TRAIN)
    numbers = np.array([source.dataset.members[i].class_number for i in train])
    pooled, columns = [], []
    for column, number in enumerate(groups.columns):
        members = train[numbers == number]
        if len(members):
            chosen = rng.choice(members, per_class, replace=len(members) < per_class)
            impurities = rng.choice(train, per_class)
            inputs = source.draw_inputs(chosen, impurities=impurities, rng=rng, variants=True)
            (features,) = network(inputs)
            pooled.append(pool(features))
            columns.append(np.full(per_class, column))
        report("features of the types", column + 1, len(groups.columns))
    return FeatureSpace.fit(
        np.concatenate(pooled), np.concatenate(columns), n_types=len(groups.columns)
    )


def export_bundle(
    trainer: Trainer,
    catalogue: Catalogue,
    *,
    version: str,
    dataset_path: Path,
    effort: ExportEffort = ExportEffort(),  # noqa: B008 (frozen)
    groups_from: str = "published",
    report: Progress = silent,
) -> Bundle:
    """Average patterns, networks and calibration of a run as a bundle.

    For ``dataset_path`` and ``groups_from`` see `training_facts`.
    """
    config, groups, dataset = trainer.config, trainer.groups, trainer.dataset
    effort = effort.for_types(len(groups.columns))
    rng = np.random.default_rng([config.seed, 11])
    # Only on the logarithmic axis is a change of the cell a shift.
    logarithmic = isinstance(trainer.axis, LogAxis)
    similarity = SimilarityConfig() if logarithmic else SimilarityConfig(max_shift=0)
    source = PatternSource(dataset, config.rendering, trainer.axis)
    bundle = Bundle(
        version=version,
        types=type_entries(groups, catalogue, names=class_names(dataset)),
        net_files=(NetFile(file=NETS, groups=groups.numbers),),
        axis=trainer.axis,
        preprocessing=config.rendering.preprocessing,
        similarity=similarity,
        calibration=Calibration(),
        files=_files(trainer, source, similarity, effort, rng=rng, report=report),
        training={
            **training_facts(
                dataset,
                config,
                recipe=RecipeName.DEFAULT.value,
                patterns=trainer.patterns,
                outside=len(dataset.select_outside(Split.TRAIN)),
                seed=config.seed,
                dataset_path=dataset_path,
                groups_from=groups_from,
            ),
            "earlier_patterns": trainer.earlier_patterns,
        },
    )
    check_bundle(bundle, where="of this run")
    calibration = fit_calibration(
        Model(bundle),
        source,
        groups,
        rng=rng,
        n_patterns=effort.calibration_patterns,
        report=report,
    )
    return bundle.with_calibration(calibration)


def _files(
    trainer: Trainer,
    source: PatternSource,
    similarity: SimilarityConfig,
    effort: ExportEffort,
    *,
    rng: np.random.Generator,
    report: Progress,
) -> dict[str, bytes]:
    """Networks, and the arrays that are made of further patterns."""
    averages = average_patterns(
        whole_range(source),
        trainer.groups,
        similarity=similarity,
        per_class=effort.averaged_per_class,
        rng=rng,
        report=report,
    )
    kept = halved_files if trainer.config.half_weights else dict
    networks = kept(export_networks(trainer.averaged_net, trainer.config.net))
    space = feature_space(
        source,
        trainer.groups,
        networks[SHARED],
        rng=rng,
        per_class=effort.features_per_class,
        report=report,
    )
    composition = composition_table(trainer.dataset, trainer.groups)
    arrays = {
        AVERAGES: npy_of_array(averages.astype(np.float16)),
        WHITENING: npy_of_array(space.whitening),
        CENTROIDS: npy_of_array(space.centroids),
        COMPOSITION: npy_of_array(composition.probability),
    }
    return networks | kept(arrays)
