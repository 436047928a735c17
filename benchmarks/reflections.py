"""Speed of reflections and structure factors, against pymatgen and gemmi.

Usage::

    python benchmarks/reflections.py [TABLE_OR_FOLDER] [--structures 500] [--pymatgen 50] [--json]

The structures come from a Parquet table, from the CIF files of a folder, or, where none is named,
from the reference structures of the built-in catalogue with cells scaled at random. All three
programs compute ``|F|^2`` of the same independent reflections down to the same d, in one process
and one thread:

- *crystinet*: `compute_reflections`, with its checks for overlaps and occupancies;
- *gemmi*: a loop over the unique reflections of `make_miller_array` with
  `StructureFactorCalculatorX` and multiplicities, the structures built beforehand;
- *pymatgen*: `XRDCalculator.get_pattern` on all atoms of the cell, built beforehand; on fewer
  structures, since it is slow, those where every n-th is taken.

Each structure counts with its fastest of three runs (pymatgen: one). The second table scales one
structure without symmetry, of one atom for every 12 cubic angstrom, to larger cells.
"""

import argparse
import itertools
import json
import math
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import process_time
from typing import Any, TypeVar

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import gemmi
import numpy as np

from crystinet.core.errors import CrystinetError
from crystinet.crystals.catalogue import load_catalogue
from crystinet.crystals.cif import read_structures
from crystinet.crystals.expansion import expand
from crystinet.crystals.structure import Site, Structure
from crystinet.simulation.reflections import DEFAULT_B_ISO, compute_reflections

T = TypeVar("T")

WAVELENGTH = 1.5405929
D_MIN = 0.93  # 2theta up to 112 degrees
TARGETS = {"gemmi": 2.0, "pymatgen": 10.0}
VOLUMES = (100, 300, 1000, 3000, 10_000)


def load(source: Path | None, *, count: int, seed: int) -> list[Structure]:
    """At most ``count`` structures, drawn at random."""
    rng = np.random.default_rng(seed)
    if source is None:
        return catalogue_structures(count, rng)
    if source.is_dir():
        files = sorted(source.rglob("*.cif"))
        chosen = rng.permutation(len(files))[:count]
        return [s for i in chosen for s in read_structures(files[i])][:count]
    from crystinet.corpus.intake.table import count_rows, read_table

    chosen = set(rng.permutation(count_rows(source))[:count].tolist())
    return [row.structure for i, row in enumerate(read_table(source)) if i in chosen]


def catalogue_structures(count: int, rng: np.random.Generator) -> list[Structure]:
    """Reference structures of the catalogue, their cells scaled by up to 10 %."""
    references = [kind.reference for kind in load_catalogue()]
    structures = []
    for reference in itertools.islice(itertools.cycle(references), count):
        a, b, c, *angles = reference.cell
        scale = rng.uniform(0.95, 1.1)
        alpha, beta, gamma = angles
        cell = (a * scale, b * scale, c * scale, alpha, beta, gamma)
        structures.append(Structure(cell, reference.hall_symbol, reference.sites, reference.name))
    return structures


def gemmi_structure(structure: Structure) -> gemmi.SmallStructure | None:
    """The same crystal for gemmi; None where its tables lack the setting."""
    small = gemmi.SmallStructure()
    small.cell = gemmi.UnitCell(*structure.cell)
    operations = gemmi.symops_from_hall(structure.hall_symbol.replace("=", '"'))
    small.spacegroup = gemmi.find_spacegroup_by_ops(operations)
    for site in structure.sites:
        for name, occupancy in site.species:
            atom = gemmi.SmallStructure.Site()
            atom.element = gemmi.Element(name.rstrip("+-0123456789"))
            atom.fract = gemmi.Fractional(*site.xyz)
            atom.occ = occupancy
            atom.u_iso = DEFAULT_B_ISO / (8.0 * math.pi**2)
            small.add_site(atom)
    if small.spacegroup is None:
        return None
    small.setup_cell_images()
    small.change_occupancies_to_crystallographic()
    return small


