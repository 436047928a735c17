"""Structures of the types that CIF files taught a bundle, which it keeps beside its nets."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from crystinet.core.cell import Cell
from crystinet.core.errors import BundleError, InvalidStructureError
from crystinet.crystals.structure import Site, Structure

#: End of the name of the file that an added set of RCNets has for them.
GIVEN = "given.json"
# No CIF file that describes a type lists more.
_MOST_STRUCTURES, _MOST_SITES = 10_000, 10_000


def json_of_structures(given: Mapping[str, Sequence[Structure]]) -> bytes:
    """Write the structures of each type by name."""
    table = {name: [_table(structure) for structure in found] for name, found in given.items()}
    return (json.dumps(table, indent=1) + "\n").encode()


def structures_of_json(data: bytes, *, name: str) -> dict[str, tuple[Structure, ...]]:
    """Read what `json_of_structures` wrote.

    Parameters
    ----------
    data
        Content of the file.
    name
        Of the file, for the message.

    Raises
    ------
    BundleError
        It is something else.
    """
    try:
        table = json.loads(data)
        return {str(kind): _structures(found) for kind, found in table.items()}
    except (
        InvalidStructureError, RecursionError, ValueError, TypeError, KeyError, AttributeError
    ) as error:  # fmt: skip
        raise BundleError(
            f"{name} holds no structures of types ({error}).",
            hint="Use a bundle written by `crystinet extend`.",
        ) from error


def _table(structure: Structure) -> dict[str, Any]:
    return {
        "name": structure.name,
        "cell": list(structure.cell),
        "hall_symbol": structure.hall_symbol,
        "sites": [
            {
                "species": [list(share) for share in site.species],
                "xyz": list(site.xyz),
                "label": site.label,
                "b_iso": site.b_iso,
            }
            for site in structure.sites
        ],
    }


def _structures(found: Sequence[Mapping[str, Any]]) -> tuple[Structure, ...]:
    if not 1 <= len(found) <= _MOST_STRUCTURES:
        raise ValueError(f"{len(found)} structures of a type")
    return tuple(_structure(each) for each in found)


def _structure(table: Mapping[str, Any]) -> Structure:
    if len(table["sites"]) > _MOST_SITES:
        raise ValueError(f"{len(table['sites'])} sites")
    return Structure(
        cell=Cell(*map(float, table["cell"])),
        hall_symbol=table["hall_symbol"],
        sites=tuple(
            Site(
                species=tuple((str(element), float(share)) for element, share in site["species"]),
                xyz=tuple(map(float, site["xyz"])),  # type: ignore[arg-type]  # Site checks
                label=str(site["label"]),
                b_iso=None if site["b_iso"] is None else float(site["b_iso"]),
            )
            for site in table["sites"]
        ),
        name=str(table["name"]),
    )
