"""The answers as people read them: Rich tables and sentences."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

import numpy as np
from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from crystinet.app.example import Example
from crystinet.app.outcome import Failure, Outcome, Success
from crystinet.core.notes import NoteCode
from crystinet.core.plain import printable
from crystinet.model.identification import Candidate, Identification

if TYPE_CHECKING:
    from crystinet.app.identify import Answer
    from crystinet.crystals.assignment import Assignment
    from crystinet.crystals.structure_type import StructureType
    from crystinet.lines.indexing.beyond import Beyond
    from crystinet.model.explanation import Explanation

#: Wide enough for the longest type names where no terminal limits the width.
WIDTH_WITHOUT_TERMINAL = 120

_STYLES = {"known": "green", "further": "green", "uncertain": "yellow", "unknown": "red"}
#: Types of a candidate set that are named.
_LARGEST_SET = 10


def _style(result: Identification) -> str:
    return _STYLES[result.standing]


class PlainConsole(Console):
    """Shows control characters of names as escapes, and leaves the end of a broken pipe to us.

    Rich would pass the characters on to the terminal, and exit with the status of a fault.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Segments of what is printed."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(printable(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Say it as other writing does."""
        raise BrokenPipeError


def make_console(out: TextIO | None = None) -> Console:
    """Console on standard output, or another, that leaves names and numbers as they are.

    Where the output is no terminal, sentences stay on one line for programs that search them.
    """
    out = out or sys.stdout
    terminal = out.isatty()
    return PlainConsole(
        file=out,
        width=None if terminal else WIDTH_WITHOUT_TERMINAL,
        soft_wrap=not terminal,
        highlight=False,
        markup=False,
    )


def first_screen(file: str, result: Identification, *, top: int) -> Group:
    """One file: the verdict in a sentence, what it rests on, and a probability a candidate."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("structure type", overflow="fold")
    table.add_column("probability", justify="right")
    for each in result.likely_of_all[:top]:
        table.add_row(Text(each.full_name), f"{100.0 * each.probability:.1f} %")
    return Group(*_verdict(file, result), table, *_cells(result), *_warnings(result))


def details_of_answer(file: str, result: Identification, *, top: int) -> Group:
    """One file with everything that the answer says."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("rank", justify="right")
    table.add_column("structure type", overflow="fold")
    for heading in ("no.", "probability", "reliability", "similarity", "confidence"):
        table.add_column(heading, justify="right")
    for rank, each in enumerate(result.ranking[:top], start=1):
        own = each.found if isinstance(each.found, Candidate) else None
        scores = (own.reliability, own.similarity, own.confidence) if own else ()
        table.add_row(
            str(rank),
            Text(each.full_name),
            str(own.number) if own else "further",
            f"{100.0 * each.probability:.1f} %",
            *(f"{score:.3f}" for score in scores),
        )
    beside = f" with {result.further.model_id[:12]}" if result.further else ""
    told = (
        f"Unknown score {result.unknown_score:.2f}: 0 is surely a known type, 1 surely none.",
        f"90 % sure to hold the right type, if it is known: {_in_set(result)}.",
        f"Prepared: {'; '.join(result.steps)}.",
        f"Model {result.model_version} ({result.model_id[:12]}{beside}), {result.elapsed_s:.2f} s.",
    )
    shown = (table, *map(Text, told), *_cells(result))
    return Group(*_verdict(file, result), *shown, *_warnings(result))


def _in_set(result: Identification) -> str:
    """The candidate set in words; of a large one, which says nothing, the size."""
    names = result.candidate_set
    return ", ".join(names) if len(names) <= _LARGEST_SET else f"any of {len(names)} types"


def _verdict(file: str, result: Identification) -> list[Text]:
    low, high = result.two_theta_range
    basis = f"{result.basis} Measured from {low:.2f} to {high:.2f} degrees 2theta."
    assumed = result.tube_assumed
    if assumed:
        basis += " Another tube: --anode Mo, or --wavelength."
    return [
        Text(file, style="bold"),
        Text(result.sentence, style=_style(result)),
        Text(basis, style="yellow" if assumed else ""),
    ]


