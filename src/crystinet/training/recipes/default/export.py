"""From a trained net to a bundle: average patterns, calibration, ONNX files, manifest."""

import hashlib
import io
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.labels.classes import class_names
from crystinet.corpus.labels.selection import FIRST_OWN_NUMBER
from crystinet.corpus.splits import Split
from crystinet.crystals.catalogue import Catalogue
from crystinet.model.backend import Network
from crystinet.model.bundle import (
    AVERAGES,
    CENTROIDS,
    COMPOSITION,
    SHARED,
    WHITENING,
    Bundle,
    NetFile,
    TypeEntry,
)
from crystinet.model.bundle_files import write_bundle
from crystinet.model.composition import CompositionTable
from crystinet.model.inference import Model
from crystinet.model.reliability import Calibration
from crystinet.model.representation import LogAxis
from crystinet.model.screening import FeatureSpace, pool
from crystinet.model.similarity import SimilarityConfig
from crystinet.training.averages import average_patterns, whole_range
from crystinet.training.calibration import fit_calibration
from crystinet.training.draw.source import PatternSource, Report
from crystinet.training.groups import Groups
from crystinet.training.recipes.default.loop import Trainer, TrainingConfig
from crystinet.training.recipes.default.rcnet import RCNetConfig, RCNets, SharedStages, UnionNet
from crystinet.training.recipes.published.loop import PublishedConfig

NETS = "rcnets.onnx"
HEADS = NetFile(NETS, ()).heads_file
#: Names of the recipes.
DEFAULT, PAPER = "default", "paper"


@dataclass(frozen=True, slots=True)
class ExportEffort:
    """How many patterns are drawn for what is fitted after the training.

    Attributes
    ----------
    averaged_per_class, features_per_class
        For the average pattern of each type, and for its place in the space of the features.
    calibration_patterns
        Of validation compounds; half as many of other structures, and a quarter of mixtures.
    """

    averaged_per_class: int = 120
    features_per_class: int = 40
    calibration_patterns: int = 3_000


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


