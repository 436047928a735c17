"""Reader for Parquet tables of crystal structures, one structure a row."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crystinet.core.cell import Cell
from crystinet.core.errors import CorpusError, FileMissingError, InvalidStructureError
from crystinet.core.extras import need_extra
from crystinet.crystals.structure import Site, Structure
from crystinet.crystals.symmetry import hall_symbol_of

_TEXT = ("source", "source_id", "licence", "kind", "formula", "sites")
_INTEGER = ("id", "space_group", "hall_number")
_CELL = ("a", "b", "c", "alpha", "beta", "gamma")

#: The columns that are read; a table may have more.
COLUMNS = (*_TEXT, *_INTEGER, *_CELL, "known_experimentally")

_SITES_HINT = "sites is JSON: a list of [{element: occupancy}, Wyckoff letter, multiplicity, xyz]."


@dataclass(frozen=True, slots=True)
class TableRow:
    """One structure with what the table says about it.

    Attributes
    ----------
    id
        Number of the row in its table.
    source, source_id, licence
        Where the structure comes from.
    kind
        ``experimental``, ``dft``, ``dft, doped by hand``, ``dft, hypothetical``, or
        ``hypothetical`` for what crystinet made up.
    known_experimentally
        Whether a compound of this formula and space group was measured.
    formula
        Reduced formula; ``%`` at its end marks a disordered compound, in percent.
    space_group
        International number.
    structure
        Conventional cell and asymmetric unit.
    """

    id: int
    source: str
    source_id: str
    licence: str
    kind: str
    known_experimentally: bool
    formula: str
    space_group: int
    structure: Structure


def read_table(path: str | Path, *, batch_size: int = 4096) -> Iterator[TableRow]:
    """Read a Parquet table row by row, holding ``batch_size`` rows in memory.

    Raises
    ------
    MissingExtraError
        Where pyarrow is not installed.
    FileMissingError, CorpusError
        Where the file is absent, is not Parquet, lacks a column or holds a row that is no
        structure.
    """
    for values in read_values(path, batch_size=batch_size):
        yield row_of_values(values, path=path)


def read_values(path: str | Path, *, batch_size: int = 4096) -> Iterator[dict[str, Any]]:
    """Read the rows of a Parquet table as they are; errors as in `read_table`."""
    path = Path(path)
    with _opened(path) as table:
        for batch in table.iter_batches(batch_size, columns=list(COLUMNS)):
            yield from batch.to_pylist()


def count_rows(path: str | Path) -> int:
    """Count the rows of a Parquet table; errors as in `read_table`."""
    with _opened(Path(path)) as table:
        return int(table.metadata.num_rows)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a table and check its columns; what pyarrow reports becomes an error of ours."""
    need_extra("train", "pyarrow", what="Reading Parquet tables")
    import pyarrow
    import pyarrow.parquet

    if not path.is_file():
        raise FileMissingError(f"There is no file {path}.", hint="Check the name of the table.")
    try:
        with pyarrow.parquet.ParquetFile(path) as table:
            _check_columns(path, table.schema_arrow.names)
            yield table
    except (pyarrow.ArrowException, OSError) as error:
        raise CorpusError(
            f"{path} cannot be read as a Parquet table: {error}.",
            hint="Give a table written by Parquet, not CSV or a compressed copy.",
        ) from error


def structure_of_row(values: Mapping[str, Any]) -> Structure:
    """Structure of one row, given as a mapping from column to value.

    Raises
    ------
    CorpusError
        Where a value is missing or of the wrong kind; names row and column.
    """
    row = values.get("id")
    cell = Cell.of([_number(values, key) for key in _CELL])
    try:
        hall_symbol = hall_symbol_of(_integer(values, "hall_number"))
    except InvalidStructureError as error:
        raise _bad_value(row, "hall_number", error.message, hint=error.hint) from error
    name = f"{_text(values, 'formula')} ({_text(values, 'source_id')})"
    return Structure(
        cell=cell,
        hall_symbol=hall_symbol,
        sites=_sites_of(_text(values, "sites"), row=row),
        name=name,
    )


def row_of_values(values: Mapping[str, Any], *, path: str | Path) -> TableRow:
    """Check one row of a table and build its structure; errors name the file, row and column."""
    try:
        known = values["known_experimentally"]
        if not isinstance(known, bool):
            raise _bad_value(values["id"], "known_experimentally", f"{known!r} is not a boolean.")
        return TableRow(
            id=_integer(values, "id"),
            source=_text(values, "source"),
            source_id=_text(values, "source_id"),
            licence=_text(values, "licence"),
            kind=_text(values, "kind"),
            known_experimentally=known,
            formula=_text(values, "formula"),
            space_group=_integer(values, "space_group"),
            structure=structure_of_row(values),
        )
    except CorpusError as error:
        raise CorpusError(f"{path}: {error.message}", hint=error.hint) from error


def _sites_of(text: str, *, row: object) -> tuple[Site, ...]:
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as error:
        raise _bad_value(row, "sites", f"is not JSON ({error}).", hint=_SITES_HINT) from error
    if not isinstance(entries, list) or not entries:
        raise _bad_value(row, "sites", "holds no list of sites.", hint=_SITES_HINT)
    sites = []
    for number, entry in enumerate(entries, start=1):
        try:
            occupancies, _wyckoff, _multiplicity, (x, y, z) = entry
            species = tuple((str(key), float(value)) for key, value in occupancies.items())
            sites.append(Site(species=species, xyz=(float(x), float(y), float(z))))
        except (TypeError, ValueError, AttributeError) as error:
            problem = f"site {number} cannot be read: {entry!r:.120}."
            raise _bad_value(row, "sites", problem, hint=_SITES_HINT) from error
    return tuple(sites)


def _check_columns(path: Path, names: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise CorpusError(
            f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(names)}.",
            hint="The table needs one row a structure with the columns of crystinet's corpus.",
        )


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    if not isinstance(value, str):
        raise _bad_value(values.get("id"), key, f"{value!r} is not text.")
    return value


def _integer(values: Mapping[str, Any], key: str) -> int:
    value = values.get(key)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _bad_value(values.get("id"), key, f"{value!r} is not an integer.")
    return value


def _number(values: Mapping[str, Any], key: str) -> float:
    value = values.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _bad_value(values.get("id"), key, f"{value!r} is not a number.")
    return float(value)


def _bad_value(row: object, column: str, problem: str, *, hint: str = "") -> CorpusError:
    return CorpusError(
        f"Row {row}, column {column}: {problem}", hint=hint or "Correct the row or leave it out."
    )