def gemmi_reflections(small: gemmi.SmallStructure) -> tuple[Any, Any, Any]:
    """Unique reflections with ``|F|^2`` and multiplicity."""
    calculator = gemmi.StructureFactorCalculatorX(small.cell)
    hkl = gemmi.make_miller_array(small.cell, small.spacegroup, D_MIN)
    operations = small.spacegroup.operations()
    order = len(operations.sym_ops)
    calculate = calculator.calculate_sf_from_small_structure
    epsilon = operations.epsilon_factor_without_centering
    rows = hkl.tolist()
    f_squared = np.array([abs(calculate(small, h)) ** 2 for h in rows])
    multiplicity = np.array([order // epsilon(h) for h in rows])  # Friedel mates aside
    return hkl, f_squared, multiplicity


def pymatgen_structure(structure: Structure) -> Any:
    """All atoms of the cell for pymatgen."""
    from pymatgen.core import Lattice
    from pymatgen.core import Structure as Crystal

    cell = expand(structure)
    # Rounded occupancies may add up to 1.001, which pymatgen refuses.
    species = [
        {
            element: share / max(1.0, sum(dict(mixed).values()))
            for element, share in dict(mixed).items()
        }
        for mixed in cell.species
    ]
    return Crystal(Lattice.from_parameters(*structure.cell), species, cell.positions)


def fastest(function: Callable[[T], object], items: Sequence[T], *, runs: int) -> list[float]:
    """CPU seconds of each item, the fastest of several runs."""
    best = [math.inf] * len(items)
    for _ in range(runs):
        for i, item in enumerate(items):
            start = process_time()
            function(item)
            best[i] = min(best[i], process_time() - start)
    return best


def ours(structure: Structure) -> object:
    """What crystinet does."""
    return compute_reflections(structure, d_min_angstrom=D_MIN)


def usable(structures: Iterable[Structure]) -> list[tuple[Structure, gemmi.SmallStructure]]:
    """Structures that all programs take, with gemmi's view of them."""
    pairs = []
    for structure in structures:
        try:
            ours(structure)
        except CrystinetError as error:
            print(f"left out: {error.message}")
            continue
        small = gemmi_structure(structure)
        if small is not None:
            pairs.append((structure, small))
    return pairs


def compare(structures: list[Structure], *, n_pymatgen: int) -> dict[str, Any]:
    """Structures a second of each program, and how much faster crystinet is."""
    pairs = usable(structures)
    own = fastest(ours, [structure for structure, _ in pairs], runs=3)
    loop = fastest(gemmi_reflections, [small for _, small in pairs], runs=3)
    figures: dict[str, Any] = {
        "structures": len(pairs),
        "crystinet / s": len(pairs) / sum(own),
        "gemmi / s": len(pairs) / sum(loop),
        "times gemmi": sum(loop) / sum(own),
        "times gemmi, median structure": float(np.median(np.array(loop) / np.array(own))),
    }
    if n_pymatgen:
        from pymatgen.analysis.diffraction.xrd import XRDCalculator

        chosen = range(0, len(pairs), max(1, len(pairs) // n_pymatgen))
        calculator = XRDCalculator(wavelength=WAVELENGTH)
        stop = math.degrees(2.0 * math.asin(WAVELENGTH / 2.0 / D_MIN))
        crystals = [pymatgen_structure(pairs[i][0]) for i in chosen]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            slow = fastest(
                lambda c: calculator.get_pattern(c, two_theta_range=(0.0, stop)), crystals, runs=1
            )
        figures["pymatgen / s"] = len(slow) / sum(slow)
        figures["times pymatgen"] = sum(slow) / sum(own[i] for i in chosen)
    return figures


def scaling() -> list[dict[str, float]]:
    """Time against the volume of a cell without symmetry."""
    rows = []
    for volume in VOLUMES:
        n = max(1, round((volume / 12.0) ** (1.0 / 3.0)))
        places = np.stack(np.meshgrid(*[np.arange(n)] * 3), axis=-1).reshape(-1, 3)
        places = (places + np.random.default_rng(0).uniform(-0.2, 0.2, places.shape)) / n
        sites = tuple(
            Site(((("O", "Si", "Na")[i % 3], 1.0),), (float(x), float(y), float(z)))
            for i, (x, y, z) in enumerate(places)
        )
        skew = math.sqrt(
            1 - 3 * math.cos(math.radians(80)) ** 2 + 2 * math.cos(math.radians(80)) ** 3
        )
        a = (volume / skew) ** (1.0 / 3.0)
        structure = Structure((a, a, a, 80.0, 80.0, 80.0), "P 1", sites)
        small = gemmi_structure(structure)
        rows.append(
            {
                "volume / A^3": volume,
                "atoms": len(sites),
                "reflections": len(compute_reflections(structure, d_min_angstrom=D_MIN).hkl),
                "crystinet / ms": 1e3 * fastest(ours, [structure], runs=3)[0],
                "gemmi / ms": 1e3 * fastest(gemmi_reflections, [small], runs=1)[0],
            }
        )
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path, nargs="?", help="Parquet table, or folder of CIF")
    parser.add_argument("--structures", type=int, default=500)
    parser.add_argument("--pymatgen", type=int, default=50, help="structures for pymatgen; 0: none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    structures = load(options.source, count=options.structures, seed=options.seed)
    figures = compare(structures, n_pymatgen=options.pymatgen)
    rows = scaling()
    if options.json:
        print(json.dumps({"figures": figures, "scaling": rows}, indent=1))
        return
    print("| what | measured | target |\n| --- | --- | --- |")
    for name, value in figures.items():
        target = next((f">= {t:g}" for key, t in TARGETS.items() if name == f"times {key}"), "")
        print(f"| {name} | {value:.3g} | {target} |")
    print(f"\n| {' | '.join(rows[0])} |\n|{' --- |' * len(rows[0])}")
    for row in rows:
        print(f"| {' | '.join(f'{value:.4g}' for value in row.values())} |")


if __name__ == "__main__":
    main()
