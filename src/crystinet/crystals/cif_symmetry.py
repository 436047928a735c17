"""Space-group operations of a CIF data block, in whatever way the block gives them."""

import re

import gemmi

from crystinet.core.cell import Cell
from crystinet.core.errors import InvalidStructureError
from crystinet.crystals.hall import Operations, operations_of, operations_of_group

_OPERATION_TAGS = (
    "_space_group_symop_operation_xyz",
    "_space_group_symop.operation_xyz",
    "_symmetry_equiv_pos_as_xyz",
    "_symmetry_equiv.pos_as_xyz",
)
_HALL_TAGS = (
    "_space_group_name_Hall",
    "_space_group.name_Hall",
    "_symmetry_space_group_name_Hall",
    "_symmetry.space_group_name_Hall",
)
_NAME_TAGS = (
    "_space_group_name_H-M_alt",
    "_space_group.name_H-M_alt",
    "_space_group_name_H-M_full",
    "_space_group.name_H-M_full",
    "_symmetry_space_group_name_H-M",
    "_symmetry.space_group_name_H-M",
)
_NUMBER_TAGS = (
    "_space_group_IT_number",
    "_space_group.IT_number",
    "_symmetry_Int_Tables_number",
    "_symmetry.Int_Tables_number",
)
_LARGEST_ORDER = 192
_MOST_LISTED = 1000

# The origin or the axes at the end of a name: "F d -3 m :2", "P 4/n m m O2", "R -3 m H"; ICSD
# writes S and Z for the first and second origin. A name itself never ends in H, R, S or Z.
_SUFFIX = re.compile(r":\s*O?([12HRSZ])$|\s*O([12])$|([HRSZ])$", re.IGNORECASE)
_EXTENSION = {"S": "1", "Z": "2"}


def text_value(block: gemmi.cif.Block, tags: tuple[str, ...]) -> str:
    """First value among the tags that is neither absent, "?" nor "."; empty if there is none."""
    for tag in tags:
        raw = block.find_value(tag)
        if raw is None:
            column = block.find_loop(tag)
            raw = column[0] if len(column) else None
        if raw is not None and not gemmi.cif.is_null(raw):
            return " ".join(gemmi.cif.as_string(raw).split())
    return ""


def read_operations(block: gemmi.cif.Block, cell: Cell) -> tuple[Operations, ...]:
    """Operations of a block; several where it leaves open which of two origins it means.

    In order of trust: the list of operations, the Hall symbol, the Hermann-Mauguin name, the
    number, which means the standard setting. Rhombohedral groups without a word on the axes take
    those that the cell has.

    Raises
    ------
    InvalidStructureError
        Where no operations can be found, or those given make no space group.
    """
    listed = _operations_listed(block)
    if listed:
        return (_group_of(listed),)
    hall = text_value(block, _HALL_TAGS)
    if hall:
        return (operations_of(hall),)
    name = text_value(block, _NAME_TAGS)
    number = text_value(block, _NUMBER_TAGS)
    if name:
        entries = _entries_of_name(name, cell)
        problem = f"the space-group name {name!r} ({_NAME_TAGS[0]}) is in no table."
    else:
        entries = _entries_of_number(number, cell)
        problem = (
            f"there is no space group {number!r} ({_NUMBER_TAGS[0]})."
            if number
            else "it gives no symmetry: no operations, no space-group name and no number."
        )
    if not entries:
        raise InvalidStructureError(
            problem, hint=f"Add the operations as a loop of {_OPERATION_TAGS[0]}."
        )
    return tuple(operations_of(entry.hall) for entry in entries)


def _operations_listed(block: gemmi.cif.Block) -> list[str]:
    for tag in _OPERATION_TAGS:
        values = [
            gemmi.cif.as_string(v) for v in block.find_values(tag) if not gemmi.cif.is_null(v)
        ]
        if values:
            return values
    return []


def _group_of(listed: list[str]) -> Operations:
    """Close a list of operations to a group; a complete list stays as it is."""
    if len(listed) > _MOST_LISTED:
        raise _no_group(len(listed))
    operations = []
    for number, text in enumerate(listed, start=1):
        try:
            operation = gemmi.Op(text)
        except (RuntimeError, ValueError) as error:
            raise InvalidStructureError(
                f"symmetry operation {number}, {text!r}, cannot be read: {error}.",
                hint='Write operations like "-x, y+1/2, -z".',
            ) from error
        if abs(operation.det_rot()) != gemmi.Op.DEN**3:
            raise InvalidStructureError(
                f"symmetry operation {number}, {text!r}, does not keep the volume.",
                hint='Write operations like "-x, y+1/2, -z".',
            )
        operations.append(operation.wrap())
    group = gemmi.GroupOps(operations)
    try:
        group.add_missing_elements()
    except RuntimeError as error:
        raise _no_group(len(listed)) from error
    if len(group) > _LARGEST_ORDER:
        raise _no_group(len(listed))
    return operations_of_group(group)


def _no_group(count: int) -> InvalidStructureError:
    return InvalidStructureError(
        f"the {count} symmetry operations make no space group.",
        hint="Check their signs and fractions.",
    )


def _entries_of_name(name: str, cell: Cell) -> list[gemmi.SpaceGroup]:
    plain = name.replace("_", "").replace('"', "").strip()
    match = _SUFFIX.search(plain)
    if match:
        extension = next(part for part in match.groups() if part).upper()
        stem = plain[: match.start()].rstrip(" :")
        entry = gemmi.find_spacegroup_by_name(f"{stem}:{_EXTENSION.get(extension, extension)}")
        return [entry] if entry is not None else []
    entry = gemmi.find_spacegroup_by_name(plain, cell[3], cell[5])
    return [] if entry is None else _both_origins(entry)


def _entries_of_number(number: str, cell: Cell) -> list[gemmi.SpaceGroup]:
    if not (number.isdecimal() and 1 <= int(number) <= 230):
        return []
    entry = gemmi.find_spacegroup_by_number(int(number))
    if entry.ext == "H":
        entry = gemmi.find_spacegroup_by_name(entry.hm, cell[3], cell[5])
    return _both_origins(entry)


def _both_origins(entry: gemmi.SpaceGroup) -> list[gemmi.SpaceGroup]:
    if entry.ext not in ("1", "2"):
        return [entry]
    return [
        other
        for other in gemmi.spacegroup_table()
        if other.number == entry.number and other.hm == entry.hm and other.ext in ("1", "2")
    ]
