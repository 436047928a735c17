"""How well known compounds are found again, and how right the estimated lattices are.

    python benchmarks/nearest.py --dataset dataset.npz --patterns 400 --measured measured/

Patterns are fully augmented (see docs/explanation/augmentation.md) and 5-110 degrees long, of test
compounds of the data set that were made. Two things are varied on top: "as made" leaves out the
isotropic change of the lattice by up to 3 %, which no measurement of that compound would show.

Likeness is judged twice. *Own*: the compound is in the index; how often is it the first, or among
the first five, of its type? *Relative*: all compounds of the same elements are taken out of the
index; what share of the atoms do the pattern's compound and the one found first have in common?
Lattices are estimated without compounds of the same elements too, the type given, and compared by
the edges of the reduced cell of the (primitive) lattice that the conventional axes span, because
compounds of one type come in different settings.
"""

import argparse
import csv
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import gemmi
import numpy as np
import torch

from crystinet.app.models import load_index, load_model
from crystinet.core.cell import Cell, crystal_system
from crystinet.core.errors import CrystinetError
from crystinet.core.grid import DEFAULT_GRID
from crystinet.core.radiation import Radiation
from crystinet.corpus.compound import composition_of
from crystinet.corpus.datasets.dataset import Dataset
from crystinet.corpus.splits import Split, compound_key
from crystinet.evaluation.manifest import read_measured
from crystinet.fit.nearest import NearestCompounds, NearestConfig
from crystinet.fit.starting_points import StartingPoints, StartOptions
from crystinet.patterns import Pattern, PreprocessingConfig
from crystinet.patterns.sample import Sample
from crystinet.training.draw.augmentation import Phases, draw_strain
from crystinet.training.draw.augmentation_config import AugmentationConfig
from crystinet.training.draw.compiled import prepare_rows
from crystinet.training.draw.drawing import draw_patterns

MEASURES = {
    "chosen: knee 0.1, lines 0.3 deg, penalty 1": NearestConfig(),
    "no penalty for the scale": NearestConfig(scale_penalty=0.0),
    "penalty 2": NearestConfig(scale_penalty=2.0),
    "penalty 4": NearestConfig(scale_penalty=4.0),
    "knee 0.02, as the networks see it": NearestConfig(knee=0.02),
    "knee 0.5, nearly linear": NearestConfig(knee=0.5),
    "lines 0.15 deg": NearestConfig(fwhm_deg=0.15),
    "lines 0.5 deg": NearestConfig(fwhm_deg=0.5),
}

#: Cells of pure substances at room temperature, angstrom: NIST certificates (corundum, LaB6, ZnO,
#: rutile) and the usual textbooks of mineralogy. Samples differ from these by up to 0.1 %.
CELLS = {
    "Al2O3": (4.7591, 12.9918),
    "CaCO3": (4.9896, 17.061),
    "CaF2": (5.4630,),
    "Fe": (2.8665,),
    "Fe2O3": (5.0356, 13.7489),
    "Fe3O4": (8.3969,),
    "FeS2": (5.4166,),
    "LaB6": (4.15683,),
    "LaB6 SRM 660c": (4.156826,),
    "LiCoO2": (2.8161, 14.0536),
    "MgCO3": (4.6332, 15.0129),
    "Mn2O3": (9.4146,),
    "MnO": (4.4448,),
    "MnO2 pyrolusite": (4.3999, 2.8740),
    "PbS": (5.9362,),
    "TiO2": (4.5937, 2.9587),
    "TiO2 rutile": (4.5937, 2.9587),
    "Y2O3": (10.604,),
    "ZnO": (3.2499, 5.2068),
    "ZnS": (5.4093,),
}


@dataclass(frozen=True)
class Drawn:
    """One augmented pattern, prepared, with the cell that it was drawn with."""

    formula: str
    type_name: str
    system: str
    cell: Cell
    raw: Pattern
    pattern: Pattern

    @property
    def sample(self) -> Sample:
        """The pattern as it was drawn, with its preparation."""
        return Sample(self.raw, self.pattern, DEFAULT_GRID, PreprocessingConfig())