def _cells(result: Identification) -> "list[RenderableType]":
    """Cells that have the lines of the pattern, where they were asked for."""
    if result.beyond is None:
        return []
    told = [] if result.lattice_is_told else [Text(result.beyond.sentence)]
    if not result.beyond.cells:
        return [*told]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("lattice", overflow="fold")
    for heading in ("M20", "F20", "lines indexed"):
        table.add_column(heading, justify="right")
    for cell in result.beyond.cells:
        lines = f"{cell.indexed} of {cell.lines}"
        table.add_row(Text(cell.words), f"{cell.m20:.1f}", f"{cell.f20:.1f}", lines)
    return [*told, table, *_space_groups(result.beyond)]


def _space_groups(beyond: "Beyond") -> list[Text]:
    """What absences and networks leave of the space groups, those of one probability together."""
    told = "; ".join(
        f"{', '.join(each.space_groups[:_GROUPS])}"
        f"{', ...' if len(each.space_groups) > _GROUPS else ''} "
        f"({100.0 * each.probability:.0f} %)"
        for each in beyond.extinctions
        if each.probability >= 0.01
    )
    return (
        [Text(f"Space groups of the first cell, the most probable first: {told}.")] if told else []
    )


def _warnings(result: Identification) -> list[Text]:
    """Notes, but for those that stand beside the verdict already."""
    return [
        Text(f"Warning: {note.text}", style="yellow")
        for note in result.notes
        if note.code is not NoteCode.ASSUMED_WAVELENGTH and note.text != result.reason
    ]


def elsewhere(result: Identification) -> Text:
    """How to ask about a further type what is shown of the bundle's own."""
    name = result.first_named
    return Text(
        f"What follows is about this model's own types. About {name}: --model wide, or "
        f"crystinet refine FILE --type '{name}'.",
        style="yellow",
    )


def answer_line(file: str, result: Identification, *, width: int) -> Text:
    """One of many files in a line."""
    named, chance = result.named
    line = Text(f"{file:<{width}}  ")
    line.append(f"{result.standing:<9}", style=_style(result))
    line.append(f"  {' ' * 7 if chance is None else f'{100.0 * chance:5.1f} %'}  {named}")
    if result.tube_assumed:
        line.append("  (Cu tube assumed)", style="yellow")
    return line


def notes_of_batch(outcomes: "Sequence[Outcome[Answer]]") -> Group:
    """Each kind of note once, with the number of files that have it."""
    found: dict[NoteCode, list[str]] = {}
    for outcome in outcomes:
        if not isinstance(outcome, Failure):
            for note in outcome.result.identification.notes:
                found.setdefault(note.code, []).append(f"{outcome.file}: {note.text}")
    texts = [
        f"Warning, {told[0]}"
        if len(told) == 1
        else f"Warning, {len(told)} files (--details shows all), {told[0]}"
        for told in found.values()
    ]
    return Group(*(Text(text, style="yellow") for text in texts))


#: Space groups that are named of those with the same absences.
_GROUPS = 6
#: Windows and lines that an explanation names.
_NAMED = 5


def explanation_text(file: str, found: "Explanation") -> Group:
    """What the place of a candidate rests on, in sentences."""
    candidate, answer = found.candidate, found.identification
    own = next(e.probability for e in answer.ranking if e.found == candidate)
    lines = [
        f"{candidate.full_name} (no. {candidate.number}), {_place(found)}: probability "
        f"{100.0 * own:.1f} %, reliability {candidate.reliability:.3f}.",
        _lines_sentence(found),
        _heat_sentence(found),
        *_window_sentences(found),
    ]
    return Group(
        Text(file, style="bold"),
        Text(answer.sentence, style=_style(answer)),
        *map(Text, lines),
        *(Text(f"Warning: {warning}", style="yellow") for warning in answer.warnings),
    )


def _place(found: "Explanation") -> str:
    """What a candidate is of the answer, in words."""
    if found.rank > 1:
        return f"candidate {found.rank}"
    first = found.identification.ranking[0]
    if first.is_further:
        return f"the nearest of this model's own types (--model wide explains {first.full_name})"
    return "the answer"


