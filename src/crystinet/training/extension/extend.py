"""Extend a bundle by types it does not know: one more set of RCNets, nothing old changes."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from crystinet.core.errors import ConfigError
from crystinet.core.files import make_folder, sha256_of, write_whole
from crystinet.core.progress import Progress, silent
from crystinet.core.version import __version__
from crystinet.corpus.datasets.dataset import OUTSIDE
from crystinet.corpus.splits import Split
from crystinet.crystals.symmetry import analyse
from crystinet.model.added_nets import add_net, free_stem, unchanged_files
from crystinet.model.arrays import npy_of_array
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_checks import check_bundle
from crystinet.model.composition import CompositionTable
from crystinet.model.given import GIVEN, json_of_structures
from crystinet.model.inference import Model
from crystinet.model.manifest import AVERAGES, CENTROIDS, COMPOSITION, TypeEntry
from crystinet.model.screening import pool
from crystinet.training.averages import average_patterns, whole_range
from crystinet.training.calibration import fit_calibration
from crystinet.training.draw.source import PatternSource, RenderingConfig
from crystinet.training.extension.data import ExtensionData, assemble, bundle_groups
from crystinet.training.extension.features import (
    FeatureConfig,
    Features,
    draw_features,
    validation_features,
)
from crystinet.training.extension.head import HeadConfig, HeadTrainer
from crystinet.training.extension.lookalikes import without_lookalikes
from crystinet.training.extension.sources import DataConfig, ExtensionSources
from crystinet.training.groups import Groups
from crystinet.training.recipes.default.export import rcnet_files

SETTINGS = "settings.json"
#: Share of the validation patterns of old types that new types may win, and what is tried to take
#: off the logits of their confidences for it.
_LOST = 0.004
_OFFSETS = tuple(0.1 * i for i in range(-20, 41))


@dataclass(frozen=True)
class ExtensionConfig:
    """How a bundle is extended.

    Attributes
    ----------
    data, features, head
        Compounds, patterns and training.
    average_patterns
        Patterns that the average pattern of a type is made of.
    calibration_patterns
        Patterns of validation compounds for the calibration.
    """

    data: DataConfig = field(default_factory=DataConfig)
    features: FeatureConfig = field(default_factory=FeatureConfig)
    head: HeadConfig = field(default_factory=HeadConfig)
    average_patterns: int = 60
    calibration_patterns: int = 2_000

    def with_seed(self, seed: int) -> "ExtensionConfig":
        """The same with another seed for everything."""
        return replace(
            self,
            data=replace(self.data, seed=seed),
            features=replace(self.features, seed=seed),
            head=replace(self.head, seed=seed),
        )


@dataclass(frozen=True)
class Extended:
    """An extended bundle with what it was made of.

    Attributes
    ----------
    bundle
        The larger one, in memory.
    data
        The compounds; those of the test split were not used.
    unchanged
        SHA-256 of the files of the base, which the new bundle holds as they were.
    """

    bundle: Bundle
    data: ExtensionData
    unchanged: dict[str, str]


def extend_bundle(
    base: Bundle,
    sources: ExtensionSources,
    *,
    config: ExtensionConfig,
    work: Path,
    version: str | None = None,
    report: Progress = silent,
) -> Extended:
    """Train RCNets for new types on the frozen shared stages, for a larger bundle.

    Parameters
    ----------
    base
        The bundle; it stays as it is.
    sources, config
        What to learn, and how.
    work
        Folder for what takes long. A call that was cut off goes on from there when it is repeated.
    version
        Of the new bundle.
    report
        Called now and then.

    Raises
    ------
    CrystinetError
        A source cannot be used, a type is known already, or ``work`` is of another call.
    """
    _claim(work, base, sources, config)
    data = assemble(base, sources, config.data, work=work, report=report)
    source = _source_of(base, data)
    if data.given:
        data = replace(data, dataset=without_lookalikes(base, source, data))
        source = _source_of(base, data)
    old = bundle_groups(base)
    features = draw_features(
        base, source, old, data.groups, config.features, work / "features", report=report
    )
    trainer = HeadTrainer(features, data.groups, config.head, work)
    trainer.run(report)
    rng = np.random.default_rng([config.data.seed, 37])
    checked = validation_features(
        base, source, old, n_patterns=2 * config.calibration_patterns, rng=rng, report=report
    )
    if checked is not None:
        trainer.be_cautious(caution(trainer, checked, held_out=not data.only_references))
    averages = average_patterns(
        whole_range(_source_of(base, data)),
        data.groups,
        similarity=base.similarity,
        per_class=config.average_patterns,
        rng=rng,
        report=report,
    )
    bundle = add_net(
        base,
        stem=free_stem(base),
        networks=_networks(trainer, features, file=f"{free_stem(base)}.onnx"),
        arrays={
            AVERAGES: npy_of_array(averages.astype(np.float16)),
            CENTROIDS: npy_of_array(_centroids(base, features, data.groups)),
            COMPOSITION: npy_of_array(_composition(base, data)),
            **_given(sources),
        },
        types=_type_entries(data),
        groups=data.groups.numbers,
        version=version or f"{base.version}+{free_stem(base)}",
        facts=_facts(base, data, config),
    )
    check_bundle(bundle, where="with the new types")
    if not data.only_references:
        calibration = fit_calibration(
            Model(bundle),
            source,
            Groups(old.numbers + data.groups.numbers, old.classes + data.groups.classes),
            rng=rng,
            n_patterns=config.calibration_patterns,
            report=report,
        )
        bundle = bundle.with_calibration(calibration)
    return Extended(bundle, data, unchanged_files(base, bundle))


def _given(sources: ExtensionSources) -> dict[str, bytes]:
    """The structures of types given by CIF files, in standard axes, as a file of the bundle."""
    if not sources.given:
        return {}
    standard = {
        given.name: [analyse(structure).structure(structure.name) for structure in given.structures]
        for given in sources.given
    }
    return {GIVEN: json_of_structures(standard)}


def _source_of(base: Bundle, data: ExtensionData) -> PatternSource:
    """Patterns of the compounds, drawn and prepared as those that the bundle was trained with."""
    rendering = RenderingConfig(preprocessing=base.preprocessing, grid=base.axis.grid)
    return PatternSource(data.dataset, rendering, base.axis)


def _networks(trainer: HeadTrainer, features: Features, *, file: str) -> dict[str, bytes]:
    example = torch.from_numpy(features.features[:2].astype(np.float32))
    return rcnet_files(trainer.averaged_net, example, file=file)


def caution(trainer: HeadTrainer, checked: Features, *, held_out: bool) -> float:
    """What to take off the logits of the new confidences, less than 0 for what to add.

    The smallest of some offsets with which no more of the patterns of old types are lost to new
    ones than `_LOST`; where none is small enough, the largest. Nets are less sure of compounds that
    they were not trained on, and the old ones have more to learn from: without an addition the
    new types would win less than the old ones can spare. Nothing is added where the patterns are
    not of held-out compounds, since those tell too little of what would be lost.
    """
    maps = checked.features.astype(np.float32)
    known = checked.log_share.astype(np.float64)
    right = known.argmax(axis=1) == checked.columns
    for offset in (x for x in _OFFSETS if x >= 0.0 or held_out):
        own = trainer.score(maps, offset=offset).max(axis=1)
        if (right & (own > known.max(axis=1))).mean() <= _LOST:
            return offset
    return _OFFSETS[-1]


def _claim(work: Path, base: Bundle, sources: ExtensionSources, config: ExtensionConfig) -> None:
    """Use a folder for this call, or go on in one that an equal call left.

    Raises
    ------
    ConfigError
        The folder is of another call.
    """
    told = {
        "base": base.id,
        "config": asdict(config),
        "types": list(sources.types),
        "given": {g.name: sha256_of(repr(g.structures).encode()) for g in sources.given},
        "corpus": str(sources.corpus),
        "dataset": str(sources.dataset),
        "crystinet": __version__,
    }
    text = json.dumps(told, indent=1, default=list)
    path = work / SETTINGS
    # A call that was refused, for a misspelt type say, left its settings and no work.
    begun = work.is_dir() and any(file.name != SETTINGS for file in work.iterdir())
    if begun and path.exists() and path.read_text("utf-8") != text:
        raise ConfigError(
            f"{work} holds what is left of a call with other settings.",
            hint="Repeat that call to finish it, or delete the folder.",
        )
    make_folder(work, of="what is being made")
    write_whole(path, text)


def _centroids(base: Bundle, features: Features, groups: Groups) -> NDArray[np.float32]:
    """Whitened mean features of each new type, from the patterns that were drawn of it."""
    n_old = features.log_share.shape[1]
    means = []
    for column in range(n_old, n_old + len(groups.columns)):
        rows = np.flatnonzero(features.columns == column)[:200]
        means.append(pool(features.features[rows].astype(np.float32)).mean(axis=0))
    centroids: NDArray[np.float32] = np.array(means) @ base.feature_space.whitening
    return centroids.astype(np.float32)


def _composition(base: Bundle, data: ExtensionData) -> NDArray[np.float32]:
    """Which elements compounds of the new types have; the old types serve as the prior."""
    members = [m for m in data.dataset.members if m.split is Split.TRAIN and m.elements]
    column = {entry.number: i for i, entry in enumerate(base.types)}
    column |= {number: len(column) + i for i, number in enumerate(data.groups.columns)}
    known = [m for m in members if m.class_number in column]
    table = CompositionTable.count(
        [m.elements for m in known],
        [column[m.class_number] for m in known],
        n_types=len(column),
    )
    return table.probability[len(base.types) :]


def _type_entries(data: ExtensionData) -> tuple[TypeEntry, ...]:
    return tuple(
        TypeEntry(name=data.names[number], number=number, merged=(), net=group)
        for group, numbers in zip(data.groups.numbers, data.groups.classes, strict=True)
        for number in numbers
    )


def _facts(base: Bundle, data: ExtensionData, config: ExtensionConfig) -> dict[str, object]:
    """What the manifest says about the training of a set."""
    members = [m for m in data.dataset.members if m.split is Split.TRAIN]
    counted = Counter(m.class_number for m in members)
    return {
        "base": base.id,
        "compounds": {name: counted[number] for number, name in data.names.items()},
        "old_compounds": sum(counted[entry.number] for entry in base.types),
        "outside": counted[OUTSIDE],
        "sources": dict(Counter(m.source for m in members)),
        "recalibrated": not data.only_references,
        "provenance": dict(data.dataset.provenance),
        "crystinet": __version__,
        "torch": torch.__version__,
        "config": asdict(config),
    }
