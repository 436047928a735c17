"""Bundles on disk: found by name, loaded verified, and saved.

A bundle inside the package may lack files that the package's default bundle has, by the same name
and with the same SHA-256: an extended bundle there needs only the files that are its own.
"""

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path

from crystinet.core.errors import BundleError
from crystinet.core.files import make_folder, read_plain, sha256_of, write_whole
from crystinet.model.bundle import Bundle
from crystinet.model.bundle_checks import check_bundle
from crystinet.model.joint import JOINT, Partner, joint_of
from crystinet.model.manifest import HINT, MANIFEST, Manifest, hashes_of, parse_manifest
from crystinet.model.symmetry import SymmetryHead
from crystinet.model.verified_files import VerifiedFiles

#: More than these are no bundle's, whoever brings them.
_MOST_MANIFEST_BYTES = 16 * 2**20
_MOST_FILES = 1000

#: Name of the default bundle where it is to answer alone.
PUBLISHED = Path("published")

# Beginning of an id, as answers print it; fewer digits could be another bundle's as well.
_PIN = re.compile(r"[0-9a-fA-F]{8,64}")
_SHORT_PIN = re.compile(r"[0-9a-fA-F]{1,7}")


def default_bundle_folder() -> Path:
    """The bundle inside the package."""
    return _packaged() / "default"


def bundle_folder(model: Path | None = None) -> Path:
    """The folder of a bundle.

    Parameters
    ----------
    model
        A path, the name of a bundle in the package, or None for its default. Behind "@" the
        beginning of the bundle's id may stand, eight hexadecimal digits or more
        ("default@5be5fa59a45e"); the id alone means the bundle in the package that has it.
        `PUBLISHED` is the default one, too.

    Raises
    ------
    BundleError
        The bundle there is not the one with this id, or the id is too short.
    """
    if model is None:
        return default_bundle_folder()
    if model.exists():
        return model
    if model == PUBLISHED:
        return default_bundle_folder()
    name, _, pin = model.name.rpartition("@")
    if _PIN.fullmatch(pin):
        return _pinned(model.parent / name if name else None, pin.lower())
    if name and _SHORT_PIN.fullmatch(pin):
        raise BundleError(
            f"{pin} is too short for the id of a bundle: give its first 8 digits or more.",
            hint=f"`crystinet identify FILE --json --model {model.parent / name}` prints it.",
        )
    named = _packaged() / model
    if len(model.parts) == 1 and (named / MANIFEST).is_file():
        return named
    return model


def answers_alone(model: Path) -> bool:
    """Whether a bundle that is named so answers without a partner: by its id, or `PUBLISHED`."""
    if model.exists():
        return False
    return model == PUBLISHED or bool(_PIN.fullmatch(model.name.rpartition("@")[2]))


def load_with_partner(
    folder: Path, load: Callable[[Path], Bundle]
) -> tuple[Bundle, Partner | None]:
    """A bundle, and the one of the package that it answers together with, if there is one.

    Both are read at the same time: most of it is no work of the interpreter.

    Parameters
    ----------
    folder
        Of the bundle.
    load
        Loads a bundle, `load_bundle` or what remembers those that it has loaded.

    Raises
    ------
    BundleError
        One of them cannot be used, or it is joined to a bundle that is not in the package.
    """
    identity = bundle_id(folder)
    others = [other for other in packaged_bundles().values() if joined_to(other) == identity]
    with ThreadPoolExecutor(max_workers=1 + len(others)) as pool:
        started = [pool.submit(load, other) for other in others]
        bundle = load(folder)
        second = [found.result() for found in started]
    joint, head = joint_of(bundle), SymmetryHead.of_files(bundle.files)
    if joint is not None:
        first = load(_pinned(None, joint.first))
        return bundle, Partner(joint, first, has_more=False, head=head)
    for other in second:
        joint, head = joint_of(other), SymmetryHead.of_files(other.files)
        if joint is not None and joint.first == bundle.id:
            return bundle, Partner(joint, other, has_more=True, head=head)
    return bundle, None


