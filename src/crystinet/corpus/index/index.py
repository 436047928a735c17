"""The index of known compounds: cell, lines, atoms and origin of each, small enough to ship.

One `.npz` file of plain arrays and JSON, no pickle: what a search for the nearest known compounds
needs, and the atoms that a refinement starts from, which are read when they are asked for. Every
array has its SHA-256 in the manifest, and the SHA-256 of the manifest is the id of the index. See
docs/adr/0010-index-of-compounds.md.
"""

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.cell import metric_tensors
from crystinet.core.errors import CorpusError
from crystinet.core.files import read_plain, sha256_of, write_arrays
from crystinet.corpus.index.atoms import NAMES as ATOMS
from crystinet.corpus.index.atoms import KnownAtoms
from crystinet.corpus.index.checks import (
    FAULTS,
    HINT,
    KIND,
    SCHEMA,
    atoms_in_file,
    check_manifest,
    digest_of,
)
from crystinet.corpus.index.table import (
    CompoundTable,
    KnownCompound,
    cells_of,
    packed,
    type_names,
)
from crystinet.crystals.structure import Structure

#: Strengths are stored in so many steps over so many powers of ten below the strongest line.
_STEPS, _DECADES = 255, 5.0
_MOST_BYTES = 4 * 2**30
# Places of a symmetric matrix and how often each is in it.
_PAIRS = ((0, 0, 1.0), (1, 1, 1.0), (2, 2, 1.0), (0, 1, 2.0), (0, 2, 2.0), (1, 2, 2.0))


@dataclass(frozen=True, slots=True, eq=False)
class IndexedLines:
    """Strongest lines of one compound, p of them.

    Attributes
    ----------
    hkl
        Shape (p, 3).
    strength
        Shape (p,), multiplicity times ``|F|^2``, the largest 1.
    """

    hkl: IntArray
    strength: FloatArray


@dataclass(frozen=True, eq=False)
class CompoundIndex:
    """Known compounds with their strongest lines; ``compound(i)`` has ``lines_of(i)``.

    Attributes
    ----------
    compounds
        n of them, sorted by type.
    offsets
        Shape (n + 1,): the lines of compound i are ``offsets[i]:offsets[i + 1]``.
    hkl
        Shape (p, 3).
    strength
        Shape (p,), 0 to 255: logarithm of multiplicity times ``|F|^2``, see `encode_strength`.
    provenance
        What it was made of and how.
    id
        SHA-256 of the manifest; empty where it was never saved.
    find_atoms
        Gives the atoms of the compounds, or None for an index without them; called once, when they
        are asked for.
    """

    compounds: Sequence[KnownCompound]
    offsets: IntArray
    hkl: NDArray[np.int16]
    strength: NDArray[np.uint8]
    provenance: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    find_atoms: Callable[[], KnownAtoms | None] = field(default=lambda: None, repr=False)

    def __len__(self) -> int:
        return len(self.compounds)

    @cached_property
    def by_type(self) -> Mapping[str, IntArray]:
        """Numbers of the compounds of each structure type."""
        rows: dict[str, list[int]] = {}
        for number, name in enumerate(type_names(self.compounds)):
            rows.setdefault(name, []).append(number)
        return {name: np.array(found, dtype=np.int64) for name, found in rows.items()}

    @cached_property
    def d_angstrom(self) -> FloatArray:
        """Lattice-plane distance of every line, shape (p,)."""
        return self.d_of(np.arange(len(self)))

    def places_of(self, numbers: IntArray) -> IntArray:
        """Where the lines of some compounds stand in ``hkl`` and ``strength``, one after another.

        Parameters
        ----------
        numbers
            Shape (n,), of the compounds.
        """
        ends, counts = self.offsets[numbers + 1], np.diff(self.offsets)[numbers]
        places: IntArray = np.arange(counts.sum()) + np.repeat(ends - np.cumsum(counts), counts)
        return places

    def d_of(self, numbers: IntArray) -> FloatArray:
        """Lattice-plane distance of the lines at `places_of`, angstrom."""
        reciprocal = np.linalg.inv(metric_tensors(self._cells[numbers]))
        own = np.repeat(np.arange(len(numbers)), np.diff(self.offsets)[numbers])
        h = self.hkl[self.places_of(numbers)].astype(np.float64)
        inverse = np.zeros(len(h))
        for i, j, factor in _PAIRS:
            inverse += factor * reciprocal[own, i, j] * h[:, i] * h[:, j]
        d: FloatArray = 1.0 / np.sqrt(inverse)
        return d

    @cached_property
    def _cells(self) -> FloatArray:
        return cells_of(self.compounds)

    def of_types(self, names: Iterable[str]) -> IntArray:
        """Numbers of the compounds of any of these structure types."""
        none = np.zeros(0, dtype=np.int64)
        return np.concatenate([none, *(self.by_type.get(name, none) for name in names)])

    def lines_of(self, number: int) -> IndexedLines:
        """Strongest lines of one compound."""
        part = slice(self.offsets[number], self.offsets[number + 1])
        return IndexedLines(self.hkl[part].astype(np.int64), decode_strength(self.strength[part]))

    @cached_property
    def atoms(self) -> KnownAtoms | None:
        """Atoms of the compounds; None in an index without them.

        Raises
        ------
        CorpusError
            The file is damaged where they stand.
        """
        return self.find_atoms()

    def structure(self, number: int) -> Structure | None:
        """Structure of one compound, in the axes of its cell; None where its atoms are not known.

        Coordinates are exact to a thousandth of an angstrom; displacement parameters are not known.

        Raises
        ------
        CorpusError
            The file is damaged where the atoms stand.
        """
        compound = self.compounds[number]
        if self.atoms is None:
            return None
        return self.atoms.structure(number, cell=compound.cell, name=compound.formula)

    def save(self, path: Path) -> str:
        """Write the file, whole or not at all; return the id that it has."""
        table, cells = packed(self.compounds)
        arrays: dict[str, NDArray[Any]] = {
            "table": table,
            "cells": cells,
            "offsets": self.offsets,
            "hkl": self.hkl,
            "strength": self.strength,
        }
        if self.atoms is not None:
            arrays |= self.atoms.arrays()
        manifest = {
            "kind": KIND,
            "schema": SCHEMA,
            "compounds": len(self.compounds),
            "provenance": dict(self.provenance),
            "sha256": {name: digest_of(array) for name, array in arrays.items()},
        }
        text = json.dumps(manifest, sort_keys=True).encode()
        arrays["manifest"] = np.frombuffer(text, dtype=np.uint8)
        write_arrays(path, arrays, compressed=True)
        return sha256_of(text)

    @classmethod
    def load(cls, path: Path) -> "CompoundIndex":
        """Read a file written by `save`.

        Raises
        ------
        CorpusError
            Where it is missing, none, of a newer version, or damaged.
        """
        try:
            data = read_plain(path, most_bytes=_MOST_BYTES)
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files if name not in ATOMS}
            text = arrays.pop("manifest").tobytes()
            manifest = json.loads(text)
        except FileNotFoundError as error:
            raise CorpusError(f"There is no index {path}.", hint=HINT) from error
        except (*FAULTS, AttributeError, TypeError) as error:
            raise CorpusError(
                f"{path} is not an index of compounds ({error}).", hint=HINT
            ) from error
        check_manifest(manifest, arrays, path=path)
        try:
            index = cls(
                compounds=CompoundTable(arrays["table"], arrays["cells"]),
                offsets=arrays["offsets"],
                hkl=arrays["hkl"],
                strength=arrays["strength"],
                provenance=manifest["provenance"],
                id=sha256_of(text),
                find_atoms=partial(atoms_in_file, data, manifest["sha256"], path),
            )
            _check_shapes(index)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise CorpusError(f"{path} is inconsistent ({error!r}).", hint=HINT) from error
        return index


