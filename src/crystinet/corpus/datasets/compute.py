"""Lines of many structures on several workers, and the data set that they make."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from crystinet.core.errors import InvalidStructureError
from crystinet.core.progress import Progress, silent
from crystinet.corpus.datasets.dataset import Dataset, Member, pack
from crystinet.corpus.datasets.lines import CompoundLines, lines_of
from crystinet.crystals.expansion import expand
from crystinet.crystals.plausibility import lonely_atom
from crystinet.crystals.structure import Structure
from crystinet.work.processes import Workers, chunked, map_chunks

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LineLimits:
    """Which lines are computed: down to this d, and at most so many of a compound."""

    d_min_angstrom: float
    max_lines: int


@dataclass(frozen=True, slots=True)
class LinesWanted:
    """A structure whose lines are wanted, and how many variants of it, drawn with ``seed``."""

    structure: Structure
    space_group: int
    variants: int = 0
    seed: int = 0


def compute_lines(
    wanted: Iterable[tuple[T, LinesWanted]],
    limits: LineLimits,
    *,
    workers: int | Workers,
    chunk: int = 100,
    stage: str = "computing reflections",
    total: int = 0,
    report: Progress = silent,
) -> Iterator[tuple[T, CompoundLines]]:
    """Compute the lines of structures in order.

    Those without any line are left out, and so are those with an atom that is farther from all
    others than any bond is long (`lonely_atom`): cells that were relaxed with atoms on wrong sites.

    Parameters
    ----------
    wanted
        What a structure stands for, which comes back as it is, and the structure.
    limits
        Which lines.
    workers, chunk
        Processes, or those of a cluster, and how many structures one gets at a time.
    stage, total, report
        What is reported: structures that are done, of all.
    """
    done = 0
    for part, found in map_chunks(
        partial(_lines_of_chunk, limits=limits), chunked(wanted, chunk), workers=workers
    ):
        for (what, _), lines in zip(part, found, strict=True):
            if lines is not None:
                yield what, lines
        done += len(part)
        report(stage, done, total)


def _lines_of_chunk(
    chunk: list[tuple[T, LinesWanted]], *, limits: LineLimits
) -> list[CompoundLines | None]:
    return [None if _is_implausible(w.structure) else _lines_of(w, limits) for _, w in chunk]


def _lines_of(wanted: LinesWanted, limits: LineLimits) -> CompoundLines | None:
    return lines_of(
        wanted.structure,
        space_group=wanted.space_group,
        d_min_angstrom=limits.d_min_angstrom,
        max_lines=limits.max_lines,
        variants=wanted.variants,
        seed=wanted.seed,
    )


def _is_implausible(structure: Structure) -> bool:
    try:
        return lonely_atom(expand(structure)) is not None
    except InvalidStructureError:
        return True


def dataset_of_lines(
    compounds: list[tuple[Member, CompoundLines]],
    *,
    d_min_angstrom: float,
    provenance: Mapping[str, Any] | None = None,
) -> Dataset:
    """Put compounds, one or more, and their lines into a data set."""
    return pack(
        [member for member, _ in compounds],
        [lines.reflections for _, lines in compounds],
        variants=[lines.variants for _, lines in compounds],
        d_min_angstrom=d_min_angstrom,
        provenance=provenance,
    )
