"""Add a set of RCNets to a bundle, or take one away again; no file of the bundle changes.

A later set is one ONNX file, ``extension-1.onnx``, beside arrays with the rows of its types
(``extension-1.averages.npy`` and so on, see `Bundle.averages`) and the manifest that the bundle had
before (``extension-1.before.json``). Taking the last set away restores that manifest, so that the
bundle has its former id and gives its former answers to the last digit.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from crystinet.core.errors import BundleError, ConfigError
from crystinet.model.bundle import Bundle, NetFile, TypeEntry
from crystinet.model.bundle_files import MANIFEST, load_bundle, write_bundle
from crystinet.model.reliability import Calibration

_STEM = "extension-"


def free_stem(bundle: Bundle) -> str:
    """Name without suffix for the files of the next set of RCNets."""
    taken = {Path(entry.file).stem for entry in bundle.net_entries}
    return next(stem for i in range(1, len(taken) + 2) if (stem := f"{_STEM}{i}") not in taken)


def add_net(
    base: Bundle,
    folder: Path,
    *,
    stem: str,
    networks: Mapping[str, bytes],
    arrays: Mapping[str, bytes],
    types: tuple[TypeEntry, ...],
    groups: tuple[int, ...],
    calibration: Calibration,
    version: str,
    facts: Mapping[str, object],
) -> Bundle:
    """Write a bundle with one more set of RCNets.

    Parameters
    ----------
    base
        The bundle to extend; it stays as it is.
    folder
        The new bundle's.
    stem
        Of `free_stem`.
    networks
        The ONNX file and what belongs to it, by the names of `NetFile`.
    arrays
        Rows of the new types: content of the files by the name of the base's file.
    types, groups
        What the set answers for, in the order of its outputs.
    calibration
        Of the whole union.
    version
        Of the new bundle.
    facts
        About the training of this set, for the manifest.
    """
    own = {**networks, f"{stem}.before.json": base.manifest}
    own |= {f"{stem}.{name}": data for name, data in arrays.items()}
    earlier = base.training.get("extensions", [])
    extensions = [*(earlier if isinstance(earlier, list) else []), {"net": stem, **facts}]
    return write_bundle(
        folder,
        version=version,
        types=(*base.types, *types),
        nets=(*base.net_entries, NetFile(f"{stem}.onnx", groups)),
        axis=base.axis,
        preprocessing=base.preprocessing,
        similarity=base.similarity,
        calibration=calibration,
        files={**base.files, **own},
        training={**base.training, "extensions": extensions},
    )


def unchanged_files(base: Bundle, extended: Bundle) -> dict[str, str]:
    """SHA-256 of every file of the base, which the extended bundle must hold unchanged.

    Raises
    ------
    BundleError
        A file is missing or differs.
    """
    digests = {}
    for name, data in base.files.items():
        digests[name] = hashlib.sha256(data).hexdigest()
        if extended.files.get(name) != data:
            raise BundleError(
                f"{name} of the extended bundle is not the one of the bundle {base.id[:12]}.",
                hint="This is a fault of crystinet; keep the old bundle.",
            )
    return digests


def remove_net(base: Bundle, net: str, folder: Path) -> tuple[Bundle, bool]:
    """Write a bundle without a set of RCNets that was added, and say whether it is the former one.

    Parameters
    ----------
    base
        The extended bundle; it stays as it is.
    net
        Name of the set (``extension-1``), of its file, or number of one of its groups.
    folder
        The new bundle's.

    Returns
    -------
    The bundle, and True where it is to the last bit the one that was extended: always for the set
    that was added last. Else its calibration is still that of the larger union.

    Raises
    ------
    ConfigError
        There is no such set, or it is not one that was added.
    """
    entry = _entry(base, net)
    stem = Path(entry.file).stem
    own = (entry.file, entry.heads_file)
    rest = {
        name: data
        for name, data in base.files.items()
        if name not in own and not name.startswith(f"{stem}.")
    }
    before = base.files.get(f"{stem}.before.json")
    if entry == base.net_entries[-1] and before is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in json.loads(before)["sha256"]:
            (folder / name).write_bytes(rest[name])
        (folder / MANIFEST).write_bytes(before)
        return load_bundle(folder), True
    # What later sets remember is a bundle with this one.
    rest = {name: data for name, data in rest.items() if not name.endswith(".before.json")}
    smaller = replace(
        base,
        types=tuple(t for t in base.types if t.net not in entry.groups),
        net_entries=tuple(e for e in base.net_entries if e != entry),
        files=rest,
    )
    extensions = base.training.get("extensions", [])
    kept = [
        facts
        for facts in (extensions if isinstance(extensions, list) else [])
        if facts.get("net") != stem
    ]
    written = write_bundle(
        folder,
        version=f"{base.version}-{stem}",
        types=smaller.types,
        nets=smaller.net_entries,
        axis=smaller.axis,
        preprocessing=smaller.preprocessing,
        similarity=smaller.similarity,
        calibration=smaller.calibration,
        files=smaller.files,
        training={**base.training, "extensions": kept},
    )
    return written, False


def _entry(bundle: Bundle, net: str) -> NetFile:
    added = [e for e in bundle.net_entries if e.file.startswith(_STEM)]
    for entry in added:
        names = {entry.file, Path(entry.file).stem, *map(str, entry.groups)}
        if net in names:
            return entry
    listed = ", ".join(f"{Path(e.file).stem} (nets {', '.join(map(str, e.groups))})" for e in added)
    raise ConfigError(
        f"The bundle has no added net {net!r}.",
        hint=f"Added were: {listed}." if listed else "Nothing was added to this bundle.",
    )