FAMILIES = {"tetragonal": "uniaxial", "trigonal": "uniaxial", "hexagonal": "uniaxial"}


def by_family(dataset: Dataset, n: int, *, seed: int) -> np.ndarray:
    """Up to n test compounds that were made of each family of crystal systems."""
    known = np.random.default_rng(seed).permutation(dataset.select(Split.TEST, known_only=True))
    rows = defaultdict(list)
    for i in known:
        system = crystal_system(int(dataset.space_groups[i]))
        rows[FAMILIES.get(system, system)].append(i)
    return np.concatenate([found[:n] for found in rows.values()])


def draw(
    dataset: Dataset, chosen: np.ndarray, *, lattice_scale: float, seed: int
) -> Iterator[Drawn]:
    """Draw a prepared pattern of each of the chosen compounds."""
    rng = np.random.default_rng(seed)
    known = dataset.select(Split.TEST, known_only=True)
    config = replace(AugmentationConfig().whole_range(), lattice_scale=lattice_scale)
    radiation = Radiation.of_anode("Cu")
    for start in range(0, len(chosen), 64):
        part = chosen[start : start + 64]
        others = rng.choice(known, len(part))
        phases = Phases.pack([dataset.reflections(int(i)) for i in (*part, *others)])
        stream = int(rng.integers(2**62))
        # The strain is the first that `draw_patterns` draws of its generator.
        cells = draw_strain(
            phases, config=config, generator=torch.Generator().manual_seed(stream)
        ).numpy()
        raw = draw_patterns(
            phases,
            n_patterns=len(part),
            grid=DEFAULT_GRID,
            config=config,
            generator=torch.Generator().manual_seed(stream),
        )
        first, last = raw.first.numpy(), raw.last.numpy()
        curves = raw.intensity.numpy().astype(np.float64)
        rows, visible = prepare_rows(
            raw.intensity.numpy(),
            first=first,
            last=last,
            step_deg=DEFAULT_GRID.step_deg,
            config=PreprocessingConfig(),
        )
        for k, i in enumerate(part):
            if visible[k]:
                member = dataset.members[int(i)]
                mask = np.zeros(DEFAULT_GRID.n_points, np.bool_)
                mask[first[k] : last[k]] = True
                yield Drawn(
                    member.formula,
                    member.type_name,
                    crystal_system(int(dataset.space_groups[i])),
                    Cell.of(cells[k]),
                    Pattern(DEFAULT_GRID.two_theta_deg, curves[k], radiation, mask),
                    Pattern(
                        DEFAULT_GRID.two_theta_deg, rows[k].astype(np.float64), radiation, mask
                    ),
                )


def same_elements(index_keys: list[str], formula: str) -> np.ndarray:
    """Numbers of the compounds of the same elements."""
    own = compound_key(composition_of(formula))
    return np.array([i for i, key in enumerate(index_keys) if key == own], dtype=np.int64)


def in_common(one: str, other: str) -> float:
    """Share of the atoms that two formulas have in common, 0 to 1."""
    a, b = composition_of(one), composition_of(other)
    total_a, total_b = sum(a.values()), sum(b.values())
    return sum(min(a[e] / total_a, b[e] / total_b) for e in a if e in b)


