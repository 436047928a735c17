"""Add a set of RCNets to a bundle, or take one away again; no file of the bundle changes.

A later set is one ONNX file, ``extension-1.onnx``, beside arrays with the rows of its types
(``extension-1.averages.npy`` and so on, see `Bundle.averages`), the structures that CIF files gave
of them (``extension-1.given.json``, see `crystinet.model.given`) and the manifest that the bundle
had before (``extension-1.before.json``). Taking the last set away restores that manifest, so that
the bundle has its former id and gives its former answers to the last digit.
"""

from collections.abc import Mapping
from pathlib import Path

from crystinet.core.errors import BundleError, ConfigError
from crystinet.core.files import sha256_of
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_files import bundle_of
from crystinet.model.manifest import NetFile, TypeEntry, parse_manifest

_STEM = "extension-"
#: Manifest of the bundle before anything was added to it.
FIRST_BEFORE = f"{_STEM}1.before.json"


def free_stem(bundle: Bundle) -> str:
    """Name without suffix for the files of the next set of RCNets."""
    taken = {Path(entry.file).stem for entry in bundle.net_files}
    return next(stem for i in range(1, len(taken) + 2) if (stem := f"{_STEM}{i}") not in taken)


def add_net(
    base: Bundle,
    *,
    stem: str,
    networks: Mapping[str, bytes],
    arrays: Mapping[str, bytes],
    types: tuple[TypeEntry, ...],
    groups: tuple[int, ...],
    version: str,
    facts: Mapping[str, object],
) -> Bundle:
    """The bundle with one more set of RCNets, calibrated as it was.

    Parameters
    ----------
    base
        The bundle to extend; it stays as it is.
    stem
        Of `free_stem`.
    networks
        The ONNX file and what belongs to it, by the names of `NetFile`.
    arrays
        Rows of the new types, content of the files by the name of the base's file; and the
        structures that were given of them, see `crystinet.model.given`.
    types, groups
        What the set answers for, in the order of its outputs.
    version
        Of the new bundle.
    facts
        About the training of this set, for the manifest.
    """
    own = {**networks, f"{stem}.before.json": base.manifest}
    own |= {f"{stem}.{name}": data for name, data in arrays.items()}
    earlier = base.training.get("extensions", [])
    extensions = [*(earlier if isinstance(earlier, list) else []), {"net": stem, **facts}]
    return base.changed(
        version=version,
        types=(*base.types, *types),
        net_files=(*base.net_files, NetFile(f"{stem}.onnx", groups)),
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
        digests[name] = sha256_of(data)
        if extended.files.get(name) != data:
            raise BundleError(
                f"{name} of the extended bundle is not the one of the bundle {base.id[:12]}.",
                hint="This is a fault of crystinet; keep the old bundle.",
            )
    return digests


def remove_net(base: Bundle, net: str) -> tuple[Bundle, bool]:
    """The bundle without a set of RCNets that was added, and whether it is the former one.

    Parameters
    ----------
    base
        The extended bundle; it stays as it is.
    net
        Name of the set (``extension-1``), of its file, or number of one of its groups.

    Returns
    -------
    The bundle, and True where it is to the last bit the one that was extended: always for the set
    that was added last. Else its calibration is still that of the larger bundle.

    Raises
    ------
    ConfigError
        There is no such set, or it is not one that was added.
    """
    entry = _added(base, net)
    stem = Path(entry.file).stem
    own = (entry.file, entry.heads_file)
    rest = {
        name: data
        for name, data in base.files.items()
        if name not in own and not name.startswith(f"{stem}.")
    }
    before = base.files.get(f"{stem}.before.json")
    if entry == base.net_files[-1] and before is not None:
        manifest = parse_manifest(before, where=f"{stem}.before.json")
        return bundle_of(
            manifest, before, files={name: rest[name] for name in manifest.sha256}
        ), True
    # What later sets remember is a bundle with this one.
    rest = {name: data for name, data in rest.items() if not name.endswith(".before.json")}
    extensions = base.training.get("extensions", [])
    kept = [
        facts
        for facts in (extensions if isinstance(extensions, list) else [])
        if facts.get("net") != stem
    ]
    smaller = base.changed(
        version=f"{base.version}-{stem}",
        types=tuple(t for t in base.types if t.net not in entry.groups),
        net_files=tuple(e for e in base.net_files if e != entry),
        files=rest,
        training={**base.training, "extensions": kept},
    )
    return smaller, False


def _added(bundle: Bundle, net: str) -> NetFile:
    added = [e for e in bundle.net_files if e.file.startswith(_STEM)]
    for entry in added:
        names = {entry.file, Path(entry.file).stem, *map(str, entry.groups)}
        if net in names:
            return entry
    listed = ", ".join(f"{Path(e.file).stem} (nets {', '.join(map(str, e.groups))})" for e in added)
    raise ConfigError(
        f"The bundle has no added net {net!r}.",
        hint=f"Added were: {listed}." if listed else "Nothing was added to this bundle.",
    )
