"""The whole-pattern fit: how long it takes, what it recovers, and what its verdicts are worth.

Usage::

    python benchmarks/refinement.py time FOLDER [FOLDER ...] [--most N] [--json]
    python benchmarks/refinement.py truth [--compounds 60] [--seed 1] [--json]
    python benchmarks/refinement.py verdicts FOLDER [FOLDER ...] [--most N] [--json]
    python benchmarks/refinement.py ranking [FOLDER ...] [--compounds 60] [--seed 1] [--json]

FOLDER holds measured patterns and a ``manifest.csv`` (`crystinet.evaluation.manifest`).

- ``time``: processor time of the fit of the right type to each measured pattern, one candidate and
  the first three of the networks. Wanted: median 0.2 s, 95 % within 1 s; three: median 1 s.
- ``truth``: compounds of the index are simulated with a random instrument and counting noise, and
  fitted from other compounds of their type alone, without any composition. Wanted, as medians:
  cells within 0.01 %, coordinates within 0.01 angstrom, the ratio of the electrons of two sites
  within 6 %.
- ``verdicts``: of measured patterns that plain identification calls *known*, how many of the right
  and of the wrong ones the fit bears out. Wrong ones that powder diffraction hardly tells apart,
  and derivatives, are counted by themselves. Wanted: 5 % of the right ones doubted at most, 80 %
  of the wrong ones.
- ``ranking``: how often the right class is first by the networks, by networks and fit together,
  and both again with the elements and with the formula given. Compounds as for ``truth``: the
  networks have seen most of them, so that only the differences count. With FOLDER, of measured
  patterns, the elements and the formula being those that the manifest has; wanted: no right answer
  is lost.

False second phases: ``benchmarks/mixtures.py FOLDER --pairs 0 --pure 1000``.
"""

import argparse
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np

import crystinet
from crystinet.app.models import line_check, load_index, load_model
from crystinet.core.arrays import IntArray
from crystinet.core.errors import CrystinetError
from crystinet.corpus.index.index import CompoundIndex
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.hall import operations_of
from crystinet.crystals.images import images_of
from crystinet.crystals.positions import positions_of
from crystinet.evaluation.manifest import key_of_row, read_manifest, read_measured
from crystinet.fit.derivatives import DERIVATIONS
from crystinet.fit.whole_pattern.comparison import fitted_candidates, ranked_fits
from crystinet.fit.whole_pattern.composition import Composition
from crystinet.fit.whole_pattern.ranking import weighed
from crystinet.fit.whole_pattern.refinement import Refinement
from crystinet.model.formula_hint import FormulaHint
from crystinet.model.identification import Identification, Verdict
from crystinet.model.inference import Model
from crystinet.model.twins import are_twins
from crystinet.patterns.sample import Sample
from crystinet.simulation.scattering import atomic_number, element_of

FITTED = 3
#: Sites of the fit farther than this from all of the truth are described in another way.
SAME_SITE_ANGSTROM = 0.6


@dataclass(frozen=True)
class Case:
    """One measured pattern and its class; None where it is outside the catalogue."""

    name: str
    truth: str | None
    sample: Sample
    formula: str = ""


def measured(model: Model, folders: list[Path], *, most: int | None) -> Iterator[Case]:
    """Patterns of one phase; with ``most``, so many at even distances in each folder."""
    types = {name for entry in model.bundle.types for name in (entry.name, *entry.merged)}
    for folder in folders:
        rows = [row for row in read_manifest(folder, types=types) if row["quality"] == "ok"]
        if most is not None and most < len(rows):
            rows = [rows[int(i)] for i in np.linspace(0, len(rows) - 1, most)]
        for row in rows:
            try:
                sample = model.sample(read_measured(folder, row))
            except CrystinetError as error:
                print(f"left out: {row['id']} ({error.message})", flush=True)
                continue
            inside = row["in_catalogue"] == "yes"
            truth = class_of(row["structure_type"]) if inside else None
            formula = row["phase"].split()[0] if key_of_row(row) and row["phase"] else ""
            yield Case(row["id"], truth, sample, formula)


def class_of(name: str) -> str:
    """Class that the networks know a type by."""
    catalogue = load_catalogue()
    return catalogue.class_of(catalogue.by_name(name)).name


def names_of(model: Model, name: str) -> tuple[str, ...]:
    """A class of the bundle and what is merged into it."""
    entry = next(e for e in model.bundle.types if name in (e.name, *e.merged))
    return (entry.name, *entry.merged)


def numbers_of(index: CompoundIndex, formula: str) -> IntArray:
    """Numbers of the compounds of a formula in an index."""
    found = [i for i, compound in enumerate(index.compounds) if compound.formula == formula]
    return np.array(found, dtype=np.int64)


# --- time ----------------------------------------------------------------------------------


