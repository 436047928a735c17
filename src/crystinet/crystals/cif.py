"""Reader for crystal structures in CIF files."""

import math
from collections.abc import Sequence
from pathlib import Path

import gemmi
import numpy as np

from crystinet.core.arguments import as_path
from crystinet.core.arrays import FloatArray
from crystinet.core.cell import Cell
from crystinet.core.errors import FileMissingError, InvalidStructureError, UnreadableFileError
from crystinet.core.files import plain_size
from crystinet.crystals.cif_atoms import Atom, formula_amounts, read_atoms, read_cell
from crystinet.crystals.cif_symmetry import read_operations, text_value
from crystinet.crystals.hall import Operations
from crystinet.crystals.positions import (
    cell_metric,
    first_on_position,
    orbit,
    positions_of,
    snap,
)
from crystinet.crystals.structure import Site, Structure

#: A larger file is refused: a structure takes some kilobytes, and the parser needs many times the
#: size of the file in memory.
MAX_CIF_BYTES = 50 * 2**20
_MOST_NAMES = 5


def read_structure(path: str | Path) -> Structure:
    """Read the one crystal structure of a CIF file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Structure
        As `read_structures` gives it.

    Raises
    ------
    FileMissingError
        There is no such file.
    UnreadableFileError
        It is no CIF file, is larger than 50 MB, or lists no atoms.
    InvalidStructureError
        The structure is incomplete or impossible, or the file holds several.

    Examples
    --------
    >>> import crystinet, pathlib, tempfile
    >>> text = '''data_CsCl
    ... _cell_length_a 4.12
    ... _cell_length_b 4.12
    ... _cell_length_c 4.12
    ... _space_group_name_H-M_alt 'P m -3 m'
    ... loop_
    ... _atom_site_label
    ... _atom_site_fract_x
    ... _atom_site_fract_y
    ... _atom_site_fract_z
    ... Cs 0 0 0
    ... Cl .5 .5 .5
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "cscl.cif")
    ...     _ = path.write_text(text)
    ...     structure = crystinet.read_structure(path)
    >>> structure.cell[0], len(structure.sites)
    (4.12, 2)
    """
    return _only_one(_blocks_of_file(path), name=str(path))


def read_structures(path: str | Path) -> tuple[Structure, ...]:
    """Read the crystal structure of every data block that lists atoms.

    Atoms on one position become one site with several species. Sites are moved onto the symmetry
    elements they lie on, so that 0.333 becomes 1/3. Operations that are in no table of settings
    are applied, and the structure is given with all its atoms in "P 1". Sites of occupancy 0 are
    left out; a displacement parameter of 0 or less is taken as not given.

    Parameters
    ----------
    path
        The file. Blocks without atoms (powder data, bibliography) are passed over.

    Returns
    -------
    tuple of Structure
        In the order of the file, at least one.

    Raises
    ------
    FileMissingError
        Where there is no such file.
    UnreadableFileError
        Where the file is no CIF, is larger than 50 MB, or no block lists atoms.
    InvalidStructureError
        Where a structure is incomplete or impossible; names the file, the block and the item.

    Examples
    --------
    >>> import crystinet, pathlib, tempfile
    >>> block = '''data_{name}
    ... _cell_length_a {a}
    ... _cell_length_b {a}
    ... _cell_length_c {a}
    ... _space_group_name_H-M_alt 'P m -3 m'
    ... loop_
    ... _atom_site_label
    ... _atom_site_fract_x
    ... _atom_site_fract_y
    ... _atom_site_fract_z
    ... Cs 0 0 0
    ... {name} .5 .5 .5
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "two.cif")
    ...     _ = path.write_text(block.format(name="Cl", a=4.12) + block.format(name="Br", a=4.3))
    ...     structures = crystinet.read_structures(path)
    >>> [structure.cell.a for structure in structures]
    [4.12, 4.3]
    """
    return tuple(structure_of_block(block, name=str(path)) for block in _blocks_of_file(path))


