"""The bundle: networks, average patterns and settings as data, each file with its SHA-256.

A folder of plain files: ``manifest.json``, ``shared.onnx`` (the first stages), one ONNX file for
each set of RCNets trained together (a later set is one more file) and ``averages.npy``. No pickle,
no code. Described in docs/adr/0002-bundle.md.
"""

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crystinet.core.config import from_table
from crystinet.core.errors import BundleError, ConfigError
from crystinet.model.backend import Network
from crystinet.model.reliability import Calibration
from crystinet.model.representation import LogAxis
from crystinet.model.similarity import SimilarityConfig
from crystinet.patterns.preprocessing import PreprocessingConfig

SCHEMA = 1
MANIFEST = "manifest.json"
SHARED = "shared.onnx"
AVERAGES = "averages.npy"


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """One class that a bundle knows: name, published number, merged names, number of its net."""

    name: str
    number: int
    merged: tuple[str, ...]
    net: int


@dataclass(frozen=True, slots=True)
class NetEntry:
    """One ONNX file with the RCNets of some groups, in the order of its outputs."""

    file: str
    groups: tuple[int, ...]


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
    axis: LogAxis
    preprocessing: PreprocessingConfig
    similarity: SimilarityConfig
    calibration: Calibration
    manifest: bytes
    files: dict[str, bytes]
    training: dict[str, object]

    @cached_property
    def shared(self) -> Network:
        """First stages that all RCNets read."""
        return Network(self.files[SHARED], name=SHARED)

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
        """Average pattern of each type on the coarse logarithmic axis, (t, n)."""
        array = np.load(io.BytesIO(self.files[AVERAGES]), allow_pickle=False)
        return np.asarray(array, dtype=np.float32)


def default_bundle_folder() -> Path:
    """The bundle inside the package."""
    return Path(str(resources.files("crystinet.model"))) / "data" / "default"


def load_bundle(folder: Path | None = None) -> Bundle:
    """Read and verify a bundle; None takes the one in the package.

    Raises
    ------
    BundleError
        For a missing, incomplete, altered or too new bundle.
    """
    folder = default_bundle_folder() if folder is None else Path(folder)
    manifest = _read_manifest(folder)
    try:
        files = _read_verified(folder, manifest["sha256"])
        return Bundle(
            id=hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest(),
            version=manifest["version"],
            types=tuple(from_table(TypeEntry, entry) for entry in manifest["types"]),
            net_entries=tuple(from_table(NetEntry, entry) for entry in manifest["nets"]),
            axis=LogAxis.from_dict(manifest["axis"]),
            preprocessing=PreprocessingConfig.from_dict(manifest["preprocessing"]),
            similarity=from_table(SimilarityConfig, manifest["similarity"]),
            calibration=Calibration.from_dict(manifest["calibration"]),
            manifest=(folder / MANIFEST).read_bytes(),
            files=files,
            training=manifest["training"],
        )
    except (AttributeError, ConfigError, KeyError, TypeError, ValueError) as error:
        raise BundleError(
            f"{folder / MANIFEST} lacks or garbles an entry ({error}).",
            hint="Use a bundle written by `crystinet train`.",
        ) from error


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(
            f"{path} cannot be read ({error}).",
            hint="Give the folder of a bundle: it holds manifest.json.",
        ) from error
    if not isinstance(manifest, dict) or manifest.get("schema") != SCHEMA:
        found = manifest.get("schema") if isinstance(manifest, dict) else None
        raise BundleError(
            f"{path} has schema {found!r}; this program reads {SCHEMA}.",
            hint="Upgrade crystinet, or train the bundle anew.",
        )
    return manifest


def _read_verified(folder: Path, sha256: dict[str, str]) -> dict[str, bytes]:
    files = {}
    for name, expected in sha256.items():
        path = folder / name
        if Path(name).name != name:
            raise BundleError(
                f"{name!r} points outside the bundle.", hint="Do not use this bundle."
            )
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BundleError(
                f"{path} is missing ({error}).", hint="Copy the whole folder of the bundle."
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
    axis: LogAxis,
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
