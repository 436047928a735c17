"""The atoms of an index: sites of known compounds, packed into a few small arrays.

Coordinates are rounded to 1/24,000 of an edge, less than a thousandth of an angstrom: enough to
start a refinement from, and exact for the fractions of special positions. Displacement parameters
and names of sites are left out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crystinet.core.arrays import IntArray
from crystinet.core.cell import Cell
from crystinet.crystals.structure import Site, Structure

#: Names of the arrays in the file.
NAMES = ("atoms_words", "atoms_setting", "atoms_count", "atoms_species", "atoms_xyz")
_STEPS = 24_000
_OCCUPANCY_DIGITS = 3

_Species = tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class KnownAtoms:
    """Atoms of n compounds, s sites in all.

    Attributes
    ----------
    symbols
        Hall symbols.
    mixtures
        What stands on sites, each once.
    setting
        Shape (n,), which Hall symbol a compound has.
    count
        Shape (n,), its sites; 0 where its atoms are not known.
    species
        Shape (s,), what stands on each site.
    xyz
        Shape (s, 3), in steps of 1/24,000.
    """

    symbols: tuple[str, ...]
    mixtures: tuple[_Species, ...]
    setting: NDArray[np.uint16]
    count: NDArray[np.uint16]
    species: NDArray[np.uint16]
    xyz: NDArray[np.uint16]

    def __post_init__(self) -> None:
        if self.setting.shape != self.count.shape or self.setting.ndim != 1:
            raise ValueError(f"settings of shape {self.setting.shape}, counts {self.count.shape}")
        n_sites = int(self.count.sum())
        if self.species.shape != (n_sites,) or self.xyz.shape != (n_sites, 3):
            raise ValueError(f"{n_sites} sites, coordinates of shape {self.xyz.shape}")
        known = self.count > 0
        if self.setting[known].max(initial=0) >= max(1, len(self.symbols)):
            raise ValueError("a setting that is not listed")
        if self.species.max(initial=0) >= max(1, len(self.mixtures)):
            raise ValueError("species that are not listed")

    @classmethod
    def of(cls, structures: Sequence[Structure | None]) -> "KnownAtoms":
        """Pack structures; None where the atoms of a compound are not known."""
        sites = [() if one is None else one.sites for one in structures]
        symbols = sorted({one.hall_symbol for one in structures if one is not None})
        species = [_rounded(site) for own in sites for site in own]
        mixtures = sorted(set(species))
        place = {mixture: number for number, mixture in enumerate(mixtures)}
        xyz = np.array([site.xyz for own in sites for site in own]).reshape(-1, 3)
        return cls(
            symbols=tuple(symbols),
            mixtures=tuple(mixtures),
            setting=np.array(
                [0 if one is None else symbols.index(one.hall_symbol) for one in structures],
                dtype=np.uint16,
            ),
            count=np.array([len(own) for own in sites], dtype=np.uint16),
            species=np.array([place[mixture] for mixture in species], dtype=np.uint16),
            xyz=(np.rint(xyz * _STEPS) % _STEPS).astype(np.uint16),
        )

    @classmethod
    def joined(cls, parts: "Sequence[KnownAtoms]") -> "KnownAtoms":
        """Atoms of the compounds of all parts, one after the other."""
        settings = np.cumsum([0, *(len(part.symbols) for part in parts)])
        mixtures = np.cumsum([0, *(len(part.mixtures) for part in parts)])
        return cls(
            symbols=tuple(symbol for part in parts for symbol in part.symbols),
            mixtures=tuple(mixture for part in parts for mixture in part.mixtures),
            setting=np.concatenate(
                [part.setting + first for part, first in zip(parts, settings, strict=False)]
            ).astype(np.uint16),
            count=np.concatenate([part.count for part in parts]),
            species=np.concatenate(
                [part.species + first for part, first in zip(parts, mixtures, strict=False)]
            ).astype(np.uint16),
            xyz=np.concatenate([part.xyz for part in parts]),
        )

    @cached_property
    def _ends(self) -> IntArray:
        return np.cumsum(np.concatenate([[0], self.count]), dtype=np.int64)

    def structure(self, number: int, *, cell: Cell, name: str) -> Structure | None:
        """Structure of one compound with this cell; None where its atoms are not known."""
        start, stop = self._ends[number : number + 2].tolist()
        if start == stop:
            return None
        sites = tuple(
            Site(self.mixtures[species], (x / _STEPS, y / _STEPS, z / _STEPS))
            for species, (x, y, z) in zip(
                self.species[start:stop].tolist(), self.xyz[start:stop].tolist(), strict=True
            )
        )
        return Structure(cell, self.symbols[self.setting[number]], sites, name)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays for a file, by the names in `NAMES`."""
        text = json.dumps([self.symbols, self.mixtures], separators=(",", ":")).encode()
        words = np.frombuffer(text, dtype=np.uint8)
        own = (words, self.setting, self.count, self.species, self.xyz.T.copy())
        return dict(zip(NAMES, own, strict=True))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "KnownAtoms":
        """Undo `arrays`; KeyError, ValueError or TypeError for what does not fit."""
        words, setting, count, species, xyz = (arrays[name] for name in NAMES)
        symbols, mixtures = json.loads(words.tobytes())
        return cls(
            symbols=tuple(symbols),
            mixtures=tuple(tuple((str(e), float(o)) for e, o in one) for one in mixtures),
            setting=setting,
            count=count,
            species=species,
            xyz=xyz.T,
        )


def _rounded(site: Site) -> _Species:
    return tuple((name, round(share, _OCCUPANCY_DIGITS)) for name, share in site.species)
