"""What an evaluation was made from, for people and machines."""

import platform
from collections.abc import Mapping
from importlib import metadata

from crystinet.core.version import __version__
from crystinet.evaluation.study import Study
from crystinet.model.bundle import Bundle

_LIBRARIES = ("numpy", "onnxruntime", "torch", "numba", "matplotlib")


def report_provenance(
    bundle: Bundle, *, study: Study | None, manifest_sha256: str, command: str
) -> dict[str, str]:
    """What the report was made from: bundle, data, seed, versions, and the command."""
    trained = bundle.training.get("dataset_sha256", "not recorded")
    told = {
        "command": command,
        "bundle": f"{bundle.id} (version {bundle.version})",
        "bundle knows": f"{len(bundle.types)} types in {len(bundle.group_sizes)} RCNets",
        "bundle was trained on": f"data set {trained}",
    }
    if study is not None:
        told["data set"] = f"SHA-256 {study.dataset_sha256}"
        told["seed"] = str(study.seed)
    if study is not None and study.pattern_split is not None:
        other = study.pattern_split.model.bundle
        told["bundle trained on a split by pattern"] = f"{other.id} (version {other.version})"
    if manifest_sha256:
        told["measured patterns"] = f"manifest with SHA-256 {manifest_sha256}"
    told["versions"] = ", ".join(
        [f"crystinet {__version__}", f"Python {platform.python_version()}"]
        + [f"{name} {version}" for name, version in _versions().items()]
    )
    return told


def report_notes(bundle: Bundle, study: Study | None) -> list[str]:
    """Warnings that a reader has to know before any number."""
    trained = bundle.training.get("dataset_sha256")
    if study is None or trained is None or trained == study.dataset_sha256:
        return []
    return [
        "The bundle was trained on another data set than this one. Compounds of its training may "
        "be among the test compounds here, unless both data sets are split by compound with the "
        "same rule."
    ]


def _versions() -> Mapping[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # figures of measured patterns need no torch
            continue
    return found
