"""Bundles on disk: found by name, read, verified and written.

A bundle inside the package may lack files that the package's default bundle has, by the same name
and with the same SHA-256: an extended bundle there needs only the files that are its own.
"""

import hashlib
import json
from dataclasses import asdict
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from crystinet.core.config import from_table
from crystinet.core.errors import BundleError, CrystinetError
from crystinet.model.bundle import Bundle, NetFile, TypeEntry
from crystinet.model.bundle_checks import FEATURES, HINT, check_bundle
from crystinet.model.reliability import Calibration
from crystinet.model.representation import InputAxis, LogAxis, axis_from_dict
from crystinet.model.similarity import SimilarityConfig
from crystinet.patterns.config import PreprocessingConfig

#: What is written, and the oldest that is read. Schema 3 has the last feature maps and the weights
#: of the branches, which only explaining needs; for 4 and 5 see `_with_later_entries`.
SCHEMA, OLDEST_SCHEMA = 5, 2
MANIFEST = "manifest.json"

T = TypeVar("T")


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
        net_entries=_entries(NetFile, entry("nets", list), where=f"{folder / MANIFEST}, nets"),
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
        packaged = ", ".join(sorted(p.parent.name for p in _packaged().glob(f"*/{MANIFEST}")))
        raise BundleError(
            f"{path} cannot be read ({error}).",
            hint="Give the folder of a bundle, which holds manifest.json, or the name of one in "
            f"the package: {packaged}.",
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
        "calibration": {"winners_of": [], "r0": Calibration.r0, "unknown_share_weights": []},
    }
    full = dict(table)
    for key, entries in added.items():
        if isinstance(table.get(key), dict):
            full[key] = {**entries, **table[key]}
    if isinstance(table.get("nets"), list):
        full["nets"] = [
            {"input": FEATURES, **net} if isinstance(net, dict) else net for net in table["nets"]
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
        if Path(name).name != name:
            raise BundleError(
                f"{name!r} points outside the bundle.", hint="Do not use this bundle."
            )
        files[name] = _read_file(folder, name, expected)
    return files


def _read_file(folder: Path, name: str, expected: object) -> bytes:
    path = folder / name
    if folder.parent == _packaged() and not path.exists():
        path = default_bundle_folder() / name
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
    return data


def write_bundle(
    folder: Path,
    *,
    version: str,
    types: tuple[TypeEntry, ...],
    nets: tuple[NetFile, ...],
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
