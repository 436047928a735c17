"""From a store to the file of generated types."""

import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from crystinet.core.arguments import as_count
from crystinet.core.errors import CorpusError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.generated.classes import ClassKey, ClassMember, populated
from crystinet.corpus.generated.middle import Middle, middles, roles_of, with_wanted
from crystinet.corpus.generated.names import minerals_of, named_after, unique
from crystinet.corpus.store.store import Store
from crystinet.crystals.assignment import assign
from crystinet.crystals.catalogue import Catalogue, load_by_hand
from crystinet.crystals.entries import type_of_entry
from crystinet.crystals.expansion import expand
from crystinet.crystals.matching import Difference
from crystinet.crystals.plausibility import lonely_atom
from crystinet.crystals.symmetry import Orbit
from crystinet.work.processes import chunked, map_chunks

#: Members of a class that are compared with each other.
_SAMPLE = 24
_CHUNK = 8
#: A powder pattern does not tell other elements on the same sites from those of a type.
_NO_TYPE_OF_ITS_OWN = (Difference.ANTI_TYPE, Difference.ELEMENTS)


@dataclass(frozen=True, slots=True)
class GenerationConfig:
    """Which types are made.

    Attributes
    ----------
    least
        Compounds (distinct formulas) that were made and that a type must have.
    workers
        Processes.
    """

    least: int = 8
    workers: int = 2

    def __post_init__(self) -> None:
        as_count(self.least, name="least", least=2)
        as_count(self.workers, name="workers")


@dataclass(frozen=True, slots=True)
class Generated:
    """What was made of a store.

    Attributes
    ----------
    entries
        Of the types, those with most compounds first; `to_text` makes the file of them.
    left_out
        Why a class gave no type, in words, with its key.
    """

    entries: tuple[Mapping[str, Any], ...]
    left_out: tuple[tuple[str, str], ...]

    def to_text(self) -> str:
        """The file: one entry a line, the same for the same store."""
        return "".join(
            json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"
            for entry in self.entries
        )


def generate_types(path: Path, *, config: GenerationConfig, report: Progress = silent) -> Generated:
    """Make structure types of the classes of a store that no type of the catalogue covers.

    Parameters
    ----------
    path
        The store.
    config
        Which types are made.
    report
        Called now and then.

    Raises
    ------
    CorpusError
        The file is no store, or none of its classes has so many compounds.
    """
    by_hand = load_by_hand()
    with Store.open(path) as store:
        classes = populated(
            (c for c in store.compounds() if not by_hand.has(c.type_name)), least=config.least
        )
    if not classes:
        raise CorpusError(
            f"No class of {path} has {config.least} compounds outside the catalogue.",
            hint="Add more structures, or lower --least.",
        )
    found: list[Middle] = []
    left_out: list[tuple[str, str]] = []
    work = chunked(classes.items(), _CHUNK)
    middles_of = partial(_middles_of_chunk, least=config.least)
    for done, (chunk, parts) in enumerate(
        map_chunks(middles_of, work, workers=config.workers), start=1
    ):
        for (key, _), part in zip(chunk, parts, strict=True):
            found += part
            if not part:
                left_out.append((key_words(key), "its members have no middle of their own"))
        report("finding the middle of classes", min(done * _CHUNK, len(classes)), len(classes))
    sizes = {key: len(members) for key, members in classes.items()}
    found.sort(key=lambda m: (-round(m.share * sizes[m.key]), m.key, m.tolerance))
    entries = _entries(found, sizes, by_hand)
    everyday = {
        entry["name"]
        for entry, middle in zip(entries, found, strict=True)
        if any(member.wanted for member in middle.near)
    }
    kept, refused = _that_hold(entries, by_hand, everyday)
    return Generated(tuple(kept), (*left_out, *refused))


def key_words(key: ClassKey) -> str:
    """The key as people read it."""
    return f"space group {key[0]}, Wyckoff sequence {key[1]}, {key[2]}"


def _middles_of_chunk(
    chunk: Sequence[tuple[ClassKey, list[ClassMember]]], *, least: int
) -> list[list[Middle]]:
    return [_middles(members, least=least) for _, members in chunk]


def _middles(members: list[ClassMember], *, least: int) -> list[Middle]:
    """Find the types of a class, and those of wanted members that are in none of them."""
    found = middles(_sampled(members), least_share=least / len(members))
    for member in members:
        if member.wanted:
            found = with_wanted(found, member, members)
    return found


