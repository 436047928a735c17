"""The catalogue of structure types: names, classes, definitions and reference structures.

The knowledge is in two text files beside this module, ``data/catalogue.toml`` (the 100 types of
the method) and ``data/extensions.toml`` (further common types); ``docs/reference/catalogue.md``
explains their keys.
"""

import difflib
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from crystinet.core.arrays import Range
from crystinet.core.cell import Cell
from crystinet.core.errors import ConfigError, UnknownTypeError
from crystinet.core.plain import Document
from crystinet.crystals.chemistry import ElementRule
from crystinet.crystals.structure import Structure
from crystinet.crystals.symmetry import Orbit, Symmetry
from crystinet.crystals.wyckoff import canonical_letters, without_hand


@dataclass(frozen=True)
class Definition:
    """What a structure must be to belong to a type.

    Attributes
    ----------
    reference
        The symmetry, cell and orbits that the structure is compared with.
    roles
        One letter per orbit of the reference, the handle of the rules below.
    tolerance
        Largest mean difference of the coordination fingerprints.
    optional
        Wyckoff letters of the reference setting that may be occupied besides (guests, fillers).
    c_over_a, beta
        Ranges of the axial ratio and of the monoclinic angle in degrees.
    elements
        Role to rule on elements.
    alike, unlike
        Groups of roles that must share their main element, pairs of roles that must not.
    occupancy
        Role to range of the total occupancy.
    without
        Elements that are disregarded (hydrogen, which X-rays hardly see).
    guests
        Rule on the elements of the optional sites.
    filled
        Whether at least one optional site must be occupied.
    framework
        None, or the number of tetrahedra an anion must join: only the tetrahedral framework is
        compared and everything else is a guest.
    """

    reference: Symmetry
    roles: str
    tolerance: float
    optional: frozenset[str] = frozenset()
    c_over_a: Range | None = None
    beta: Range | None = None
    elements: Mapping[str, ElementRule] = field(default_factory=dict)
    alike: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    occupancy: Mapping[str, Range] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    guests: ElementRule | None = None
    filled: bool = False
    framework: int | None = None

    def __post_init__(self) -> None:
        named = {*self.elements, *self.occupancy, *"".join(self.alike), *"".join(self.unlike)}
        if not named <= set(self.roles):
            raise ConfigError(
                f"Rules for the sites {''.join(sorted(named - set(self.roles)))} of a definition "
                f"that has the sites {''.join(sorted(set(self.roles)))}.",
                hint="Each site of the catalogue starts with its role, one letter.",
            )

    @cached_property
    def key(self) -> tuple[int, str]:
        """Space group, either hand, and canonical Wyckoff letters."""
        return key_of(self.reference)


def key_of(symmetry: Symmetry) -> tuple[int, str]:
    """Space group, either hand, and canonical Wyckoff letters: what definitions are found by."""
    space_group = symmetry.space_group
    return without_hand(space_group), canonical_letters(space_group, symmetry.letters)


@dataclass(frozen=True)
class StructureType:
    """One structure type.

    Attributes
    ----------
    name
        As the Inorganic Crystal Structure Database writes it.
    number, group
        1 to 100 and 1 to 10 as in the method's paper; None for an extension type.
    merged_into
        Number of the class, for the types 92 to 100 that a pattern can hardly tell from another.
    extension
        True for a type outside the paper's 100.
    anx
        Formula of cations A, B, ... and anions X, Y, ...; for the reader.
    definitions
        A structure belongs to the type if it fulfils one of them.
    reference, source
        An example of the type, and where its numbers come from.
    note
        What a crystallographer should know about the boundaries of the type.
    labels
        What databases and mineralogists also call it, see `labels.type_from_label`.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.number == 18)
    >>> kind.name, kind.anx, kind.reference.name
    ('Rutile-TiO2', 'AX2', 'Rutile-TiO2')
    """

    name: str
    number: int | None
    group: int | None
    merged_into: int | None
    extension: bool
    anx: str
    definitions: tuple[Definition, ...]
    reference: Structure
    source: str
    note: str = ""
    labels: tuple[str, ...] = ()

    @property
    def space_groups(self) -> tuple[int, ...]:
        """Of its definitions."""
        return tuple(dict.fromkeys(each.reference.space_group for each in self.definitions))

    @property
    def pearson_symbols(self) -> tuple[str, ...]:
        """Of its definitions."""
        return tuple(dict.fromkeys(each.reference.pearson_symbol for each in self.definitions))

    def __repr__(self) -> str:
        number = f"no. {self.number}, " if self.number else ""
        groups = " or ".join(map(str, self.space_groups))
        return f"StructureType {self.name} ({number}space group {groups})"

    def to_dict(self) -> Document:
        """Plain data, as ``types`` of ``crystinet types --json``."""
        wyckoff = dict.fromkeys(each.reference.wyckoff for each in self.definitions)
        return {
            "type": self.name,
            "number": self.number,
            "group": self.group,
            "class_number": self.merged_into or self.number,
            "extension": self.extension,
            "anx": self.anx,
            "space_groups": list(self.space_groups),
            "pearson": list(self.pearson_symbols),
            "wyckoff": list(wyckoff),
            "also_called": list(self.labels),
            "source": self.source,
            "note": self.note,
        }