def likeness(patterns: list[Drawn], finder: StartingPoints, keys: list[str]) -> dict[str, dict]:
    """Figures of each measure."""
    found = {}
    for name, config in MEASURES.items():
        search = NearestCompounds(finder.index, DEFAULT_GRID, config)
        places, shares, chance, seconds = [], [], [], []
        for drawn in patterns:
            types = (drawn.type_name,)
            rows = finder.index.of_types(types)
            if not len(rows):
                continue
            search.search(drawn.pattern, types, n=1)  # templates are drawn
            started = time.process_time()
            search.search(drawn.pattern, types)
            seconds.append(time.process_time() - started)
            cosine, log_scale = search.compare(drawn.pattern, types)
            order = np.argsort(-cosine * np.exp(-config.scale_penalty * np.abs(log_scale)))
            formulas = [finder.index.compounds[rows[i]].formula for i in order]
            if drawn.formula in formulas:
                places.append(1 + formulas.index(drawn.formula))
            without = set(same_elements(keys, drawn.formula).tolist())
            relatives = [f for f, i in zip(formulas, order, strict=True) if rows[i] not in without]
            if relatives:
                shared = [in_common(drawn.formula, other) for other in relatives]
                shares.append(shared[0])
                chance.append(float(np.mean(shared)))
        place = np.array(places)
        found[name] = {
            "patterns": len(place),
            "own_first": float((place == 1).mean()),
            "own_in_5": float((place <= 5).mean()),
            "relative_in_common": float(np.mean(shares)),
            "any_of_the_type": float(np.mean(chance)),
            "ms": 1e3 * float(np.median(seconds)),
        }
    return found


def reduced_edges(cell: Cell) -> np.ndarray:
    """Edges of the reduced cell of the lattice that the axes span."""
    vector = gemmi.GruberVector(gemmi.UnitCell(*cell), "P")
    vector.niggli_reduce()
    return np.array(vector.cell_parameters()[:3])


def lattices(patterns: list[Drawn], finder: StartingPoints, keys: list[str]) -> dict[str, dict]:
    """Relative errors of the edges before and after the estimate, by crystal system."""
    rows = defaultdict(list)
    for drawn in patterns:
        true = reduced_edges(drawn.cell)
        without = same_elements(keys, drawn.formula)
        started = time.process_time()
        point = finder.of_types(drawn.sample, (drawn.type_name,), without=without)
        seconds = time.process_time() - started
        before = scaled = after = np.nan
        if point.nearest:
            nearest = point.nearest[0]
            edges = reduced_edges(nearest.compound.cell)
            before = np.abs(edges / true - 1.0).max()
            scaled = np.abs(nearest.scale * edges / true - 1.0).max()
        estimate = point.lattice
        if estimate is not None:
            after = np.abs(reduced_edges(estimate.cell) / true - 1.0).max()
        family = FAMILIES.get(drawn.system, drawn.system)
        axial = estimate is not None and estimate.method == "axial"
        rms = estimate.rms_deg if estimate is not None else np.nan
        rows[family].append((before, scaled, after, axial, rms, seconds))
    return {family: errors(np.array(found)) for family, found in sorted(rows.items())}


def errors(rows: np.ndarray) -> dict[str, float]:
    """Median and 90th percentile of the relative errors."""
    told = np.isfinite(rows[:, 2])
    figures = {"patterns": len(rows), "estimated": float(told.mean())}
    for column, name in enumerate(("nearest", "nearest_scaled", "estimate")):
        values = rows[np.isfinite(rows[:, column]), column]
        figures[f"{name}_median"] = float(np.median(values)) if len(values) else np.nan
        figures[f"{name}_90"] = float(np.quantile(values, 0.9)) if len(values) else np.nan
    figures["within_0.5_percent"] = float((rows[told, 2] < 0.005).mean()) if told.any() else np.nan
    figures["rms_deg"] = float(np.nanmedian(rows[:, 4]))
    figures["ms"] = 1e3 * float(np.median(rows[:, 5]))
    return figures