def _sampled(members: list[ClassMember]) -> list[ClassMember]:
    """Take members at even steps, those that types are called after in any case."""
    if len(members) <= _SAMPLE:
        return members
    named = [member for member in members if member.prototype is not None]
    steps = [members[i * len(members) // _SAMPLE] for i in range(_SAMPLE)]
    return [*named, *(member for member in steps if member not in named)]


def _entries(
    found: Iterable[Middle], sizes: Mapping[ClassKey, int], by_hand: Catalogue
) -> list[dict[str, Any]]:
    taken = {kind.name for kind in by_hand}
    entries = []
    for middle in found:
        symmetry = middle.reference.symmetry
        plain = named_after(middle.near)
        name = unique(
            plain, pearson=symmetry.pearson_symbol, space_group=middle.key[0], taken=taken
        )
        taken.add(name)
        entries.append(_entry(middle, name, compounds=round(middle.share * sizes[middle.key])))
    return entries


def _entry(middle: Middle, name: str, *, compounds: int) -> dict[str, Any]:
    """What the file says of a type; the keys are those of the other files."""
    member = middle.reference
    source, symmetry = member.compound.entry, member.symmetry
    roles = roles_of(symmetry)
    labels = [mineral for mineral in minerals_of(middle.near) if mineral not in name]
    optional: dict[str, Any] = {
        "labels": labels,
        "without": "H" if member.protons else "",
        "c_over_a": list(middle.c_over_a or ()),
        "beta": list(middle.beta or ()),
    }
    return {
        "name": name,
        "anx": middle.key[2],
        "only_anx": middle.key[2],
        "space_group": symmetry.space_group,
        "hall_number": symmetry.hall_number,
        "cell": [round(value, 4) for value in symmetry.cell],
        "sites": [_site(r, o) for r, o in zip(roles, symmetry.orbits, strict=True)],
        "tolerance": middle.tolerance,
        **{key: value for key, value in optional.items() if value},
        "source": f"{source.source} {source.code} ({source.kind}; {source.licence})",
        "compounds": compounds,
    }


def _site(role: str, orbit: Orbit) -> str:
    """Write ``"X 32e O 0.2624 0.2624 0.2624"``."""
    species = ",".join(
        element if abs(amount - 1.0) < 5e-4 else f"{element}:{amount:.3g}"
        for element, amount in orbit.species
    )
    xyz = " ".join(f"{value % 1.0:.5f}".rstrip("0").rstrip(".") for value in orbit.xyz)
    return f"{role} {orbit.multiplicity}{orbit.letter} {species} {xyz}"


def _that_hold(
    entries: Sequence[dict[str, Any]], by_hand: Catalogue, wanted: Container[str]
) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Entries that recognise their reference and that no other type claims, and why others fail."""
    kept = list(entries)
    refused: list[tuple[str, str]] = []
    while True:
        catalogue = Catalogue(tuple(type_of_entry(e, extension=True, generated=True) for e in kept))
        problems = dict(_problems(catalogue, by_hand, wanted))
        refused += problems.items()
        kept = [entry for entry in kept if entry["name"] not in problems]
        if not problems:
            return kept, refused


def _problems(
    catalogue: Catalogue, by_hand: Catalogue, wanted: Container[str]
) -> Iterator[tuple[str, str]]:
    for kind in catalogue:
        lonely = lonely_atom(expand(kind.reference))
        if lonely is not None:
            yield kind.name, f"{lonely[0]} of its reference is far from all other atoms"
            continue
        found = assign(kind.reference, catalogue=by_hand)
        if found.type is not None:
            yield kind.name, f"its reference is {found.type.name}"
            continue
        near = found.isopointal_to
        if near and near.reason in _NO_TYPE_OF_ITS_OWN and kind.name not in wanted:
            yield kind.name, f"the arrangement is that of {near.type.name} ({near.reason})"
            continue
        found = assign(kind.reference, catalogue=catalogue)
        if found.type is not kind:
            other = "none" if found.type is None else found.type.name
            yield kind.name, f"its reference is taken for {other}"
        elif found.second is not None and not found.second.problem:
            yield kind.name, f"{found.second.kind.name} claims its reference too"
