"""Use case: the catalogue of structure types."""

from typing import TYPE_CHECKING

from crystinet.core.arguments import as_count
from crystinet.core.errors import ConfigError

if TYPE_CHECKING:
    from crystinet.crystals.catalogue import StructureType

#: Of the published method.
_GROUPS = 10


def types(
    *, group: int | None = None, published: bool = True, extensions: bool = False
) -> "list[StructureType]":
    """List the structure types of the catalogue.

    Parameters
    ----------
    group
        Only those of this group of the published method, 1 to 10; None for all.
    published
        Whether the 100 types of the published method are listed.
    extensions
        Whether the types outside them are listed.

    Returns
    -------
    list of StructureType
        In the order of the catalogue: ``name``, ``number`` (None outside the published 100),
        ``group``, ``anx``, ``definitions``, and ``reference``, a `Structure` that stands for it.

    Raises
    ------
    ConfigError
        There is no such group.

    Examples
    --------
    >>> import crystinet
    >>> len(crystinet.types())
    100
    >>> crystinet.types(group=1)[0].name
    'Olivine-Mg2SiO4'
    """
    from crystinet.crystals.catalogue import load_catalogue

    if group is not None and as_count(group, name="group") > _GROUPS:
        raise ConfigError(f"There is no group {group}.", hint=f"Give a number from 1 to {_GROUPS}.")
    return [
        kind
        for kind in load_catalogue()
        if (extensions if kind.extension else published) and group in (None, kind.group)
    ]
