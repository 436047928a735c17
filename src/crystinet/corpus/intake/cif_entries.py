"""Entries from CIF files: which database wrote a block, and what it says about the structure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import gemmi

from crystinet.core.errors import CrystinetError
from crystinet.corpus.compound import EXPERIMENTAL, Entry, Problem
from crystinet.crystals.cif import blocks_of_cif, structure_of_block
from crystinet.crystals.cif_symmetry import text_value


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the user says about all entries of a call; None leaves it to the files."""

    source: str | None = None
    licence: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class _Database:
    tags: tuple[str, ...]
    source: str
    licence: str
    kind: str = EXPERIMENTAL


_DATABASES = (
    _Database(
        ("_database_code_ICSD", "_database_code.ICSD"),
        "Inorganic Crystal Structure Database",
        "ICSD licence; not to be passed on",
    ),
    _Database(("_cod_database_code",), "Crystallography Open Database", "CC0-1.0"),
    _Database(
        ("_database_code_amcsd", "_amcsd_database_code"),
        "American Mineralogist Crystal Structure Database",
        "free to use with citation (Downs & Hall-Wallace 2003)",
    ),
    _Database(
        ("_materials_project_id", "_mp_id", "_materialsproject_id"),
        "Materials Project",
        "CC-BY-4.0",
        "dft",
    ),
)
_MATERIALS_PROJECT = _DATABASES[-1]

#: Materials Project's CIF files carry their number in the name of the file or the block only.
_MP_NUMBER = re.compile(r"(?<![A-Za-z0-9])(?:mp|mvc)-\d+(?!\d)")

_LABEL_TAGS = ("_chemical_name_structure_type", "_chemical_name.structure_type")


def entries_of_cif(data: bytes, *, origin: str, overrides: Overrides) -> Iterator[Entry | Problem]:
    """Yield the entry of every block of a CIF file that lists atoms, or what is wrong with it."""
    try:
        blocks = blocks_of_cif(data, name=origin)
    except CrystinetError as error:
        yield problem_of(error, origin=origin)
        return
    for block in blocks:
        try:
            structure = structure_of_block(block, name=origin)
        except CrystinetError as error:
            yield problem_of(error, origin=origin, part=block.name)
            continue
        database, code = _identity(block, origin=origin, alone=len(blocks) == 1)
        yield Entry(
            source=overrides.source or database.source,
            code=code,
            licence=database.licence if overrides.licence is None else overrides.licence,
            kind=overrides.kind or database.kind,
            known_experimentally=(overrides.kind or database.kind) == EXPERIMENTAL,
            formula="",
            label=text_value(block, _LABEL_TAGS),
            structure=structure,
        )


def problem_of(error: CrystinetError, *, origin: str, part: str = "") -> Problem:
    """Make the problem that an error stands for."""
    return Problem(origin, part, error.code, error.message, error.hint)


def _identity(block: gemmi.cif.Block, *, origin: str, alone: bool) -> tuple[_Database, str]:
    """Database and its code for a block; file and block name where no database shows."""
    for database in _DATABASES:
        code = text_value(block, database.tags)
        if code:
            return database, code
    file = PurePosixPath(origin.replace("\\", "/")).name
    number = _MP_NUMBER.search(block.name) or (_MP_NUMBER.search(file) if alone else None)
    if number is not None:
        return _MATERIALS_PROJECT, number[0]
    plain = _Database((), "CIF files", "")
    return plain, file if alone else f"{file}, block {block.name}"


def with_overrides(entry: Entry, overrides: Overrides) -> Entry:
    """Apply what the user says to an entry of a table."""
    changes = {
        name: value
        for name in ("source", "licence", "kind")
        if (value := getattr(overrides, name)) is not None
    }
    return replace(entry, **changes)
