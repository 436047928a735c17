"""Use case: the structure type of a known crystal structure."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crystinet.app.outcome import Outcome, attempt
from crystinet.app.reading import structure_of

if TYPE_CHECKING:
    from crystinet.crystals.assignment import Assignment
    from crystinet.crystals.structure import Structure


def assign(source: "str | Path | Structure | Any") -> "Assignment":
    """Find the structure type of a known crystal structure.

    Parameters
    ----------
    source
        A CIF file with one structure, or a `Structure` in any setting, or one of pymatgen, ASE or
        diffpy.structure.

    Returns
    -------
    Assignment
        ``type`` is a structure type of the catalogue, or None where none fits; ``space_group``,
        ``pearson`` and ``wyckoff`` describe the structure, ``evidence`` says what decided.

    Raises
    ------
    FileMissingError, UnreadableFileError
        There is no such file, or it is no CIF file with atoms.
    InvalidStructureError
        The structure is incomplete or impossible, or the file holds several.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "Rutile-TiO2")
    >>> found = crystinet.assign(kind.reference)
    >>> found.type.name, found.space_group, found.pearson
    ('Rutile-TiO2', 136, 'tP6')
    """
    from crystinet.crystals import assignment

    return assignment.assign(structure_of(source))


def assign_files(files: Iterable[Path]) -> "Iterator[Outcome[Assignment]]":
    """Assign a structure type to the crystal structure in each CIF file."""
    for file in files:
        yield attempt(str(file), partial(assign, file))
