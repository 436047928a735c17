"""Entries from JSON records: OPTIMADE resources, documents with a pymatgen structure, JARVIS.

Open databases publish these in bulk, and OPTIMADE servers send them. Sources: the OPTIMADE
specification 1.2, section *Structures* (optimade.org); ``Structure.as_dict`` of pymatgen; the
documentation of JARVIS-Tools.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from crystinet.core.cell import Cell
from crystinet.core.errors import CorpusError
from crystinet.corpus.compound import EXPERIMENTAL, Entry
from crystinet.corpus.intake.cif_entries import Overrides, with_overrides
from crystinet.crystals.structure import Site, Structure

#: OPTIMADE's names for what is no atom at a site.
_NO_ATOM = frozenset({"vacancy", "X"})
#: Features of a structure whose atoms are not all listed, or not where they are said to be.
_INCOMPLETE = ("implicit_atoms", "site_attachments", "unknown_positions")


@dataclass(frozen=True, slots=True)
class Provider:
    """A database as it calls itself, its licence and the kind of its entries."""

    source: str
    licence: str = ""
    kind: str = "dft"


#: By the identifiers of OPTIMADE's list of providers; kinds and licences by their own pages.
PROVIDERS: Mapping[str, Provider] = {
    "aflow": Provider("AFLOW"),
    "alexandria": Provider("Alexandria", "CC-BY-4.0"),
    "cod": Provider("Crystallography Open Database", "CC0-1.0", EXPERIMENTAL),
    "jarvis": Provider("JARVIS-DFT"),
    "mp": Provider("Materials Project", "CC-BY-4.0"),
    "oqmd": Provider("Open Quantum Materials Database", "CC-BY-4.0"),
    "tcod": Provider("Theoretical Crystallography Open Database", "CC0-1.0"),
}
_UNKNOWN = Provider("")


def entry_of_record(
    record: Mapping[str, Any], *, overrides: Overrides, provider: Provider | None = None
) -> Entry:
    """Make the entry of one record.

    Parameters
    ----------
    record
        A resource of OPTIMADE, a document with a structure of pymatgen, or a record of JARVIS.
    overrides
        What the user says; it counts more than what the record says.
    provider
        Who sent it, where that is known.

    Raises
    ------
    CorpusError
        It is none of these, its atoms are not complete, or nobody says which database it is from.
    """
    try:
        for reader, mark in _READERS:
            if mark in record:
                entry = with_overrides(reader(record, provider or _UNKNOWN), overrides)
                break
        else:
            raise CorpusError(
                f"The record has {', '.join(map(str, list(record)[:6]))} and no crystal structure.",
                hint="Records of OPTIMADE, pymatgen (structure) and JARVIS (atoms) are read.",
            )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise CorpusError(
            f"The structure of the record is incomplete: {type(error).__name__}: {error}.",
            hint="Fetch the file again; if it is as published, leave the record out.",
        ) from error
    if not entry.source:
        raise CorpusError(
            f"Nobody says from which database {entry.code or 'the record'} is.",
            hint="Give --source, --licence and --kind.",
        )
    return replace(entry, known_experimentally=entry.known_experimentally or _made(entry))


def _made(entry: Entry) -> bool:
    return entry.kind == EXPERIMENTAL


def _of_optimade(record: Mapping[str, Any], provider: Provider) -> Entry:
    said = record["attributes"]
    features = [name for name in said.get("structure_features") or () if name in _INCOMPLETE]
    periodic = said.get("nperiodic_dimensions")
    if features or periodic not in (3, None):
        what = features[0].replace("_", " ") if features else f"{periodic} periodic dimensions"
        raise CorpusError(
            f"{record['id']} has {what}: it is no complete crystal structure.",
            hint="It is left out; nothing is to be done.",
        )
    kinds = {kind["name"]: _species_of(kind) for kind in said["species"]}
    vectors = np.asarray(said["lattice_vectors"], dtype=np.float64)
    xyz = np.asarray(said["cartesian_site_positions"], dtype=np.float64) @ np.linalg.inv(vectors)
    species = [kinds[name] for name in said["species_at_sites"]]
    return _entry(str(record["id"]), provider, vectors, species, xyz)


def _species_of(kind: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    pairs = zip(kind["chemical_symbols"], kind["concentration"], strict=True)
    return tuple((str(name), float(share)) for name, share in pairs if name not in _NO_ATOM)


def _of_pymatgen(record: Mapping[str, Any], provider: Provider) -> Entry:
    structure = record["structure"]
    data = record.get("data") or {}
    code = record.get("material_id") or data.get("mat_id") or record.get("entry_id") or ""
    if not provider.source and str(code).startswith("agm"):
        provider = PROVIDERS["alexandria"]
    elif not provider.source and str(code).startswith("mp-"):
        provider = PROVIDERS["mp"]
    species = [
        tuple((str(each["element"]), float(each["occu"])) for each in site["species"])
        for site in structure["sites"]
    ]
    xyz = [site["abc"] for site in structure["sites"]]
    entry = _entry(str(code), provider, structure["lattice"]["matrix"], species, xyz)
    return replace(entry, known_experimentally=record.get("theoretical") is False)


def _of_jarvis(record: Mapping[str, Any], provider: Provider) -> Entry:
    atoms = record["atoms"]
    vectors = np.asarray(atoms["lattice_mat"], dtype=np.float64)
    xyz = np.asarray(atoms["coords"], dtype=np.float64)
    if atoms.get("cartesian"):
        xyz = xyz @ np.linalg.inv(vectors)
    species = [((str(element).strip(), 1.0),) for element in atoms["elements"]]
    if not provider.source and str(record["jid"]).startswith("JVASP"):
        provider = PROVIDERS["jarvis"]
    return _entry(str(record["jid"]), provider, vectors, species, xyz)


_READERS = (
    (_of_optimade, "attributes"),
    (_of_pymatgen, "structure"),
    (_of_jarvis, "atoms"),
)


def _entry(
    code: str,
    provider: Provider,
    vectors: Any,
    species: Sequence[tuple[tuple[str, float], ...]],
    xyz: Any,
) -> Entry:
    """The entry of all atoms of a cell with these row vectors, in angstrom."""
    sites = [
        Site(kinds, (float(x), float(y), float(z)))
        for kinds, (x, y, z) in zip(species, np.asarray(xyz).tolist(), strict=True)
        if kinds
    ]
    return Entry(
        source=provider.source,
        code=code,
        licence=provider.licence,
        kind=provider.kind,
        known_experimentally=False,
        formula="",
        label="",
        structure=Structure(_cell_of(vectors), "P 1", tuple(sites), code),
    )


def _cell_of(vectors: Any) -> Cell:
    basis = np.asarray(vectors, dtype=np.float64).reshape(3, 3)
    lengths = np.linalg.norm(basis, axis=1)
    unit = basis / lengths[:, None]
    pairs = ((1, 2), (0, 2), (0, 1))
    angles = [float(np.degrees(np.arccos(np.clip(unit[i] @ unit[j], -1, 1)))) for i, j in pairs]
    return Cell(*lengths.tolist(), *angles)
