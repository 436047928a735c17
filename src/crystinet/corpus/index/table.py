"""What an index says of its compounds, row by row: made when a row is asked for.

An index holds thousands of compounds and a question needs a few dozen of them: to make all when the
file is read would take longer than to answer.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray
from crystinet.core.cell import Cell


@dataclass(frozen=True, slots=True)
class KnownCompound:
    """One compound of an index.

    Attributes
    ----------
    formula
        As the source gives it, reduced; ``%`` at its end: percent of the atoms.
    type_name
        Structure type.
    cell
        Edges in angstrom, angles in degrees, in axes that fit the space group.
    space_group
        International number.
    source, source_id, licence
        Database, name of the entry in it, and terms of use.
    kind
        ``experimental``, or ``dft`` and others where the cell was calculated.
    """

    formula: str
    type_name: str
    cell: Cell
    space_group: int
    source: str
    source_id: str
    licence: str
    kind: str


class CompoundTable(Sequence[KnownCompound]):
    """Compounds of a file, as a sequence.

    Parameters
    ----------
    table
        JSON as `packed` gives it, bytes.
    cells
        Shape (n, 6), angstrom and degrees.

    Raises
    ------
    KeyError, IndexError, ValueError, TypeError
        A column is missing, too short, or of another kind.
    """

    def __init__(self, table: NDArray[np.uint8], cells: NDArray[np.float32]) -> None:
        told = json.loads(table.tobytes())
        rounded: FloatArray = cells.astype(np.float64).round(5)
        self.cells = rounded
        self._types = [str(name) for name in told["types"]]
        self._origins = [tuple(str(word) for word in words) for words in told["origins"]]
        self._kind = _numbers(told["type"], below=len(self._types))
        self._origin = _numbers(told["origin"], below=len(self._origins))
        self._group = _numbers(told["space_group"], below=231)
        self._formula, self._code = _texts(told["formula"]), _texts(told["source_id"])
        if any(len(words) != 3 for words in self._origins):
            raise ValueError("an origin is not source, licence and kind")
        columns = (self._kind, self._origin, self._group, self._formula, self._code)
        if self.cells.shape != (len(self._kind), 6) or len({len(c) for c in columns}) != 1:
            raise ValueError(f"columns of {[len(c) for c in columns]}, cells {cells.shape}")

    @property
    def type_names(self) -> list[str]:
        """Structure type of each compound."""
        return [self._types[kind] for kind in self._kind]

    def __len__(self) -> int:
        return len(self._kind)

    @overload
    def __getitem__(self, number: int) -> KnownCompound: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[KnownCompound, ...]: ...
    def __getitem__(self, number: int | slice) -> KnownCompound | tuple[KnownCompound, ...]:
        if isinstance(number, slice):
            return tuple(self[i] for i in range(*number.indices(len(self))))
        source, licence, kind = self._origins[self._origin[number]]
        return KnownCompound(
            formula=self._formula[number],
            type_name=self._types[self._kind[number]],
            cell=Cell(*self.cells[number].tolist()),
            space_group=self._group[number],
            source=source,
            source_id=self._code[number],
            licence=licence,
            kind=kind,
        )


def _numbers(values: Any, *, below: int) -> list[int]:
    found = np.array(values, dtype=np.float64)
    if found.ndim != 1 or not ((found >= 0) & (found < below) & (found % 1 == 0)).all():
        raise ValueError(f"a column holds what is no whole number from 0 to {below - 1}")
    numbers: list[int] = found.astype(np.int64).tolist()
    return numbers


def _texts(values: Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError("a column holds what is no text")
    return values


def type_names(compounds: Sequence[KnownCompound]) -> Iterable[str]:
    """Structure types of compounds, in their order."""
    if isinstance(compounds, CompoundTable):
        return compounds.type_names
    return (compound.type_name for compound in compounds)


def cells_of(compounds: Sequence[KnownCompound]) -> FloatArray:
    """Cells of compounds, (n, 6), angstrom and degrees."""
    if isinstance(compounds, CompoundTable):
        return compounds.cells
    return np.array([compound.cell for compound in compounds], dtype=np.float64).reshape(-1, 6)


def packed(
    compounds: Sequence[KnownCompound],
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Everything that is said of the compounds, as JSON, and their cells, (n, 6)."""
    types = sorted({c.type_name for c in compounds})
    origins = sorted({(c.source, c.licence, c.kind) for c in compounds})
    table = {
        "types": types,
        "origins": origins,
        "type": [types.index(c.type_name) for c in compounds],
        "origin": [origins.index((c.source, c.licence, c.kind)) for c in compounds],
        "space_group": [c.space_group for c in compounds],
        "formula": [c.formula for c in compounds],
        "source_id": [c.source_id for c in compounds],
    }
    text = json.dumps(table, separators=(",", ":")).encode()
    return np.frombuffer(text, dtype=np.uint8), cells_of(compounds).astype(np.float32)
