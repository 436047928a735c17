"""Look into the built wheel and sdist: what has to be there is, and nothing else is."""

import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

MOST_BYTES = 60 * 10**6
#: In the wheel, below ``crystinet/``.
NEEDED = (
    "__init__.py",
    "py.typed",
    "model/data/default/manifest.json",
    "crystals/data",
    "cli/__init__.py",
)
#: In the sdist, below its folder.
NEEDED_TO_BUILD = (
    "LICENSE",
    "CITATION.cff",
    "codemeta.json",
    "README.md",
    "pyproject.toml",
    "src/crystinet/__init__.py",
    "tests/conftest.py",
    "recipe/recipe.yaml",
)
FOREIGN = (".pyc", ".sqlite", ".npz.partial", ".pt")
#: What an earlier version wrote, which the tests of the sdist read: a store is at home there.
WRITTEN_BEFORE = "/tests/artefacts/"


def wrong_with(names: list[str], *, needed: tuple[str, ...], below: str) -> list[str]:
    """Say what is missing of the names of an archive, and which names are foreign to it."""
    found = [PurePosixPath(name) for name in names]
    known = {str(place) for path in found for place in (path, *path.parents)}
    missing = [f"{below}{name} is missing" for name in needed if below + name not in known]
    foreign = [path for path in found if path.suffix in FOREIGN and WRITTEN_BEFORE not in str(path)]
    return missing + [f"{path} does not belong there" for path in foreign]


def main(folder: Path) -> None:
    """Check the one wheel and the one sdist of a folder; exits with what is wrong."""
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    wrong = wrong_with(names, needed=NEEDED, below="crystinet/")
    tops = {name.partition("/")[0] for name in names}
    wrong += [
        f"{top} lies beside the package"
        for top in tops
        if top != "crystinet" and not top.endswith(".dist-info")
    ]
    with tarfile.open(sdist) as packed:
        members = [member.name for member in packed.getmembers() if member.isfile()]
    wrong += wrong_with(
        members, needed=NEEDED_TO_BUILD, below=sdist.name.removesuffix(".tar.gz") + "/"
    )
    for file in (wheel, sdist):
        size = file.stat().st_size
        print(f"{file.name}: {size / 1e6:.1f} MB")
        if size > MOST_BYTES:
            wrong.append(f"{file.name} is larger than {MOST_BYTES / 1e6:.0f} MB")
    if wrong:
        sys.exit("\n".join(wrong))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
