"""Entries of the files of structure types: what stands in ``data`` becomes definitions.

``docs/reference/catalogue.md`` explains the keys.
"""

from typing import Any

from crystinet.core.arrays import Range
from crystinet.core.cell import Cell
from crystinet.crystals.chemistry import ElementRule
from crystinet.crystals.structure_type import Definition, StructureType
from crystinet.crystals.symmetry import Orbit, Symmetry


def type_of_entry(
    entry: dict[str, Any], *, extension: bool, generated: bool = False
) -> StructureType:
    """Make a structure type of an entry of a file."""
    definitions = entry.get("definition", [{}])
    return StructureType(
        name=entry["name"],
        number=entry.get("number"),
        group=entry.get("group"),
        merged_into=entry.get("merged_into"),
        extension=extension,
        anx=entry.get("anx", ""),
        definitions=tuple(_definition(entry | variant) for variant in definitions),
        reference=_symmetry(entry)[0].structure(entry["name"]),
        source=entry["source"],
        note=entry.get("note", ""),
        labels=tuple(entry.get("labels", ())),
        generated=generated,
    )


def _definition(entry: dict[str, Any]) -> Definition:
    symmetry, roles = _symmetry(entry)
    core = [index for index, role in enumerate(roles) if role != "-"]
    reference = Symmetry(
        symmetry.space_group,
        symmetry.hall_number,
        symmetry.cell,
        tuple(symmetry.orbits[index] for index in core),
    )
    elements = entry.get("elements", {})
    occupancy = entry.get("occupancy", {})
    return Definition(
        reference=reference,
        roles="".join(roles[index] for index in core),
        tolerance=entry["tolerance"],
        optional=frozenset(entry.get("optional", "").split()),
        c_over_a=_range(entry.get("c_over_a")),
        beta=_range(entry.get("beta")),
        elements={role: ElementRule.parse(text) for role, text in elements.items()},
        alike=tuple(entry.get("alike", ())),
        unlike=tuple(entry.get("unlike", ())),
        occupancy={role: (low, high) for role, (low, high) in occupancy.items()},
        without=frozenset(entry.get("without", "").split()),
        guests=ElementRule.parse(entry["guests"]) if "guests" in entry else None,
        filled=entry.get("filled", False),
        framework=entry.get("framework"),
        anx=entry.get("only_anx", ""),
    )


def _range(pair: list[float] | None) -> Range | None:
    return None if pair is None else (float(pair[0]), float(pair[1]))


def _symmetry(entry: dict[str, Any]) -> tuple[Symmetry, str]:
    """Read cell and sites: ``"X 32e O 0.2624 0.2624 0.2624"``, role, position, species, x y z."""
    orbits, roles = [], ""
    for line in entry["sites"]:
        role, position, species, *xyz = line.split()
        x, y, z = (float(value) for value in xyz)
        orbits.append(Orbit(_species(species), position[-1], int(position[:-1]), (x, y, z)))
        roles += role
    cell = Cell.of(entry["cell"])
    return Symmetry(entry["space_group"], entry["hall_number"], cell, tuple(orbits)), roles


def _species(text: str) -> tuple[tuple[str, float], ...]:
    """Read ``"Al"`` or ``"Al:0.5,Si:0.5"``."""
    parts = [part.partition(":") for part in text.split(",")]
    return tuple(sorted((element, float(amount or 1.0)) for element, _, amount in parts))
