"""The training data set: labelled compounds with their reflections, split by compound.

One `.npz` file of plain arrays (no pickle), so that training processes share it and never parse a
structure again. Patterns are not stored: they are rendered from the reflections with new
augmentations every time.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import FloatArray, IntArray
from crystinet.core.cell import Cell
from crystinet.core.errors import CorpusError
from crystinet.core.files import read_arrays, write_arrays
from crystinet.corpus.splits import Split
from crystinet.simulation.reflections import Reflections

#: Class number of compounds that have none of the catalogue's 91 classes.
OUTSIDE = 0
#: Source of the compounds that `crystinet.corpus.imagined` makes up.
INVENTED_SOURCE = "crystinet, hypothetical"


@dataclass(frozen=True, slots=True)
class Member:
    """One compound of the data set.

    Attributes
    ----------
    row_id
        ``id`` in the table it came from.
    type_name
        Assigned structure type, empty where there is none.
    class_number
        1 to 91, or `OUTSIDE`; from 101 on for chosen types that are none of the 91 classes.
    split
        Train, validation or test.
    known_experimentally
        The compound was made, not only calculated.
    source
        The database.
    formula
        As in the source; empty where it is not recorded.
    """

    row_id: int
    type_name: str
    class_number: int
    split: Split
    known_experimentally: bool
    source: str
    formula: str = ""

    @property
    def is_invented(self) -> bool:
        """Whether the compound is one of `crystinet.corpus.imagined`."""
        return self.source == INVENTED_SOURCE

    @property
    def elements(self) -> frozenset[str]:
        """Symbols of the elements of the formula."""
        return frozenset(re.findall(r"[A-Z][a-z]?", self.formula))


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Compounds and their reflections; ``reflections(i)`` belongs to ``members[i]``.

    Attributes
    ----------
    members
        The compounds, n of them.
    offsets
        Shape (n + 1,): the lines of compound i are ``offsets[i]:offsets[i + 1]``.
    hkl, multiplicity
        All p lines in one piece, as in `Reflections`.
    f_squared
        Shape (1 + v, p): ``|F|^2`` of the structures as they are, then of v variants of each, see
        `vary_structure`. Compounds outside the training split repeat the first row.
    cells, space_groups
        Shapes (n, 6) and (n,).
    d_min_angstrom
        The lines reach down to this d.
    provenance
        What it was made of and how, as JSON has it; empty where that is not recorded.
    """

    members: tuple[Member, ...]
    offsets: IntArray
    hkl: NDArray[np.int16]
    multiplicity: NDArray[np.int16]
    f_squared: NDArray[np.float32]
    cells: FloatArray
    space_groups: IntArray
    d_min_angstrom: float
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "f_squared", np.atleast_2d(self.f_squared))  # files of old

    @property
    def n_variants(self) -> int:
        """Variants of each compound besides the structure as it is."""
        return len(self.f_squared) - 1

    def reflections(self, index: int, *, variant: int = 0) -> Reflections:
        """Reflections of one compound, 0 for the structure as it is; d comes from hkl and cell.

        Raises
        ------
        CorpusError
            The data set has no such variant.
        """
        if not 0 <= variant <= self.n_variants:
            raise CorpusError(
                f"The data set has no variant {variant}, only {self.n_variants}.",
                hint="Build it with more: `crystinet corpus build --variants`.",
            )
        lines = slice(self.offsets[index], self.offsets[index + 1])
        hkl = self.hkl[lines].astype(np.int64)
        cell = Cell.of(self.cells[index])
        return Reflections(
            hkl=hkl,
            d_angstrom=cell.d_spacing(hkl),
            multiplicity=self.multiplicity[lines].astype(np.int64),
            f_squared=self.f_squared[variant, lines].astype(np.float64),
            cell=cell,
            space_group=int(self.space_groups[index]),
        )

    def select(self, split: Split, *, known_only: bool = False) -> IntArray:
        """Indices of the compounds of the 91 classes in a split."""
        return self._where(
            lambda m: (
                m.split is split
                and m.class_number != OUTSIDE
                and (m.known_experimentally or not known_only)
            )
        )

    def select_outside(self, split: Split) -> IntArray:
        """Indices of the compounds of a split that have none of the 91 classes."""
        return self._where(lambda m: m.split is split and m.class_number == OUTSIDE)

    def _where(self, wanted: Callable[[Member], bool]) -> IntArray:
        return np.array([i for i, m in enumerate(self.members) if wanted(m)], dtype=np.int64)

    def take(self, indices: IntArray, *, members: Sequence[Member] | None = None) -> "Dataset":
        """Some of the compounds, in the given order; ``members`` replaces what is said of them."""
        lengths = np.diff(self.offsets)[indices]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        lines = np.arange(offsets[-1]) + np.repeat(self.offsets[indices] - offsets[:-1], lengths)
        return replace(
            self,
            members=tuple(members or (self.members[i] for i in indices)),
            offsets=offsets,
            hkl=self.hkl[lines],
            multiplicity=self.multiplicity[lines],
            f_squared=self.f_squared[:, lines],
            cells=self.cells[indices],
            space_groups=self.space_groups[indices],
        )

    def save(self, path: Path) -> None:
        """Write the `.npz` file, whole or not at all."""
        members = [
            [
                *(m.row_id, m.type_name, m.class_number, m.split.value),
                *(m.known_experimentally, m.source, m.formula),
            ]
            for m in self.members
        ]
        arrays: dict[str, NDArray[Any]] = {
            "members": np.frombuffer(json.dumps(members).encode(), dtype=np.uint8),
            "offsets": self.offsets,
            "hkl": self.hkl,
            "multiplicity": self.multiplicity,
            "f_squared": self.f_squared,
            "cells": self.cells,
            "space_groups": self.space_groups,
            "d_min_angstrom": np.array(self.d_min_angstrom),
            "provenance": np.frombuffer(json.dumps(self.provenance).encode(), dtype=np.uint8),
        }
        write_arrays(path, arrays)

    def _check(self) -> None:
        """Refuse arrays that do not belong together, as a damaged file may hold; ValueError."""
        n, lines = len(self.members), len(self.hkl)
        shapes = {
            "hkl": (lines, 3),
            "multiplicity": (lines,),
            "f_squared": (len(self.f_squared), lines),
            "cells": (n, 6),
            "space_groups": (n,),
            "offsets": (n + 1,),
        }
        for name, shape in shapes.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype.kind not in "iuf":
                raise ValueError(f"{name} has the shape {array.shape}, not {shape}, or no numbers")
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds numbers that are not finite")
        ends = np.asarray(self.offsets, dtype=np.int64)
        if ends[0] != 0 or ends[-1] != lines or (np.diff(ends) < 0).any():
            raise ValueError("offsets are no borders of the lines")
        if not 0.0 < self.d_min_angstrom < 1000.0:
            raise ValueError(f"d_min_angstrom is {self.d_min_angstrom}")

    @classmethod
    def load(cls, path: Path) -> "Dataset":
        """Read a file written by `save`; CorpusError where it is none."""
        try:
            arrays = read_arrays(path)
            rows = json.loads(arrays.pop("members").tobytes())
            members = tuple(
                Member(i, name, number, Split(split), *rest)
                for i, name, number, split, *rest in rows
            )
            d_min = float(arrays.pop("d_min_angstrom"))
            told = arrays.pop("provenance", None)
            provenance = {} if told is None else json.loads(told.tobytes())
            data = cls(members=members, d_min_angstrom=d_min, provenance=provenance, **arrays)
            data._check()
            return data
        except FileNotFoundError as error:
            raise CorpusError(
                f"{path} does not exist.", hint="Make it with `crystinet corpus build`."
            ) from error
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise CorpusError(
                f"{path} is not a crystinet data set ({error}).",
                hint="Make it anew with `crystinet corpus build`.",
            ) from error