def to_onnx(module: nn.Module, example: Tensor, *, outputs: tuple[str, ...]) -> bytes:
    """ONNX graph of a module with one input, batch size free."""
    buffer = io.BytesIO()
    axes = {name: {0: "batch"} for name in ("input", *outputs)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecation and tracing
        torch.onnx.export(
            module.eval(),
            (example,),
            buffer,  # type: ignore[arg-type]  # a file object is documented
            input_names=["input"],
            output_names=list(outputs),
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    return buffer.getvalue()


def export_networks(net: UnionNet, config: RCNetConfig) -> dict[str, bytes]:
    """The files of a trained net: shared stages, RCNets, and the weights of their branches."""
    shared: SharedStages = net.shared
    nets: RCNets = net.nets
    example = torch.zeros(2, shared.stem.in_channels, config.n_bins)
    with torch.inference_mode():
        features = _FlatShared(shared).eval()(example)
    return {
        SHARED: to_onnx(_FlatShared(shared), example, outputs=("features",)),
        **net_files(nets, features.clone(), file=NETS),
    }


def net_files(nets: RCNets, features: Tensor, *, file: str) -> dict[str, bytes]:
    """The files of a set of RCNets; ``features`` is an example of what they read."""
    with torch.inference_mode():
        heads = nets.head_rows().cpu().numpy()
    mapped = to_onnx(_MappedNets(nets), features, outputs=("types", "confidences", "maps"))
    return {file: mapped, NetFile(file, ()).heads_file: npy_bytes(heads)}


def feature_space(
    source: PatternSource,
    groups: Groups,
    shared: bytes,
    *,
    rng: np.random.Generator,
    per_class: int = 40,
    report: Report = lambda stage, done, total: None,
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


def composition_table(dataset: Dataset, groups: Groups) -> CompositionTable:
    """Which elements the training compounds of each type have, as far as the data set says."""
    column_of = groups.column_of()
    members = [dataset.members[i] for i in dataset.select(Split.TRAIN)]
    members = [member for member in members if member.elements]
    return CompositionTable.count(
        [member.elements for member in members],
        [column_of[member.class_number][0] for member in members],
        n_types=len(groups.columns),
    )


def npy_bytes(array: np.ndarray[Any, Any]) -> bytes:
    """Content of a NumPy file."""
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def export_bundle(
    trainer: Trainer,
    catalogue: Catalogue,
    folder: Path,
    *,
    version: str,
    dataset_path: Path,
    effort: ExportEffort = ExportEffort(),
    groups_from: str = "published",
    report: Report = lambda stage, done, total: None,
) -> Bundle:
    """Average patterns, networks and calibration of a run, written as a bundle.

    ``dataset_path`` is the file of the data set; its SHA-256 goes into the manifest, and so does
    ``groups_from``, which says where the groups of types come from.
    """
    training = training_facts(
        trainer.dataset,
        trainer.config,
        patterns=trainer.patterns,
        dataset_path=dataset_path,
        groups_from=groups_from,
    )
    training["earlier_patterns"] = trainer.earlier_patterns
    config, groups, dataset = trainer.config, trainer.groups, trainer.dataset
    rng = np.random.default_rng([config.seed, 11])
    # Only on the logarithmic axis is a change of the cell a shift.
    logarithmic = isinstance(trainer.axis, LogAxis)
    similarity = SimilarityConfig() if logarithmic else SimilarityConfig(max_shift=0)
    source = PatternSource(dataset, config.rendering, trainer.axis)
    averages = average_patterns(
        whole_range(source),
        groups,
        similarity=similarity,
        per_class=effort.averaged_per_class,
        rng=rng,
        report=report,
    )
    files = export_networks(trainer.averaged_net, config.net)
    space = feature_space(
        source,
        groups,
        files[SHARED],
        rng=rng,
        per_class=effort.features_per_class,
        report=report,
    )
    files |= {
        AVERAGES: npy_bytes(averages.astype(np.float16)),
        WHITENING: npy_bytes(space.whitening),
        CENTROIDS: npy_bytes(space.centroids),
        COMPOSITION: npy_bytes(composition_table(dataset, groups).probability),
    }
    write = partial(
        write_bundle,
        folder,
        version=version,
        types=type_entries(groups, catalogue, names=class_names(dataset)),
        nets=(NetFile(file=NETS, groups=groups.numbers),),
        axis=trainer.axis,
        preprocessing=config.rendering.preprocessing,
        similarity=similarity,
        files=files,
        training=training,
    )
    uncalibrated = write(calibration=Calibration())
    calibration = fit_calibration(
        Model(uncalibrated),
        source,
        groups,
        rng=rng,
        n_patterns=effort.calibration_patterns,
        report=report,
    )
    return write(calibration=calibration)


def type_entries(
    groups: Groups, catalogue: Catalogue, *, names: Mapping[int, str]
) -> tuple[TypeEntry, ...]:
    """The classes in the order of the columns, with their merged names and nets.

    ``names`` are those of the data set, for classes that are none of the 91.
    """
    return tuple(
        TypeEntry(
            name=names[number] if number >= FIRST_OWN_NUMBER else catalogue.by_number(number).name,
            number=number,
            merged=tuple(t.name for t in catalogue if t.merged_into == number),
            net=group,
        )
        for group, numbers in zip(groups.numbers, groups.classes, strict=True)
        for number in numbers
    )


def training_facts(
    dataset: Dataset,
    config: TrainingConfig | PublishedConfig,
    *,
    patterns: int,
    dataset_path: Path,
    groups_from: str,
) -> dict[str, object]:
    """What a bundle says of its training; the published recipe sees no outside structures."""
    published = isinstance(config, PublishedConfig)
    return {
        "recipe": PAPER if published else DEFAULT,
        "patterns": patterns,
        "compounds": len(dataset.select(Split.TRAIN)),
        "outside": 0 if published else len(dataset.select_outside(Split.TRAIN)),
        "sources": dict(Counter(m.source for m in dataset.members if m.split is Split.TRAIN)),
        "dataset_sha256": hashlib.sha256(dataset_path.read_bytes()).hexdigest(),
        "groups": groups_from,
        "seed": config.seed,
        "torch": torch.__version__,
        "config": asdict(config),
    }
