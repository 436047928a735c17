"""An audit as JSON and as text."""

from dataclasses import asdict

from crystinet.corpus.labels.audit import Audit
from crystinet.corpus.labels.minerals import Agreement


def audit_document(found: Audit) -> dict[str, object]:
    """Give an audit as a JSON document."""
    differing = [
        {"label": label, "assigned": other, "structures": n}
        for (label, other), n in found.differing.items()
    ]
    return {
        **{name: getattr(found, name) for name in ("structures", "failed", "assigned")},
        "types": [asdict(entry) for entry in found.types],
        "collisions": [{"key": key, "types": dict(n)} for key, n in found.collisions.items()],
        "labels": {"structures": found.labelled, "differing": differing},
        "minerals": None if found.minerals is None else asdict(found.minerals),
    }


def audit_lines(found: Audit) -> list[str]:
    """Give an audit as text."""
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


def _mineral_lines(found: Agreement) -> list[str]:
    total = found.correct + found.none + found.wrong
    share = f" ({found.correct / total:.1%})" if total else ""
    return [
        f"Minerals: {found.minerals}; {found.correct} of {total} structures agree{share}, "
        f"{found.none} have no type, {found.wrong} another",
        *(f"  {line}" for line in found.differing),
    ]