def measured(folder: Path, finder: StartingPoints) -> list[dict[str, object]]:
    """First known compound and lattice of the measured single phases, by what they are."""
    answers = []
    quick = StartingPoints(
        finder.model, finder.index, replace(finder.options, lattice=False, candidates=3)
    )
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["quality"] == "ok" and r["structure_type"]]
    for row in rows:
        try:
            sample = finder.model.sample(read_measured(folder, row))
            (answer,) = finder.model.identify([sample], top=3)
            quick.find(sample, answer)  # templates are drawn
            started = time.process_time()
            quick.find(sample, answer)
            asked = time.process_time()
            (point,) = finder.find(sample, answer)
        except CrystinetError as error:
            print(f"{row['id']}: {error.message}")
            continue
        entry: dict[str, object] = {
            "id": row["id"],
            "phase": row["phase"],
            "type_right": row["structure_type"] in (point.type, *answer.candidates[0].merged),
            "ms_nearest_of_three": 1e3 * (asked - started),
            "ms_with_lattice_of_one": 1e3 * (time.process_time() - asked),
        }
        formulas = [n.compound.formula for n in point.nearest or ()]
        phase = row["phase"].split()[0]
        if re.fullmatch(r"(?:[A-Z][a-z]?[\d.]*)+", phase) and phase != "RRUFF":
            entry["first_in_common"] = in_common(phase, formulas[0]) if formulas else 0.0
            entry["same_in_5"] = any(in_common(phase, f) > 0.97 for f in formulas[:5])
            entry["found"] = formulas[0] if formulas else ""
        if point.lattice is not None:
            entry["rms_deg"] = point.lattice.rms_deg
            entry["explained"] = point.lattice.explained
            known = CELLS.get(row["phase"])
            if known is not None:
                edges = (point.lattice.cell[0], point.lattice.cell[2])
                own = [abs(e / k - 1.0) for e, k in zip(edges, known, strict=False)]
                entry["cell_error"] = max(own)
                if point.nearest:
                    near = point.nearest[0].compound.cell
                    starts = zip((near[0], near[2]), known, strict=False)
                    entry["nearest_cell_error"] = max(abs(e / k - 1.0) for e, k in starts)
        answers.append(entry)
    return answers


def print_measured(answers: list[dict[str, object]]) -> None:
    """Print one line a pattern with a known formula, then the sums."""
    for entry in answers:
        if "found" in entry:
            figures = [f"{k} {v:.5g}" for k, v in entry.items() if isinstance(v, float)]
            print(f"{entry['id']:28} {entry['phase']!s:18} {entry['found']!s:28}", *figures)
    named = [e for e in answers if "found" in e]
    print(f"{len(answers)} patterns, {len(named)} with a formula")
    print("first compound, atoms in common:", np.mean([e["first_in_common"] for e in named]))
    print("same compound among five:", np.mean([e["same_in_5"] for e in named]))
    print("lattice estimated:", np.mean(["rms_deg" in e for e in answers]))
    for key in (
        *("nearest_cell_error", "cell_error", "rms_deg", "explained"),
        *("ms_nearest_of_three", "ms_with_lattice_of_one"),
    ):
        values = [e[key] for e in answers if key in e]
        print(f"{key}: {len(values)}, median, 90 %:", np.quantile(values, [0.5, 0.9]))


def main() -> None:
    """Run as a script."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dataset", type=Path, help="data set with test compounds")
    parser.add_argument("--measured", type=Path, help="folder with a manifest.csv")
    parser.add_argument("--index", type=Path, help="index instead of the built-in one")
    parser.add_argument("--patterns", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    finder = StartingPoints(
        load_model(), load_index(options.index), StartOptions(nearest=10, candidates=1)
    )
    keys = [compound_key(composition_of(c.formula)) for c in finder.index.compounds]
    print(f"index {finder.index.id[:12]}, {len(keys)} compounds")
    if options.dataset:
        dataset = Dataset.load(options.dataset)
        known = dataset.select(Split.TEST, known_only=True)
        chosen = np.random.default_rng(options.seed).permutation(known)[: options.patterns]
        for name, scale in (("as made", 0.0), ("fully augmented", 0.03)):
            drawn = list(draw(dataset, chosen, lattice_scale=scale, seed=options.seed))
            print(f"\nlikeness, {name}:")
            print(json.dumps(likeness(drawn, finder, keys), indent=1))
        chosen = by_family(dataset, options.patterns // 4, seed=options.seed)
        drawn = list(draw(dataset, chosen, lattice_scale=0.03, seed=options.seed))
        print("\nlattices, fully augmented:")
        print(json.dumps(lattices(drawn, finder, keys), indent=1))
    if options.measured:
        print_measured(measured(options.measured, finder))


if __name__ == "__main__":
    main()
