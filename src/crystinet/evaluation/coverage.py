"""Coverage: what an answer is worth for held-out compounds of any structure type whatever.

Accuracy asks about compounds of the types that a bundle knows. Most compounds have none of them;
here they are all asked about, as often as they are in a store.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import gemmi
import numpy as np

from crystinet.core.cell import Cell, crystal_system
from crystinet.core.errors import CorpusError, CrystinetError
from crystinet.core.plain import Document
from crystinet.core.progress import Progress, silent
from crystinet.core.radiation import Radiation
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.compute import (
    LineLimits,
    LinesWanted,
    compute_lines,
    dataset_of_lines,
)
from crystinet.corpus.datasets.dataset import OUTSIDE, Dataset, Member
from crystinet.corpus.labels.labelling import Labelled, label_rows, rows_of
from crystinet.corpus.splits import Split, compound_key, split_of
from crystinet.crystals.reduction import same_lattice
from crystinet.evaluation.sampling import full_range_source
from crystinet.model.bundle import Bundle
from crystinet.model.identification import Identification, Verdict
from crystinet.model.inference import Model
from crystinet.patterns.pattern import Pattern
from crystinet.patterns.sample import Sample
from crystinet.training.scoring import BATCH

#: Compounds that are asked about where nobody says how many.
COMPOUNDS = 500
# Further types that are less probable are offered by nobody.
_OFFERED = 0.2
LINES = LineLimits(d_min_angstrom=0.93, max_lines=1_500)


class Reached(StrEnum):
    """The best that an answer says about a compound; the first that holds, in this order."""

    TYPE = "right type first"
    NAMED = "right type named as a twin of the first"
    WRONG_KNOWN = "wrong and known"
    IN_SET = "right type in the candidate set"
    CELL = "right cell"
    SYSTEM = "right crystal system"
    NOTHING = "nothing right"


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """What all held-out compounds that were made got for an answer.

    Attributes
    ----------
    compounds
        How many were asked about, out of ``held_out``.
    held_out
        Compounds of the test split of the store that were made.
    covered
        Share of those asked about that have a type of the bundle, or a further one.
    reached
        Share of each of `Reached`.
    known
        Share of answers that are *known*.
    set_size
        Mean size of the candidate sets of answers that are not *unknown*.
    """

    compounds: int
    held_out: int
    covered: float
    reached: dict[Reached, float]
    known: float
    set_size: float

    def to_dict(self) -> Document:
        """Plain data, as ``coverage`` of ``crystinet evaluate --json``."""
        return {
            "compounds": self.compounds,
            "held_out": self.held_out,
            "covered": round(self.covered, 4),
            "reached": {word.name.lower(): round(x, 4) for word, x in self.reached.items()},
            "known": round(self.known, 4),
            "set_size": round(self.set_size, 3),
        }


def evaluate_coverage(
    model: Model,
    answer: Callable[[Sample], Identification],
    store: Path,
    *,
    seed: int = 1,
    compounds: int = COMPOUNDS,
    report: Progress = silent,
) -> CoverageReport:
    """Ask about held-out compounds that were made, one fully augmented pattern each.

    Parameters
    ----------
    model
        Which types there are, and what patterns look like.
    answer
        What is judged, with the further types that it names.
    store
        Store or Parquet table of structures; compounds of its test split are drawn evenly.
    seed, compounds
        Of the draw and of the augmentation, and how many compounds there are at most.

    Raises
    ------
    CorpusError
        The file holds no held-out compound, or cannot be read.
    """
    entries = held_out_compounds(store, report=report)
    order = np.random.default_rng([seed, 31]).permutation(len(entries))[:compounds]
    data = _with_lines([entries[i] for i in order], store, report=report)
    kinds = model.scored.types
    column = {name: c for c, kind in enumerate(kinds) for name in (kind.name, *kind.merged)}
    reached, sizes, known, covered = [], [], 0, 0
    for number, sample in enumerate(_samples(model.bundle, data, seed=seed)):
        try:
            found = answer(sample)
        except CrystinetError:
            reached.append(Reached.NOTHING)
        else:
            reached.append(_judge(data, number, found, column))
            known += is_known(found)
            if offered := _offered(found):
                sizes.append(len(offered))
        covered += data.members[number].type_name in column
        report("held-out compounds", number + 1, len(data.members))
    n = len(reached)
    return CoverageReport(
        compounds=n,
        held_out=len(entries),
        covered=covered / n,
        reached={word: reached.count(word) / n for word in Reached},
        known=known / n,
        set_size=float(np.mean(sizes)) if sizes else 0.0,
    )


def held_out_compounds(store: Path, *, report: Progress = silent) -> list[Labelled]:
    """Compounds of the test split that were made, one of each formula and type.

    Raises
    ------
    CorpusError
        There is none.
    """
    found: dict[tuple[str, str], Labelled] = {}
    labelled, _ = label_rows(store, types=(), known_only=True, workers=1, report=report)
    for entry in labelled:
        if not entry.known_experimentally:
            continue
        if split_of(compound_key(composition_of(entry.formula))) is Split.TEST:
            found.setdefault((entry.formula, entry.type_name), entry)
    if not found:
        raise CorpusError(
            f"{store} holds no held-out compound that was made.",
            hint="Coverage is measured on a store of 'crystinet corpus add', with compounds that "
            "are known experimentally.",
        )
    return list(found.values())


def _with_lines(entries: list[Labelled], store: Path, *, report: Progress) -> Dataset:
    """The compounds as a data set; without those that have no lines or an impossible structure."""
    chosen = {entry.row_id: entry for entry in entries}
    computed = compute_lines(
        (
            (row.id, LinesWanted(row.structure, row.space_group))
            for row in rows_of(store)
            if row.id in chosen
        ),
        LINES,
        workers=1,
        total=len(chosen),
        report=report,
    )
    members = [(_member(chosen[row_id]), lines) for row_id, lines in computed]
    if not members:
        raise CorpusError(
            f"No held-out compound of {store} has lines.", hint="Is it the right file?"
        )
    return dataset_of_lines(members, d_min_angstrom=LINES.d_min_angstrom)


def _member(entry: Labelled) -> Member:
    return Member(
        row_id=entry.row_id,
        type_name=entry.type_name,
        class_number=OUTSIDE,
        split=Split.TEST,
        known_experimentally=True,
        source=entry.source,
        formula=entry.formula,
    )


def _samples(bundle: Bundle, data: Dataset, *, seed: int) -> Iterator[Sample]:
    """One pattern of each compound, prepared as its augmentation leaves it."""
    source, radiation = full_range_source(bundle, data), Radiation.of_anode("Cu")
    grid, config = source.config.grid, source.config.preprocessing
    rng = np.random.default_rng([seed, 32])
    everyone = np.arange(len(data.members))
    for start in range(0, len(everyone), BATCH):
        chosen = everyone[start : start + BATCH]
        rows, masks = source.draw(chosen, impurities=rng.choice(everyone, len(chosen)), rng=rng)
        for row, mask in zip(rows, masks, strict=True):
            pattern = Pattern(grid.two_theta_deg, row.astype(np.float64), radiation, mask)
            yield Sample(pattern, pattern, grid, config)


def _judge(data: Dataset, number: int, found: Identification, column: dict[str, int]) -> Reached:
    """What the answer has reached for a compound of the data set."""
    truth = column.get(data.members[number].type_name)
    if truth is not None:
        if column[found.first_named] == truth:
            return Reached.TYPE
        if truth in (column[name] for name in found.ambiguous_with if name in column):
            return Reached.NAMED
    if is_known(found):
        return Reached.WRONG_KNOWN
    if truth is not None and truth in (column[name] for name in _offered(found)):
        return Reached.IN_SET
    return _judge_lattice(data, number, found)


def is_known(found: Identification) -> bool:
    """Whether the answer names a type, also a further one, as known."""
    return found.verdict is Verdict.KNOWN or bool(found.further and found.further.known)


def _offered(found: Identification) -> tuple[str, ...]:
    """Types among which the right one probably is; none where nothing is known."""
    if found.verdict is not Verdict.UNKNOWN:
        return found.candidate_set
    further = found.further.types if found.further else ()
    return tuple(each.type for each in further if each.probability >= _OFFERED)


def _judge_lattice(data: Dataset, number: int, found: Identification) -> Reached:
    best = found.beyond.best if found.beyond is not None else None
    group = int(data.space_groups[number])
    if best is not None:
        cell = Cell.of(data.cells[number])
        centring = gemmi.find_spacegroup_by_number(group).centring_type()
        if same_lattice((best.cell, best.centring), (cell, centring)):
            return Reached.CELL
    if best is None and found.symmetry is not None:
        named = found.symmetry.systems[0][0]
        return Reached.SYSTEM if named == crystal_system(group) else Reached.NOTHING
    if best is None:
        return Reached.NOTHING
    lattice = {"trigonal": "hexagonal", "rhombohedral": "hexagonal"}
    system, named = crystal_system(group), best.system
    same = lattice.get(system, system) == lattice.get(named, named)
    return Reached.SYSTEM if same else Reached.NOTHING
