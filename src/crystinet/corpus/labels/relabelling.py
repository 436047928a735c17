"""Structure types of a store anew, after the further types of the package have changed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from crystinet.core.progress import Progress, silent
from crystinet.corpus.compound import Compound, composition_of
from crystinet.corpus.labels.analysis import ASSIGNED
from crystinet.corpus.store.store import Retyped, Store
from crystinet.crystals.assignment import assign_as_it_is
from crystinet.crystals.catalogue import load_catalogue, load_further
from crystinet.crystals.wyckoff import canonical_letters, without_hand
from crystinet.work.processes import chunked, map_chunks

_CHUNK = 200


def relabel(path: Path, *, workers: int, report: Progress = silent) -> int:
    """Assign the further types (`load_further`) to the compounds of a store, as far as they fit.

    Types of the catalogue stay, and so do those that the source names. Compounds are looked at with
    the symmetry that they have; adding them anew also tries the wider tolerances of `assign`.

    Parameters
    ----------
    path
        The store.
    workers
        Processes.
    report
        Called now and then.

    Returns
    -------
    How many compounds have another type than before.

    Raises
    ------
    CorpusError
        The file is no store, or cannot be written.
    """
    changed = seen = 0
    with Store.create(path) as store, Store.open(path) as read:
        total = read.size()
        for compounds, found in map_chunks(
            _assigned, chunked(_open_to_it(read), _CHUNK), workers=workers
        ):
            new = [kind for kind in found if kind is not None]
            store.retype(new)
            changed += len(new)
            seen = compounds[-1].id
            report("assigning types", min(seen, total), total)
    return changed


def _open_to_it(store: Store) -> Iterator[Compound]:
    """Yield compounds that may get a further type, or lose one."""
    named = load_catalogue()
    keys = {*named.by_key, *load_further().by_key}
    for compound in store.compounds():
        if named.has(compound.type_name) or compound.type_origin not in ("", ASSIGNED):
            continue
        if compound.type_name or _may_hold_protons(compound) or _key(compound) in keys:
            yield compound


def _may_hold_protons(compound: Compound) -> bool:
    """Whether some types disregard atoms of the compound, so that its own key says little."""
    elements = composition_of(compound.entry.formula).keys()
    return "H" in elements and bool(elements & {"O", "N"})


def _key(compound: Compound) -> tuple[int, str]:
    """Space group and canonical letters, from the Wyckoff sequence ("e2 a" are the letters aee)."""
    words = compound.wyckoff.split()
    letters = "".join(word[0] * int(word[1:] or 1) for word in words)
    number = without_hand(compound.space_group)
    return number, canonical_letters(number, letters)


def _assigned(compounds: list[Compound]) -> list[Retyped | None]:
    return [_new_type(compound) for compound in compounds]


def _new_type(compound: Compound) -> Retyped | None:
    """Type of a compound, and what it is isopointal to, where one is another than before."""
    found = assign_as_it_is(compound.structure, catalogue=load_catalogue())
    if found.type is None:
        near = found.isopointal_to
        found = assign_as_it_is(compound.structure, catalogue=load_further())
        found = replace(found, isopointal_to=near or found.isopointal_to)
    named = found.type is not None and load_catalogue().has(found.type.name)
    name = found.type.name if found.type and not named else ""
    near_name = found.isopointal_to.type.name if found.isopointal_to else ""
    if (name, near_name) == (compound.type_name, compound.isopointal_to):
        return None
    return Retyped(compound.id, name, ASSIGNED if name else "", found.evidence, near_name)