def joined_to(folder: Path) -> str | None:
    """Id of the bundle that the one in a folder is joined to; None where it is to none."""
    if not (folder / JOINT).is_file():
        return None
    try:
        return str(json.loads(read_plain(folder / JOINT, most_bytes=_MOST_MANIFEST_BYTES))["first"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # damaged: whoever loads this bundle is told


def _pinned(model: Path | None, pin: str) -> Path:
    """The folder of a bundle whose id begins with ``pin``; None looks through the package."""
    folders = [bundle_folder(model)] if model is not None else list(packaged_bundles().values())
    ids = {bundle_id(folder): folder for folder in folders}
    for each, folder in ids.items():
        if each.startswith(pin):
            return folder
    raise BundleError(
        f"No bundle with the id {pin} is here: "
        + ", ".join(f"{folder.name} is {each[:12]}" for each, folder in ids.items())
        + ".",
        hint="Other bundles give other answers. Install the version of crystinet that brought "
        "the bundle, or give its folder; without the id the bundle that is here is used.",
    )


def is_bundle(model: Path) -> bool:
    """Whether a path, or the name of a bundle in the package, leads to a bundle."""
    return (bundle_folder(model) / MANIFEST).is_file()


def packaged_bundles() -> dict[str, Path]:
    """Folders of the bundles in the package, by their names, the default one first."""
    folders = sorted(path.parent for path in _packaged().glob(f"*/{MANIFEST}"))
    return {
        folder.name: folder
        for folder in sorted(folders, key=lambda folder: folder != default_bundle_folder())
    }


def bundle_types(folder: Path) -> set[str]:
    """Names of the types that a bundle knows, merged ones too, by its manifest alone.

    Raises
    ------
    BundleError
        There is no manifest, or none that can be read.
    """
    manifest = parse_manifest(_read_manifest(folder), where=str(folder / MANIFEST))
    return {name for entry in manifest.types for name in (entry.name, *entry.merged)}


def _packaged() -> Path:
    return Path(str(resources.files("crystinet.model"))) / "data"


def bundle_id(folder: Path | None = None) -> str:
    """SHA-256 of a bundle's manifest, without reading or verifying the rest of it.

    Raises
    ------
    BundleError
        Where there is no manifest to read.
    """
    return sha256_of(_read_manifest(folder or default_bundle_folder()))


def load_bundle(folder: Path | None = None) -> Bundle:
    """Read and verify a bundle, networks included; None takes the one in the package.

    Raises
    ------
    BundleError
        For a missing, incomplete, altered, inconsistent or too new bundle.
    """
    folder = default_bundle_folder() if folder is None else Path(folder)
    data = _read_manifest(folder)
    manifest = parse_manifest(data, where=str(folder / MANIFEST))
    files = _files_of(folder, manifest)
    bundle = bundle_of(manifest, data, files=files)
    check_bundle(bundle, where=str(folder))
    for network in bundle.networks:
        network.let_go()
    files.let_go()
    return bundle


def bundle_of(manifest: Manifest, text: bytes, *, files: Mapping[str, bytes]) -> Bundle:
    """The bundle that a manifest with the given text describes; the files are taken as they are."""
    return Bundle(
        version=manifest.version,
        types=manifest.types,
        net_files=manifest.net_files,
        axis=manifest.axis,
        preprocessing=manifest.preprocessing,
        similarity=manifest.similarity,
        calibration=manifest.calibration,
        files=files,
        training=manifest.training,
        manifest_read=text,
    )


def save_bundle(bundle: Bundle, folder: Path) -> None:
    """Write a bundle's files and, when they are all there, its manifest.

    Raises
    ------
    BundleError
        The bundle is inconsistent; nothing is written.
    FileMissingError
        The folder cannot be written to.
    """
    where = f"for {folder}"
    check_bundle(bundle, where=where)
    if parse_manifest(bundle.manifest, where=where).sha256 != hashes_of(bundle.files):
        raise BundleError(
            f"The manifest of the bundle {where} is not the one of its files.",
            hint="This is a fault of crystinet: a bundle was changed but kept its manifest.",
        )
    make_folder(folder, of="a bundle")
    for name, data in bundle.files.items():
        write_whole(folder / name, data)
    write_whole(folder / MANIFEST, bundle.manifest)


def _read_manifest(folder: Path) -> bytes:
    path = folder / MANIFEST
    try:
        return read_plain(path, most_bytes=_MOST_MANIFEST_BYTES)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        packaged = ", ".join(sorted(p.parent.name for p in _packaged().glob(f"*/{MANIFEST}")))
        raise BundleError(
            f"There is no model bundle {folder}: {path.name} in it cannot be read "
            f"({getattr(error, 'strerror', None) or error}).",
            hint="Give the folder of a bundle, which holds manifest.json, or the name of one in "
            f"the package: {packaged}, or {PUBLISHED} for the default one alone.",
        ) from error


def _files_of(folder: Path, manifest: Manifest) -> VerifiedFiles:
    """The files that a manifest names, read and verified."""
    if len(manifest.sha256) > _MOST_FILES:
        raise BundleError(
            f"{folder / MANIFEST} lists {len(manifest.sha256)} files, more than {_MOST_FILES}.",
            hint=HINT,
        )
    for name in manifest.sha256:
        if Path(name).name != name:
            raise BundleError(
                f"{name!r} points outside the bundle.", hint="Do not use this bundle."
            )
    paths = {name: _place_of(folder, name) for name in manifest.sha256}
    files = VerifiedFiles(paths, manifest.sha256)
    files.read_all(where=str(folder))
    return files


def _place_of(folder: Path, name: str) -> Path:
    path = folder / name
    if folder.parent == _packaged() and not path.exists():
        return default_bundle_folder() / name
    return path