def times(model: Model, work: Refinement, cases: Iterator[Case]) -> dict[str, Any]:
    """Processor time of one candidate, and of the first three."""
    one, three, slowest = [], [], ("", 0.0)
    for case in cases:
        (answer,) = model.identify([case.sample], top=FITTED)
        wanted = [(c.type, *c.merged) for c in answer.candidates]
        started = process_time()
        for names in wanted:
            work.candidate(case.sample, names)
        three.append(process_time() - started)
        if case.truth is not None:
            started = process_time()
            work.candidate(case.sample, names_of(model, case.truth))
            one.append(process_time() - started)
            slowest = max(slowest, (case.name, one[-1]), key=lambda each: each[1])
    return {
        "patterns": len(one),
        "one candidate, median / s": float(np.median(one)),
        "one candidate, 95 % within / s": float(np.percentile(one, 95)),
        "slowest": f"{slowest[0]}, {slowest[1]:.2f} s",
        "three candidates, median / s": float(np.median(three)),
    }


# --- truth ---------------------------------------------------------------------------------


def simulated(
    model: Model, index: CompoundIndex, *, count: int, seed: int
) -> Iterator[tuple[int, crystinet.Structure, Sample]]:
    """Number, structure and pattern of compounds of the index, types drawn evenly."""
    rng = np.random.default_rng(seed)
    types = sorted(
        name for name, rows in index.by_type.items() if len(rows) >= 5 and _is_known(model, name)
    )
    while count > 0:
        number = int(rng.choice(index.by_type[types[int(rng.integers(len(types)))]]))
        structure = index.structure(number)
        if structure is None or index.compounds[number].formula.endswith("%"):
            continue
        try:
            pattern = crystinet.simulate(
                structure,
                counts=float(10.0 ** rng.uniform(3.5, 5.0)),
                seed=int(rng.integers(2**31)),
                background=float(rng.uniform(0.02, 0.2)),
                fwhm_deg=float(rng.uniform(0.05, 0.15)),
                displacement_mm=float(rng.normal(0.0, 0.05)),
                size_nm=float(10.0 ** rng.uniform(1.5, 2.5)),
                anomalous=True,
            )
            sample = model.sample(pattern)
        except CrystinetError:
            continue
        count -= 1
        yield number, structure, sample


def _is_known(model: Model, name: str) -> bool:
    return any(name in (e.name, *e.merged) for e in model.bundle.types)


def recovered(model: Model, work: Refinement, *, count: int, seed: int) -> dict[str, Any]:
    """How far fits end from the truth."""
    cells, shifts, ratios, borne_out = [], [], [], Counter[str]()
    for number, truth, sample in simulated(model, work.index, count=count, seed=seed):
        compound = work.index.compounds[number]
        others = numbers_of(work.index, compound.formula)
        found = work.candidate(sample, names_of(model, compound.type_name), without=others)
        if found is None:
            borne_out["no lines"] += 1
            continue
        phase = work.answer(sample, found).phases[0]
        borne_out[phase.verified.value] += 1
        if phase.hall_symbol != truth.hall_symbol:
            continue
        edges = np.log(np.array(phase.cell[:3]) / np.array(truth.cell[:3]))
        cells.append(float(np.abs(edges).max()))
        pairs = matched(truth, phase)
        shifts += [distance for _, _, distance, free in pairs if free]
        heavy = sorted(pairs, key=lambda pair: -pair[0])[:2]
        if len(heavy) == 2:
            (a, fitted_a, _, _), (b, fitted_b, _, _) = heavy
            ratios.append(abs(float(np.log(fitted_a / fitted_b * b / a))))
    return {
        "compounds": count,
        "verified": dict(borne_out),
        "cell, median / %": 100.0 * float(np.median(cells)),
        "cell, 90 % within / %": 100.0 * float(np.percentile(cells, 90)),
        "free coordinates": len(shifts),
        "coordinates, median / angstrom": float(np.median(shifts)),
        "coordinates, 90 % within / angstrom": float(np.percentile(shifts, 90)),
        "electrons of two sites, pairs": len(ratios),
        "ratio of electrons, median / %": 100.0 * float(np.median(ratios)),
    }


def matched(
    truth: crystinet.Structure, phase: crystinet.FittedPhase
) -> list[tuple[float, float, float, bool]]:
    """True and fitted electrons, distance, and whether the place is free, of each site found."""
    operations, metric = operations_of(truth.hall_symbol), phase.cell.metric
    multiplicity = positions_of(truth, apart_angstrom=0.0).multiplicity
    pairs = []
    for site, times_in_cell in zip(truth.sites, multiplicity.tolist(), strict=True):
        images = images_of(np.array([site.xyz]), operations)[0]
        best: tuple[float, crystinet.FittedSite] | None = None
        for fitted in phase.sites:
            if fitted.multiplicity != times_in_cell:
                continue
            apart = images - np.array(fitted.xyz)
            apart -= np.rint(apart)
            distance = float(np.sqrt(((apart @ metric) * apart).sum(axis=1).min()))
            if best is None or distance < best[0]:
                best = distance, fitted
        if best is None or best[0] > SAME_SITE_ANGSTROM:
            continue
        electrons = sum(share * atomic_number(element_of(name)) for name, share in site.species)
        free = any(u > 0.0 for u in best[1].xyz_uncertainty)
        pairs.append((electrons, best[1].electrons, best[0], free))
    return pairs


