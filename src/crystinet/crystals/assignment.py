"""Which structure type is this? Symmetry first, then geometry and chemistry of the sites."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from crystinet.core.errors import InvalidStructureError
from crystinet.core.plain import Document, number
from crystinet.core.shown import html_lines
from crystinet.crystals.catalogue import Catalogue, load_catalogue, load_further
from crystinet.crystals.contents import is_possible
from crystinet.crystals.expansion import UnitCell, expand
from crystinet.crystals.matching import Difference, Match, compare
from crystinet.crystals.structure import Structure
from crystinet.crystals.structure_type import StructureType, key_of
from crystinet.crystals.symmetry import Symmetry, analyse_cell, check_size
from crystinet.crystals.views import Simplification, framework_of, simplified

#: Tolerances of the symmetry search in angstrom, tried in turn: a real distortion (cryolite) must
#: not be smoothed away before a type with the lower symmetry had its chance.
SYMPREC_LADDER = (0.01, 0.05, 0.12)
#: Frameworks bend around their guests.
FRAMEWORK_SYMPREC = 0.25


#: Free coordinates of an isopointal structure may lie so far beyond the limit of a type.
BEYOND = 2.0


@dataclass(frozen=True, slots=True)
class Isopointal:
    """A type that shares symmetry and sites with a structure that does not belong to it.

    Attributes
    ----------
    type
        The structure type.
    reason
        What keeps the structure out: its cell, its free coordinates, cations and anions exchanged,
        other elements than the type allows (a chalcogenide of an oxide type), another occupation.
    detail
        The same with names and numbers.
    """

    type: StructureType
    reason: Difference
    detail: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """The structure type of a structure, or None, and why.

    Attributes
    ----------
    type
        The structure type; None if no type of the catalogue fits.
    space_group, pearson, wyckoff
        Of the structure: Wyckoff letters from last to first, such as "b a".
    evidence
        One sentence for the reader: what was compared, how far it is from the reference, and what
        comes next; it says so if only a part of the structure was compared.
    match
        How it compares with the type: distance from the reference, limit; None without a type.
    second
        The same for the type that fits next best, or comes nearest where none fits; None if no
        other type has this space group and Wyckoff sequence.
    isopointal_to
        The type of the catalogue that the structure would have but for one difference; None for a
        structure that has a type of the catalogue, or resembles none.

    Examples
    --------
    >>> import crystinet
    >>> kind = next(kind for kind in crystinet.types() if kind.name == "NaCl")
    >>> found = crystinet.assign(kind.reference)
    >>> found.type.name, found.space_group, found.pearson, found.wyckoff
    ('NaCl', 225, 'cF8', 'b a')
    """

    type: StructureType | None
    space_group: int
    pearson: str
    wyckoff: str
    evidence: str
    match: Match | None = None
    second: Match | None = None
    isopointal_to: Isopointal | None = None

    def __repr__(self) -> str:
        name = self.type.name if self.type else "no type of the catalogue"
        return (
            f"Assignment: {name}; space group {self.space_group}, {self.pearson}, Wyckoff "
            f"{self.wyckoff}\n  {self.evidence}"
        )

    def _repr_html_(self) -> str:
        title, rest = repr(self).split("\n", 1)
        return html_lines(title, (rest.strip(),))

    def to_dict(self) -> Document:
        """Plain data, as ``results`` of ``crystinet assign --json``."""
        kind = self.type
        whole = None if kind is None else load_catalogue().class_of(kind)
        return {
            "type": None if kind is None else kind.name,
            "number": None if whole is None else whole.number,
            "class": None if whole is None else whole.name,
            "space_group": self.space_group,
            "pearson": self.pearson,
            "wyckoff": self.wyckoff,
            "evidence": self.evidence,
            "distance": number(self.match.distance) if self.match else None,
            "limit": number(self.match.definition.tolerance) if self.match else None,
            "runner_up": self.runner_up.name if self.runner_up else None,
            "runner_up_distance": number(self.second.distance) if self.second else None,
            "isopointal_to": None
            if self.isopointal_to is None
            else {
                "type": self.isopointal_to.type.name,
                "reason": self.isopointal_to.reason.value,
                "detail": self.isopointal_to.detail,
            },
        }

    @property
    def runner_up(self) -> StructureType | None:
        """The type that fits next best, or comes nearest where none fits."""
        return self.second.kind if self.second else None


def assign(
    structure: Structure,
    *,
    catalogue: Catalogue | None = None,
    symmetry: Symmetry | None = None,
) -> Assignment:
    """Find the structure type.

    Parameters
    ----------
    structure
        Any setting; mixed, partly occupied and split sites are welcome.
    catalogue
        The types to choose from. None stands for the package's own: the catalogue, and where it has
        no answer the further types (`load_further`).
    symmetry
        The standardised structure with its Wyckoff positions where the caller trusts them (a
        database that was standardised before); searched for if None.

    Raises
    ------
    InvalidStructureError
        The structure is impossible.
    """
    own = symmetry or _as_it_is(structure)
    found = _assign(structure, own, catalogue or load_catalogue())
    if found.type is not None or catalogue is not None:
        return found
    further = _assign(structure, own, load_further())
    if further.type is None and found.second is not None:
        return found
    return replace(further, isopointal_to=found.isopointal_to or further.isopointal_to)


def assign_as_it_is(structure: Structure, *, catalogue: Catalogue) -> Assignment:
    """Find the structure type with the symmetry of the smallest tolerance alone, which is quick.

    Raises
    ------
    InvalidStructureError
        The structure is impossible.
    """
    own = _as_it_is(structure)
    matches = _matches(own, catalogue, framework=False)
    fitting = [match for match in matches if not match.problem]
    return _answer(own, own, fitting, matches, None) if fitting else _no_answer(own, matches)


def _as_it_is(structure: Structure) -> Symmetry:
    check_size(len(structure.sites))  # before all of them are looked at
    return analyse_cell(expand(structure), symprec=SYMPREC_LADDER[0])


def _assign(structure: Structure, symmetry: Symmetry, catalogue: Catalogue) -> Assignment:
    tried: list[tuple[Symmetry, list[Match]]] = []
    for view, how in _views(structure, symmetry, catalogue):
        matches = _matches(view, catalogue, framework=how is Simplification.FRAMEWORK)
        fitting = [match for match in matches if not match.problem]
        if fitting:
            own = tried[0][0] if how else view
            return _answer(own, view, fitting, matches, how)
        tried.append((view, matches))
    view, matches = next((entry for entry in tried if entry[1]), tried[0])
    return replace(_no_answer(view, matches), isopointal_to=_isopointal(tried))


def _views(
    structure: Structure, symmetry: Symmetry, catalogue: Catalogue
) -> Iterator[tuple[Symmetry, Simplification | None]]:
    """Yield ever simpler views of a structure, and what was done to it for each."""
    yield symmetry, None
    cell = expand(structure)
    if is_possible(cell, catalogue):
        yield from ((view, None) for view in _more_symmetric(cell, symmetry))
    for simpler, how in simplified(cell):
        view = _try(simpler, SYMPREC_LADDER[-1]) if is_possible(simpler, catalogue) else None
        if view is not None:
            yield view, how
    for skeleton in _frameworks(cell, catalogue):
        view = _try(skeleton, FRAMEWORK_SYMPREC)
        if view is not None:
            yield view, Simplification.FRAMEWORK


def _more_symmetric(cell: UnitCell, symmetry: Symmetry) -> Iterator[Symmetry]:
    """Yield what wider tolerances find, if it is new.

    The widest comes first, and ends the search where it finds nothing new: those between find no
    more.
    """
    seen = [(symmetry.space_group, symmetry.wyckoff)]
    *between, widest = SYMPREC_LADDER[1:]
    last = _try(cell, widest)
    if last is None or (last.space_group, last.wyckoff) in seen:
        return
    for view in (*(_try(cell, symprec) for symprec in between), last):
        if view is not None and (view.space_group, view.wyckoff) not in seen:
            seen.append((view.space_group, view.wyckoff))
            yield view


def _frameworks(cell: UnitCell, catalogue: Catalogue) -> Iterator[UnitCell]:
    """Yield the tetrahedral frameworks whose contents are those of a framework type."""
    for anions_join in catalogue.frameworks:
        skeleton = framework_of(cell, anions_join=anions_join)
        if skeleton is not None and is_possible(skeleton, catalogue, framework=True):
            yield skeleton


def _try(cell: UnitCell, symprec: float) -> Symmetry | None:
    """Search the symmetry; too wide a tolerance for close atoms is no error here."""
    try:
        return analyse_cell(cell, symprec=symprec)
    except InvalidStructureError:
        return None


def _matches(view: Symmetry, catalogue: Catalogue, *, framework: bool) -> list[Match]:
    """Compare with every definition that the Wyckoff letters allow; best first."""
    found = []
    bare = without_protons(view)
    for symmetry in (view,) if bare is None else (view, bare):
        key = key_of(symmetry)
        candidates = list(catalogue.by_key.get(key, ()))
        candidates += catalogue.with_optional_sites.get(key[0], ())
        for kind, definition in candidates:
            if (definition.framework is not None) != framework:
                continue
            if symmetry is bare and not definition.without:
                continue
            match = compare(symmetry, kind, definition)
            if match is not None:
                found.append(match)
    return sorted(found, key=lambda match: match.rank)


def without_protons(symmetry: Symmetry) -> Symmetry | None:
    """Drop the protons; None if there are none, or if hydrogen may be an anion (no O or N)."""
    if not {"O", "N"} & symmetry.composition.keys():
        return None
    kept = tuple(o for o in symmetry.orbits if {e for e, _ in o.species} != {"H"})
    return replace(symmetry, orbits=kept) if 0 < len(kept) < len(symmetry.orbits) else None


def _answer(
    own: Symmetry,
    view: Symmetry,
    fitting: list[Match],
    matches: list[Match],
    how: Simplification | None,
) -> Assignment:
    best = fitting[0]
    second = next((match for match in matches if match.kind.name != best.kind.name), None)
    as_what = f"{how.value}: " if how else ""
    return Assignment(
        best.kind,
        own.space_group,
        own.pearson_symbol,
        own.wyckoff,
        f"{as_what}{_key_text(view)}; coordination of the sites differs from the reference by "
        f"{best.distance:.3f} (limit {best.definition.tolerance:g}); {_second_text(second)}",
        best,
        second,
    )


def _second_text(second: Match | None) -> str:
    if second is None:
        return "no other type has this space group and Wyckoff sequence"
    name, limit = second.kind.name, second.definition.tolerance
    if second.problem:
        return f"next {name}, but {second.problem}"
    return f"next {name}, from which it differs by {second.distance:.3f} (limit {limit:g})"


def _no_answer(view: Symmetry, matches: list[Match]) -> Assignment:
    nearest = matches[0] if matches else None
    reason = f"nearest {nearest.kind.name}, but {nearest.problem}" if nearest else "in no type"
    return Assignment(
        None,
        view.space_group,
        view.pearson_symbol,
        view.wyckoff,
        f"{_key_text(view)}: {reason}",
        None,
        nearest,
        _isopointal([(view, matches)]),
    )


def _isopointal(tried: list[tuple[Symmetry, list[Match]]]) -> Isopointal | None:
    """Find the type that the structure would have but for one difference."""
    for _, matches in tried:
        for match in matches:
            near = BEYOND if match.difference is Difference.COORDINATES else 1.0
            if match.difference is Difference.CELL:  # a long cell moves all neighbours
                near = 2.0 * BEYOND
            if match.difference is not None and match.nearness <= near:
                return Isopointal(match.kind, match.difference, match.problem)
    return None


def _key_text(view: Symmetry) -> str:
    return f"space group {view.space_group}, {view.pearson_symbol}, Wyckoff sequence {view.wyckoff}"
