"""The catalogue of structure types: names, classes, definitions and reference structures.

The knowledge is in files beside this module: ``data/catalogue.toml`` (the 100 types of the method)
and ``data/extensions.toml`` (further common types) make the catalogue, `load_catalogue`;
``data/laboratory.toml`` (what laboratories measure every day) and ``data/generated.jsonl`` (made
from a store, see `corpus.generated`) the further types, `load_further`, which are looked at where
the catalogue has no answer. ``docs/reference/catalogue.md`` explains their keys.
"""

import difflib
import json
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from crystinet.core.errors import UnknownTypeError
from crystinet.crystals.entries import type_of_entry
from crystinet.crystals.structure_type import Definition, StructureType


class Catalogue:
    """Structure types, in order: 1 to 100, then the extensions."""

    def __init__(self, types: tuple[StructureType, ...]) -> None:
        self.types = types
        self._by_name = {kind.name: kind for kind in types}
        self._by_number = {kind.number: kind for kind in types if kind.number is not None}

    def __iter__(self) -> Iterator[StructureType]:
        return iter(self.types)

    def __len__(self) -> int:
        return len(self.types)

    def has(self, name: str) -> bool:
        """Whether there is a type of that name."""
        return name in self._by_name

    def by_name(self, name: str) -> StructureType:
        """Return the type of that name.

        Raises
        ------
        UnknownTypeError
            With the most similar names.
        """
        kind = self._by_name.get(name)
        if kind is None:
            lowered = {known.lower(): known for known in self._by_name}
            close = [known for low, known in lowered.items() if name and name.lower() in low][:3]
            close += difflib.get_close_matches(name, self._by_name, n=3, cutoff=0.4)
            raise UnknownTypeError(
                f"No structure type is called {name!r}.",
                hint=f"Did you mean {' or '.join(dict.fromkeys(close))}?"
                if close
                else "'crystinet types' lists all names.",
            )
        return kind

    def by_number(self, number: int) -> StructureType:
        """Return the type with the paper's number.

        Raises
        ------
        UnknownTypeError
            The number is not 1 to 100.
        """
        kind = self._by_number.get(number)
        if kind is None:
            raise UnknownTypeError(
                f"No structure type has the number {number}.", hint="Numbers are 1 to 100."
            )
        return kind

    def class_of(self, kind: StructureType) -> StructureType:
        """Return the class a type is identified as: itself, or the one that it is merged into."""
        return kind if kind.merged_into is None else self.by_number(kind.merged_into)

    @cached_property
    def classes(self) -> tuple[StructureType, ...]:
        """The 91 classes that the networks tell apart."""
        return tuple(k for k in self.types if k.number is not None and k.merged_into is None)

    @cached_property
    def by_key(self) -> Mapping[tuple[int, str], list[tuple[StructureType, Definition]]]:
        """Definitions by space group and canonical letters, those without optional sites."""
        index = defaultdict(list)
        for kind, definition in self._definitions():
            if not definition.optional:
                index[definition.key].append((kind, definition))
        return dict(index)

    @cached_property
    def with_optional_sites(self) -> Mapping[int, list[tuple[StructureType, Definition]]]:
        """Definitions with optional sites, by space group."""
        index = defaultdict(list)
        for kind, definition in self._definitions():
            if definition.optional:
                index[definition.key[0]].append((kind, definition))
        return dict(index)

    @cached_property
    def frameworks(self) -> tuple[int, ...]:
        """How many tetrahedra an anion must join in the types known by their framework."""
        joins = (definition.framework for _, definition in self._definitions())
        return tuple(sorted({n for n in joins if n is not None}, reverse=True))

    def _definitions(self) -> Iterator[tuple[StructureType, Definition]]:
        return ((kind, definition) for kind in self.types for definition in kind.definitions)


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """Read the types of the method and those that were added by hand."""
    return Catalogue(
        (
            *(type_of_entry(e, extension=False) for e in _entries("catalogue.toml")),
            *(type_of_entry(e, extension=True) for e in _entries("extensions.toml")),
        )
    )


@lru_cache(maxsize=1)
def load_further() -> Catalogue:
    """Read the further types: those of every day in laboratories, and the generated ones.

    They are many and only read where they are asked for.
    """
    laboratory = (type_of_entry(e, extension=True) for e in _entries("laboratory.toml"))
    lines = map(json.loads, _text("generated.jsonl").splitlines())
    generated = (type_of_entry(e, extension=True, generated=True) for e in lines)
    return Catalogue((*laboratory, *generated))


def load_by_hand() -> Catalogue:
    """All types but the generated ones."""
    further = (kind for kind in load_further() if not kind.generated)
    return Catalogue((*load_catalogue(), *further))


def find_type(name: str) -> StructureType:
    """Find a type by its name, in the catalogue or among the further types.

    Raises
    ------
    UnknownTypeError
        With the most similar names.
    """
    known = load_catalogue()
    if known.has(name):
        return known.by_name(name)
    further = load_further()
    if further.has(name):
        return further.by_name(name)
    return Catalogue((*known, *further)).by_name(name)


def _entries(name: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads(_text(name)).get("type", [])
    return entries


def _text(name: str) -> str:
    return files("crystinet.crystals").joinpath("data", name).read_text("utf-8")
