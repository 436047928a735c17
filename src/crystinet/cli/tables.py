"""The answers as people read them: Rich tables and sentences."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from crystinet.app.example import Example
from crystinet.app.outcome import Failure, Outcome, Success
from crystinet.model.identification import Identification, Verdict

if TYPE_CHECKING:
    from crystinet.app.identify import Answer
    from crystinet.crystals.assignment import Assignment
    from crystinet.crystals.catalogue import StructureType
    from crystinet.model.explanation import Explanation

#: Wide enough for the longest type names where no terminal limits the width.
WIDTH_WITHOUT_TERMINAL = 120

_STYLES = {Verdict.KNOWN: "green", Verdict.UNCERTAIN: "yellow", Verdict.UNKNOWN: "red"}


class _PlainConsole(Console):
    """Leaves the end of a broken pipe to us; Rich would exit with the status of a fault."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def make_console() -> Console:
    """Console on standard output that leaves names and numbers as they are.

    Where the output is no terminal, sentences stay on one line for programs that search them.
    """
    terminal = sys.stdout.isatty()
    return _PlainConsole(
        width=None if terminal else WIDTH_WITHOUT_TERMINAL,
        soft_wrap=not terminal,
        highlight=False,
        markup=False,
    )


def identification_table(file: str, result: Identification, *, top: int) -> Group:
    """One file: name, verdict in words, the ranking, and the warnings."""
    low, high = result.two_theta_range
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("rank", justify="right")
    table.add_column("structure type", overflow="fold")
    for heading in ("no.", "probability", "reliability", "similarity", "confidence"):
        table.add_column(heading, justify="right")
    for rank, candidate in enumerate(result.candidates[:top], start=1):
        table.add_row(
            str(rank),
            Text(candidate.full_name),
            str(candidate.number),
            f"{100.0 * candidate.probability:.1f} %",
            f"{candidate.reliability:.3f}",
            f"{candidate.similarity:.3f}",
            f"{candidate.confidence:.3f}",
        )
    return Group(
        Text(file, style="bold"),
        Text(
            f"{low:.2f} to {high:.2f} degrees 2theta, "
            f"wavelength {result.wavelength_angstrom:.5f} angstrom"
            + (f" ({result.wavelength_from})" if result.wavelength_from else "")
        ),
        Text(result.sentence, style=_STYLES[result.verdict]),
        table,
        *(Text(f"Warning: {warning}", style="yellow") for warning in result.warnings),
    )


#: Windows and lines that an explanation names.
_NAMED = 5


def explanation_text(file: str, found: "Explanation") -> Group:
    """What the place of a candidate rests on, in sentences."""
    candidate, answer = found.candidate, found.identification
    place = "the answer" if found.rank == 1 else f"candidate {found.rank}"
    lines = [
        f"{candidate.full_name} (no. {candidate.number}), {place}: probability "
        f"{100.0 * candidate.probability:.1f} %, reliability {candidate.reliability:.3f}.",
        _lines_sentence(found),
        *_window_sentences(found),
    ]
    return Group(
        Text(file, style="bold"),
        Text(answer.sentence, style=_STYLES[answer.verdict]),
        *map(Text, lines),
        *(Text(f"Warning: {warning}", style="yellow") for warning in answer.warnings),
    )


def _lines_sentence(found: "Explanation") -> str:
    if not found.expected.any():
        return "The model has no average pattern of this type to compare lines with."
    n, left = len(found.peaks), found.unexplained
    text = f"Lines: {n - len(left)} of {n} are in the average pattern of the type."
    if found.lattice_scale is not None:
        text += f" The cell has {found.lattice_scale:.3f} times the edges of the type's reference."
    if not left:
        return text
    strongest = sorted(left, key=lambda peak: -peak.intensity)[:_NAMED]
    named = ", ".join(
        f"{peak.two_theta_deg:.2f} ({100.0 * peak.intensity:.0f} %)" for peak in strongest
    )
    return f"{text} Unexplained, strongest first: {named} degrees 2theta."


def _window_sentences(found: "Explanation") -> list[str]:
    windows = found.sensitivity
    if not len(windows.change):
        return ["The measured range is too short to mask a part of it."]
    low, high = windows.two_theta_deg[windows.change.argmin()]
    drop = -windows.change.min()
    text = [
        f"It hangs most on {low:.1f} to {high:.1f} degrees: without them ln(C p) falls by "
        f"{drop:.2f}."
        if drop > 0.0
        else "No window of the range speaks for it: without any of them ln(C p) stays or rises."
    ]
    first = found.identification.candidates[0].type
    others: dict[str, list[str]] = {}
    for (a, b), name in zip(windows.two_theta_deg, windows.answers, strict=True):
        if name != first:
            others.setdefault(name, []).append(f"{a:.0f}-{b:.0f}")
    return text + [
        f"The answer would be {name} without {' or '.join(ranges[:_NAMED])} degrees"
        f"{' and others' if len(ranges) > _NAMED else ''}."
        for name, ranges in others.items()
    ]


def example_text(example: Example) -> Text:
    """Where the example comes from, and its right answer."""
    return Text(f"Example: {example.origin}.\nRight answer: {example.answer}.\n")


def example_rank_text(example: Example, result: Identification) -> Text:
    """Say where the right answer stands."""
    ranked = [candidate.number for candidate in result.candidates]
    if example.number in ranked:
        place = f"number {ranked.index(example.number) + 1} of the candidates"
    else:
        place = f"not among the first {len(ranked)} candidates"
    return Text(f"The right answer, {example.answer}, is {place}.")


def summary_text(outcomes: "Sequence[Outcome[Answer]]", *, elapsed_s: float) -> Text:
    """Count the verdicts of a batch."""
    counts = Counter(
        "failed" if isinstance(outcome, Failure) else outcome.result.identification.verdict.value
        for outcome in outcomes
    )
    order = (*(verdict.value for verdict in Verdict), "failed")
    parts = ", ".join(f"{counts[word]} {word}" for word in order if counts[word])
    return Text(f"{len(outcomes)} files in {elapsed_s:.1f} s: {parts}", style="bold")


def assignment_table(outcomes: "Sequence[Success[Assignment]]") -> Table:
    """One row a file: type or none, symmetry, evidence."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("file", "structure type", "no.", "space group", "Pearson", "Wyckoff"):
        table.add_column(heading, overflow="fold")
    table.add_column("evidence", overflow="fold", ratio=1)
    for outcome in outcomes:
        found = outcome.result
        table.add_row(
            Text(outcome.file),
            Text(found.type.name if found.type else "none of the catalogue"),
            str((found.type and found.type.number) or "-"),
            str(found.space_group),
            found.pearson,
            Text(found.wyckoff),
            Text(found.evidence),
        )
    return table


def catalogue_table(kinds: "Sequence[StructureType]") -> Table:
    """One row a structure type."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("no.", "group", "class"):
        table.add_column(heading, justify="right")
    for heading in ("structure type", "space group", "Pearson", "ANX"):
        table.add_column(heading, overflow="fold")
    for kind in kinds:
        symmetries = [definition.reference for definition in kind.definitions]
        table.add_row(
            str(kind.number or "-"),
            str(kind.group or "-"),
            str(kind.merged_into or kind.number or "-"),
            Text(kind.name),
            ", ".join(dict.fromkeys(str(symmetry.space_group) for symmetry in symmetries)),
            ", ".join(dict.fromkeys(symmetry.pearson_symbol for symmetry in symmetries)),
            Text(kind.anx),
        )
    return table