def _lines_sentence(found: "Explanation") -> str:
    if not found.expected.any():
        return "The model has no average pattern of this type to compare lines with."
    n, left = len(found.peaks), found.unexplained
    text = f"Lines: {n - len(left)} of {n} that stand out of the noise are lines of the type."
    if found.lattice_scale is not None:
        text += f" The cell has {found.lattice_scale:.3f} times the edges of the type's reference."
    if not left:
        return text
    strongest = sorted(left, key=lambda peak: -peak.intensity)[:_NAMED]
    named = ", ".join(
        f"{peak.two_theta_deg:.2f} ({100.0 * peak.intensity:.0f} %)" for peak in strongest
    )
    return f"{text} Not of the type, strongest first: {named} degrees 2theta."


def _heat_sentence(found: "Explanation") -> str:
    if not found.heat.any():
        return "Nothing that the network saw speaks for the type."
    angle = found.two_theta_deg[found.heat.argmax()]
    return f"The network looked most around {angle:.0f} degrees."


def _window_sentences(found: "Explanation") -> list[str]:
    windows = found.sensitivity
    if not len(windows.change):
        return ["The measured range is too short to leave a part of it out."]
    low, high = windows.two_theta_deg[windows.change.argmin()]
    drop = -windows.change.min()
    text = [
        f"The answer rests most on {low:.1f} to {high:.1f} degrees: without them the score of the "
        f"type falls to {_share_text(np.exp(-drop))}."
        if drop > 0.0
        else "No part of the range speaks for it: without any of them its score stays or rises."
    ]
    first = found.identification.candidates[0].type
    others: dict[str, list[tuple[float, float]]] = {}
    for (a, b), name in zip(windows.two_theta_deg, windows.answers, strict=True):
        if name != first:
            ranges = others.setdefault(name, [])
            if ranges and a <= ranges[-1][1]:  # windows overlap
                ranges[-1] = (ranges[-1][0], b)
            else:
                ranges.append((a, b))
    width = float(np.median(np.diff(windows.two_theta_deg, axis=1)))
    return text + [
        f"The answer would be {name} if {width:.0f} degrees were missing between "
        f"{' or '.join(f'{a:.0f} and {b:.0f}' for a, b in ranges[:_NAMED])} degrees"
        f"{' and elsewhere' if len(ranges) > _NAMED else ''}."
        for name, ranges in others.items()
    ]


def _share_text(share: float) -> str:
    """A share of 1 in words that need no logarithm: 12 %, or a 240th."""
    return f"{100.0 * share:.0f} %" if share >= 0.01 else f"a {1.0 / share:.0f}th"


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
        "failed" if isinstance(outcome, Failure) else outcome.result.identification.standing
        for outcome in outcomes
    )
    words = {"further": "of a further type"}
    order = ("known", "further", "uncertain", "unknown", "failed")
    parts = ", ".join(f"{counts[word]} {words.get(word, word)}" for word in order if counts[word])
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
            Text(found.evidence + _isopointal_words(found)),
        )
    return table


def _isopointal_words(found: "Assignment") -> str:
    near = found.isopointal_to
    return f"; isopointal to {near.type.name} ({near.reason}: {near.detail})" if near else ""


def catalogue_table(
    kinds: "Sequence[StructureType]", *, why: "Sequence[str] | None" = None
) -> Table:
    """One row a structure type; ``why`` says of each why it was found."""
    from crystinet.app.types import knowing_bundles

    bundles = knowing_bundles(kind.name for kind in kinds)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    if why is None:
        for heading in ("no.", "group", "class"):
            table.add_column(heading, justify="right")
    table.add_column("structure type", no_wrap=True)
    for heading in ("space group", "Pearson", "ANX", "known to"):
        table.add_column(heading, overflow="fold")
    if why is not None:
        table.add_column("found by", overflow="fold")
    for number, kind in enumerate(kinds):
        own = (str(value or "-") for value in (kind.number, kind.group))
        table.add_row(
            *([] if why is not None else [*own, str(kind.merged_into or kind.number or "-")]),
            Text(kind.name),
            ", ".join(map(str, kind.space_groups)),
            ", ".join(kind.pearson_symbols),
            Text(kind.anx),
            Text(", ".join(bundles[kind.name]) or "-"),
            *([] if why is None else [Text(why[number])]),
        )
    return table