def _blocks_of_file(path: str | Path) -> list[gemmi.cif.Block]:
    path = as_path(path, name="path", of="a CIF file")
    try:
        plain_size(path)
        with path.open("rb") as file:
            data = file.read(MAX_CIF_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the name
        raise FileMissingError(
            f"{path} cannot be opened: {getattr(error, 'strerror', None) or error}.",
            hint="Check the name of the CIF file.",
        ) from error
    return blocks_of_cif(data, name=str(path))


def structures_of_cif(data: bytes, *, name: str) -> tuple[Structure, ...]:
    """Read structures from the content of a CIF file, see `read_structures`."""
    return tuple(structure_of_block(block, name=name) for block in blocks_of_cif(data, name=name))


def structure_of_cif(data: bytes, *, name: str) -> Structure:
    """Read the one structure in the content of a CIF file, see `read_structure`."""
    return _only_one(blocks_of_cif(data, name=name), name=name)


def _only_one(blocks: list[gemmi.cif.Block], *, name: str) -> Structure:
    if len(blocks) > 1:
        names = ", ".join(block.name for block in blocks[:_MOST_NAMES])
        more = f" and {len(blocks) - _MOST_NAMES} more" if len(blocks) > _MOST_NAMES else ""
        raise InvalidStructureError(
            f"{name} holds {len(blocks)} structures: {names}{more}.",
            hint="Give a file with one structure, or use read_structures.",
        )
    return structure_of_block(blocks[0], name=name)


def blocks_of_cif(data: bytes, *, name: str) -> list[gemmi.cif.Block]:
    """Data blocks that list atoms, from the content of a CIF file.

    Raises
    ------
    UnreadableFileError
        As `read_structures` does; names the file ``name``.
    """
    if len(data) > MAX_CIF_BYTES:
        raise UnreadableFileError(
            f"{name} is larger than {MAX_CIF_BYTES // 2**20} MB.",
            hint="Split it into files of fewer structures.",
        )
    if b"\0" in data:
        raise UnreadableFileError(f"{name} is binary, not a CIF file.", hint="Give a text file.")
    try:
        # CIF is ASCII; other characters only stand in names and comments, where any reading does.
        text = data.decode("utf-8-sig", errors="replace")
        blocks = [block for block in gemmi.cif.read_string(text) if _lists_atoms(block)]
    except (RuntimeError, ValueError) as error:
        raise UnreadableFileError(
            f"{name} cannot be read as CIF: {error}.",
            hint="A CIF file starts with data_NAME and holds tags that begin with an underscore.",
        ) from error
    if not blocks:
        raise UnreadableFileError(
            f"{name} lists no atoms.",
            hint="A crystal structure needs a loop with _atom_site_fract_x, _y and _z.",
        )
    return blocks


def structure_of_block(block: gemmi.cif.Block, *, name: str) -> Structure:
    """Structure of one data block of the file ``name``.

    Raises
    ------
    InvalidStructureError
        Where it is incomplete or impossible; names the file, the block and the item.
    """
    try:
        return _structure_of_block(block, name=Path(name).stem)
    except InvalidStructureError as error:
        raise InvalidStructureError(
            f"{name}, block {block.name!r}: {error.message}", hint=error.hint
        ) from error


def _lists_atoms(block: gemmi.cif.Block) -> bool:
    return any(len(block.find_values(tag)) for tag in ("_atom_site_fract_x", "_atom_site.fract_x"))


def _structure_of_block(block: gemmi.cif.Block, *, name: str) -> Structure:
    cell = read_cell(block)
    settings = read_operations(block, cell)
    atoms = read_atoms(block, cell)
    formula = text_value(block, ("_chemical_formula_sum", "_chemical_formula.sum"))
    name = formula.replace(" ", "") or block.name or name
    if len(settings) == 1:
        return _build(cell, settings[0], atoms, name=name)
    return _choose_origin(block, cell, settings, atoms, name=name)


def _build(cell: Cell, operations: Operations, atoms: Sequence[Atom], *, name: str) -> Structure:
    """Snap and merge the atoms into sites; write out all atoms where no Hall symbol fits."""
    metric = cell_metric(cell, operations=operations)
    xyz, _ = snap(
        np.array([atom.xyz for atom in atoms]),
        operations=operations,
        metric=metric,
        labels=tuple(atom.label for atom in atoms),
    )
    together: dict[int, list[Atom]] = {}
    leaders = first_on_position(xyz, operations=operations, metric=metric)
    for leader, atom in zip(leaders.tolist(), atoms, strict=True):
        together.setdefault(leader, []).append(atom)
    sites = []
    for first, atoms_here in together.items():
        positions = xyz[first][None, :]
        if not operations.hall_symbol:
            positions = orbit(xyz[first], operations=operations, metric=metric)
        sites += [_site(atoms_here, position) for position in positions]
    structure = Structure(cell, operations.hall_symbol or "P 1", tuple(sites), name)
    positions_of(structure)  # refuses positions that are filled more than once
    return structure


def _site(atoms: Sequence[Atom], position: FloatArray) -> Site:
    """One site of all atoms on a position; B is their mean, weighted by occupancy."""
    occupancies: dict[str, float] = {}
    for atom in atoms:
        occupancies[atom.species] = occupancies.get(atom.species, 0.0) + atom.occupancy
    given = [(atom.b_iso, atom.occupancy) for atom in atoms if atom.b_iso is not None]
    weight = sum(occupancy for _, occupancy in given)
    x, y, z = (float(v) for v in position)
    return Site(
        species=tuple(occupancies.items()),
        xyz=(x, y, z),
        label=atoms[0].label,
        b_iso=sum(b * occupancy for b, occupancy in given) / weight if given else None,
    )


def _choose_origin(
    block: gemmi.cif.Block,
    cell: Cell,
    settings: Sequence[Operations],
    atoms: Sequence[Atom],
    *,
    name: str,
) -> Structure:
    """Take the origin under which the atoms add up to the formula and Z of the block."""
    formula = formula_amounts(block)
    z_text = text_value(block, ("_cell_formula_units_Z", "_cell.formula_units_Z"))
    z = gemmi.cif.as_number(z_text) if z_text else math.nan
    fitting = []
    for operations in settings:
        try:
            structure = _build(cell, operations, atoms, name=name)
        except InvalidStructureError:  # the other origin may do; both failing is told below
            continue
        if formula and math.isfinite(z) and _holds(structure, formula, z):
            fitting.append(structure)
    if len(fitting) != 1:
        raise InvalidStructureError(
            "its space group has two origins, and the block does not say which one it means.",
            hint="Add the operations as a loop of _space_group_symop_operation_xyz, or the origin "
            'to the name, as in "F d -3 m :2".',
        )
    return fitting[0]


def _holds(structure: Structure, formula: dict[str, float], z: float) -> bool:
    """Whether the cell holds z formula units, but for rounding and hydrogen."""
    count: dict[str, float] = {}
    multiplicities = positions_of(structure).multiplicity
    for site, multiplicity in zip(structure.sites, multiplicities, strict=True):
        for species, occupancy in site.species:
            element = species.rstrip("+-0123456789")
            count[element] = count.get(element, 0.0) + float(multiplicity) * occupancy
    elements = (count.keys() | formula.keys()) - {"H", "D", "T"}
    return all(
        abs(count.get(element, 0.0) - z * formula.get(element, 0.0))
        <= 0.02 * max(1.0, z * formula.get(element, 0.0))
        for element in elements
    )
