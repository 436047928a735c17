"""Compounds of the types that a bundle knows, and of others, beside which new types are learned."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from crystinet.core.files import sha256_of_file
from crystinet.core.progress import Progress
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.build import BuildConfig, build_dataset
from crystinet.corpus.datasets.compute import LinesWanted, compute_lines, dataset_of_lines
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member
from crystinet.corpus.labels.selection import FIRST_OWN_NUMBER
from crystinet.corpus.splits import Split, compound_key
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.structure_type import StructureType
from crystinet.model.bundle import Bundle
from crystinet.training.extension.sources import DataConfig, ExtensionSources

#: Said of a data set that was made without any corpus.
REFERENCES = "reference structures of the catalogue"


def old_compounds(
    sources: ExtensionSources, config: DataConfig, *, work: Path, report: Progress
) -> Dataset:
    """Compounds of the types that the bundle knows, and of other types."""
    if sources.dataset is not None:
        data = Dataset.load(sources.dataset)
        file_sha256 = sha256_of_file(sources.dataset)
        return replace(data, provenance={"file_sha256": file_sha256, **data.provenance})
    path = work / "old.npz"
    if path.exists():
        return Dataset.load(path)
    if sources.corpus is not None:
        built = build_dataset(
            sources.corpus,
            config=BuildConfig(
                per_class=config.per_class,
                outside=config.outside,
                variants=0,
                workers=config.workers,
            ),
            report=report,
        )
    else:
        built = _references(config, report)
    built.save(path)
    return built


def _references(config: DataConfig, report: Progress) -> Dataset:
    """The reference structure of each type of the catalogue, the same in all splits."""
    kinds = list(load_catalogue())
    build = BuildConfig()
    computed = compute_lines(
        (
            (
                kind,
                LinesWanted(
                    kind.reference,
                    kind.definitions[0].reference.space_group,
                    variants=build.variants,
                    seed=config.seed,
                ),
            )
            for kind in kinds
        ),
        build.limits,
        workers=config.workers,
        chunk=8,
        stage="reference structures",
        total=len(kinds),
        report=report,
    )
    compounds = [(kind, split, lines) for kind, lines in computed for split in Split]
    return dataset_of_lines(
        [
            (_reference_member(number, kind, split), lines)
            for number, (kind, split, lines) in enumerate(compounds, start=1)
        ],
        d_min_angstrom=build.d_min_angstrom,
        provenance={"origin": REFERENCES},
    )


def _reference_member(row_id: int, kind: StructureType, split: Split) -> Member:
    number = load_catalogue().class_of(kind).number
    composition = kind.definitions[0].reference.composition
    return Member(
        row_id=row_id,
        type_name=kind.name,
        class_number=OUTSIDE if number is None else number,
        split=split,
        known_experimentally=True,
        source=REFERENCES,
        formula="".join(f"{element}{n:g}" for element, n in composition.items()),
    )


def without_relatives(
    bundle: Bundle, old: Dataset, new: Dataset, numbers: Mapping[str, int]
) -> Dataset:
    """Give old compounds the numbers of the bundle, and drop those of the new types.

    A compound outside the known types that has a new type must not be taught as a foreign one:
    it goes by its type, or because a compound of the new types has its elements and space group.
    """
    known = {entry.number for entry in bundle.types if entry.number < FIRST_OWN_NUMBER}
    added = {e.name: e.number for e in bundle.types if e.number >= FIRST_OWN_NUMBER}
    present = {m.type_name for m in new.members}
    relatives = {
        (compound_key(composition_of(member.formula)), int(group))
        for member, group in zip(new.members, new.space_groups, strict=True)
    }
    kept, members = [], []
    for i, member in enumerate(old.members):
        number = member.class_number if member.class_number in known else OUTSIDE
        number = number or added.get(member.type_name, OUTSIDE)
        if number == OUTSIDE and member.type_name in numbers:
            continue
        if number >= FIRST_OWN_NUMBER and member.type_name in present:
            continue  # the corpus gave it already
        key = compound_key(composition_of(member.formula))
        if number == OUTSIDE and (key, int(old.space_groups[i])) in relatives:
            continue
        kept.append(i)
        members.append(replace(member, class_number=number))
    return old.take(np.array(kept, dtype=np.int64), members=members)


def thinned(dataset: Dataset, config: DataConfig) -> Dataset:
    """At most so many training compounds of each class, at random."""
    rng = np.random.default_rng([config.seed, 29])
    count: dict[int, int] = {}
    kept = []
    for i in rng.permutation(len(dataset.members)):
        member = dataset.members[i]
        if member.split is Split.TRAIN:
            limit = config.outside if member.class_number == OUTSIDE else config.per_class
            count[member.class_number] = count.get(member.class_number, 0) + 1
            if count[member.class_number] > limit:
                continue
        kept.append(i)
    return dataset.take(np.sort(np.array(kept, dtype=np.int64)))
