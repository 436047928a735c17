"""The bundle: networks, average patterns and settings as data, each file with its SHA-256.

A folder of plain files: ``manifest.json``, ``shared.onnx`` (the first stages), one ONNX file for
each set of RCNets trained together (a later set is one more file), and arrays of numbers:
``averages.npy``, ``whitening.npy``, ``centroids.npy``, ``composition.npy`` and the weights of the
linear branches of each set of RCNets. A later set brings the rows of its types in files of its own.
Where all nets read the pattern itself there are no shared stages, and so neither whitening nor
centroids. No pickle, no code. Described in docs/adr/0002-bundle.md.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property, partial
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from crystinet.core.config import from_table
from crystinet.core.errors import BundleError, CrystinetError
from crystinet.model.backend import Network
from crystinet.model.bundle_checks import (
    AVERAGES,
    CENTROIDS,
    COMPOSITION,
    FEATURES,
    HINT,
    PATTERN,
    SHARED,
    WHITENING,
    check_bundle,
    read_array,
)
from crystinet.model.composition import CompositionTable
from crystinet.model.heads import Heads
from crystinet.model.reliability import Calibration
from crystinet.model.representation import InputAxis, LogAxis, axis_from_dict
from crystinet.model.screening import FeatureSpace
from crystinet.model.similarity import SimilarityConfig
from crystinet.patterns.config import PreprocessingConfig

#: What is written, and the oldest that is read. Schema 3 has the last feature maps and the weights
#: of the branches, which only explaining needs; for schema 4 see `_with_later_entries`.
SCHEMA, OLDEST_SCHEMA = 4, 2
MANIFEST = "manifest.json"

__all__ = [
    "AVERAGES",
    "CENTROIDS",
    "COMPOSITION",
    "FEATURES",
    "MANIFEST",
    "OLDEST_SCHEMA",
    "PATTERN",
    "SCHEMA",
    "SHARED",
    "WHITENING",
    "Bundle",
    "NetEntry",
    "TypeEntry",
    "bundle_folder",
    "bundle_id",
    "default_bundle_folder",
    "load_bundle",
    "write_bundle",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """One class that a bundle knows: name, published number, merged names, number of its net."""

    name: str
    number: int
    merged: tuple[str, ...]
    net: int


@dataclass(frozen=True, slots=True)
class NetEntry:
    """One ONNX file with the RCNets of some groups, in the order of its outputs.

    ``input`` is what they read: `FEATURES` of the shared stages, or the `PATTERN` itself.
    """

    file: str
    groups: tuple[int, ...]
    input: str = FEATURES

    @property
    def heads_file(self) -> str:
        """Name of the file with the weights of their branches: a.onnx, a-heads.npy."""
        return f"{Path(self.file).stem}-heads.npy"


@dataclass(frozen=True)
class Bundle:
    """A verified bundle.

    Attributes
    ----------
    id
        SHA-256 of the manifest, which holds the SHA-256 of every other file.
    version
        Version given when it was made.
    types
        The classes in the order of the columns of all nets.
    net_entries
        The files of the RCNets; their groups one after the other are the order of the types.
    axis, preprocessing, similarity, calibration
        The settings it was trained with.
    manifest
        Content of the manifest.
    files
        Verified content by file name.
    training
        What it was trained on and how long, for reports.
    """

    id: str
    version: str
    types: tuple[TypeEntry, ...]
    net_entries: tuple[NetEntry, ...]
    axis: InputAxis
    preprocessing: PreprocessingConfig
    similarity: SimilarityConfig
    calibration: Calibration
    manifest: bytes
    files: dict[str, bytes]
    training: dict[str, object]

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
        return any(entry.input == FEATURES for entry in self.net_entries)

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
        """The files of `net_entries`, ready to run."""
        return tuple(Network(self.files[e.file], name=e.file) for e in self.net_entries)

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
    def heads(self) -> tuple[Heads | None, ...]:
        """Linear branches of the RCNets of each file; None for files that do not give them out."""
        return tuple(
            Heads.from_rows(
                read_array(self.files[e.heads_file], name=e.heads_file),
                sizes=tuple(self.group_sizes[group] for group in e.groups),
            )
            if e.heads_file in self.files
            else None
            for e in self.net_entries
        )

    @cached_property
    def feature_space(self) -> FeatureSpace:
        """Where the types lie in the space of the shared features; BundleError without these."""
        self._need_shared()
        return FeatureSpace(
            whitening=read_array(self.files[WHITENING], name=WHITENING),
            centroids=self._rows(CENTROIDS),
        )

    @cached_property
    def composition(self) -> CompositionTable:
        """Which elements compounds of each type have."""
        return CompositionTable(self._rows(COMPOSITION))

    def _rows(self, name: str) -> NDArray[np.float32]:
        """An array with a row for each type: the file of that name, and those of later nets."""
        later = (f"{Path(entry.file).stem}.{name}" for entry in self.net_entries)
        files = [name, *(file for file in later if file in self.files)]
        parts = [read_array(self.files[file], name=file) for file in files]
        try:
            return np.concatenate(parts)
        except ValueError as error:
            raise BundleError(
                f"{' and '.join(files)} do not fit each other ({error}).", hint=HINT
            ) from error


def default_bundle_folder() -> Path:
    """The bundle inside the package."""
    return _packaged() / "default"


def bundle_folder(model: Path | None = None) -> Path:
    """The folder of a bundle: a path, the name of one in the package, or None for its default."""
    if model is None:
        return default_bundle_folder()
    named = _packaged() / model
    if len(model.parts) == 1 and not model.exists() and (named / MANIFEST).is_file():
        return named
    return model


def _packaged() -> Path:
    return Path(str(resources.files("crystinet.model"))) / "data"


def bundle_id(folder: Path | None = None) -> str:
    """SHA-256 of a bundle's manifest, without reading or verifying the rest of it.

    Raises
    ------
    BundleError
        Where there is no manifest to read.
    """
    return hashlib.sha256(_read_manifest(folder or default_bundle_folder())).hexdigest()


def load_bundle(folder: Path | None = None) -> Bundle:
    """Read and verify a bundle, networks included; None takes the one in the package.

    Raises
    ------
    BundleError
        For a missing, incomplete, altered, inconsistent or too new bundle.
    """
    folder = default_bundle_folder() if folder is None else Path(folder)
    manifest = _read_manifest(folder)
    table = _parse_manifest(manifest, where=folder / MANIFEST)
    entry = partial(_entry, table, where=folder / MANIFEST)
    bundle = Bundle(
        id=hashlib.sha256(manifest).hexdigest(),
        version=entry("version", str),
        types=_entries(TypeEntry, entry("types", list), where=f"{folder / MANIFEST}, types"),
        net_entries=_entries(NetEntry, entry("nets", list), where=f"{folder / MANIFEST}, nets"),
        axis=_axis(entry("axis", dict), where=f"{folder / MANIFEST}, axis"),
        preprocessing=_settings(
            PreprocessingConfig,
            entry("preprocessing", dict),
            where=f"{folder / MANIFEST}, preprocessing",
        ),
        similarity=_settings(
            SimilarityConfig, entry("similarity", dict), where=f"{folder / MANIFEST}, similarity"
        ),
        calibration=_settings(
            Calibration, entry("calibration", dict), where=f"{folder / MANIFEST}, calibration"
        ),
        manifest=manifest,
        files=_read_verified(folder, entry("sha256", dict)),
        training=entry("training", dict),
    )
    check_bundle(bundle, where=str(folder))
    return bundle


def _read_manifest(folder: Path) -> bytes:
    path = folder / MANIFEST
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        raise BundleError(
            f"{path} cannot be read ({error}).",
            hint="Give the folder of a bundle: it holds manifest.json.",
        ) from error


def _parse_manifest(data: bytes, *, where: Path) -> dict[str, Any]:
    try:
        table = json.loads(data)
    except (RecursionError, ValueError) as error:
        raise BundleError(f"{where} is not JSON ({error}).", hint=HINT) from error
    if not isinstance(table, dict):
        raise BundleError(f"{where} is a {type(table).__name__}, not an object.", hint=HINT)
    schema = table.get("schema")
    if type(schema) is int and schema > SCHEMA:
        raise BundleError(
            f"{where} has schema {schema}; this program reads {SCHEMA}.",
            hint="Upgrade crystinet, or train the bundle anew.",
        )
    if type(schema) is not int or schema < OLDEST_SCHEMA:
        raise BundleError(f"{where} has schema {schema!r} instead of {SCHEMA}.", hint=HINT)
    return table if schema == SCHEMA else _with_later_entries(table)


def _with_later_entries(table: dict[str, Any]) -> dict[str, Any]:
    """An older manifest with what it could not say, since there was only one way then."""
    added: dict[str, dict[str, object]] = {
        "axis": {"kind": LogAxis.kind},
        "similarity": {"mapped": False},
        "calibration": {"winners_of": [], "r0": Calibration.r0},
    }
    full = dict(table)
    for key, entries in added.items():
        if isinstance(table.get(key), dict):
            full[key] = {**table[key], **entries}
    if isinstance(table.get("nets"), list):
        full["nets"] = [
            {**net, "input": FEATURES} if isinstance(net, dict) else net for net in table["nets"]
        ]
    return full


def _entry(table: dict[str, Any], key: str, kind: type[T], *, where: Path) -> T:
    if key not in table:
        raise BundleError(f"{where} lacks {key!r}.", hint=HINT)
    value = table[key]
    if not isinstance(value, kind):
        raise BundleError(
            f"{where}: {key} is a {type(value).__name__} instead of a {kind.__name__}.", hint=HINT
        )
    return value


def _settings(cls: type[T], table: object, *, where: str) -> T:
    """Settings that the networks were trained with: none may be left to a default."""
    try:
        return from_table(cls, table, complete=True)
    except CrystinetError as error:
        raise BundleError(f"{where}: {error.message}", hint=HINT) from error


def _axis(table: dict[str, Any], *, where: str) -> InputAxis:
    try:
        return axis_from_dict(table)
    except CrystinetError as error:
        raise BundleError(f"{where}: {error.message}", hint=HINT) from error


def _entries(cls: type[T], tables: list[object], *, where: str) -> tuple[T, ...]:
    return tuple(
        _settings(cls, table, where=f"{where}, entry {number}")
        for number, table in enumerate(tables, start=1)
    )


def _read_verified(folder: Path, sha256: dict[str, object]) -> dict[str, bytes]:
    files = {}
    for name, expected in sha256.items():
        path = folder / name
        if Path(name).name != name:
            raise BundleError(
                f"{name!r} points outside the bundle.", hint="Do not use this bundle."
            )
        try:
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            raise BundleError(
                f"{path} cannot be read ({error}).", hint="Copy the whole folder of the bundle."
            ) from error
        if hashlib.sha256(data).hexdigest() != expected:
            raise BundleError(
                f"{path} was altered: its SHA-256 is not the manifest's.",
                hint="Install or copy the bundle again.",
            )
        files[name] = data
    return files


def write_bundle(
    folder: Path,
    *,
    version: str,
    types: tuple[TypeEntry, ...],
    nets: tuple[NetEntry, ...],
    axis: InputAxis,
    preprocessing: PreprocessingConfig,
    similarity: SimilarityConfig,
    calibration: Calibration,
    files: dict[str, bytes],
    training: dict[str, object],
) -> Bundle:
    """Write a bundle's files and then its manifest, and read it back verified."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    manifest = {
        "schema": SCHEMA,
        "version": version,
        "types": [asdict(entry) for entry in types],
        "nets": [asdict(entry) for entry in nets],
        "axis": axis.to_dict(),
        "preprocessing": preprocessing.to_dict(),
        "similarity": asdict(similarity),
        "calibration": calibration.to_dict(),
        "training": training,
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    return load_bundle(folder)
