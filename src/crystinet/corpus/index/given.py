"""An index with compounds that somebody gave as structures, such as those that taught a type."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from crystinet.corpus.index.atoms import KnownAtoms
from crystinet.corpus.index.index import CompoundIndex, IndexEntry, pack_index
from crystinet.corpus.index.table import KnownCompound
from crystinet.crystals.structure import Structure

#: What stands as source and kind of such compounds.
SOURCE, KIND = "CIF file", "given"


def index_with(index: CompoundIndex, given: Mapping[str, Sequence[Structure]]) -> CompoundIndex:
    """The index with further compounds; it keeps its id, and itself stays as it is.

    Parameters
    ----------
    index
        The known compounds.
    given
        Structures by type, see `crystinet.model.bundle.Bundle.given`. One without lines is left
        out.

    Raises
    ------
    InvalidStructureError
        A structure is impossible.
    """
    if not given:
        return index
    # Here: what builds an index is far more than an answer needs.
    from crystinet.corpus.compound import reduced_formula
    from crystinet.corpus.datasets.lines import lines_of, with_standard_axes
    from crystinet.corpus.index.build import IndexConfig
    from crystinet.crystals.symmetry import analyse

    config, entries = IndexConfig(), []
    for type_name, structures in given.items():
        for structure in structures:
            symmetry = analyse(structure)
            standard, space_group = with_standard_axes(structure, space_group=symmetry.space_group)
            lines = lines_of(
                standard,
                space_group=space_group,
                d_min_angstrom=config.d_min_angstrom,
                max_lines=config.lines,
                variants=0,
                seed=0,
            )
            if lines is None:
                continue
            found = lines.reflections
            compound = KnownCompound(
                formula=reduced_formula(symmetry.composition),
                type_name=type_name,
                cell=found.cell,
                space_group=found.space_group,
                source=SOURCE,
                source_id=structure.name,
                licence="",
                kind=KIND,
            )
            strength = found.multiplicity * found.f_squared
            entries.append(IndexEntry(compound, found.hkl, strength, standard))
    if not entries:
        return index
    own = pack_index(entries)
    return replace(
        index,
        compounds=(*index.compounds, *own.compounds),
        offsets=np.concatenate([index.offsets, index.offsets[-1] + own.offsets[1:]]),
        hkl=np.concatenate([index.hkl, own.hkl]),
        strength=np.concatenate([index.strength, own.strength]),
        find_atoms=partial(_joined_atoms, index, own),
    )


def _joined_atoms(first: CompoundIndex, second: CompoundIndex) -> KnownAtoms | None:
    known = [index.atoms or KnownAtoms.of([None] * len(index)) for index in (first, second)]
    return KnownAtoms.joined(known)
