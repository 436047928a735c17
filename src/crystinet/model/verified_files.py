"""The files of a bundle's folder: read when they are asked for, and only as the manifest says."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from crystinet.core.errors import BundleError
from crystinet.core.files import read_plain, sha256_of
from crystinet.model.manifest import HINT

#: Bundles hold some megabytes. More than these are none, whoever brings them.
_MOST_FILE_BYTES = 256 * 2**20
_MOST_BYTES = 512 * 2**20


class VerifiedFiles(Mapping[str, bytes]):
    """Contents by file name; each is compared with its SHA-256 when it is read.

    What was read stays until `let_go`; afterwards it is read again, should somebody ask: a process
    that answers needs the networks, which have copies of their own, and not these 18 MB.

    Parameters
    ----------
    paths
        Where each file is.
    sha256
        Of each file.
    """

    def __init__(self, paths: Mapping[str, Path], sha256: Mapping[str, object]) -> None:
        self._paths, self._sha256 = dict(paths), dict(sha256)
        self._kept: dict[str, bytes] = {}

    def __getitem__(self, name: str) -> bytes:
        data = self._kept.get(name)
        if data is None:
            data = self._kept[name] = _read(self._paths[name], self._sha256[name])
        return data

    def __contains__(self, name: object) -> bool:
        return name in self._paths

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __repr__(self) -> str:
        return f"VerifiedFiles({', '.join(self)})"

    def read_all(self, *, where: str) -> None:
        """Read all of them.

        Raises
        ------
        BundleError
            One cannot be read, is not what it is to be, or together they are no bundle's.
        """
        total = 0
        for name in self:
            total += len(self[name])
            if total > _MOST_BYTES:
                raise BundleError(
                    f"The files of {where} are larger than {_MOST_BYTES // 2**20} MB.", hint=HINT
                )

    def let_go(self) -> None:
        """Keep nothing of what was read."""
        self._kept.clear()


def _read(path: Path, expected: object) -> bytes:
    try:
        data = read_plain(path, most_bytes=_MOST_FILE_BYTES)
    except (OSError, ValueError) as error:
        raise BundleError(
            f"{path} cannot be read ({error}).", hint="Copy the whole folder of the bundle."
        ) from error
    if sha256_of(data) != expected:
        raise BundleError(
            f"{path} was altered: its SHA-256 is not the manifest's.",
            hint="Install or copy the bundle again.",
        )
    return data
