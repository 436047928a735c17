"""What bundles know already of the types that somebody wants to teach one."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crystinet.core.errors import CrystinetError

if TYPE_CHECKING:
    from crystinet.crystals.structure import Structure


def already_known(
    bundle: str | Path,
    *,
    types: Sequence[str] = (),
    cifs: Sequence[tuple[str, Path]] = (),
) -> tuple[str, ...]:
    """Say which types, or the structures in CIF files, a bundle at hand has a name for.

    Takes seconds, while teaching takes long.

    Parameters
    ----------
    bundle, types, cifs
        As in `crystinet.app.extend.extend`.

    Returns
    -------
    One sentence each: that the bundle itself, or another one in the package, knows the type.

    Raises
    ------
    CrystinetError
        A bundle or a CIF file cannot be read.
    """
    from crystinet.corpus.imagined.relatives import read_given_type
    from crystinet.model.bundle_files import bundle_folder, bundle_types, packaged_bundles

    wanted = {name: {name} for name in types}
    for name, path in cifs:
        wanted[name] = {name, *_assigned(read_given_type(name, path).structures)}
    own = bundle_folder(Path(bundle))
    here = bundle_types(own)
    elsewhere = {name: bundle_types(folder) - here for name, folder in packaged_bundles().items()}
    return tuple(
        sentence
        for name, names in wanted.items()
        for sentence in _sentences(name, names, here, elsewhere)
    )


def _sentences(
    name: str, names: set[str], here: set[str], elsewhere: Mapping[str, set[str]]
) -> Iterator[str]:
    """What is said of one type, by its names and those that bundles have."""
    for known in sorted((names - {name}) & here):
        yield f"The structure of {name!r} is of the type {known}, which the bundle knows."
    for bundle, there in elsewhere.items():
        for known in sorted(names & there):
            yield (
                f"{known} is known to the bundle {bundle!r} of the package already: "
                f"`--model {bundle}` identifies it without any training."
            )


def _assigned(structures: "Sequence[Structure]") -> Iterator[str]:
    """Names of the catalogue for structures; what has none, or is impossible, gives none."""
    from crystinet.crystals.assignment import assign

    for structure in structures:
        try:
            found = assign(structure)
        except CrystinetError:
            continue
        if found.type is not None:
            yield found.type.name
