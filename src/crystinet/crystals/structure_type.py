"""A structure type and its definitions: what a structure must be to belong to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from crystinet.core.arrays import Range
from crystinet.core.errors import ConfigError
from crystinet.core.plain import Document
from crystinet.crystals.chemistry import ElementRule
from crystinet.crystals.structure import Structure
from crystinet.crystals.symmetry import Symmetry
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
    anx
        ANX formula that the structure must have (`anx.anx_formula`); empty for any.
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
    anx: str = ""

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
    generated
        True for a definition that a program drew from the members of a class in a store.

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
    generated: bool = False

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
            "generated": self.generated,
            "anx": self.anx,
            "space_groups": list(self.space_groups),
            "pearson": list(self.pearson_symbols),
            "wyckoff": list(wyckoff),
            "also_called": list(self.labels),
            "source": self.source,
            "note": self.note,
        }