class Catalogue:
    """All structure types, in order: 1 to 100, then the extensions."""

    def __init__(self, types: tuple[StructureType, ...]) -> None:
        self.types = types
        self._by_name = {kind.name: kind for kind in types}
        self._by_number = {kind.number: kind for kind in types if kind.number is not None}

    def __iter__(self) -> Iterator[StructureType]:
        return iter(self.types)

    def __len__(self) -> int:
        return len(self.types)

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
    """Read the catalogue that comes with the package."""
    folder = files("crystinet.crystals").joinpath("data")
    types = []
    for name in ("catalogue.toml", "extensions.toml"):
        table = tomllib.loads(folder.joinpath(name).read_text("utf-8"))
        types += [_type(entry, extension=name == "extensions.toml") for entry in table["type"]]
    return Catalogue(tuple(types))


def _type(entry: dict[str, Any], *, extension: bool) -> StructureType:
    definitions = entry.get("definition", [{}])
    return StructureType(
        name=entry["name"],
        number=entry.get("number"),
        group=entry.get("group"),
        merged_into=entry.get("merged_into"),
        extension=extension,
        anx=entry.get("anx", ""),
        definitions=tuple(_definition(entry | variant) for variant in definitions),
        reference=_symmetry(entry)[0].structure(entry["name"]),
        source=entry["source"],
        note=entry.get("note", ""),
        labels=tuple(entry.get("labels", ())),
    )


def _definition(entry: dict[str, Any]) -> Definition:
    symmetry, roles = _symmetry(entry)
    core = [index for index, role in enumerate(roles) if role != "-"]
    reference = Symmetry(
        symmetry.space_group,
        symmetry.hall_number,
        symmetry.cell,
        tuple(symmetry.orbits[index] for index in core),
    )
    elements = entry.get("elements", {})
    occupancy = entry.get("occupancy", {})
    return Definition(
        reference=reference,
        roles="".join(roles[index] for index in core),
        tolerance=entry["tolerance"],
        optional=frozenset(entry.get("optional", "").split()),
        c_over_a=_range(entry.get("c_over_a")),
        beta=_range(entry.get("beta")),
        elements={role: ElementRule.parse(text) for role, text in elements.items()},
        alike=tuple(entry.get("alike", ())),
        unlike=tuple(entry.get("unlike", ())),
        occupancy={role: (low, high) for role, (low, high) in occupancy.items()},
        without=frozenset(entry.get("without", "").split()),
        guests=ElementRule.parse(entry["guests"]) if "guests" in entry else None,
        filled=entry.get("filled", False),
        framework=entry.get("framework"),
    )


def _range(pair: list[float] | None) -> Range | None:
    return None if pair is None else (float(pair[0]), float(pair[1]))


def _symmetry(entry: dict[str, Any]) -> tuple[Symmetry, str]:
    """Read cell and sites: ``"X 32e O 0.2624 0.2624 0.2624"``, role, position, species, x y z."""
    orbits, roles = [], ""
    for line in entry["sites"]:
        role, position, species, *xyz = line.split()
        x, y, z = (float(value) for value in xyz)
        orbits.append(Orbit(_species(species), position[-1], int(position[:-1]), (x, y, z)))
        roles += role
    cell = Cell.of(entry["cell"])
    return Symmetry(entry["space_group"], entry["hall_number"], cell, tuple(orbits)), roles


def _species(text: str) -> tuple[tuple[str, float], ...]:
    """Read ``"Al"`` or ``"Al:0.5,Si:0.5"``."""
    parts = [part.partition(":") for part in text.split(",")]
    return tuple(sorted((element, float(amount or 1.0)) for element, _, amount in parts))