def join(parts: Sequence[Dataset], *, provenance: Mapping[str, Any] | None = None) -> Dataset:
    """Put data sets one after the other.

    Where one has fewer variants than another, the structures as they are stand in.
    """
    rows = max(len(part.f_squared) for part in parts)
    f_squared = [
        np.concatenate([part.f_squared, np.repeat(part.f_squared[:1], rows - n, axis=0)])
        for part in parts
        for n in (len(part.f_squared),)
    ]
    starts = np.cumsum([0, *(part.offsets[-1] for part in parts)])
    ends = [part.offsets[1:] + start for part, start in zip(parts, starts, strict=False)]
    return Dataset(
        members=tuple(member for part in parts for member in part.members),
        offsets=np.concatenate([[0], *ends]).astype(np.int64),
        hkl=np.concatenate([part.hkl for part in parts]),
        multiplicity=np.concatenate([part.multiplicity for part in parts]),
        f_squared=np.concatenate(f_squared, axis=1),
        cells=np.concatenate([part.cells for part in parts]),
        space_groups=np.concatenate([part.space_groups for part in parts]),
        d_min_angstrom=max(part.d_min_angstrom for part in parts),
        provenance=provenance or {},
    )


def pack(
    members: Sequence[Member],
    reflections: Sequence[Reflections],
    *,
    d_min_angstrom: float,
    variants: Sequence[NDArray[np.float32]] = (),
    provenance: Mapping[str, Any] | None = None,
) -> Dataset:
    """Put compounds and their reflections, in the same order, into one data set.

    ``variants`` holds ``|F|^2`` of the variants of each compound, shapes (v, lines); where one has
    fewer of them than others, the structure as it is stands in.
    """
    lengths = [len(r.hkl) for r in reflections]
    rows = 1 + max((len(v) for v in variants), default=0)
    ideal = np.concatenate([r.f_squared for r in reflections], dtype=np.float32)
    f_squared = np.tile(ideal, (rows, 1))
    ends = np.cumsum(lengths)
    for index, others in enumerate(variants):
        f_squared[1 : 1 + len(others), ends[index] - lengths[index] : ends[index]] = others
    return Dataset(
        members=tuple(members),
        offsets=np.concatenate([[0], ends]).astype(np.int64),
        hkl=np.concatenate([r.hkl for r in reflections]).astype(np.int16),
        multiplicity=np.concatenate([r.multiplicity for r in reflections]).astype(np.int16),
        f_squared=f_squared,
        cells=np.array([r.cell for r in reflections], dtype=np.float64),
        space_groups=np.array([r.space_group for r in reflections], dtype=np.int64),
        d_min_angstrom=d_min_angstrom,
        provenance=provenance or {},
    )
