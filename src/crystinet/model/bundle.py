"""The bundle: networks, average patterns and settings as data, each file with its SHA-256.

As a folder of plain files: ``manifest.json``, ``shared.onnx`` (the first stages), one ONNX file for
each set of RCNets trained together (a later set is one more file), and arrays of numbers:
``averages.npy``, ``whitening.npy``, ``centroids.npy``, ``composition.npy`` and the weights of the
linear branches of each set of RCNets. A later set brings the rows of its types in files of its own,
and the structures of those that CIF files gave.
Where all nets read the pattern itself there are no shared stages, and so neither whitening nor
centroids. No pickle, no code. Described in docs/adr/0002-bundle.md; loaded and saved by
`bundle_files`, checked by `bundle_checks`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray
from crystinet.core.errors import BundleError
from crystinet.core.files import sha256_of
from crystinet.crystals.structure import Structure
from crystinet.lines.shifts import energy_of
from crystinet.model.arrays import array_of_npy
from crystinet.model.backend import Network
from crystinet.model.composition import CompositionTable
from crystinet.model.composition_network import CompositionNetwork
from crystinet.model.given import GIVEN, structures_of_json
from crystinet.model.heads import Heads
from crystinet.model.manifest import (
    AVERAGES,
    CENTROIDS,
    COMPOSITION,
    FEATURES,
    HINT,
    SHARED,
    WHITENING,
    Manifest,
    NetFile,
    TypeEntry,
    hashes_of,
)
from crystinet.model.reliability import Calibration
from crystinet.model.representation import InputAxis, LogAxis
from crystinet.model.screening import FeatureSpace
from crystinet.model.similarity import SimilarityConfig
from crystinet.patterns.config import PreprocessingConfig


@dataclass(frozen=True)
class Bundle:
    """All that a trained model consists of, in memory.

    Attributes
    ----------
    version
        Version given when it was made.
    types
        The classes in the order of the columns of all nets.
    net_files
        The files of the RCNets; their groups one after the other are the order of the types.
    axis, preprocessing, similarity, calibration
        The settings it was trained with.
    files
        Content by file name; of a folder those files as they are read, see `verified_files`.
    training
        What it was trained on and how long, for reports.
    manifest_read
        The text of the manifest that it was loaded with; None for a bundle made in memory. To
        change a bundle use `changed`, which does not keep it.
    """

    version: str
    types: tuple[TypeEntry, ...]
    net_files: tuple[NetFile, ...]
    axis: InputAxis
    preprocessing: PreprocessingConfig
    similarity: SimilarityConfig
    calibration: Calibration
    files: Mapping[str, bytes] = field(repr=False)
    training: dict[str, object]
    manifest_read: bytes | None = field(default=None, repr=False)

    @cached_property
    def manifest(self) -> bytes:
        """The text of its manifest: as it was loaded, or as it would be saved."""
        if self.manifest_read is not None:
            return self.manifest_read
        return Manifest(
            version=self.version,
            types=self.types,
            net_files=self.net_files,
            axis=self.axis,
            preprocessing=self.preprocessing,
            similarity=self.similarity,
            calibration=self.calibration,
            training=self.training,
            sha256=hashes_of(self.files),
        ).to_bytes()

    @cached_property
    def id(self) -> str:
        """SHA-256 of the manifest, which holds the SHA-256 of every other file."""
        return sha256_of(self.manifest)

    def changed(self, **changes: Any) -> "Bundle":
        """Another bundle, with other values of some attributes and so with another manifest."""
        return replace(self, manifest_read=None, **changes)

    def with_calibration(self, calibration: Calibration) -> "Bundle":
        """The same nets with another calibration."""
        return self.changed(calibration=calibration)

    @property
    def log_axis(self) -> LogAxis:
        """The axis, where it is the one in ln(1/d); BundleError where it is another one."""
        if not isinstance(self.axis, LogAxis):
            raise BundleError(
                f"The networks of this bundle see an axis of the kind {self.axis.kind!r}.",
                hint=f"This needs a bundle whose axis is {LogAxis.kind}: the default recipe's.",
            )
        return self.axis

    @cached_property
    def has_shared(self) -> bool:
        """Whether any RCNet reads the features of shared stages."""
        return any(entry.input == FEATURES for entry in self.net_files)

    @cached_property
    def shared(self) -> Network:
        """First stages that RCNets read; BundleError where none does, see `has_shared`."""
        self._need_shared()
        return Network(self.files[SHARED], name=SHARED)

    def _need_shared(self) -> None:
        if not self.has_shared:
            raise BundleError(
                "The nets of this bundle read the pattern itself: it has no shared features.",
                hint="This needs a bundle of the default recipe.",
            )

    @cached_property
    def nets(self) -> tuple[Network, ...]:
        """The files of `net_files`, ready to run."""
        return tuple(Network(self.files[e.file], name=e.file) for e in self.net_files)

    @property
    def networks(self) -> tuple[Network, ...]:
        """All of them: the shared stages, if any, and the RCNets."""
        return (self.shared, *self.nets) if self.has_shared else self.nets

    @cached_property
    def group_sizes(self) -> dict[int, int]:
        """Number of types of each group, in the order of the columns."""
        groups = [entry.net for entry in self.types]
        return {group: groups.count(group) for group in dict.fromkeys(groups)}

    @cached_property
    def averages(self) -> NDArray[np.float32]:
        """Average pattern of each type on the coarse axis, (t, n)."""
        return self._rows(AVERAGES)

    @cached_property
    def averages_energy(self) -> FloatArray:
        """Sums of their squares, see `crystinet.lines.shifts.energy_of`."""
        return energy_of(self.averages)

    @cached_property
    def heads(self) -> tuple[Heads | None, ...]:
        """Linear branches of the RCNets of each file; None for files that do not give them out."""
        return tuple(
            Heads.from_rows(
                array_of_npy(self.files[e.heads_file], name=e.heads_file),
                sizes=tuple(self.group_sizes[group] for group in e.groups),
            )
            if e.heads_file in self.files
            else None
            for e in self.net_files
        )

    @cached_property
    def feature_space(self) -> FeatureSpace:
        """Where the types lie in the space of the shared features; BundleError without these."""
        self._need_shared()
        return FeatureSpace(
            whitening=array_of_npy(self.files[WHITENING], name=WHITENING),
            centroids=self._rows(CENTROIDS),
        )

    @cached_property
    def composition(self) -> CompositionTable:
        """Which elements compounds of each type have."""
        return CompositionTable(self._rows(COMPOSITION))

    @cached_property
    def composition_network(self) -> CompositionNetwork | None:
        """What says which types a composition is of; None where the bundle has nothing for it."""
        return CompositionNetwork.of_files(self.files, n_types=len(self.types))

    @cached_property
    def given(self) -> dict[str, tuple[Structure, ...]]:
        """Structures of the types that were learned from CIF files, by the type's name."""
        files = [f"{Path(entry.file).stem}.{GIVEN}" for entry in self.net_files]
        return {
            kind: structures
            for file in files
            if file in self.files
            for kind, structures in structures_of_json(self.files[file], name=file).items()
        }

    def _rows(self, name: str) -> NDArray[np.float32]:
        """An array with a row for each type: the file of that name, and those of later nets."""
        later = (f"{Path(entry.file).stem}.{name}" for entry in self.net_files)
        files = [name, *(file for file in later if file in self.files)]
        parts = [array_of_npy(self.files[file], name=file) for file in files]
        try:
            return np.concatenate(parts)
        except ValueError as error:
            raise BundleError(
                f"{' and '.join(files)} do not fit each other ({error}).", hint=HINT
            ) from error