# --- verdicts ------------------------------------------------------------------------------


def verdicts(model: Model, work: Refinement, cases: Iterator[Case]) -> dict[str, Any]:
    """What the fit says of answers that are known."""
    check, counts = line_check(model), Counter[str]()
    for case in cases:
        (answer,) = model.identify([case.sample])
        answer = check.checked(case.sample, check.ranked(case.sample, answer))
        if answer.verdict is not Verdict.KNOWN:
            counts["not known"] += 1
            continue
        kind = kind_of(answer, case.truth)
        candidates = [((c.type, *c.merged), c.probability) for c in answer.candidates[:FITTED]]
        ranked = ranked_fits(work, case.sample, candidates)
        fit = next(each.fit for each in ranked if each.number == 0)
        proof = "no lines" if fit is None else fit.phases[0].verified.value
        counts[f"{kind}: {proof}"] += 1
        if kind != "right" or proof != "yes":
            named = answer.candidates[0].type
            print(f"{case.name}: {named} for {case.truth or 'outside'}: {proof}", flush=True)
    return dict(sorted(counts.items()))


def kind_of(answer: Identification, truth: str | None) -> str:
    """Whether an answer is right, wrong, or wrong in a way that is hard to see."""
    named = class_of(answer.candidates[0].type)
    if truth is None:
        return "outside"
    if named == truth:
        return "right"
    derived = any({named, truth} == {d.parent, d.derivative} for d in DERIVATIONS)
    return "twin or derivative" if derived or are_twins(named, truth) else "wrong"


# --- ranking -------------------------------------------------------------------------------


def ranking(
    model: Model, work: Refinement, cases: Iterator[tuple[Case, IntArray | None]]
) -> dict[str, Any]:
    """Right first candidates, by networks and by networks and fit, with what is known."""
    check, right = line_check(model), Counter[str]()
    for case, others in cases:
        if case.truth is None:
            continue
        formula = Composition.of(formula=case.formula or None, elements=None)
        known: dict[str, Composition | None] = {"nothing": None}
        if formula is not None:
            known["elements"] = Composition.of(formula=None, elements=formula.elements)
            known["formula"] = formula
        for name, told in known.items():
            hint = None if told is None else FormulaHint(told.elements, told.amounts)
            elements = None if told is None else told.elements
            (answer,) = model.identify([case.sample], elements=elements, formula=hint)
            answer = check.ranked(case.sample, answer)  # as `identify --fit` has it
            own = Refinement(model, work.index, known=told)
            candidates = [((c.type, *c.merged), c.probability) for c in answer.candidates[:FITTED]]
            fits, scores = fitted_candidates(own, case.sample, candidates, without=others)
            first = int(np.argmax(weighed(candidates, fits, scores)))
            before, after = (class_of(answer.candidates[i].type) == case.truth for i in (0, first))
            right[f"{name} known, patterns"] += 1
            right[f"{name} known, networks"] += before
            right[f"{name} known, with the fit"] += after
            if before != after:
                word = "lost" if before else "won"
                print(f"{word} with {name} known: {case.name}, {case.truth}", flush=True)
    return dict(right)


def held_back(
    model: Model, index: CompoundIndex, *, count: int, seed: int
) -> Iterator[tuple[Case, IntArray | None]]:
    """Simulated compounds with the compounds of the index that no fit may start from."""
    for number, _, sample in simulated(model, index, count=count, seed=seed):
        compound = index.compounds[number]
        case = Case(compound.formula, class_of(compound.type_name), sample, compound.formula)
        yield case, numbers_of(index, compound.formula)


def main() -> None:
    """Run one of the measurements."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("time", "truth", "verdicts", "ranking"))
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--most", type=int, help="patterns of each folder, at even distances")
    parser.add_argument("--compounds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    model = load_model()
    work = Refinement(model, load_index())
    if given.what == "truth":
        found = recovered(model, work, count=given.compounds, seed=given.seed)
    elif given.what == "ranking" and not given.folders:
        made = held_back(model, work.index, count=given.compounds, seed=given.seed)
        found = ranking(model, work, made)
    elif given.what == "ranking":
        asked = measured(model, given.folders, most=given.most)
        found = ranking(model, work, ((case, None) for case in asked))
    else:
        cases = measured(model, given.folders, most=given.most)
        found = (times if given.what == "time" else verdicts)(model, work, cases)
    if given.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name}: {value:.3g}" if isinstance(value, float) else f"{name}: {value}")


if __name__ == "__main__":
    main()
