"""Crystal structures of other libraries: pymatgen, ASE and diffpy.structure.

Each library is imported only where its objects are made; objects that come in are known by the
package of their class, so that nobody needs all three.
"""

from typing import Any

import numpy as np

from crystinet.core.cell import Cell
from crystinet.core.errors import InvalidStructureError, MissingExtraError
from crystinet.crystals.expansion import UnitCell, expand, neutral
from crystinet.crystals.structure import Site, Structure

#: B = 8 pi^2 U: displacement parameters of crystallographers and of physicists.
_B_PER_U = 8.0 * np.pi**2


def is_foreign(source: object) -> bool:
    """Whether an object is a structure of one of the libraries."""
    return any(_comes_from(source, *kind) for kind in _READERS)


def to_structure(source: Any) -> Structure:
    """Make a `Structure` of one of pymatgen, ASE or diffpy.structure.

    All atoms of the cell are taken, without symmetry (``"P 1"``); the type is found all the same.

    Parameters
    ----------
    source
        ``pymatgen.core.Structure``, also disordered; ``ase.Atoms``, periodic in three directions,
        with partial occupancies in ``info["occupancy"]`` as ASE's CIF reader leaves them;
        ``diffpy.structure.Structure``. A `Structure` is given back.

    Returns
    -------
    Structure
        With the cell, coordinates and occupancies of the other.

    Raises
    ------
    InvalidStructureError
        It is none of these, or holds no atoms.

    Examples
    --------
    >>> import crystinet
    >>> from pymatgen.core import Lattice, Structure
    >>> iron = Structure(Lattice.cubic(2.87), ["Fe", "Fe"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    >>> len(crystinet.to_structure(iron).sites)
    2
    """
    if isinstance(source, Structure):
        return source
    for kind, read in _READERS.items():
        if _comes_from(source, *kind):
            return read(source)
    raise InvalidStructureError(
        f"{type(source).__module__}.{type(source).__name__} is no crystal structure that is known "
        "here.",
        hint="Give a Structure, or one of pymatgen, ASE or diffpy.structure.",
    )


def to_pymatgen(structure: Structure) -> Any:
    """Make a ``pymatgen.core.Structure`` with all atoms of the cell and their occupancies.

    Charges of ions are left out.

    Parameters
    ----------
    structure
        As read or made, in any setting.

    Returns
    -------
    pymatgen.core.Structure
        Neutral atoms, their occupancies.

    Raises
    ------
    MissingExtraError
        pymatgen is not installed.
    InvalidStructureError
        The structure is impossible.

    Examples
    --------
    >>> import crystinet
    >>> rutile = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2").reference
    >>> crystinet.to_pymatgen(rutile).composition.reduced_formula
    'TiO2'
    """
    try:
        from pymatgen.core import Lattice
        from pymatgen.core import Structure as Foreign
    except ImportError as error:
        raise _missing("pymatgen") from error
    atoms = expand(structure)
    species = [dict(kinds) for kinds in atoms.species]
    return Foreign(Lattice.from_parameters(*structure.cell), species, atoms.positions)


def to_ase(structure: Structure) -> Any:
    """Make ``ase.Atoms`` of all atoms of the cell, periodic in three directions.

    ASE has one element an atom: that of the largest occupancy is taken, and where a site is mixed
    or partly empty, ``info["occupancy"]`` holds the occupancies by ``spacegroup_kinds``, as ASE's
    own CIF reader writes them.

    Parameters
    ----------
    structure
        As read or made, in any setting.

    Returns
    -------
    ase.Atoms
        The atoms of one cell.

    Raises
    ------
    MissingExtraError
        ASE is not installed.
    InvalidStructureError
        The structure is impossible.

    Examples
    --------
    >>> import crystinet
    >>> rutile = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2").reference
    >>> crystinet.to_ase(rutile).get_chemical_formula()
    'O4Ti2'
    """
    try:
        from ase import Atoms
    except ImportError as error:
        raise _missing("ase") from error
    atoms = expand(structure)
    made = Atoms(
        symbols=[max(kinds, key=lambda kind: kind[1])[0] for kinds in atoms.species],
        scaled_positions=atoms.positions,
        cell=list(structure.cell),
        pbc=True,
    )
    if any(kinds[0][1] < 1.0 or len(kinds) > 1 for kinds in atoms.species):
        distinct = list(dict.fromkeys(atoms.species))
        made.info["occupancy"] = {str(n): dict(kinds) for n, kinds in enumerate(distinct)}
        made.set_array(
            "spacegroup_kinds", np.array([distinct.index(kinds) for kinds in atoms.species])
        )
    return made


