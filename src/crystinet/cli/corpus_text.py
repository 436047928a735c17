"""What stores, data sets and audits hold, as people read it in a terminal."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crystinet.app.corpus import Contents
    from crystinet.corpus.labels.audit import Audit
    from crystinet.corpus.labels.minerals import Agreement
    from crystinet.corpus.store.queries import Counts

#: Structure types of a store that are shown.
_TOP_TYPES = 30


def contents_lines(contents: "Contents") -> list[str]:
    """Counts of a store or of a data set."""
    if contents.counts is not None:
        return _count_lines(contents.counts)
    return _class_lines(contents.classes)


def _class_lines(rows: Iterable[Mapping[str, str | int]]) -> list[str]:
    """Compounds of each class by split, under a header."""
    lines = [f"{'class':>5} {'type':<32}  train  valid.   test   made"]
    lines += [
        f"{row['number']:>5} {row['name']:<32} {row['train']:>6} {row['validation']:>7} "
        f"{row['test']:>6} {row['known_experimentally']:>6}"
        for row in rows
    ]
    return lines


def _count_lines(found: "Counts") -> list[str]:
    """Structures, splits, sources, types and elements of a store."""
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


def audit_lines(found: "Audit") -> list[str]:
    """What an audit found, type by type."""
    lines = [
        f"{found.structures} structures, {found.assigned} with a type, {found.failed} impossible",
        "",
        f"{'type':<32} compounds structures  far ties nearly  such as",
    ]
    lines += [
        f"{entry.name:<32} {entry.compounds:>9} {entry.structures:>10} {entry.far:>4} "
        f"{entry.ties:>4} {entry.nearly:>6}  {', '.join(entry.examples)}"
        for entry in found.types
    ]
    lines += ["", "Space groups, Pearson symbols and Wyckoff sequences of several types:"]
    for key, counts in found.collisions.items():
        told = ", ".join(f"{name or 'none'} {n}" for name, n in counts.items())
        lines.append(f"  {key}: {told}")
    if found.labelled:
        agreeing = found.labelled - sum(found.differing.values())
        lines += ["", f"Types of the source: {agreeing} of {found.labelled} agree"]
        lines += [f"  {a}, computed {b or 'none'}: {n}" for (a, b), n in found.differing.items()]
    if found.minerals is not None:
        lines += ["", *_mineral_lines(found.minerals)]
    return lines


def _mineral_lines(found: "Agreement") -> list[str]:
    total = found.correct + found.none + found.wrong
    share = f" ({found.correct / total:.1%})" if total else ""
    return [
        f"Minerals: {found.minerals}; {found.correct} of {total} structures agree{share}, "
        f"{found.none} have no type, {found.wrong} another",
        *(f"  {line}" for line in found.differing),
    ]
