"""What the file of an index must hold, and how its parts are read safely."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crystinet.core.errors import CorpusError
from crystinet.core.files import sha256_of
from crystinet.corpus.index.atoms import NAMES as ATOMS
from crystinet.corpus.index.atoms import KnownAtoms

SCHEMA = 1
KIND = "crystinet index of compounds"
HINT = "Make it with `crystinet corpus index`."
#: Damage of a zip archive shows as one of these.
FAULTS = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


def digest_of(array: NDArray[Any]) -> str:
    """SHA-256 of the numbers of an array."""
    return sha256_of(np.ascontiguousarray(array).tobytes())


def check_manifest(manifest: object, arrays: Mapping[str, NDArray[Any]], *, path: Path) -> None:
    """Refuse what is no index, a newer one, and arrays that are not those of the manifest."""
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        raise CorpusError(f"{path} is not an index of compounds.", hint=HINT)
    schema = manifest.get("schema")
    if schema != SCHEMA:
        raise CorpusError(
            f"{path} has schema {schema!r}; this program reads {SCHEMA}.",
            hint="Upgrade crystinet, or make the index anew with `crystinet corpus index`.",
        )
    expected = manifest.get("sha256")
    if not isinstance(expected, dict):
        raise CorpusError(f"{path} says nothing of its content.", hint=HINT)
    for name, digest in expected.items():
        if name not in ATOMS:
            _check_digest(name, arrays, digest, path=path)


def _check_digest(
    name: str, arrays: Mapping[str, NDArray[Any]], digest: object, *, path: Path
) -> None:
    if name not in arrays or digest_of(arrays[name]) != digest:
        raise CorpusError(
            f"{path} was altered: {name} does not have the SHA-256 of the manifest.",
            hint="Copy it again, or make it anew with `crystinet corpus index`.",
        )


def atoms_in_file(data: bytes, digests: Mapping[str, object], path: Path) -> KnownAtoms | None:
    """Atoms in the file with this content; None where it has none."""
    if not all(name in digests for name in ATOMS):
        return None
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in ATOMS}
        for name in ATOMS:
            _check_digest(name, arrays, digests[name], path=path)
        return KnownAtoms.from_arrays(arrays)
    except (*FAULTS, AttributeError, TypeError) as error:
        raise CorpusError(f"The atoms in {path} cannot be read ({error}).", hint=HINT) from error
