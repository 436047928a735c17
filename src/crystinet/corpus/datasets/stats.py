"""Counts of stores and data sets, for people and for the data card."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset
from crystinet.corpus.splits import Split
from crystinet.corpus.store.queries import Counts

#: Structure types that `count_lines` shows.
_TOP_TYPES = 30


def counts_by_class(dataset: Dataset) -> list[dict[str, str | int]]:
    """Compounds of each class by split; class 0 is everything outside the classes."""
    names: dict[int, Counter[str]] = {}
    for member in dataset.members:
        names.setdefault(member.class_number, Counter())[member.type_name] += 1
    rows: list[dict[str, str | int]] = []
    for number in sorted(names):
        members = [m for m in dataset.members if m.class_number == number]
        splits = Counter(m.split for m in members)
        rows.append(
            {
                "number": number,
                "name": "(outside)" if number == OUTSIDE else names[number].most_common(1)[0][0],
                "train": splits[Split.TRAIN],
                "validation": splits[Split.VALIDATION],
                "test": splits[Split.TEST],
                "known_experimentally": sum(m.known_experimentally for m in members),
            }
        )
    return rows


def class_lines(rows: Iterable[Mapping[str, str | int]]) -> list[str]:
    """Write `counts_by_class` for the terminal, under a header."""
    lines = [f"{'class':>5} {'type':<32}  train  valid.   test   made"]
    lines += [
        f"{row['number']:>5} {row['name']:<32} {row['train']:>6} {row['validation']:>7} "
        f"{row['test']:>6} {row['known_experimentally']:>6}"
        for row in rows
    ]
    return lines


def counts_document(found: Counts) -> dict[str, Any]:
    """Counts of a store as JSON has them."""
    document = asdict(found)
    document["sources"] = [
        {"source": source, "licence": licence, "kind": kind, "structures": number}
        for (source, licence, kind), number in found.sources.items()
    ]
    document["types"] = {name: number for name, number in found.types.items() if name}
    document["without_type"] = found.types.get("", 0)
    document["type_origins"] = {
        origin: number for origin, number in document.pop("origins").items() if origin
    }
    return document


def count_lines(found: Counts) -> list[str]:
    """Write the counts of a store for the terminal."""
    types = {name: number for name, number in found.types.items() if name}
    lines = [
        f"{found.structures:>9} structures of {found.compounds} compounds in {found.isotypes} "
        "isoconfigurational classes",
        f"{found.disordered:>9} disordered, {found.structures - found.disordered} ordered",
        f"{found.known_experimentally:>9} of compounds that were made",
        f"{found.problems:>9} rejected inputs",
        "",
        "Splits",
        *_counted(found.splits),
        "",
        "Sources",
        *(
            f"{number:>9} {source} ({kind}; {licence or 'licence not stated'})"
            for (source, licence, kind), number in found.sources.items()
        ),
        "",
        f"Structure types ({len(types)} named; {found.types.get('', 0)} structures without)",
        *_counted(dict(list(types.items())[:_TOP_TYPES])),
    ]
    if len(types) > _TOP_TYPES:
        lines.append(f"          ... and {len(types) - _TOP_TYPES} more, see --json")
    elements = (f"{element} {number}" for element, number in found.elements.items())
    return [*lines, "", "Elements", "  " + ", ".join(elements)]


def _counted(numbers: Mapping[str, int]) -> list[str]:
    return [f"{number:>9} {name}" for name, number in numbers.items()]