def default_index_path() -> Path:
    """The index inside the package."""
    return Path(str(resources.files("crystinet.corpus"))) / "data" / "compounds.npz"


def encode_strength(strength: FloatArray) -> NDArray[np.uint8]:
    """Logarithm of strengths in bytes: 255 for the largest, 0 for a hundred-thousandth of it."""
    relative = np.maximum(strength / strength.max(), 1e-300)
    code = np.rint(_STEPS * (1.0 + np.log10(relative) / _DECADES))
    bytes_: NDArray[np.uint8] = np.clip(code, 0, _STEPS).astype(np.uint8)
    return bytes_


def decode_strength(code: NDArray[np.uint8]) -> FloatArray:
    """Undo `encode_strength`, to 2.3 %; the largest is 1."""
    strength: FloatArray = 10.0 ** (_DECADES * (code.astype(np.float64) / _STEPS - 1.0))
    return strength


class IndexEntry(NamedTuple):
    """A compound with hkl (p, 3) and strength (p,) of its lines, and its structure if known."""

    compound: KnownCompound
    hkl: IntArray
    strength: FloatArray
    structure: Structure | None


def pack_index(
    entries: Sequence[IndexEntry], *, provenance: Mapping[str, Any] | None = None
) -> CompoundIndex:
    """Put compounds into one index."""
    ordered = sorted(
        entries, key=lambda e: (e[0].type_name, e[0].formula, e[0].source, e[0].source_id)
    )
    structures = [entry.structure for entry in ordered]
    atoms = KnownAtoms.of(structures) if any(structures) else None
    return CompoundIndex(
        compounds=tuple(entry.compound for entry in ordered),
        offsets=np.cumsum([0, *(len(entry.hkl) for entry in ordered)], dtype=np.int64),
        hkl=np.concatenate([np.zeros((0, 3)), *(e.hkl for e in ordered)]).astype(np.int16),
        strength=np.concatenate(
            [np.zeros(0, np.uint8), *(encode_strength(e.strength) for e in ordered)]
        ),
        provenance=provenance or {},
        find_atoms=lambda: atoms,
    )


def _check_shapes(index: CompoundIndex) -> None:
    n, ends = len(index.compounds), index.offsets
    if ends.shape != (n + 1,) or (np.diff(ends) < 0).any() or ends[0] != 0:
        raise ValueError(f"offsets of shape {ends.shape} for {n} compounds")
    if index.hkl.shape != (ends[-1], 3) or index.strength.shape != (ends[-1],):
        raise ValueError(f"{ends[-1]} lines, hkl of shape {index.hkl.shape}")
