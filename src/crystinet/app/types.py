"""Use case: the catalogue of structure types."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from crystinet.core.arguments import as_count
from crystinet.core.errors import ConfigError

if TYPE_CHECKING:
    from crystinet.crystals.structure_type import StructureType

#: Of the published method.
_GROUPS = 10


def types(
    search: str | None = None,
    *,
    group: int | None = None,
    published: bool = True,
    extensions: bool | None = None,
    generated: bool | None = None,
) -> "list[StructureType]":
    """List the structure types of the catalogue.

    Parameters
    ----------
    search
        Only those with this in their name, among what they are also called, as mineral, as the
        formula of a known compound ("PrCoO3"), as Pearson symbol or ANX formula; the best first.
    group
        Only those of this group of the published method, 1 to 10; None for all.
    published
        Whether the 100 types of the published method are listed.
    extensions
        Whether the types outside them that were added by hand are listed; None lists them where
        ``search`` is given.
    generated
        Whether the types that were made from data are listed; None lists them where ``search`` is
        given and ``extensions`` is not False.

    Returns
    -------
    list of StructureType
        In the order of the catalogue unless searched for: ``name``, ``number`` (None outside the
        published 100), ``group``, ``anx``, ``definitions``, and ``reference``, a `Structure` that
        stands for it.

    Raises
    ------
    ConfigError
        There is no such group, or nothing to search for.

    Examples
    --------
    >>> import crystinet
    >>> len(crystinet.types())
    100
    >>> crystinet.types(group=1)[0].name
    'Olivine-Mg2SiO4'
    >>> crystinet.types("MgO")[0].name
    'NaCl'
    """
    from crystinet.app.find_types import find_types
    from crystinet.crystals.catalogue import load_catalogue, load_further

    if group is not None and as_count(group, name="group") > _GROUPS:
        raise ConfigError(f"There is no group {group}.", hint=f"Give a number from 1 to {_GROUPS}.")
    others = search is not None if extensions is None else extensions
    made = search is not None and others if generated is None else generated
    further = load_further() if others or made else ()
    kinds = [
        kind
        for kind in (*load_catalogue(), *further)
        if (made if kind.generated else others if kind.extension else published)
        and group in (None, kind.group)
    ]
    return kinds if search is None else [found.type for found in find_types(search, kinds)]


def knowing_bundles(names: "Iterable[str]") -> dict[str, tuple[str, ...]]:
    """Names of the bundles in the package that know each of some types, merged ones too.

    Raises
    ------
    BundleError
        The manifest of one cannot be read.
    """
    from crystinet.model.bundle_files import bundle_types, packaged_bundles

    known = {name: bundle_types(folder) for name, folder in packaged_bundles().items()}
    return {
        name: tuple(bundle for bundle, types_ in known.items() if name in types_) for name in names
    }
