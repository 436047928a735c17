"""Models and indexes of known compounds that this process has loaded: each once."""

from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from crystinet.core.arguments import as_path

if TYPE_CHECKING:
    from crystinet.corpus.index.index import CompoundIndex
    from crystinet.fit.line_check import LineCheck
    from crystinet.model.bundle import Bundle
    from crystinet.model.inference import Model

#: Threads that ask at once wait for the first of them, instead of loading each its own.
_loading = Lock()


def load_model(model: str | Path | None = None) -> "Model":
    """Load a bundle once per process: a folder, or the name of one in the package, or its default.

    A bundle that was replaced on disk is loaded anew. It answers together with the bundle of the
    package that it is joined to, if any, or, where it was extended from one that is, beside both,
    unless it is named by its id, or "published": then alone,
    so that nothing changes the answers of a bundle that somebody has chosen once and for all.

    Raises
    ------
    BundleError
        The bundle is missing, incomplete or altered.
    """
    from crystinet.model.bundle_files import answers_alone, bundle_folder, bundle_id

    named = None if model is None else as_path(model, name="model", of="a bundle's folder")
    folder = bundle_folder(named).absolute()
    alone = named is not None and answers_alone(named)
    with _loading:
        return _load_model(folder, bundle_id(folder), alone)


def limit_threads(count: int) -> None:
    """Let each network that is loaded from now on take so many threads at most, for all callers."""
    from crystinet.model.backend import use_threads

    use_threads(count)


def further_bundles() -> dict[str, Path]:
    """Folders of the bundles in the package beside its default, by their names."""
    from crystinet.model.bundle_files import default_bundle_folder, packaged_bundles

    default = default_bundle_folder()
    return {name: folder for name, folder in packaged_bundles().items() if folder != default}


def id_of_bundle(model: Path | None) -> str | None:
    """Id of a bundle, by its manifest alone; None where there is none.

    As in `load_model` it is a folder, the name of one in the package, or None for its default.
    """
    from crystinet.model.bundle_files import bundle_folder, bundle_id, is_bundle

    folder = bundle_folder(model)
    return bundle_id(folder) if is_bundle(folder) else None


def pinned_bundle(model: Path | None, identity: str) -> Path:
    """What `load_model` takes for a bundle that is named by its id, and so answers alone."""
    from crystinet.model.bundle_files import bundle_folder

    folder = bundle_folder(model)
    return folder.with_name(f"{folder.name}@{identity}")


@lru_cache(maxsize=8)  # the identity is there to be a part of the key
def _load_model(folder: Path, identity: str, alone: bool) -> "Model":
    from crystinet.model.bundle_files import bundle_id, load_with_partner
    from crystinet.model.inference import Model

    if alone:
        return Model(_load_bundle(folder, identity))
    bundle, partner = load_with_partner(
        folder, lambda other: _load_bundle(other.absolute(), bundle_id(other))
    )
    return Model(bundle, partner, base=None if partner else _base_of(bundle))


def _base_of(bundle: "Bundle") -> "Model | None":
    """The bundle of the package that one was extended from, with its partner, if there are both."""
    from crystinet.model.beside_base import base_id
    from crystinet.model.bundle_files import bundle_id as id_of
    from crystinet.model.bundle_files import packaged_bundles

    wanted = base_id(bundle)
    if wanted is None:
        return None
    for folder in packaged_bundles().values():
        if id_of(folder) == wanted:
            base = _load_model(folder.absolute(), wanted, False)
            return base if base.partner else None
    return None


@lru_cache(maxsize=8)  # a bundle may answer by itself and beside others
def _load_bundle(folder: Path, identity: str) -> "Bundle":
    from crystinet.model.bundle_files import load_bundle

    return load_bundle(folder)


def load_index(path: str | Path | None = None) -> "CompoundIndex":
    """Load an index of known compounds once per process; None takes the one in the package.

    Raises
    ------
    CorpusError
        It is missing or damaged.
    """
    path, mark = _index_file(path)
    with _loading:
        return _load_index(path, mark)


def _index_file(path: str | Path | None) -> tuple[Path, tuple[int, int]]:
    """Absolute path of an index, and what changes when another one takes its place."""
    from crystinet.corpus.index.index import default_index_path

    path = default_index_path() if path is None else as_path(path, name="index", of="an index")
    stamp = path.stat() if path.is_file() else None
    return path.absolute(), (stamp.st_mtime_ns, stamp.st_size) if stamp else (0, 0)


@lru_cache(maxsize=2)  # the mark is there to be a part of the key
def _load_index(path: Path, mark: tuple[int, int]) -> "CompoundIndex":
    from crystinet.corpus.index.index import CompoundIndex

    return CompoundIndex.load(path)


def line_check(model: "Model", index: str | Path | None = None) -> "LineCheck":
    """The check of a model's answers by lines, once per process.

    The index is loaded when the first answer is checked. What was drawn of its compounds is kept
    for the next question about the same types, whoever asks it.
    """
    path, mark = _index_file(index)
    return _line_check(model, path, mark)


@lru_cache(maxsize=8)
def _line_check(model: "Model", path: Path, mark: tuple[int, int]) -> "LineCheck":
    from crystinet.fit.line_check import LineCheck

    return LineCheck(model, partial(load_index, path))