def to_diffpy(structure: Structure) -> Any:
    """Make a ``diffpy.structure.Structure``; a mixed site becomes several atoms in one place.

    Parameters
    ----------
    structure
        As read or made, in any setting.

    Returns
    -------
    diffpy.structure.Structure
        The atoms of one cell.

    Raises
    ------
    MissingExtraError
        diffpy.structure is not installed.
    InvalidStructureError
        The structure is impossible.

    Examples
    --------
    >>> import crystinet
    >>> rutile = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2").reference
    >>> len(crystinet.to_diffpy(rutile))
    6
    """
    try:
        from diffpy.structure import Atom, Lattice
        from diffpy.structure import Structure as Foreign
    except ImportError as error:
        raise _missing("diffpy.structure") from error
    cells: UnitCell = expand(structure)
    atoms = [
        Atom(element, xyz=list(xyz), occupancy=occupancy)
        for kinds, xyz in zip(cells.species, cells.positions.tolist(), strict=True)
        for element, occupancy in kinds
    ]
    return Foreign(atoms, lattice=Lattice(*structure.cell), title=structure.name)


def _from_pymatgen(source: Any) -> Structure:
    sites = [
        Site(
            tuple((neutral(str(kind)), float(amount)) for kind, amount in site.species.items()),
            _xyz(site.frac_coords),
        )
        for site in source
    ]
    return _made(source.lattice.parameters, sites, name=source.composition.reduced_formula)


def _from_ase(source: Any) -> Structure:
    if not all(source.pbc):
        raise InvalidStructureError(
            "These atoms of ASE are not periodic in three directions.",
            hint="A molecule or a slab is no crystal; set the cell and pbc=True.",
        )
    occupancies = source.info.get("occupancy") or {}
    kinds = source.arrays.get("spacegroup_kinds")
    sites = []
    for n, (symbol, xyz) in enumerate(
        zip(source.get_chemical_symbols(), source.get_scaled_positions(wrap=False), strict=True)
    ):
        # Older releases of ASE have numbers for keys, newer ones text.
        key = None if kinds is None else int(kinds[n])
        mixed = occupancies.get(str(key), occupancies.get(key, {symbol: 1.0}))
        species = tuple((neutral(str(kind)), float(amount)) for kind, amount in mixed.items())
        sites.append(Site(species, _xyz(xyz)))
    return _made(source.cell.cellpar(), sites, name=source.get_chemical_formula(empirical=True))


def _from_diffpy(source: Any) -> Structure:
    sites = [
        Site(
            ((neutral(atom.element), float(atom.occupancy)),),
            _xyz(atom.xyz),
            label=atom.label or "",
            b_iso=_B_PER_U * float(atom.Uisoequiv) or None,
        )
        for atom in source
    ]
    lattice = source.lattice
    cell = (lattice.a, lattice.b, lattice.c, lattice.alpha, lattice.beta, lattice.gamma)
    return _made(cell, sites, name=source.title or "")


_READERS = {
    ("pymatgen", "IStructure"): _from_pymatgen,
    ("ase", "Atoms"): _from_ase,
    ("diffpy", "Structure"): _from_diffpy,
}


def _comes_from(source: object, package: str, name: str) -> bool:
    return any(
        base.__name__ == name and base.__module__.partition(".")[0] == package
        for base in type(source).__mro__
    )


def _made(cell: Any, sites: list[Site], *, name: str) -> Structure:
    return Structure(Cell(*(float(value) for value in cell)), "P 1", tuple(sites), name)


def _xyz(values: Any) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _missing(package: str) -> MissingExtraError:
    return MissingExtraError(
        f"{package} is not installed.", hint=f"Install it with: pip install {package}"
    )
