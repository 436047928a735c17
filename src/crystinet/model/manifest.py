"""The manifest of a bundle: what ``manifest.json`` holds, and its text.

Described in docs/adr/0002-bundle.md. The same content always gives the same text, since the SHA-256
of the text is the id of the bundle.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from crystinet.core.config import from_table
from crystinet.core.errors import BundleError, CrystinetError
from crystinet.core.files import sha256_of
from crystinet.model.reliability import Calibration
from crystinet.model.representation import InputAxis, LogAxis, axis_from_dict
from crystinet.model.similarity import SimilarityConfig
from crystinet.patterns.config import PreprocessingConfig

#: What is written, and the oldest that is read. Schema 3 has the last feature maps and the weights
#: of the branches, which only explaining needs; for 4 and 5 see `_with_later_entries`.
SCHEMA, OLDEST_SCHEMA = 5, 2
MANIFEST = "manifest.json"

SHARED = "shared.onnx"
AVERAGES = "averages.npy"
WHITENING, CENTROIDS = "whitening.npy", "centroids.npy"
COMPOSITION = "composition.npy"
#: What RCNets read.
FEATURES, PATTERN = "features", "pattern"
HINT = "Use a bundle written by `crystinet train`."

T = TypeVar("T")

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class TypeEntry:
    """One class that a bundle knows: name, published number, merged names, number of its net."""

    name: str
    number: int
    merged: tuple[str, ...]
    net: int


@dataclass(frozen=True, slots=True)
class NetFile:
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


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says; see `Bundle` for the attributes. ``sha256`` is by file name."""

    version: str
    types: tuple[TypeEntry, ...]
    net_files: tuple[NetFile, ...]
    axis: InputAxis
    preprocessing: PreprocessingConfig
    similarity: SimilarityConfig
    calibration: Calibration
    training: dict[str, object]
    sha256: Mapping[str, object]

    def to_bytes(self) -> bytes:
        """The text, in the present schema."""
        table = {
            "schema": SCHEMA,
            "version": self.version,
            "types": [asdict(entry) for entry in self.types],
            "nets": [asdict(entry) for entry in self.net_files],
            "axis": self.axis.to_dict(),
            "preprocessing": self.preprocessing.to_dict(),
            "similarity": asdict(self.similarity),
            "calibration": self.calibration.to_dict(),
            "training": self.training,
            "sha256": dict(self.sha256),
        }
        return (json.dumps(table, indent=1) + "\n").encode("utf-8")


def hashes_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 of each file, by its name."""
    return {name: sha256_of(data) for name, data in files.items()}


def parse_manifest(data: bytes, *, where: str) -> Manifest:
    """Read the text of a manifest of this schema or of an older one.

    Raises
    ------
    BundleError
        It is no manifest, or has too new a schema; the message begins with ``where``.
    """
    table = _table_of(data, where=where)
    entry = partial(_entry, table, where=where)
    return Manifest(
        version=_text(table, "version", where=where),
        types=_entries(TypeEntry, entry("types", list), where=f"{where}, types"),
        net_files=_entries(NetFile, entry("nets", list), where=f"{where}, nets"),
        axis=_axis(entry("axis", dict), where=f"{where}, axis"),
        preprocessing=_settings(
            PreprocessingConfig, entry("preprocessing", dict), where=f"{where}, preprocessing"
        ),
        similarity=_settings(
            SimilarityConfig, entry("similarity", dict), where=f"{where}, similarity"
        ),
        calibration=_settings(
            Calibration, entry("calibration", dict), where=f"{where}, calibration"
        ),
        training=entry("training", dict),
        sha256=entry("sha256", dict),
    )


def _table_of(data: bytes, *, where: str) -> dict[str, Any]:
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


def _text(table: dict[str, Any], key: str, *, where: str) -> str:
    text = _entry(table, key, str, where=where)
    if not is_plain(text):
        raise BundleError(f"{where}: {key} is {text!r:.100}, which is no name.", hint=HINT)
    return text


def is_plain(text: str) -> bool:
    """Whether a text is a name that a table or a page can show: one line, and not long."""
    return 0 < len(text.strip()) and len(text) <= _LONGEST_NAME and text.isprintable()


def _entry(table: dict[str, Any], key: str, kind: type[T], *, where: str) -> T:
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
